"""Writing visits and everything that follows from them, so that it is right after any crash, repetition or race.

Entry point: `apply_visits`. How it works:

1. The lists that a visit names (`shared_lists`) are inserted first, then the visit, whole, with everything that it
   found and that is not known yet in its part `unapplied`: a write-ahead log entry.
   What follows from it (stories, links, revisions) is then derived from the *set* of visits to the story (`derive`)
   and written (`projection`); last, the log entry is removed. A process that dies in between leaves the entry, and
   `recover` (run at the start of a crawl) or the next visit to the story finishes the work. A visit that is stored
   without an entry is done: writing it again changes nothing.
2. Of two writers that derive at the same time, the one that knew more visits is right. So the number of visits is
   stored with what is derived (`visits` of a story, `basis` of a link), and nothing that was derived from fewer
   replaces it. The writer whose visit was inserted last reads after all others were inserted, hence knows all.
3. What does not depend on the visits to one story alone (first and last seen, depth, how it was found) is combined by
   minimum and maximum, which are commutative and idempotent.
4. Earlier texts move from the visit to the story to `revisions`; each copy is written before the other is removed. A
   writer that changed revisions reads the visits again, and if there are more of them, repeats.

So counts need no increments and no transactions, and the cost of a write does not grow with the collection. A batch
takes a dozen round trips, one for each fifty stories that it names, and one for each four texts whose copies are
looked for: two a page, in batches of a dozen pages with some fifty links each.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import bson
from bson.errors import BSONError
from pymongo import InsertOne
from pymongo.errors import AutoReconnect, OperationFailure
from pymongo.write_concern import WriteConcern

from kolcrawl.errors import StoreError
from kolcrawl.store.bulk import DUPLICATE_KEY, bulk_write, chunks
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.history.fold_stories import write_folds
from kolcrawl.store.maintain.correct_links import finish_corrections, repair_corrected
from kolcrawl.store.maintain.derive_again import finish_deriving, repair_restored
from kolcrawl.store.merge.lookup import merge_count
from kolcrawl.store.merge.merge import merge_known_keys
from kolcrawl.store.merge.repoint import repair_links, repair_lists, repoint_merged_stories
from kolcrawl.store.merge.undo import finish_undoing, reclaim
from kolcrawl.store.read.listed_links import stored_lists
from kolcrawl.store.server.client import connection_breaks
from kolcrawl.store.shared_lists import split_lists
from kolcrawl.store.write.documents import is_visit, shortened, whole_entry
from kolcrawl.store.write.projection import ProjectionResult, StoredStories, look_up_stories, write_projection
from kolcrawl.store.write.resolve import fill_unchanged, resolve_keys
from kolcrawl.store.write.sent_again import confirm_sent_again, keep_stored_texts
from kolcrawl.store.write.story_updates import combine_observations, is_new_information

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.write.known_stories import KnownStories
    from kolcrawl.store.write.last_seen import LastSeen
    from kolcrawl.store.write.story_updates import Observation

logger = logging.getLogger(__name__)

MAX_VISIT_BYTES: Final = 15_000_000
"""Bytes of one visit with its text; MongoDB's limit is 16 MiB."""
UNRESOLVED_MERGES: Final = -1
"""In the place of a `merge_count`: the keys may name merged stories anyway."""
_LOGGED: Final[Document] = {"unapplied.depth": {"$gte": 0}}
"""Visits that have a log entry; the field has an index."""


@dataclass(slots=True)
class ApplyResult:
    """What became of some visits."""

    refused: dict[str, str] = field(default_factory=dict)
    """By visit id, why the database refused it."""
    repeated: set[str] = field(default_factory=set)
    """Visits that had been written before."""
    added_stories: int = 0
    new_stubs: int = 0
    """Stories newly known from a link alone, less those of the same crawl that now were visited."""
    new_links: int = 0
    copies: int = 0
    merged: int = 0

    def add(self, other: ApplyResult) -> None:
        """Add what became of further visits."""
        self.refused |= other.refused
        self.repeated |= other.repeated
        for name in ("added_stories", "new_stubs", "new_links", "copies", "merged"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def add_projection(self, written: ProjectionResult) -> None:
        """Add the counts of what was written."""
        self.added_stories += written.added_stories
        self.new_stubs += written.new_stubs
        self.new_links += written.new_links


@dataclass(slots=True)
class _Batch:
    """Visits that are stored with their log entries, to be applied together."""

    db: Database[Document]
    visits: Sequence[Document]
    merges: int = UNRESOLVED_MERGES
    """`merge_count` before the keys were resolved, or UNRESOLVED_MERGES."""
    breaks: int = 0
    """How often the client's connections had broken before anything was written."""
    stored: StoredStories = field(default_factory=dict)
    """Stories that were read already."""
    last_seen: LastSeen | None = None
    lists: dict[str, Document] = field(default_factory=dict)
    """The lists that the visits name, as far as they are at hand."""
    result: ApplyResult = field(default_factory=ApplyResult)
    observations: Mapping[str, Observation] = field(default_factory=dict)
    """What the visits show of stories; empty where it is to be taken from their log entries."""
    known: KnownStories | None = None
    """Takes what was read and written of stories that were not visited."""
    kept: set[str] = field(default_factory=set)
    """Visits whose log entries stay, since what they found does not show."""

    def apply(self) -> None:
        """Write what follows from the visits, and remove their log entries.

        Raises:
            pymongo.errors.PyMongoError: the server failed.
        """
        if not self.visits:
            return
        db = self.db
        visits = {visit["_id"]: visit for visit in self.visits if is_visit(visit)}
        written = write_projection(
            db,
            self.observations or combine_observations(self.visits),
            visits,
            stored=self.stored,
            last_seen=self.last_seen,
            lists=self.lists,
            known=self.known,
        )
        self.result.add_projection(written)
        self._remove_refused(visits, written)
        self._merge(visits, written)
        fetched = {visit["story"] for visit in visits.values() if visit["outcome"] == "fetched"}
        contents = [visit["unapplied"]["content"] or {} for visit in visits.values()]
        known = {content["content_hash"]: content["signature"] for content in contents if "signature" in content}
        self.result.copies += len(group_stories(db, fetched | written.earlier, known) & fetched)
        if connection_breaks(db.client) != self.breaks:
            # a server killed in between has lost what it had not written yet, and the rest went on with its successor
            raise AutoReconnect("the server went away in the middle of a batch")
        self.kept = {name for name, visit in visits.items() if visit["story"] in written.stale}
        applied = {name for name in visits if name not in self.kept}
        _remove_log_entries(db, list(applied))
        write_folds(db, written.visited, applied)
        for key, missing in written.stale.items():
            logger.warning(
                "%d visits to story %s were removed from the database, so what its new visit found cannot show:"
                " it is kept with the visit until `scrapy migrate --rederive` is run",
                *(missing, key),
            )

    def _remove_refused(self, visits: dict[str, Document], written: ProjectionResult) -> None:
        """Remove the visits to stories that the database refused: nothing half done may stay."""
        for name, visit in list(visits.items()):
            if visit["story"] in written.refused:
                self.result.refused[name] = written.refused[visit["story"]]
                self.db["visits"].delete_one({"_id": name, "unapplied": {"$exists": True}})
                del visits[name]

    def _merge(self, visits: dict[str, Document], written: ProjectionResult) -> None:
        """Merge the stories that turned out to be one, and repair what others merged meanwhile."""
        db = self.db
        if merge_count(db) != self.merges:  # who begins to merge after this finds all that was written before it
            links = {(visit["story"], link["to"]) for visit in visits.values() for link in visit["links"]}
            repair_links(db, written.links | links, self.merges)
            repair_lists(db, self.lists, self.merges)
            reclaim(db, visits.values(), self.lists.values())
            repair_corrected(db, {visit["story"] for visit in visits.values()})
            repair_restored(db, visits, self.stored)
        merged, redirected = merge_known_keys(db, visits.values())
        self.result.merged += merged
        repoint_merged_stories(db)
        if redirected:
            apply_visits(db, redirected)


def apply_visits(
    db: Database[Document],
    visits: Sequence[Document],
    *,
    last_seen: LastSeen | None = None,
    known: KnownStories | None = None,
) -> ApplyResult:
    """Write visits and what follows from them.

    Args:
        db: the database.
        visits: from `visit_document`; changed in place (keys of merged stories become those of canonical stories).
        last_seen: takes observations that show no more than that a story was seen again; None writes them.
        known: what the caller remembers of stories; None for nothing.

    Raises:
        pymongo.errors.PyMongoError: the server failed; calling again with the same visits is safe and needed.
    """
    result, breaks = ApplyResult(), connection_breaks(db.client)
    fitting = {visit["_id"]: visit for visit in visits if _fits(visit, result)}
    whole = dict(fitting)
    merges = merge_count(db)
    stored = resolve_keys(db, list(fitting.values()), known, merges)
    seen = combine_observations(fitting.values())
    requested = {name: visit for name, visit in fitting.items() if is_visit(visit)}
    fill_unchanged(db, list(requested.values()), stored)
    named_lists: dict[str, dict[str, Document]] = {}
    for name, visit in requested.items():
        # when stories were last seen is noted by the caller, or must follow from the log entry
        fitting[name], named = split_lists(visit if last_seen is None else _with_news(visit, seen, stored))
        named_lists[name] = named
    fitting |= keep_stored_texts([fitting[name] for name in requested], stored)
    fitting |= confirm_sent_again(db, [fitting[name] for name in requested], stored)
    requested = {name: fitting[name] for name in requested}
    lists = {
        key: row for name, named in named_lists.items() if "lists" in requested[name] for key, row in named.items()
    }
    _insert_lists(db, lists)
    if _insert(db, requested, stored, result):
        merges = UNRESOLVED_MERGES
    done = result.refused.keys() | result.repeated
    left = [visit for name, visit in fitting.items() if name not in done]
    if done:
        seen = combine_observations(whole[visit["_id"]] for visit in left)
    _Batch(db, left, merges, breaks, stored, last_seen, lists, result, seen, known).apply()
    return result


def _with_news(visit: Document, seen: Mapping[str, Observation], stored: StoredStories) -> Document:
    """Return a visit whose log entry leaves out the stories of which it shows nothing new."""
    entry = visit["unapplied"]
    told = [row for row in entry["targets"] if _is_news(seen.get(row["key"]), stored.get(row["key"]))]
    return {**visit, "unapplied": {**entry, "targets": told}}


def _is_news(seen: Observation | None, stored: Document | None) -> bool:
    return seen is None or stored is None or is_new_information(seen, stored)


def apply_each(db: Database[Document], visits: Sequence[Document]) -> ApplyResult:
    """Write visits one by one, after they failed as a batch: one that the database cannot take must not stop the rest.

    Raises:
        pymongo.errors.PyMongoError: the server is gone, or fails on every one of several.
    """
    result = ApplyResult()
    for visit in visits:
        name = visit["_id"]
        try:
            applied = apply_visits(db, [visit])
        except OperationFailure as error:
            result.refused[name] = str(error).partition(", full error:")[0]
            if len(result.refused) == len(visits):
                raise
            continue
        result.add(applied)
    for names in chunks(result.refused):
        db["visits"].delete_many({"_id": {"$in": names}, **_LOGGED})
    return result


def recover(db: Database[Document]) -> int:
    """Finish what a process that died left half written.

    This is safe while other crawls write: what they are writing is derived twice, to the same result.

    Returns: how many visits were finished.
    """
    done = 0
    logged = [visit["_id"] for visit in db["visits"].find(_LOGGED, {"_id": 1})]
    for names in chunks(logged):
        visits = list(db["visits"].find({"_id": {"$in": names}, **_LOGGED}))
        try:
            done += _finish(db, visits)
        except OperationFailure:
            for visit in visits:
                try:
                    done += _finish(db, [visit])
                except OperationFailure as error:  # left as it is: the check of the store reports it
                    logger.error("visit %s of %r cannot be finished: %s", visit["_id"], visit["url"], error)
    repoint_merged_stories(db)
    finish_undoing(db)
    finish_corrections(db)
    finish_deriving(db)
    return done


def _finish(db: Database[Document], visits: Sequence[Document]) -> int:
    visits = [{**visit, "unapplied": whole_entry(visit)} for visit in visits]
    lists = stored_lists(db, (entry["list"] for visit in visits for entry in visit.get("lists", ())))
    stored = look_up_stories(db, {visit["story"] for visit in visits})
    batch = _Batch(db, visits, breaks=connection_breaks(db.client), stored=stored, lists=lists)
    batch.apply()
    finished = [visit["_id"] for visit in visits if visit["_id"] not in batch.kept]
    db["visits"].update_many({"_id": {"$in": finished}}, {"$unset": {"unapplied": 1}})
    return len(finished)


def _fits(visit: Document, result: ApplyResult) -> bool:
    """Return whether a visit can be stored at all; if not, note why."""
    try:
        size = len(bson.encode(visit))
    except (BSONError, UnicodeEncodeError, OverflowError) as error:
        result.refused[visit["_id"]] = f"cannot be encoded: {error}"
        return False
    if size > MAX_VISIT_BYTES:
        result.refused[visit["_id"]] = f"too large: {size} bytes"
        return False
    return True


def _insert_lists(db: Database[Document], lists: Mapping[str, Document]) -> None:
    """Insert the lists that are not stored yet."""
    errors = bulk_write(db["lists"], [InsertOne(row) for row in lists.values()])
    refused = [message for code, message in errors.values() if code != DUPLICATE_KEY]
    if refused:
        raise StoreError(f"a list that the visits' validator would take was refused: {refused[0]}")


def _insert(db: Database[Document], visits: dict[str, Document], stories: StoredStories, result: ApplyResult) -> bool:
    """Insert visits. Those that are stored already with a log entry go on with what is stored.

    Returns: whether there are any of these.
    """
    names = list(visits)
    errors = bulk_write(
        db["visits"], [InsertOne(shortened(visit, stories.get(visit["story"]))) for visit in visits.values()]
    )
    present = [names[index] for index, (code, _) in errors.items() if code == DUPLICATE_KEY]
    result.refused |= {names[index]: message for index, (code, message) in errors.items() if code != DUPLICATE_KEY}
    for keys in chunks(present):
        for stored in db["visits"].find({"_id": {"$in": keys}}):
            if "unapplied" in stored:
                stored["unapplied"] = whole_entry(stored)
                visits[stored["_id"]].clear()
                visits[stored["_id"]].update(stored)
            else:
                result.repeated.add(stored["_id"])
    return len(present) > len(result.repeated)


def _remove_log_entries(db: Database[Document], names: Sequence[str]) -> None:
    """Remove the log entries of visits, as the last write of a batch.

    The server must have this write in its journal on the disk, and with it all writes before, until it counts as
    acknowledged; asking for that on each write would be slow.
    """
    journalled = WriteConcern(**{**db.write_concern.document, "j": True})
    visits, meta = (db.get_collection(name, write_concern=journalled) for name in ("visits", "meta"))
    for chunk in chunks(names):
        # whoever merges stories removes the entries of the visits that it moves
        done = {"_id": {"$in": chunk}, "unapplied.moved": {"$ne": True}}
        visits.update_many(done, {"$unset": {"unapplied": 1}})
    if not names:
        meta.update_one({"_id": "sync"}, {"$inc": {"count": 1}}, upsert=True)
