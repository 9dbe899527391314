"""Folds: the next visit to a story is written without reading the earlier ones, whatever was seen, in whatever order,
and whenever a process dies."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

import bson
import pytest
from pymongo import MongoClient, monitoring

from kolcrawl.store.derive import VisitWalk
from kolcrawl.store.history.fold_stories import MAX_UNFOLDED
from kolcrawl.store.history.folding import absorb, join_walks
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.schema import ensure_schema
from kolcrawl.store.server.embedded import ensure_server
from kolcrawl.store.write import apply
from kolcrawl.store.write.apply import apply_visits, recover
from kolcrawl.store.write.documents import visit_document
from tests.store.visiting import a_run, address, at, key, link, visit

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

RUN = "20260302-003400-abcdef"
NAMES = ["b", "c", "d", "e"]


@pytest.fixture(autouse=True)
def run(store: Store) -> None:
    """The run that all visits are of."""
    store.db["crawls"].insert_one(a_run(RUN))


def write(db: Any, *items: StoryItem) -> None:
    """Write visits in one batch."""
    assert not apply_visits(db, [visit_document(item, RUN) for item in items]).refused


def faults(db: Any) -> list[str]:
    """All promises that do not hold: everything is derived anew from all visits."""
    return [str(finding) for finding in check_store(db)]


def folded_visits(db: Any, name: str = "a") -> int:
    """How many visits the fold of a story stands for; 0 where it is void."""
    return int((db["folds"].find_one({"_id": key(name)}) or {"visits": 0})["visits"])


def some_visit(draw: random.Random, minute: int, pages: list[int]) -> StoryItem:
    """A visit of any outcome, with links and lists that come, go and come back."""
    outcome = draw.choices(["fetched", "unchanged", "failed", "gone"], [6, 6, 1, 1])[0]
    if outcome == "fetched":
        pages.append(minute)
        own = [link(name, place) for place, name in enumerate(draw.sample(NAMES, draw.randint(0, 3)), 1)]
        listed = [link(name, place, "popular") for place, name in enumerate(draw.sample(NAMES, 2), 1)]
        more = {"relevance": draw.random(), "depth": draw.randint(0, 3)}
        return visit("a", minute, own + draw.choice([listed, []]), version=str(draw.randint(1, 3)), **more)
    if outcome == "unchanged":
        return visit("a", minute, outcome="unchanged", same_as=at(draw.choice(pages[-2:])) if pages else None)
    notice = {"reason": draw.choice(["withdrawn", "http_410"])} if outcome == "gone" else {}
    return visit("a", minute, outcome=outcome, **notice)


@pytest.mark.parametrize("seed", range(4))
def test_any_visits_lead_to_what_all_of_them_say(store: Store, seed: int) -> None:
    """Written one by one, a few of them late or twice, forty visits lead to what all of them say when derived anew, and
    most were written from a fold."""
    draw = random.Random(seed)
    pages: list[int] = []
    items = [some_visit(draw, minute, pages) for minute in range(40)]
    for place in draw.sample(range(38), 2):
        items[place], items[place + 1] = items[place + 1], items[place]
    items.insert(20, items[10])
    folds = 0
    for item in items:
        write(store.db, item)
        folds += folded_visits(store.db) > 0
    assert folds > 20
    assert faults(store.db) == []
    assert len(list(store.db["folds"].find({"_id": key("a")}))) == 1


def test_visits_that_come_late(store: Store) -> None:
    """A visit of a time that is folded already shows its version and its links, and the story is folded anew."""
    for minute in (0, 2, 4):
        write(store.db, visit("a", minute, ["b"], version=str(minute)))
    assert folded_visits(store.db) == 3
    write(store.db, visit("a", 1, ["c"], version="late"))
    assert {row["text"] for row in store.db["revisions"].find({"story": key("a")})} == {
        f"Text {version} of a. $where is it?" for version in ("0", "late", "2")
    }
    assert folded_visits(store.db) == 4
    assert faults(store.db) == []


def test_a_fold_that_lacks_a_visit_is_a_fault_only_where_it_would_be_used(store: Store) -> None:
    """One that does not name a visit of its time is voided by whoever goes on from it; one that names all, and counts
    otherwise, is found."""
    write(store.db, *(visit("a", minute, ["b"], version=str(minute)) for minute in range(6)))
    fold = store.db["folds"].find_one({"_id": key("a")})
    assert fold is not None
    assert fold["folded"]
    store.db["folds"].update_one({"_id": key("a")}, {"$inc": {"visits": -1}})
    assert any("visits are not what the visits" in fault for fault in faults(store.db))
    store.db["folds"].update_one({"_id": key("a")}, {"$pull": {"folded": fold["folded"][-1]}})
    assert faults(store.db) == []
    write(store.db, visit("a", 7, ["b"], version="7"))
    assert (store.db["stories"].find_one({"_id": key("a")}) or {})["visits"] == 7
    assert faults(store.db) == []


def test_a_visit_comes_in_while_its_story_is_folded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visit that another crawl writes after the visits were read and before the fold is stored is not left out."""
    write(store.db, visit("a", 0, ["b"]), visit("a", 2, ["b"], version="2"))
    store.db["folds"].delete_many({})
    fold = apply.write_folds

    def fold_late(*arguments: Any) -> None:
        monkeypatch.setattr(apply, "write_folds", lambda *_: None)
        write(store.db, visit("a", 3, ["c"], version="3"))
        monkeypatch.setattr(apply, "write_folds", fold)
        fold(*arguments)

    monkeypatch.setattr(apply, "write_folds", fold_late)
    write(store.db, visit("a", 4, ["b"], version="4"))
    assert folded_visits(store.db) == 3
    write(store.db, visit("a", 5, ["b"], version="5"))
    assert store.db["stories"].find_one({"_id": key("a")}, {"visits": 1}) == {"_id": key("a"), "visits": 5}
    assert faults(store.db) == []


@pytest.mark.parametrize("step", ["_remove_log_entries", "write_folds"])
def test_a_process_dies(store: Store, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Whether a process dies before a story is folded or before its visit is done, the next one goes on rightly."""
    write(store.db, visit("a", 0, ["b"]), visit("a", 1, ["b", "c"], version="2"))

    def die(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(apply, step, die)
        with pytest.raises(RuntimeError):
            write(store.db, visit("a", 2, ["c"], version="3"))
    recover(store.db)
    write(store.db, visit("a", 3, ["d"], version="4"))
    assert folded_visits(store.db) == 4
    assert faults(store.db) == []


def test_merged_and_parted_stories_are_folded_anew(store: Store) -> None:
    """The fold of a story with which another is merged knows the other's visits, and no more after they are parted."""
    for minute in range(3):
        write(store.db, visit("a", minute, ["b"], version="1"), visit("old", minute, ["a", "b"], version="1"))
    item = visit("a", 5, ["b", "old"], known_as=[key("old")], aliases=[address("old")])
    item.title = item.text = None
    old = store.db["stories"].find_one({"_id": key("old")})
    assert old is not None
    item.title, item.text, item.content_hash = old["title"], old["text"], old["content_hash"]
    write(store.db, item)
    write(store.db, visit("a", 6, ["b"], version="2"))
    assert folded_visits(store.db) == 8
    assert faults(store.db) == []
    write(store.db, visit("old", 7, ["c"], version="own"))
    assert store.db["stories"].find_one({"_id": key("old")}, {"status": 1}) == {"_id": key("old"), "status": "fetched"}
    write(store.db, visit("a", 8, ["b"], version="3"))
    assert faults(store.db) == []


class Traffic(monitoring.CommandListener):
    """Counts documents and bytes of the commands that write and read, in both directions."""

    def __init__(self) -> None:
        self.bytes = self.documents = self.excluding = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count what is sent, and queries that exclude documents by their ids: beside another condition, the embedded
        server looks at all that a story has."""
        asked = [event.command.get("filter"), *(delete["q"] for delete in event.command.get("deletes", ()))]
        self.excluding += sum("$nin" in (query or {}).get("_id", ()) and "story" in query for query in asked)
        self.bytes += len(bson.encode(event.command))
        self.documents += sum(len(event.command.get(name, ())) for name in ("documents", "updates", "deletes"))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Count what comes back; an id alone is no document."""
        self.bytes += len(bson.encode(event.reply))
        self.documents += sum(len(row) > 1 for row in event.reply.get("cursor", {}).get("firstBatch", ()))

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Do nothing."""


def a_page(number: int, *, changes: bool) -> StoryItem:
    """A page with thirty links and two lists, one of them another at each visit; or that the page is unchanged."""
    if not changes and number:
        return visit("a", number, outcome="unchanged", same_as=at(number - 1))
    own = [link(f"own{place}", place) for place in range(1, 31)]
    lists = [link(f"hot{place}", place, "popular") for place in range(1, 6)]
    lists += [link(f"new{number}-{place}", place, "latest") for place in range(1, 6)]
    return visit("a", number, own + lists, version=str(number))


@pytest.mark.parametrize("changes", [True, False])
@pytest.mark.xdist_group("traffic")
def test_the_two_hundredth_visit_costs_no_more_than_the_second(data_dir: Path, changes: bool) -> None:
    """Bytes that go to the server and come back, for a page that is another each time and for one that stays: those of
    the visits 200 to 204 are no more than those of the second, and so are the documents, but for a few unfolded visits
    that only confirm the page."""
    traffic = Traffic()
    with MongoClient(ensure_server(data_dir), tz_aware=True, event_listeners=[traffic]) as client:
        db: Any = client[f"traffic_{os.getpid()}_{changes}"]
        ensure_schema(db)
        costs, excluding_at_first = [], 0
        items = [visit_document(a_page(number, changes=changes), RUN) for number in range(204)]
        size = 20 if changes else 1  # those in the middle are only to be there
        middle = [items[place : place + size] for place in range(2, 182, size)]
        for batch in ([items[0]], [items[1]], *middle, *([item] for item in items[182:])):
            traffic.bytes = traffic.documents = 0
            assert not apply_visits(db, batch).refused
            costs.append((traffic.documents, traffic.bytes))
            if len(costs) == MAX_UNFOLDED + 1:
                excluding_at_first = traffic.excluding
        client.drop_database(db.name)
    print(costs[1], costs[-5:])
    assert traffic.excluding == excluding_at_first
    assert max(sent for _, sent in costs[-5:]) <= costs[1][1]
    assert max(documents for documents, _ in costs[-5:]) <= costs[1][0] + (0 if changes else MAX_UNFOLDED)


def test_histories_of_merged_stories_join() -> None:
    """What confirmed the links of the earlier page counts for these; a stored visit later than the two pages decides,
    and leaves the later failures what they are."""

    def shown(name: str, minute: int, outcome: str, to: str) -> dict[str, Any]:
        page = {"links": visit_document(visit(name, 0, [link(to)]), RUN)["links"], "content_hash": "1", "title": ""}
        row = visit_document(visit(name, minute, outcome=outcome), RUN)  # type: ignore[arg-type]
        return row | page | {"story": key("a"), "text_hash": None, "published_at": None}

    one, other = VisitWalk(key("a")), VisitWalk(key("a"))
    for minute, outcome in ((0, "fetched"), (1, "unchanged"), (2, "unchanged")):
        one.step(shown("old", minute, outcome, "b"))
    other.step(shown("a", 3, "fetched", "c"))
    other.step(shown("a", 9, "failed", "c"))
    joined = join_walks([one, other])
    assert (joined.links[key("b"), "related"].seen_count, joined.links[key("b"), "related"].last_seen) == (3, at(2))
    absorb(joined, shown("old", 6, "fetched", "d"))
    history = joined.history()
    active = {end[0] for end, known in history.links.items() if known.active}
    assert (active, history.latest["at"], history.failures) == ({key("d")}, at(9), 1)
    assert history.content is not None
    assert (history.content["at"], history.visits, history.pages) == (at(6), 6, 5)
