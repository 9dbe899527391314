"""Removing old visits: what followed from them is kept in `histories`, so that nothing else changes.

Of each story the history is written first, with the ids of the visits that it counts (`stored`); then these are
removed. Each step may be repeated, and a reader between two of them, or on both sides of them, counts each visit once:
it reads the visits before the history, which goes on naming them until visits are removed the next time. A visit that
later ones confirm, and the latest that had a page, stay.

Only visits that are folded go where a story has a fold: whoever holds it goes on from it. One that was made just now is
left alone, since another writer may hold the one before. A story without a fold is read whole, which is always safe.

With an archive all visits that go are written to a file first, which is on the disk before any of them is removed; only
what is in it goes. A story to which visits are being written is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.errors import StoreError
from kolcrawl.store.bulk import KEYS_PER_QUERY, WORKED_ROWS, chunks
from kolcrawl.store.derive import READ_OUTCOMES, complete_visits, visit_order
from kolcrawl.store.history.folding import folded
from kolcrawl.store.history.histories import PRUNED, read_histories, start_walk, walk_on
from kolcrawl.store.history.stored_folds import void_folds
from kolcrawl.store.maintain.visit_archive import archived_visits, write_archive
from kolcrawl.store.merge.lookup import raise_merge_count
from kolcrawl.store.merge.repoint import merge_lock
from kolcrawl.store.removals import note_removal
from kolcrawl.store.schema import SCHEMA
from kolcrawl.store.write.projection import rederive
from kolcrawl.store.write.runs import is_running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.derive import VisitWalk

_LIGHT: Final = {"story": 1, "at": 1, "outcome": 1, "confirms": 1, "unapplied.depth": 1, "unapplied.key": 1}
FOLD_AGE: Final = timedelta(minutes=10)
"""How long ago the latest folded visit was at least: no writer takes as long to go on from a fold that it has read."""


_NOTHING: Final = datetime.min.replace(tzinfo=UTC)
"""Before all visits."""


@dataclass(slots=True)
class Pruning:
    """What goes, or went."""

    stories: int = 0
    visits: int = 0
    lists: int = 0
    """Lists that no page shows any more."""
    passed_over: list[str] = field(default_factory=list)
    """Stories to which visits are being written, or were just now."""
    lacking: Pruning | None = None
    """What would go, but is not in the archive, which an earlier call has written; None where that is nothing."""


def plan_pruning(db: Database[Document], before: datetime) -> Pruning:
    """Count what would go; nothing is changed."""
    plan = Pruning()
    for _, names in _going_visits(db, before, plan):
        plan.stories += 1
        plan.visits += len(names)
    return plan


def prune(
    db: Database[Document],
    before: datetime,
    archive: Path | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Pruning:
    """Remove the visits before a moment.

    Args:
        db: the database.
        before: visits at that moment and later stay.
        archive: file to write them to first; one that an earlier call with this moment has written is gone on with.
        on_progress: called with the number of visits removed so far.

    Raises:
        StoreError: a crawl has been running since before the moment, or the archive is of something else.
        OSError: the archive cannot be written.
        pymongo.errors.PyMongoError: the server failed; calling again goes on.
    """
    _refuse_running(db, before)
    done = Pruning()
    goes_on = archive is not None and archive.exists()
    if archive is not None:
        going = (names for _, names in _going_visits(db, before, done))
        write_archive(archive, db, before, going)
        found: Iterator[tuple[str, list[str]]] = archived_visits(archive)
    else:
        found = _going_visits(db, before, done)
    for some in chunks(found):
        with merge_lock(db):
            for key, names in some:
                removed = _prune_story(db, key, before, names, done)
                done.stories += removed > 0
                done.visits += removed
        on_progress(done.visits)
    _unmark_unpruned(db)
    done.lists = _remove_unnamed_lists(db)
    note_removal(db)  # of the links in these lists
    if goes_on:
        left = plan_pruning(db, before)
        done.passed_over = sorted({*done.passed_over, *left.passed_over})
        done.lacking = left if left.visits else None
    return done


def _mark_pruned(db: Database[Document], before: datetime) -> None:
    """Note that the past begins at a moment, before the first visit goes: whoever misses one finds the note."""
    db["meta"].update_one(PRUNED, {"$max": {"before": before}}, upsert=True)


def _unmark_unpruned(db: Database[Document]) -> None:
    """Take the note back where no visit went: a call was killed after it, or it was noted before anything was found."""
    with merge_lock(db):  # another call may be about to remove some
        if db["histories"].find_one({}, {"_id": 1}) is None:  # one is written before a visit goes
            db["meta"].delete_one(PRUNED)


def _refuse_running(db: Database[Document], before: datetime) -> None:
    for run in db["crawls"].find({"finished_at": None, "started_at": {"$lt": before}}):
        if is_running(run):
            raise StoreError(
                "crawl {crawl} has been running since {since}: name an earlier moment, or wait until it has ended",
                crawl=run["_id"],
                since=f"{run['started_at']:%Y-%m-%d %H:%M} UTC",
            )


def _going_visits(db: Database[Document], before: datetime, noted: Pruning) -> Iterator[tuple[str, list[str]]]:
    """Yield the stories of which visits go, with the ids of these."""
    with db["stories"].find({"visits": {"$gt": 0}}, {"_id": 1}).batch_size(WORKED_ROWS) as cursor:
        while keys := [story["_id"] for story in islice(cursor, KEYS_PER_QUERY)]:
            rows: dict[str, list[Document]] = {}
            for visit in db["visits"].find({"story": {"$in": keys}}, _LIGHT):
                rows.setdefault(visit["story"], []).append(visit)
            limits = _limits(db, rows, before)
            for key, visits in rows.items():
                old, staying = _parted(visits, limits[key])
                names = sorted(visit["_id"] for visit in old if visit["_id"] not in staying)
                if limits[key] == _NOTHING:
                    noted.passed_over += [key] if any(visit["at"] < before for visit in visits) else []
                elif names and any("unapplied" in visit for visit in old):
                    noted.passed_over.append(key)
                elif names:
                    yield key, names


def _limits(db: Database[Document], keys: Iterable[str], before: datetime) -> dict[str, datetime]:
    """Return the moment up to which visits may go, by story."""
    latest = before - timedelta(milliseconds=1)
    limits = dict.fromkeys(keys, latest)
    for fold in db["folds"].find({"_id": {"$in": list(limits)}, "visits": {"$gt": 0}}, {"until": 1}):
        is_new = fold["until"] > datetime.now(UTC) - FOLD_AGE
        limits[fold["_id"]] = _NOTHING if is_new else min(latest, fold["until"])
    return limits


def _parted(visits: Sequence[Document], limit: datetime) -> tuple[list[Document], set[str]]:
    """Return the visits up to a moment, and the ids of those that stay: the latest page, and what others confirm."""
    old = sorted((visit for visit in visits if visit["at"] <= limit), key=visit_order)
    pages = [visit for visit in old if visit["outcome"] in READ_OUTCOMES]
    naming = [visit for visit in visits if visit["at"] > limit] + pages[-1:]
    return old, {visit["confirms"] for visit in naming if "confirms" in visit} | {page["_id"] for page in pages[-1:]}


def _prune_story(db: Database[Document], key: str, before: datetime, names: Sequence[str], done: Pruning) -> int:
    """Remove visits of a story. Return how many; none where visits to it are being written, or were moved."""
    visits = list(db["visits"].find({"story": key}, _LIGHT))
    old, staying = _parted(visits, _limits(db, [key], before)[key])
    if any("unapplied" in visit for visit in old):
        done.passed_over.append(key)
        return 0
    wanted = set(names) - staying
    going = [visit["_id"] for visit in old if visit["_id"] in wanted]
    if not going:
        return 0
    kept = read_histories(db, [key]).get(key, [])
    own = [history for history in kept if history["_id"] == key]
    # visits that the history of a story merged into it counts are told by that one
    others = {name for history in kept if history["_id"] != key for name in history["stored"]}
    old = [visit for visit in old if visit["_id"] not in others]
    if not done.visits:
        _mark_pruned(db, before)
    if not old:
        return _remove_visits(db, key, going)
    walk = start_walk(key, own)
    _walk_stored(db, walk, own, old)
    until = max([old[-1]["at"], *(history["until"] for history in own)])
    history = folded(walk, walk.links.keys()) | {
        "schema": SCHEMA, "story": key, "until": until, "stored": sorted(visit["_id"] for visit in old),
    }  # fmt: skip
    db["histories"].update_one({"_id": key}, {"$set": history}, upsert=True)
    _remove_visits(db, key, going)  # `stored` goes on naming them: a writer may have read them just before
    if len(kept) > len(own):  # its own visits were told from those of stories merged into it
        void_folds(db, [key])
        rederive(db, [key])
    return len(going)


def _remove_visits(db: Database[Document], key: str, names: Sequence[str]) -> int:
    """Remove visits that a history counts. Return how many."""
    for chunk in chunks(names):
        db["visits"].delete_many({"_id": {"$in": chunk}, "story": key, "unapplied": {"$exists": False}})
    return len(names)


def _walk_stored(
    db: Database[Document], walk: VisitWalk, own: Sequence[Mapping[str, Any]], old: Sequence[Document]
) -> None:
    """Go on with visits that are stored, a few at a time."""
    for chunk in chunks(visit["_id"] for visit in old):
        found = list(db["visits"].find({"_id": {"$in": chunk}}))
        pages = {visit["_id"]: visit for visit in found}
        elsewhere = {visit["confirms"] for visit in found if "confirms" in visit} - pages.keys()
        for some in chunks(elsewhere):
            pages.update((page["_id"], page) for page in db["visits"].find({"_id": {"$in": some}}))
        complete_visits(found, pages)
        walk_on(walk, own, found)


def _remove_unnamed_lists(db: Database[Document]) -> int:
    """Remove the lists that no page ever showed, as far as is known, and that no visit names. Return how many."""
    removed = 0
    with db["lists"].find({}, {"_id": 1}).batch_size(WORKED_ROWS) as cursor:
        while names := [row["_id"] for row in islice(cursor, KEYS_PER_QUERY)]:
            shown = {row["list"] for row in db["page_lists"].find({"list": {"$in": names}}, {"list": 1})}
            unnamed = [name for name in names if name not in shown]
            if not unnamed:
                continue
            with merge_lock(db):  # links that are being corrected name lists before their pages do
                raise_merge_count(db)  # a crawl that is about to show one finds that, and inserts it again
                shown = {row["list"] for row in db["page_lists"].find({"list": {"$in": unnamed}}, {"list": 1})}
                gone = [name for name in unnamed if name not in shown]
                removed += db["lists"].delete_many({"_id": {"$in": gone}}).deleted_count
    return removed
