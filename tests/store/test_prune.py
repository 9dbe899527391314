"""Removing old visits: nothing else changes, what goes is in the archive, and neither kills nor crawls do any harm."""

from __future__ import annotations

import contextlib
import gzip
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from bson import json_util

from kolcrawl.errors import ArgumentError, StoreError
from kolcrawl.network import Network
from kolcrawl.store.maintain import prune as pruning
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.migrate import rederive_all
from kolcrawl.store.maintain.prune import plan_pruning, prune
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.projection import rederive
from tests.store.flaky import KilledError, die_after
from tests.store.visiting import a_run, address, at, key, link, visit

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

RUN = "20260302-003400-abcdef"
HOT = [link("hot", 1, "popular"), link("cold", 2, "popular")]


def write(db: Any, *items: StoryItem) -> None:
    """Write visits in one batch."""
    assert not apply_visits(db, [visit_document(item, RUN) for item in items]).refused


def faults(db: Any) -> list[str]:
    """All promises that do not hold."""
    return [str(finding) for finding in check_store(db)]


def state(db: Any) -> list[Any]:
    """Stories, links, counts and earlier versions, but for when and from what they were written."""
    hidden = {"updated_at": 0, "basis": 0}
    rows = [list(db[name].find({}, hidden).sort("_id", 1)) for name in ("stories", "links", "page_lists", "revisions")]
    return [*rows, list(db["lists"].find().sort("_id", 1))]


def past(db: Any, minute: float) -> list[Any]:
    """The network as of a moment."""
    then = Network(db).as_of(at(minute))
    stories = list(then.stories())
    return [stories, list(then.links_out([story["_id"] for story in stories]))]


@pytest.fixture
def grown(store: Store) -> Store:
    """Stories with visits of all outcomes: versions, links and lists that come and go, pages that stay as they are."""
    store.db["crawls"].insert_one(a_run(RUN))
    for minute in range(8):
        names = ["b", "c"] if minute % 3 else ["b", "d"]
        write(store.db, visit("a", minute, [*names, *(HOT if minute % 2 else HOT[:1])], version=str(minute // 3)))
        same = {"same_as": at(minute - 0.5)} if minute else {}
        write(
            store.db,
            visit("b", minute + 0.5, ["a"] if not minute else [], outcome="unchanged" if minute else "fetched", **same),
        )
        write(store.db, visit("e", minute, outcome="gone" if minute == 3 else "failed"))
    return store


def test_nothing_else_changes(grown: Store) -> None:
    """Stories, links, lists, versions and the past since then are the same without the old visits; those go but for
    what later ones confirm. Derived anew, and visited again, all is as if they were still there."""
    db = grown.db
    before, then = state(db), [past(db, minute) for minute in (5, 6, 9)]
    plan = plan_pruning(db, at(5))
    done = prune(db, at(5))
    assert (plan.visits, plan.stories) == (done.visits, done.stories) == (12, 3)
    left = [(row["story"], row["at"]) for row in db["visits"].find({"at": {"$lt": at(5)}})]
    assert sorted(left) == sorted([(key("a"), at(4)), (key("b"), at(0.5)), (key("b"), at(4.5))])
    assert state(db) == before
    assert [past(db, minute) for minute in (5, 6, 9)] == then
    assert faults(db) == []
    db["folds"].delete_many({})
    rederive_all(db)
    assert state(db) == before
    write(db, visit("a", 10, ["d", *HOT], version="9"), visit("b", 10, outcome="unchanged", same_as=at(7.5)))
    found = db["links"].find_one({"from": key("a"), "to": key("d")})
    assert found is not None
    assert (found["first_seen"], found["seen_count"]) == (at(0), 4)
    assert prune(db, at(7)).visits == 6
    assert faults(db) == []
    db["histories"].update_one({"_id": key("a")}, {"$inc": {"visits": 1}})
    assert any("visits is" in fault for fault in faults(db))


def test_the_past_before_is_refused(grown: Store) -> None:
    """What is asked of the time before is refused with the moment at which the past begins; so is a crawl of then."""
    prune(grown.db, at(5))
    network = Network(grown.db)
    assert network.begins() == at(5)
    with pytest.raises(ArgumentError, match="begins at 2026-03-02 00:39"):
        network.as_of(at(4.9))
    with pytest.raises(ArgumentError, match="prune"):
        network.of_crawl(RUN)
    assert network.as_of(at(5)).story(address("a")) is not None


def test_the_past_begins_where_something_went(grown: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that removes nothing leaves the past as it was; one killed after its note is put right by the next call,
    as is a note of which nothing came, and that of visits that did go stays."""
    db = grown.db
    assert prune(db, at(-5)).visits == 0
    assert Network(db).begins() is None
    with monkeypatch.context() as patch:
        patch.setattr(pruning, "_walk_stored", _die)
        with pytest.raises(RuntimeError):
            prune(db, at(5))
    assert Network(db).begins() == at(5)
    assert prune(db, at(-5)).visits == 0
    assert Network(db).begins() is None
    assert prune(db, at(5)).visits == 12
    assert prune(db, at(5)).visits == prune(db, at(-5)).visits == 0
    assert Network(db).begins() == at(5)


def test_the_archive_is_whole_before_anything_goes(
    grown: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while the archive is written or after some visits went, nothing is lost; the same command goes on, removes
    what is in the archive and no more, and takes no archive of another moment."""
    db, file = grown.db, tmp_path / "visits.jsonl.gz"
    stored = {row["_id"]: row for row in db["visits"].find()}
    all_visits = db["visits"].count_documents({})
    with monkeypatch.context() as patch:
        patch.setattr("kolcrawl.store.maintain.visit_archive.os.fsync", _die)
        with pytest.raises(RuntimeError):
            prune(db, at(5), file)
    assert not file.exists()
    assert db["visits"].count_documents({}) == all_visits
    with monkeypatch.context() as patch:
        patch.setattr(pruning, "_remove_unnamed_lists", _die)
        patch.setattr(pruning, "_prune_story", _only_once(pruning._prune_story))
        with pytest.raises(RuntimeError):
            prune(db, at(5), file)
    assert faults(db) == []
    write(db, visit("a", 2.5, ["x"], version="late"))
    prune(db, at(5), file)
    rows = [json_util.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    gone = stored.keys() - {row["_id"] for row in db["visits"].find({}, {"_id": 1})}
    assert {row["_id"] for row in rows[1:-1]} == gone
    assert rows[-1] == {"visits": len(gone)}
    assert all(row["links"] == stored[row["_id"]]["links"] for row in rows[1:-1])
    assert faults(db) == []
    with pytest.raises(StoreError, match="another file"):
        prune(db, at(6), file)


def test_what_an_archive_lacks_is_counted(grown: Store, tmp_path: Path) -> None:
    """What came in after the archive was written does not go with it, and is told; with another file it goes."""
    db, file = grown.db, tmp_path / "visits.jsonl.gz"
    assert prune(db, at(5), file).lacking is None
    write(db, visit("a", 2.5, ["x"], version="late"), visit("e", 2.5, outcome="failed"))
    lacking = prune(db, at(5), file).lacking
    assert lacking is not None
    assert (lacking.visits, lacking.stories) == (2, 2)
    done = prune(db, at(5), tmp_path / "more.jsonl.gz")
    assert (done.visits, done.lacking) == (2, None)
    assert faults(db) == []


def test_killed_after_any_write(grown: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever write is the last, the removal of visits and of lists among them, each visit counts once to readers and
    writers; the next call ends it."""
    db = grown.db
    before = state(db)
    kept = {name: list(db[name].find()) for name in db.list_collection_names()}
    visits_left = set()
    for writes in count(1):
        with monkeypatch.context() as patch:
            die_after(patch, writes)
            with contextlib.suppress(KilledError):
                prune(db, at(5))
                break
        visits_left.add(db["visits"].count_documents({}))
        assert state(db)[:-1] == before[:-1]
        assert faults(db) == []
        write(db, visit("a", 9, ["b"], version="9"))
        prune(db, at(5))
        assert db["visits"].count_documents({"at": {"$lt": at(5)}}) == 3
        assert faults(db) == []
        for name in db.list_collection_names():
            db[name].delete_many({})
            if kept.get(name):
                db[name].insert_many(kept[name])
    assert len(visits_left) == 4  # it died before and after the visits of each story were removed


def test_a_late_visit_counts(grown: Store) -> None:
    """A visit of the removed time that comes in late is kept: it and its links count, its version is a revision, and
    what the story shows stays."""
    db = grown.db
    shown = db["stories"].find_one({"_id": key("a")}, {"text": 1, "visits": 1})
    assert shown is not None
    prune(db, at(5))
    write(db, visit("a", 2.5, ["b", "x"], version="late"))
    now = db["stories"].find_one({"_id": key("a")}, {"text": 1, "visits": 1})
    assert now == shown | {"visits": shown["visits"] + 1}
    link_to_x = db["links"].find_one({"from": key("a"), "to": key("x")})
    assert link_to_x is not None
    assert (link_to_x["seen_count"], link_to_x["active"]) == (1, False)
    assert db["revisions"].count_documents({"story": key("a"), "text": {"$regex": "late"}}) == 1
    assert faults(db) == []


def test_merged_and_parted_after_pruning(grown: Store) -> None:
    """What is kept of a story goes with it when it is merged into another, and comes back when they are parted."""
    db = grown.db
    write(db, visit("old", 1, ["a", "b"]), visit("old", 2, ["a"], version="1"), visit("z", 3, ["old"]))
    prune(db, at(5))
    old = db["stories"].find_one({"_id": key("old")})
    assert old is not None
    same = visit("a", 11, ["b"], known_as=[key("old")], aliases=[address("old")])
    same.title, same.text, same.content_hash = old["title"], old["text"], old["content_hash"]
    write(db, same)
    assert {row["_id"] for row in db["histories"].find({"story": key("a")})} == {key("a"), key("old")}
    assert faults(db) == []
    # pruned once more, nothing is counted twice
    counted = "visits", "revisions", "status", "title"
    before = db["stories"].find_one({"_id": key("a")}, dict.fromkeys(counted, 1))
    links = {row["_id"]: row["seen_count"] for row in db["links"].find({"from": key("a")})}
    assert prune(db, at(9)).visits > 0
    assert db["stories"].find_one({"_id": key("a")}, dict.fromkeys(counted, 1)) == before
    rederive(db, [key("a")])
    assert db["stories"].find_one({"_id": key("a")}, dict.fromkeys(counted, 1)) == before
    assert {row["_id"]: row["seen_count"] for row in db["links"].find({"from": key("a")})} == links
    assert faults(db) == []
    write(db, visit("old", 12, ["c"], version="own"))
    assert [row["story"] for row in db["histories"].find({"_id": key("old")})] == [key("old")]
    assert faults(db) == []


def test_beside_a_running_crawl(grown: Store) -> None:
    """A story whose visit is half written, or was folded just now, is passed over; a crawl that has run since before
    the moment is named."""
    db = grown.db
    db["visits"].update_one({"story": key("a"), "at": at(1)}, {"$set": {"unapplied": {"depth": 0}}})
    done = prune(db, at(5))
    assert done.passed_over == [key("a")]
    assert db["visits"].count_documents({"story": key("a")}) == 8
    db["visits"].update_one({"story": key("a"), "at": at(1)}, {"$unset": {"unapplied": 1}})
    db["folds"].update_one({"_id": key("a")}, {"$set": {"until": datetime.now(UTC)}})
    assert prune(db, at(5)).passed_over == [key("a")]
    db["crawls"].insert_one(a_run("running") | {"finished_at": None, "heartbeat_at": datetime.now(UTC)})
    with pytest.raises(StoreError, match="running has been running since"):
        prune(db, at(5))


def _die(*_: Any) -> None:
    raise RuntimeError("killed")


def _only_once(function: Any) -> Any:
    calls = []

    def once(*arguments: Any) -> Any:
        calls.append(1)
        return function(*arguments) if len(calls) == 1 else 0

    return once
