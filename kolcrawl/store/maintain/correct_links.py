"""Writing links that were judged again: a page shows the same, but the kinds of some of its links were read wrongly.

The visit that read the page gets the links as they are judged now (`corrected_at` says when), and what follows from the
visits to its story is derived anew; links of the kinds that they were taken for, which no visit shows any more, go. The
stories concerned are noted in `meta` until all of it is written, so that a process that dies leaves work that the start
of the next crawl does.

Another writer may have read the visit before, and write what it showed then. It finds that `merge_count` has grown, and
derives the stories anew that it wrote (`repair_corrected`).
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pymongo import InsertOne
from pymongo.errors import PyMongoError

from kolcrawl.store.bulk import bulk_write, chunks
from kolcrawl.store.history.stored_folds import void_folds
from kolcrawl.store.merge.lookup import canonical_keys, raise_merge_count
from kolcrawl.store.merge.repoint import merge_lock
from kolcrawl.store.merge.restore import drop_stale_links
from kolcrawl.store.read.listed_links import links_from
from kolcrawl.store.removals import note_removal
from kolcrawl.store.shared_lists import split_lists
from kolcrawl.store.write.projection import rederive, write_projection
from kolcrawl.store.write.story_updates import combine_observations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.server.client import Store

logger = logging.getLogger(__name__)

CORRECTED: Final = "corrected"
"""Id of the note in `meta`: `stories`, keys of those whose links may not follow from their visits yet."""
MAX_WAITING_CORRECTIONS: Final = 1_000
MAX_CORRECTION_TRIES: Final = 50
"""Batches of visits for which a correction waits: its visit is written with one of the next few, or not at all."""
MAX_CORRECTING_ROUNDS: Final = 3
"""Times that a story is derived anew because visits to it came in meanwhile."""


def correct_visits(db: Database[Document], corrected: Sequence[Document], done: set[str]) -> int:
    """Give visits that are stored the links as they are judged now; one that found no page, or is not whole, stays.

    Args:
        db: the database.
        corrected: visits as `visit_document` makes them, with the links as they are judged now.
        done: takes the ids of those that are stored and done with, also where it fails on the next one.

    Returns: how many more links the network has that the runs of these visits were the first to see; mostly fewer.

    Raises:
        pymongo.errors.PyMongoError: the server failed; calling again with the same visits is safe.
        StoreUnavailableError: other processes have been merging stories for long; likewise.
    """
    ids = [visit["_id"] for visit in corrected]
    stored = {row["_id"] for chunk in chunks(ids) for row in db["visits"].find({"_id": {"$in": chunk}}, {"_id": 1})}
    if not stored:
        return 0
    more = 0
    with merge_lock(db):
        for visit in corrected:
            if visit["_id"] not in stored:
                continue
            fields = dict.fromkeys(("story", "outcome", "unapplied.key"), 1)
            found = db["visits"].find_one({"_id": visit["_id"]}, fields)
            if found and found["outcome"] == "fetched" and "unapplied" not in found:
                more += _correct(db, {**visit, "story": found["story"]})
            done.add(visit["_id"])
    return more


class WaitingCorrections:
    """Corrections that wait until the visits that they correct are stored; added in one thread, written in another."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[tuple[Document, int]] = deque()
        """Each with how often it was tried."""
        self._moving = threading.Lock()
        self.given_up = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, visit: Document) -> None:
        """Take the corrected visit; where too many wait, the one that waits longest is given up."""
        with self._moving:
            self._waiting.append((visit, 0))
            self._drop_surplus()

    def write(self) -> int:
        """Write the corrections whose visits are stored. The others wait on, as do all where the server fails, but for
        those that were tried too often. Returns: as `correct_visits`."""
        with self._moving:
            taken = list(self._waiting)
            self._waiting.clear()
        if not taken:
            return 0
        more = 0
        done: set[str] = set()
        failed: Exception | None = None
        try:
            more = correct_visits(self._store.db, [visit for visit, _ in taken], done)
        except Exception as error:  # any: it must not end the thread that stores the stories
            failed = self._store.explain(error) if isinstance(error, PyMongoError) else error
        left = [(visit, tries + 1) for visit, tries in taken if visit["_id"] not in done]
        if failed is not None:
            logger.warning(
                "%s; the links of %d stories that were judged again are not corrected yet", failed, len(left)
            )
        waiting = [entry for entry in left if entry[1] < MAX_CORRECTION_TRIES]
        with self._moving:
            self.given_up += len(left) - len(waiting)
            self._waiting.extendleft(reversed(waiting))
            self._drop_surplus()
        return more

    def _drop_surplus(self) -> None:
        while len(self._waiting) > MAX_WAITING_CORRECTIONS:
            self._waiting.popleft()
            self.given_up += 1

    def close(self) -> None:
        """Give up those that still wait, and say how many were given up."""
        self.given_up += len(self._waiting)
        self._waiting.clear()
        if self.given_up:
            logger.warning(
                "the links of %d stories keep the kinds that they were read with: what later pages showed of them"
                " could not be written",
                self.given_up,
            )


def finish_corrections(db: Database[Document]) -> None:
    """Derive anew what a process that died in the middle of a correction may have left as it was."""
    note = db["meta"].find_one({"_id": CORRECTED})
    if note and note["stories"]:
        with merge_lock(db):
            _derive_anew(db, note["stories"])


def repair_corrected(db: Database[Document], visited: Iterable[str]) -> None:
    """Derive stories anew that were written by visits which others may have corrected since these were read.

    Args:
        db: the database.
        visited: keys of the stories.
    """
    for chunk in chunks(visited):
        corrected = {"story": {"$in": chunk}, "corrected_at": {"$exists": True}}
        stories = {visit["story"] for visit in db["visits"].find(corrected, {"story": 1})}
        if stories:
            with merge_lock(db):
                _derive_anew(db, sorted(stories))


def _correct(db: Database[Document], visit: Document) -> int:
    before = _count_first_seen(db, visit)
    _name_canonical_stories(db, visit)
    write_projection(db, combine_observations([visit]), {})
    visit, lists = split_lists(visit)
    bulk_write(db["lists"], [InsertOne(row) for row in lists.values()])  # most are stored already
    story = visit["story"]
    db["meta"].update_one({"_id": CORRECTED}, {"$addToSet": {"stories": story}}, upsert=True)
    judged = {"links": visit["links"], "lists": visit.get("lists", []), "corrected_at": datetime.now(UTC)}
    db["visits"].update_one(
        {"_id": visit["_id"], "story": story, "outcome": "fetched"}, {"$set": judged, "$unset": {"confirms": 1}}
    )
    raise_merge_count(db)  # before it is derived: who wrote before is overruled, who writes later finds it
    _derive_anew(db, [story])
    return _count_first_seen(db, visit) - before


def _count_first_seen(db: Database[Document], visit: Document) -> int:
    """Count the links of a visit's story that the run of the visit was the first to see."""
    own: int = db["links"].count_documents({"from": visit["story"], "crawl": visit["crawl"]})
    listed = sum(1 for link in links_from(db, [visit["story"]]) if link["crawl"] == visit["crawl"])
    return own + listed


def _derive_anew(db: Database[Document], stories: Iterable[str]) -> None:
    """Derive stories and their links, and note that it is done."""
    for story in stories:
        for _ in range(MAX_CORRECTING_ROUNDS):
            visits = db["visits"].count_documents({"story": story})
            void_folds(db, [story])
            rederive(db, [story])
            if drop_stale_links(db, [story]):
                note_removal(db)
            if db["visits"].count_documents({"story": story}) == visits:
                break
        db["meta"].update_one({"_id": CORRECTED}, {"$pull": {"stories": story}})


def _name_canonical_stories(db: Database[Document], visit: Document) -> None:
    """Replace the keys of merged stories, in place."""
    entry = visit["unapplied"]
    canonical = canonical_keys(db, {link["to"] for link in visit["links"]})
    for link in visit["links"]:
        if link["to"] in canonical:
            link["merged_from"] = link["to"]
            link["to"] = canonical[link["to"]]
    for target in entry["targets"]:
        target["key"] = canonical.get(target["key"], target["key"])
