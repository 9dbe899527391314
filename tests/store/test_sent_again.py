"""Pages that are sent again and show the same: they cost little, and count like all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.migrate import rederive_all
from kolcrawl.store.read.reader import Reader
from kolcrawl.store.write.apply import apply_visits, recover
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.recount import recount
from tests.store.visiting import a_run, all_links, at, key, link, visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

RUN = "20260302-003400-abcdef"
LATER = "20260302-013400-abcdef"
LINKS = [link("b", 1, relevance=0.5), link("c", 2), link("hot", 1, "popular"), link("old", 2, "popular")]


def write(store: Store, *items: StoryItem, run: str = RUN) -> None:
    """Write visits one after the other, as one crawl."""
    store.db["crawls"].replace_one({"_id": run}, a_run(run), upsert=True)
    for item in items:
        assert not apply_visits(store.db, [visit_document(item, run)]).refused


def edges(store: Store) -> list[tuple[Any, ...]]:
    """What readers see of the links of a story."""
    shown = ("to", "kind", "position", "anchor", "active", "first_seen", "last_seen", "seen_count", "crawl")
    return sorted(tuple(row[name] for name in shown) for row in Reader(store.db).links_out([key("a")]))


def test_nothing_of_the_links_is_written(store: Store) -> None:
    """The second visit names the first in place of its links, and neither these nor the lists are written; readers see
    them observed twice, now and as of any moment. What was judged of them since does not matter."""
    write(store, visit("a", 0, LINKS))
    before = [*store.db["links"].find(), *store.db["page_lists"].find()]
    again = [link("b", 1, relevance=0.7, topic=0.2), *LINKS[1:]]
    write(store, visit("a", 5, again), visit("a", 9, outcome="unchanged", same_as=at(5)))
    assert [*store.db["links"].find(), *store.db["page_lists"].find()] == before
    first, second, third = store.db["visits"].find().sort("at", 1)
    assert (second["outcome"], second["confirms"], second["links"]) == ("fetched", first["_id"], [])
    assert "lists" not in second
    assert third["confirms"] == first["_id"]
    assert [edge[6:8] for edge in edges(store)] == [(at(9), 3)] * 4
    write(store, visit("a", 60, LINKS), run=LATER)
    assert sum(recount(store.db, LATER)[0].links.values()) == 4
    assert list(check_store(store.db)) == []
    counted = edges(store)
    rederive_all(store.db)
    assert edges(store) == counted


@pytest.mark.parametrize(
    "other",
    [
        visit("a", 5, LINKS, version="2"),
        visit("a", 5, LINKS[:3]),
        visit("a", 5, [link("b", 1, anchor="another", relevance=0.5), *LINKS[1:]]),
        visit("a", 5, [*LINKS[:2], link("hot", 2, "popular"), link("old", 1, "popular")]),
        visit("a", 5, LINKS, published_at=at(1)),
    ],
)
def test_what_differs_confirms_nothing(store: Store, other: StoryItem) -> None:
    """A page with another text, time or link, or with one in another place, is stored as it is."""
    write(store, visit("a", 0, LINKS), other)
    assert store.db["visits"].count_documents({"confirms": {"$exists": True}}) == 0
    assert store.db["visits"].count_documents({"links": []}) == 0
    assert list(check_store(store.db)) == []


SPELLS = [
    visit("a", 0, LINKS),
    visit("a", 5, LINKS),
    visit("a", 9, ["b"]),
    visit("a", 12, ["b"]),
    visit("a", 15, LINKS),
]


def test_any_order_leads_to_the_same(store: Store) -> None:
    """Whatever visits are written first, and whether or not one confirms another, what follows is the same."""
    found = []
    for order in ((0, 1, 2, 3, 4), (0, 2, 1, 4, 3), (2, 3, 0, 1, 4), (4, 0, 1, 2, 3)):
        for name in store.db.list_collection_names():
            if name != "meta":
                store.db[name].delete_many({})
        write(store, *(SPELLS[place] for place in order))
        found.append(edges(store))
        assert list(check_store(store.db)) == []
    assert all(one == found[0] for one in found)
    assert [edge[7] for edge in found[0]] == [5, 3, 3, 3]


def test_one_that_was_left_half_written(store: Store) -> None:
    """A visit whose writer was killed is finished by the next start, or by writing it again, and counted once."""
    write(store, visit("a", 0, LINKS), visit("a", 5, LINKS))
    wanted = edges(store)
    done = store.db["visits"].find_one({"at": at(5)})
    story = store.db["stories"].find_one({"_id": key("a")})
    assert done is not None
    assert story is not None
    half = {**done, "unapplied": visit_document(visit("a", 5, LINKS), RUN)["unapplied"]}
    for finish in (lambda: recover(store.db), lambda: write(store, visit("a", 5, LINKS))):
        store.db["visits"].replace_one({"_id": done["_id"]}, half)
        store.db["stories"].update_one({"_id": key("a")}, {"$set": {"visits": 1, "confirmed": None}})
        store.db["folds"].delete_many({})
        finish()
        assert store.db["visits"].find_one({"_id": done["_id"]}) == done
        assert edges(store) == wanted
        assert list(check_store(store.db)) == []


def test_links_of_a_merged_story(store: Store) -> None:
    """A link whose story was merged between the two visits is the same link."""
    write(
        store, visit("a", 0, ["b", "short"]), visit("real", 2, known_as=[key("short")]), visit("a", 5, ["b", "short"])
    )
    assert store.db["visits"].count_documents({"confirms": {"$exists": True}}) == 1
    found = {row["to"]: row["seen_count"] for row in all_links(store.db) if row["from"] == key("a")}
    links = {row["to"]: row["seen_count"] for row in Reader(store.db).links_out([key("a")])}
    assert links == {key("b"): 2, key("real"): 2}
    assert found == {key("b"): 1, key("real"): 1}
    assert list(check_store(store.db)) == []
