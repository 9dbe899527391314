"""Writing links that were judged again: a page shows the same, but the kinds of some of its links were read wrongly.

The visit that read the page gets the links as they are judged now (`corrected_at` says when), and what follows from the
visits to its story is derived anew; links of the kinds that they were taken for, which no visit shows any more, go. The
stories concerned are noted in `meta` until all of it is written, so that a process that dies leaves work that the start
of the next crawl does.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pymongo import InsertOne
from pymongo.errors import PyMongoError

from kolcrawl.store.bulk import bulk_write
from kolcrawl.store.history.stored_folds import void_folds
from kolcrawl.store.merge.lookup import canonical_keys
from kolcrawl.store.merge.repoint import merge_lock
from kolcrawl.store.merge.restore import drop_stale_links
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
MAX_CORRECTING_ROUNDS: Final = 3
"""Times that a story is derived anew because visits to it came in meanwhile."""


def correct_visits(db: Database[Document], corrected: Sequence[Document]) -> set[str]:
    """Give visits that are stored the links as they are judged now.

    Args:
        db: the database.
        corrected: visits as `visit_document` makes them, with the links as they are judged now.

    Returns: ids of those that are stored and done with; one that found no page, or is not whole, stays as it is.

    Raises:
        pymongo.errors.PyMongoError: the server failed; calling again with the same visits is safe.
        StoreUnavailableError: other processes have been merging stories for long; likewise.
    """
    done: set[str] = set()
    with merge_lock(db):
        for visit in corrected:
            fields = dict.fromkeys(("story", "outcome", "unapplied.key"), 1)
            stored = db["visits"].find_one({"_id": visit["_id"]}, fields)
            if stored is None:
                continue
            done.add(visit["_id"])
            if stored["outcome"] == "fetched" and "unapplied" not in stored:
                _correct(db, {**visit, "story": stored["story"]})
    return done


class WaitingCorrections:
    """Corrections that wait until the visits that they correct are stored; added in one thread, written in another."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[Document] = deque(maxlen=MAX_WAITING_CORRECTIONS)

    def add(self, visit: Document) -> None:
        """Take the corrected visit."""
        self._waiting.append(visit)

    def write(self, *, last: bool) -> None:
        """Write the corrections whose visits are stored; where the server fails, they wait on.

        Args:
            last: no further visits will be stored: those that are left are given up.
        """
        if not self._waiting:
            return
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            done = correct_visits(self._store.db, taken)
        except Exception as error:  # any: it must not end the thread that stores the stories
            failed = self._store.explain(error) if isinstance(error, PyMongoError) else error
            logger.warning(
                "%s; the links of %d stories that were judged again are not corrected yet", failed, len(taken)
            )
            done = set()
        if not last:
            self._waiting.extendleft(visit for visit in reversed(taken) if visit["_id"] not in done)


def finish_corrections(db: Database[Document]) -> None:
    """Derive anew what a process that died in the middle of a correction may have left as it was."""
    note = db["meta"].find_one({"_id": CORRECTED})
    if note and note["stories"]:
        with merge_lock(db):
            _derive_anew(db, note["stories"])


def _correct(db: Database[Document], visit: Document) -> None:
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
    _derive_anew(db, [story])


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
