"""Rules of URLs that have changed: stories get the keys that today's rules give them, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from pymongo.errors import AutoReconnect

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.merge import merge as identity
from kolcrawl.store.merge.rekey import RekeyResult, rekey, rules_differ
from kolcrawl.store.read.earlier_visits import known_stories
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.story.fingerprint import fingerprint_story
from kolcrawl.urls import identity as urls
from kolcrawl.urls import rules as url_rules
from kolcrawl.urls import rules_digest, story_key
from tests.made_texts import chinese
from tests.store.visiting import SERVER, address, at, key, visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

MARK = "?seite=vorn"
RUN = "20260302-000000-aaaaaa"
TEXTS = ["\n".join(chinese(600, Random(number))) for number in range(4)]
OF_STORY = (
    "_id", "status", "reason", "title", "text", "content_hash", "visits", "revisions", "depth", "first_seen",
    "last_seen", "fetched_at", "next_visit_at", "http", "group", "copy_of", "site", "relevance", "discovered",
    "last_visit",
)  # fmt: skip
OF_LINK = ("from", "to", "kind", "position", "anchor", "active", "seen_count", "first_seen", "last_seen", "crawl")


@contextmanager
def newer_rules() -> Iterator[None]:
    """Rules by which `seite` is a tracking parameter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(url_rules.DATA["tracking"], "seite", "https://example.org/article/5210?seite=vorn")
        patch.setattr(url_rules, "_TRACKING", url_rules._TRACKING | {"seite"})
        _forget()
        yield
    _forget()


def _forget() -> None:
    for cached in (urls.url_parts, story_key, rules_digest):
        cached.cache_clear()


def world(mark: str) -> list[StoryItem]:
    """Visits to stories, some of which are linked and asked for with the mark; two of them with and without it."""
    read: dict[str, Any] = {"http": {"status": 200, "etag": '"1"', "last_modified": None, "final_url": "example.com"}}
    items = [
        visit("seed", 0, ["a" + mark, "b" + mark, "c", "d" + mark]),
        visit("a" + mark, 1, ["b" + mark, "c"], depth=1, discovered_from=key("seed"), text=TEXTS[0], **read),
        visit("c", 2, ["a" + mark], depth=1, discovered_from=key("seed"), text=TEXTS[0] + "补记。"),
        visit("a" + mark, 60, ["b" + mark], version="2", depth=1, text=TEXTS[1], next_visit_at=at(900), **read),
        visit("d" + mark, 61, depth=1, outcome="failed"),
        visit("e" + mark, 70, ["c"], text=TEXTS[2]),
        visit("e", 80, ["a"], text=TEXTS[2]),
        visit("f" + mark, 90, text=TEXTS[3]),
        visit("g", 95, text=TEXTS[3] + "更多。"),
        visit("f" + mark, 99, outcome="gone"),
    ]
    for item in items:
        if item.title:
            item.title = item.title.replace(mark, "")
            fingerprint_story(item)
        if item.http:
            item.http["final_url"] = item.site
        for link in item.links:
            link.topic, link.anchor = 0.25, link.anchor.replace(mark, "")
    return items


def write(store: Store, items: list[StoryItem]) -> None:
    """Write visits, one batch each, as of one run."""
    if not store.db["crawls"].find_one({"_id": RUN}):
        run = start_run(store, spider="x")
        store.db["crawls"].insert_one({**store.db["crawls"].find_one({"_id": run.id}), "_id": RUN})  # type: ignore[dict-item]
    for item in items:
        assert not apply_visits(store.db, [visit_document(item, RUN)]).refused


def network(store: Store) -> dict[str, dict[str, Any]]:
    """Stories that are not merged, links and earlier versions, without what tells how they came to be."""
    found = {
        story["_id"]: {name: story.get(name) for name in OF_STORY}
        for story in store.db["stories"].find({"status": {"$ne": "merged"}})
    }
    found |= {
        f"{link['from']} {link['to']} {link['kind']}": {name: link[name] for name in OF_LINK}
        for link in store.db["links"].find()
    }
    for row in store.db["revisions"].find():
        found[f"{row['story']} {row['at']}"] = {name: row[name] for name in ("changed", "title", "text")}
    return found


def faults(store: Store) -> list[str]:
    """What `scrapy check-store` would print."""
    return [str(finding) for finding in check_store(store.db)]


@pytest.fixture
def other(data_dir: Path) -> Iterator[Store]:
    """A second database."""
    opened = open_store(SERVER, "store_rekey_other", data_dir)
    yield opened
    opened.client.drop_database(opened.db.name)
    opened.close()


def test_stories_get_todays_keys(store: Store, other: Store) -> None:
    """After the rules have changed, the network equals one that was stored by the new rules from the start: visits,
    earlier versions, links, copies, relevance and due times included. The old keys lead on."""
    write(store, world(MARK))
    old = key("a" + MARK)
    with newer_rules():
        assert rules_differ(store.db)
        assert any(
            fault.endswith("by other rules of URLs than today's: run `scrapy migrate`") for fault in faults(store)
        )
        done = rekey(store.db)
        assert (done.moved, done.merged) == (3, 2)
        assert faults(store) == []
        write(other, world(""))
        assert network(store) == network(other)
        merged = store.db["stories"].find_one({"_id": old})
        assert merged is not None
        assert (merged["status"], merged["merged_into"]) == ("merged", key("a"))
        assert known_stories(store.db, [old])[old].url == address("a")
        assert known_stories(store.db, [old])[old].etag == '"1"'


def test_again_changes_nothing(store: Store) -> None:
    """A second run finds nothing to do, nor does one that is told to look at all keys again."""
    write(store, world(MARK))
    assert rekey(store.db) == RekeyResult()
    with newer_rules():
        rekey(store.db)
        before = list(store.db["stories"].find().sort("_id", 1))
        assert not rules_differ(store.db)
        assert rekey(store.db) == RekeyResult()
        assert rekey(store.db, force=True) == RekeyResult()
        assert list(store.db["stories"].find().sort("_id", 1)) == before
        assert faults(store) == []


@pytest.mark.parametrize("dies_at", [1, 2, 3, 4])
def test_killed_on_the_way(store: Store, other: Store, dies_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever story it dies at, before or after marking it, the next run goes on; a crawl in between does no harm."""
    write(store, world(MARK)[:-1])
    calls = 0
    merge = identity.merge_into

    def dying(*args: Any, **kwargs: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == dies_at and dies_at % 2:
            raise AutoReconnect("killed")
        merge(*args, **kwargs)
        if calls == dies_at:
            raise AutoReconnect("killed")

    with newer_rules():
        monkeypatch.setattr("kolcrawl.store.merge.rekey.merge_into", dying)
        with pytest.raises(AutoReconnect):
            rekey(store.db)
        assert rules_differ(store.db)
        write(store, world("")[-1:])
        monkeypatch.undo()
        rekey(store.db)
        assert faults(store) == []
        write(other, world(""))
        assert network(store) == network(other)


def test_the_way_back(store: Store) -> None:
    """A story that had been merged into the one that is re-keyed to it lives again, and the other leads on to it."""
    plain, marked = visit("a", 0), visit("a" + MARK, 1, ["b"], aliases=[address("a")], known_as=[key("a")])
    plain.content_hash = marked.content_hash
    plain.title = marked.title
    write(store, [plain, marked])
    old = key("a" + MARK)
    assert store.db["stories"].find_one({"_id": key("a")}, {"merged_into": 1}) == {"_id": key("a"), "merged_into": old}
    with newer_rules():
        rekey(store.db)
        found = {story["_id"]: (story["status"], story.get("merged_into")) for story in store.db["stories"].find()}
        assert found == {key("a"): ("fetched", None), old: ("merged", key("a")), key("b"): ("stub", None)}
        assert faults(store) == []


def test_keys_of_merged_addresses(store: Store) -> None:
    """An address that leads to a story under an old key leads to it under its new one as well."""
    write(store, [visit("real", 1, known_as=[key("short" + MARK)], aliases=[address("short" + MARK)])])
    with newer_rules():
        rekey(store.db)
        short = store.db["stories"].find_one({"_id": key("short")})
        assert short is not None
        assert (short["status"], short["merged_into"]) == ("merged", key("real"))
        assert faults(store) == []


def test_a_database_that_notes_no_rules(store: Store) -> None:
    """One made before they were noted counts as due, until it was looked at."""
    write(store, world(""))
    store.db["meta"].delete_one({"_id": "url_rules"})
    assert rules_differ(store.db)
    assert rekey(store.db) == RekeyResult()
    assert not rules_differ(store.db)
