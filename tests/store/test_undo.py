"""Merges that are undone: by the story's own page, by the user, at any moment and after any death."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.store.copies import grouping
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.merge import repoint, restore, undo
from kolcrawl.store.merge.merge import merge_into
from kolcrawl.store.merge.repoint import repoint_merged_stories
from kolcrawl.store.merge.undo import finish_undoing, undo_merge
from kolcrawl.store.write.apply import apply_visits, recover
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from tests.store.visiting import address, all_links, key, link, visit

if TYPE_CHECKING:
    from datetime import tzinfo

    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

VOLATILE = ("updated_at", "next_visit_at", "unmerged", "merge", "order", "restored", "http", "validators", "aliases")
"""Fields of a story that tell when it was written, what it went through, or what only its latest answer told."""


def write(store: Store, *items: StoryItem) -> None:
    """Write visits in one batch, in the one run of the test."""
    run = next((run["_id"] for run in store.db["crawls"].find()), None) or start_run(store, spider="x").id
    assert not apply_visits(store.db, [visit_document(item, run) for item in items]).refused


def faults(store: Store) -> list[str]:
    """What `scrapy check-store` would print."""
    return [str(finding) for finding in check_store(store.db)]


def story(store: Store, name: str) -> dict[str, Any]:
    """A stored story."""
    found = store.db["stories"].find_one({"_id": key(name)})
    assert found is not None
    return found


def ends(store: Store, name: str) -> dict[str, tuple[str, bool, int]]:
    """Links of a story by target: anchor, active, count."""
    links = all_links(store.db, name)
    return {link["to"]: (link["anchor"], link["active"], link["seen_count"]) for link in links}


def network(store: Store) -> dict[str, Any]:
    """All stories, links and revisions, without what tells how they came to be."""

    def plain(row: dict[str, Any], *without: str) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name not in without}

    return {
        "stories": {row["_id"]: plain(row, *VOLATILE) for row in store.db["stories"].find()},
        "links": {row["_id"]: plain(row, "updated_at", "basis") for row in all_links(store.db)},
        "revisions": {row["_id"]: plain(row, "basis") for row in store.db["revisions"].find()},
    }


def merged(store: Store, **more: Any) -> None:
    """Two pages link to `short` and to `real`; `short` turned out to be `real`, and was asked for by its address."""
    write(
        store,
        visit("a", 0, [link("short", anchor="The short one"), "real"]),
        visit("b", 1, [link("short", 1, "popular")]),
    )
    led = {"known_as": [key("short")], "aliases": [address("short")], "requested_url": address("short")}
    write(store, visit("real", 2, ["x"], depth=1, **led | more))
    assert story(store, "short")["status"] == "merged"
    assert set(ends(store, "a")) == {key("real")}


def test_nothing_is_dated_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine whose clock is behind, merging, undoing and grouping date each write later than the one before it: a
    writer that had read a story finds it changed."""

    class ClockBehind(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> ClockBehind:
            return cls(2020, 1, 1, tzinfo=tz)

    def dates() -> dict[str, datetime]:
        return {row["_id"]: row["updated_at"] for row in store.db["stories"].find()}

    merged(store)
    write(store, visit("copy", 3), visit("other", 4))
    store.db["stories"].update_one({"_id": key("copy")}, {"$set": {"group": key("other")}})
    for module in (repoint, restore, undo, grouping):
        monkeypatch.setattr(module, "datetime", ClockBehind)
    before = dates()
    undo_merge(store.db, key("short"), "user")
    grouping.group_stories(store.db, [key("copy")])
    after = dates()
    assert {name for name in before if after[name] > before[name]} >= {key("short"), key("real"), key("copy")}
    merge_into(store.db, key("short"), key("real"), proof="user")
    repoint_merged_stories(store.db)
    assert all(now >= after[name] for name, now in dates().items())
    assert dates()[key("short")] > after[key("short")]


def test_a_page_of_its_own(store: Store) -> None:
    """The merged address answers with a page of its own: two stories, each with its links, its discovery and its
    visits; the redirect of before is a failed visit of the one that was merged."""
    merged(store)
    write(store, visit("short", 5, ["y", "real"], depth=1))
    short, real = story(store, "short"), story(store, "real")
    assert (short["status"], short["title"], short["visits"]) == ("fetched", "Title 1 of short", 2)
    assert (real["status"], real["title"], real["visits"]) == ("fetched", "Title 1 of real", 1)
    assert short["unmerged"][0]["by"] == "page"
    assert real["aliases"] == []
    assert ends(store, "a") == {key("short"): ("The short one", True, 1), key("real"): ("about real", True, 1)}
    assert set(ends(store, "b")) == {key("short")}
    assert set(ends(store, "short")) == {key("y"), key("real")}
    assert short["discovered"]["from"] == key("a")
    visits = store.db["visits"].find({"story": key("short")}).sort("at", 1)
    assert [(row["outcome"], row["reason"]) for row in visits] == [("failed", "redirected"), ("fetched", None)]
    assert faults(store) == []


def test_the_same_page_stays_merged(store: Store) -> None:
    """A merged address that answers with the canonical story's page stays merged; one that answers with nothing takes
    nothing from the canonical story."""
    merged(store)
    write(store, visit("short", 5, ["x"], title="Title 1 of real"))
    assert story(store, "short")["status"] == "merged"
    write(store, visit("short", 6, outcome="gone"))
    real = story(store, "real")
    assert (real["status"], real["visits"], real["last_visit"]["reason"]) == ("fetched", 3, "http_404")
    assert faults(store) == []


def test_any_order_gives_the_same(store: Store, data_dir: Any) -> None:
    """The redirect, the link to it and the page of its own, written in any order: the same network."""
    led = {"known_as": [key("short")], "aliases": [address("short")], "requested_url": address("short")}
    items = [
        visit("a", 0, ["short", "real"]),
        visit("real", 2, ["x"], depth=1, **led),
        visit("short", 5, ["y"], depth=1),
        visit("short", 7, ["y", "z"], depth=1, version="2"),
    ]
    found = []
    run = start_run(store, spider="x").id
    for order in itertools.permutations(items):
        for item in order:
            apply_visits(store.db, [visit_document(item, run)])
        assert faults(store) == []
        found.append(network(store))
        for name in ("stories", "links", "visits", "revisions", "fingerprints", "folds"):
            store.db[name].delete_many({})
    for one, name in itertools.product(found[1:], found[0]):
        for row in found[0][name]:
            assert one[name][row] == found[0][name][row]


def read_both(store: Store) -> None:
    """`mobile` and `real` were read with the same title, and `mobile` was merged; a third was merged into it before."""
    write(store, visit("a", 0, ["mobile", "real", "old"]))
    write(store, visit("mobile", 1, ["x"], title="Same", depth=1, known_as=[key("old")], aliases=[address("old")]))
    write(store, visit("mobile", 2, ["x", "w"], title="Same", version="2", depth=1))
    write(store, visit("real", 3, ["y"], title="Same", version="3", depth=1))
    write(store, visit("x", 3, ["mobile"], depth=2))


def test_undone_by_the_user(store: Store) -> None:
    """Undoing a merge of two stories that were read, into one of which a third was merged before, gives the network
    of before: texts, revisions, counts and groups; and the next visit does not merge them again."""
    read_both(store)
    before = network(store)
    led = {"known_as": [key("mobile")], "aliases": [address("mobile")]}
    write(store, visit("real", 4, ["y"], title="Same", version="3", depth=1, **led))
    assert story(store, "mobile")["status"] == "merged"
    assert story(store, "old")["merged_into"] == key("real")
    assert undo_merge(store.db, key("mobile"), "user") == key("real")
    after = network(store)
    assert story(store, "old")["merged_into"] == key("mobile")
    assert story(store, "mobile")["text"] == "Text 2 of mobile. $where is it?"
    assert after["links"].keys() == before["links"].keys()
    assert after["revisions"] == before["revisions"]
    assert after["stories"][key("mobile")] == before["stories"][key("mobile")]
    assert faults(store) == []
    write(store, visit("real", 6, ["y"], title="Same", version="3", depth=1, **led))
    assert story(store, "mobile")["status"] == "fetched"
    assert story(store, "mobile")["last_visit"]["reason"] == "redirected"
    assert undo_merge(store.db, key("mobile"), "user") is None
    assert faults(store) == []


STEPS = ("_take_back_visits", "_note_redirects", "_take_back_links", "_correct_discovery", "_forget_aliases",
         "group_stories")  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_undoing(store: Store, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A process dies at any step of undoing: the next start finishes it, to the same network."""
    read_both(store)
    led = {"known_as": [key("mobile")], "aliases": [address("mobile")]}
    write(store, visit("real", 4, ["y"], title="Same", version="3", depth=1, **led))

    def dying(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"kolcrawl.store.merge.undo.{step}", dying)
        with pytest.raises(KeyboardInterrupt):
            undo_merge(store.db, key("mobile"), "user")
    recover(store.db)
    assert finish_undoing(store.db) == 0
    mobile, real = story(store, "mobile"), story(store, "real")
    assert (mobile["text"], mobile["visits"], mobile["revisions"]) == ("Text 2 of mobile. $where is it?", 2, 1)
    assert (real["text"], real["visits"]) == ("Text 3 of real. $where is it?", 2)
    assert faults(store) == []
