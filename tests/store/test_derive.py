"""Whatever visits come, in whatever order and however often: the database holds what the contract says."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.read.reader import Reader
from kolcrawl.store.schema import COLLECTIONS
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from tests.store.visiting import Expected, a_run, all_links, expected, link, visit, walk_links

if TYPE_CHECKING:
    from datetime import datetime

    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

_worlds = itertools.count()


def found(store: Store, keys: list[str], like: Expected) -> Expected:
    """The same fields of what is in the database."""
    db = store.db
    world = Expected()
    for story in db["stories"].find({"_id": {"$in": keys}}):
        fields = next(iter(like.stories.values()))
        world.stories[story["_id"]] = {name: story[name] for name in fields}
    for edge in all_links(db):
        if edge["from"] not in keys:
            continue
        names = ("first_seen", "seen_count", "crawl", "active", "last_seen", "position", "anchor", "heading")
        world.links[edge["from"], edge["to"], edge["kind"]] = {name: edge[name] for name in names}
    for revision in db["revisions"].find({"story": {"$in": keys}}).sort("at", 1):
        names = ("story", "at", "changed", "title", "text", "content_hash")
        world.revisions.append({name: revision[name] for name in names})
    return world


def in_order(visits: list[tuple[str, StoryItem]]) -> list[tuple[str, StoryItem]]:
    """Visits in the order of time; those of one millisecond as the store has them."""
    return sorted(visits, key=lambda entry: (entry[1].visited_at, visit_document(entry[1], entry[0])["_id"]))


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, StoryItem]]:
    """Visits of three stories by two crawls, links among them, at moments that may coincide."""
    world = next(_worlds)
    names = [f"{world}-{letter}" for letter in "abc"]
    entries: dict[str, tuple[str, StoryItem]] = {}
    for _ in range(draw(st.integers(1, 9))):
        name, crawl = draw(st.sampled_from(names)), draw(st.sampled_from(["c1", "c2"]))
        minutes = draw(st.integers(0, 12))
        outcome = draw(st.sampled_from(["fetched", "fetched", "fetched", "gone", "failed"]))
        targets = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(["related", "popular"])), max_size=4))
        links = [
            link(target, place, kind, anchor=f"{target} at {minutes}")
            for place, (target, kind) in enumerate(targets, 1)
        ]
        version, depth = draw(st.sampled_from("AB")), draw(st.integers(0, 3))
        item = visit(name, minutes, links, outcome=outcome, version=version, depth=depth)
        entries[visit_document(item, crawl)["_id"]] = (crawl, item)
    return list(entries.values())


def emptied(store: Store) -> Store:
    """The store with two runs and nothing else in it: all examples of a test are written to one database."""
    for name in COLLECTIONS:
        if name != "meta":
            store.db[name].delete_many({})
    store.db["crawls"].insert_many([a_run("c1"), a_run("c2")])
    return store


@settings(max_examples=35, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=histories(), data=st.data())
def test_any_order_any_batches_any_repetition(store: Store, visits: list[tuple[str, StoryItem]], data: Any) -> None:
    """Visits written in any order, in batches of any size, some of them twice, give what a plain model of the
    contract gives when it walks through them in the order of time."""
    like = expected(in_order(visits))
    emptied(store)
    order = data.draw(st.permutations(visits))
    repeated = data.draw(st.lists(st.sampled_from(visits), max_size=3))
    waiting = [*order, *repeated]
    while waiting:
        size = data.draw(st.integers(1, 4))
        batch, waiting = waiting[:size], waiting[size:]
        applied = apply_visits(store.db, [visit_document(item, crawl) for crawl, item in batch])
        assert not applied.refused
    got = found(store, list(like.stories), like)
    assert got.stories == like.stories
    assert got.links == like.links
    assert sorted(got.revisions, key=str) == sorted(like.revisions, key=str)
    assert store.db["visits"].count_documents({"story": {"$in": list(like.stories)}}) == len(visits)
    assert store.db["visits"].count_documents({"unapplied": {"$exists": True}}) == 0


@st.composite
def confirmed_histories(draw: st.DrawFn) -> list[tuple[str, StoryItem]]:
    """Visits of one story, at different moments; a server says of some earlier pages that they are unchanged."""
    name = f"{next(_worlds)}-confirmed"
    visits: list[tuple[str, StoryItem]] = []
    pages: list[StoryItem] = []
    for minutes in range(draw(st.integers(2, 9))):
        outcome = draw(st.sampled_from(["fetched", "unchanged", "unchanged", "gone", "failed"])) if pages else "fetched"
        targets = draw(st.lists(st.sampled_from(["x", "y", "z"]), max_size=3, unique=True))
        kinds = draw(st.sampled_from([["related"], ["popular"], ["related", "popular"]]))
        links = [
            link(f"{name}-{target}", place, kind, anchor=f"at {minutes}")
            for kind in kinds
            for place, target in enumerate(targets, 1)
        ]
        item = visit(name, minutes, links if outcome == "fetched" else [], outcome=outcome, version=f"{minutes}")
        if outcome == "unchanged":
            item.same_as = draw(st.sampled_from([pages[-1], pages[-1], *pages])).visited_at
        elif outcome == "fetched":
            pages.append(item)
        visits.append((draw(st.sampled_from(["c1", "c2"])), item))
    return visits


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=confirmed_histories(), data=st.data())
def test_confirmations_in_any_order(store: Store, visits: list[tuple[str, StoryItem]], data: Any) -> None:
    """Links of a story that servers said to be unchanged again and again are, as readers see them, what a plain walk
    through its visits gives, in whatever order and batches these are written; the check of the store finds nothing."""
    like, pages = Expected(), {item.visited_at: item.links for _, item in visits if item.outcome == "fetched"}
    for crawl, item in visits:
        walk_links(like, crawl, item, pages)
    emptied(store)
    waiting = data.draw(st.permutations(visits))
    written: set[datetime] = set()
    while waiting:  # an answer of `unchanged` confirms what is stored
        ready = [one for one in waiting if one[1].outcome != "unchanged" or one[1].same_as in written]
        batch = ready[: data.draw(st.integers(1, 3))]
        assert not apply_visits(store.db, [visit_document(item, crawl) for crawl, item in batch]).refused
        written |= {item.visited_at for _, item in batch}
        waiting = [one for one in waiting if one not in batch]
    source = visits[0][1].key
    names = ("first_seen", "seen_count", "crawl", "active", "last_seen", "position", "anchor", "heading")
    got = {
        (source, edge["to"], edge["kind"]): {name: dict(edge)[name] for name in names}
        for edge in Reader(store.db).links_out([source])
    }
    assert got == like.links
    assert [str(finding) for finding in check_store(store.db)] == []
