"""Stories found to be one: the other key leads on, and nothing points to it any more."""

from __future__ import annotations

import itertools
import subprocess
import sys
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.merge import merge as identity
from kolcrawl.store.merge import repoint
from kolcrawl.store.read.earlier_visits import known_stories
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.story.fingerprint import fingerprint_story
from kolcrawl.system.processes import birth_of, this_process
from tests.store.visiting import SERVER, address, at, key, link, visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

_worlds = itertools.count()


def write(store: Store, *items: StoryItem, crawl: str | None = None) -> None:
    """Write visits in one batch."""
    run = crawl or next((run["_id"] for run in store.db["crawls"].find()), None) or start_run(store, spider="x").id
    applied = apply_visits(store.db, [visit_document(item, run) for item in items])
    assert not applied.refused


def faults(store: Store) -> list[str]:
    """What `scrapy check-store` would print."""
    return [str(finding) for finding in check_store(store.db)]


def story(store: Store, name: str) -> dict[str, Any]:
    """A stored story."""
    found = store.db["stories"].find_one({"_id": key(name)})
    assert found is not None
    return found


def ends(store: Store, name: str) -> list[tuple[str, str, int, bool]]:
    """Links of a story: target, kind, count, active."""
    links = store.db["links"].find({"from": key(name)}).sort("position", 1)
    return [(link["to"], link["kind"], link["seen_count"], link["active"]) for link in links]


def test_a_stub_reached_under_another_key(store: Store) -> None:
    """A link led to `short`, which redirects to `real`: the stub is merged, the link points to the canonical story, and
    how the stub was discovered is how the canonical story was."""
    write(store, visit("a", 0, ["short", "b"]))
    write(store, visit("real", 1, ["a"], known_as=[key("short")], aliases=[address("short")], depth=1))
    merged, canonical = story(store, "short"), story(store, "real")
    assert (merged["status"], merged["merged_into"], merged["visits"]) == ("merged", key("real"), 0)
    assert canonical["aliases"] == [address("short")]
    assert canonical["discovered"]["from"] == key("a")
    assert canonical["first_seen"] == at(0)
    assert ends(store, "a") == [(key("real"), "related", 1, True), (key("b"), "related", 1, True)]
    assert faults(store) == []


def test_two_addresses_in_one_millisecond(store: Store) -> None:
    """A story read at two of its addresses at the same time has two visits, and neither address stays a stub."""
    write(store, visit("a", 0, ["short", "real"]))
    other = visit("real", 1, ["a"], known_as=[key("short")], aliases=[address("short")])
    write(store, visit("real", 1, ["a"]), other)
    assert (story(store, "short")["status"], story(store, "real")["visits"]) == ("merged", 2)
    assert ends(store, "a") == [(key("real"), "related", 1, True)]
    assert faults(store) == []


def test_a_link_that_comes_later(store: Store) -> None:
    """Pages go on linking to the old key: their links are to the canonical story, and no stub comes back."""
    write(store, visit("real", 1, known_as=[key("short")], aliases=[address("short")]))
    write(store, visit("b", 2, ["short", "real"]))
    assert ends(store, "b") == [(key("real"), "related", 1, True)]
    assert story(store, "short")["status"] == "merged"
    assert list(known_stories(store.db, [key("short"), key("b"), key("none")])) == [key("short"), key("b")]
    assert known_stories(store.db, [key("short")])[key("short")].url == address("real")
    assert faults(store) == []


def test_in_one_batch(store: Store) -> None:
    """Link, redirect and canonical story in the same batch, in any order."""
    items = [
        visit("a", 0, ["short"]),
        visit("real", 1, ["c"], known_as=[key("short")], aliases=[address("short")]),
        visit("c", 2, ["short", "a"]),
    ]
    for number, order in enumerate(itertools.permutations(items)):
        write(store, *order, crawl=start_run(store, spider="x").id)
        assert faults(store) == [], f"order {number}"
    assert [end[0] for end in ends(store, "a")] == [key("real")]


def test_two_stories_that_were_both_read(store: Store) -> None:
    """Two fetched stories with the same text turn out to be one: visits, links and the earlier text of both are the
    canonical's, counted once each."""
    same = {"title": "One title", "text": "One text", "content_hash": "one"}
    write(store, visit("mobile", 0, ["x", "y"], version="0"))
    write(store, visit("mobile", 5, ["x"], **same))
    write(store, visit("real", 6, ["x", "z"], **same))
    write(store, visit("real", 7, ["x"], known_as=[key("mobile")], aliases=[address("mobile")], **same))
    real = story(store, "real")
    assert (real["visits"], real["revisions"], real["text"]) == (4, 1, "One text")
    assert ends(store, "real")[0] == (key("x"), "related", 4, True)
    earlier = store.db["revisions"].find_one({"story": key("real")})
    assert earlier is not None
    assert earlier["text"] == "Text 0 of mobile. $where is it?"
    assert faults(store) == []


def test_the_merged_one_was_read_later(store: Store) -> None:
    """The text of the merged story is newer than the canonical story's, which shows it; its own becomes a revision."""
    write(store, visit("real", 0, version="1", title="Same title"))
    write(store, visit("mobile", 9, version="2", title="Same title"))
    item = visit("real", 5, version="1", title="Same title", known_as=[key("mobile")], aliases=[address("mobile")])
    write(store, item)
    real = story(store, "real")
    assert real["text"] == "Text 2 of mobile. $where is it?"
    assert (real["visits"], real["revisions"]) == (3, 1)
    assert faults(store) == []


def test_a_redirect_to_another_story_is_no_merge(store: Store) -> None:
    """A story that was read redirects to one with another title and text: both stay, and the visit of the old says
    `redirected`."""
    write(store, visit("old", 0, ["a"]))
    write(store, visit("hot", 1, known_as=[key("old")], aliases=[address("old")]))
    old = story(store, "old")
    assert (old["status"], old["text"]) == ("fetched", "Text 1 of old. $where is it?")
    assert old["last_visit"]["outcome"] == "failed"
    assert old["last_visit"]["reason"] == "redirected"
    assert old["visits"] == 2
    assert faults(store) == []


def test_a_landing_page_swallows_no_network(store: Store) -> None:
    """Ever more dead links whose text is its headline redirect to one page: after some it is no longer believed, and
    they are `failed`."""
    names = [f"dead-{n}" for n in range(identity.MAX_MERGED_BY_TITLE + 10)]
    write(store, visit("list", 0, names))
    for minutes, name in enumerate(names, 1):
        known = {"known_as": [key(name)], "aliases": [address(name)], "proofs": {key(name): "title"}}
        write(store, visit("landing", minutes, **known))
    by_status = {status: store.db["stories"].count_documents({"status": status}) for status in ("merged", "failed")}
    assert by_status == {"merged": identity.MAX_MERGED_BY_TITLE, "failed": 10}
    assert faults(store) == []


def test_two_that_merge_into_each_other(store: Store) -> None:
    """Two crawls at once find each of two stories to be the other: one of them survives, and has both visits."""
    write(store, visit("r", 0, ["p", "q"]))
    other = open_store(SERVER, store.db.name, store.data_dir)
    same = {"title": "Both", "text": "Both"}
    items = [
        visit("p", 1, ["r"], known_as=[key("q")], aliases=[address("q")], **same),
        visit("q", 1, ["r"], known_as=[key("p")], aliases=[address("p")], **same),
    ]
    threads = [Thread(target=write, args=pair) for pair in zip((store, other), items, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    left = store.db["stories"].find_one({"status": "fetched", "_id": {"$ne": key("r")}})
    assert left is not None
    assert left["visits"] == 2
    assert store.db["stories"].count_documents({"status": "merged"}) == 1
    assert ends(store, "r") == [(left["_id"], "related", 1, True)]
    assert faults(store) == []


def test_groups_follow(store: Store) -> None:
    """A group led by a merged story is led by its canonical story."""
    text = " ".join(f"sentence {n} tells what happened in the affair," for n in range(60))
    copied = {"title": "T", "text": text}
    known = {"known_as": [key("short")], "aliases": [address("short")]}
    names = ("short", "copy", "real")
    for minutes, name in enumerate(names):
        write(store, fingerprint_story(visit(name, minutes, **copied)))
    assert {story(store, name)["group"] for name in names} == {key("short")}
    write(store, fingerprint_story(visit("real", 3, **copied, **known)))
    assert story(store, "copy")["group"] == story(store, "real")["group"] == key("real")
    assert story(store, "copy")["copy_of"] == key("real")
    assert story(store, "real")["copy_of"] is None
    assert faults(store) == []


@st.composite
def webs(draw: st.DrawFn) -> list[StoryItem]:
    """Visits among five keys, some of which turn out to be others."""
    world = next(_worlds)
    names = [f"w{world}-{letter}" for letter in "abcde"]
    items = []
    for minutes in range(draw(st.integers(2, 8))):
        name = draw(st.sampled_from(names))
        links = [
            link(target, place, draw(st.sampled_from(["related", "popular"])))
            for place, target in enumerate(draw(st.lists(st.sampled_from(names), max_size=3)), 1)
        ]
        others = [other for other in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)) if other != name]
        outcome = draw(st.sampled_from(["fetched", "fetched", "fetched", "unchanged", "gone"]))
        known = {"known_as": [key(other) for other in others], "aliases": [address(other) for other in others]}
        title = draw(st.sampled_from(["One", "Two"]))
        items.append(
            visit(name, minutes, links, outcome=outcome, **({"title": title, **known} if outcome == "fetched" else {}))
        )
    return items


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=webs(), data=st.data())
def test_whatever_is_merged_every_promise_holds(store: Store, items: list[StoryItem], data: Any) -> None:
    """After any visits and merges, in any order and batches, the check of the store finds nothing."""
    for name in ("stories", "links", "lists", "page_lists", "visits", "revisions", "fingerprints"):
        store.db[name].delete_many({})
    waiting = list(data.draw(st.permutations(items)))
    while waiting:
        size = data.draw(st.integers(1, 4))
        write(store, *waiting[:size])
        waiting = waiting[size:]
    assert faults(store) == []


def test_a_process_that_died_while_it_merged(store: Store) -> None:
    """A process of this host was killed while it had the right to merge: the next one takes over at once; a process
    that is alive is waited for."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        process = {**this_process(), "pid": other.pid, "born": birth_of(other.pid)}
        lease = {
            "_id": "merging",
            "owner": "other",
            "process": process,
            "until": datetime.now(UTC) + repoint.MERGE_LEASE,
        }
        store.db["meta"].insert_one(lease)
        item = visit("real", 1, known_as=[key("short")], aliases=[address("short")])
        writing = Thread(target=write, args=(store, item))
        writing.start()
        writing.join(1.0)
        assert writing.is_alive()
        other.kill()
        other.wait()
    writing.join(20.0)
    assert story(store, "short")["status"] == "merged"
    assert store.db["meta"].find_one({"_id": "merging"}) is None
    assert faults(store) == []
