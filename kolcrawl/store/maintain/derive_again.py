"""Deriving stories wholly anew after visits to them were taken back or removed, also beside other writers.

Which stories are concerned is noted in `meta` until all of it is written: a process that dies leaves work that the
start of the next crawl does (`finish_deriving`).

Another writer may have read the visits before, and write what they showed then. What it derived of the story is
refused, since the story was restored meanwhile (`restored`, a count that `clear_state` adds to); its links are not. But
it finds that `merge_count` has grown, and derives the stories anew that it wrote (`repair_restored`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kolcrawl.store.bulk import chunks
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.derive import READ_OUTCOMES
from kolcrawl.store.merge.lookup import is_linked, raise_merge_count, targets_of
from kolcrawl.store.merge.repoint import merge_lock
from kolcrawl.store.merge.restore import clear_state, restore_contents, restore_observed
from kolcrawl.store.removals import note_removal
from kolcrawl.store.write.documents import NOT_SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

RESTORING: Final = "restoring"
"""Id of the note in `meta`: `stories`, keys of those that may not follow from their visits yet, and `targets`, of those
to which their pages linked."""


def note_restoring(db: Database[Document], stories: Iterable[str]) -> None:
    """Note stories that are to be derived anew; who holds the right to merge is the only one to change the note."""
    keys = set(stories)
    noted = db["meta"].find_one({"_id": RESTORING}) or {}
    targets = targets_of(db, keys).union(noted.get("targets", ()))
    note = {"_id": RESTORING, "stories": sorted(keys.union(noted.get("stories", ()))), "targets": sorted(targets)}
    db["meta"].replace_one({"_id": RESTORING}, note, upsert=True)


def derive_noted(db: Database[Document]) -> None:
    """Derive the stories of the note anew, and remove the note. May be repeated; needs the right to merge."""
    noted = db["meta"].find_one({"_id": RESTORING})
    if noted is None:
        return
    stories, targets = noted["stories"], noted["targets"]
    for key in stories:
        _retract_confirming(db, key)
        clear_state(db, key)
        restore_contents(db, [key])
    for key in targets:
        if not is_linked(db, key):
            db["stories"].delete_one({"_id": key, "visits": 0, "status": {"$ne": "merged"}})
    for key in sorted({*stories, *targets}):
        restore_observed(db, key)
    raise_merge_count(db)  # what was set back may have been read in between
    note_removal(db)
    group_stories(db, stories)
    db["meta"].delete_one({"_id": RESTORING})


def finish_deriving(db: Database[Document]) -> None:
    """Derive anew what a process that died may have left as it was."""
    if db["meta"].find_one({"_id": RESTORING}):
        with merge_lock(db):
            derive_noted(db)


def repair_restored(
    db: Database[Document], visits: Mapping[str, Document], stored: Mapping[str, Document | None]
) -> None:
    """Derive stories anew that others restored since a writer read them, or visits to which others changed or removed.

    Args:
        db: the database.
        visits: that were written, by id, as their writer knows them.
        stored: what was stored of their stories before the visits to these were read.
    """
    changed: set[str] = set()
    for chunk in chunks(visits):
        found = {row["_id"]: row["outcome"] for row in db["visits"].find({"_id": {"$in": chunk}}, {"outcome": 1})}
        changed.update(visits[name]["story"] for name in chunk if found.get(name) != visits[name]["outcome"])
    for chunk in chunks({visit["story"] for visit in visits.values()} & stored.keys()):
        for story in db["stories"].find({"_id": {"$in": chunk}}, {"restored": 1}):
            if story.get("restored") != (stored[story["_id"]] or {}).get("restored"):
                changed.add(story["_id"])
    if changed:
        with merge_lock(db):
            note_restoring(db, changed)
            derive_noted(db)


def retract_visits(
    db: Database[Document], story: str, visits: Iterable[str], outcome: str, reason: str, *, is_written: bool = True
) -> None:
    """Make visits to a story visits that found none.

    Args:
        db: the database.
        story: its key.
        visits: their ids.
        outcome: of them from now on.
        reason: likewise.
        is_written: whether nothing of their log entries is needed any more.
    """
    done = {"confirms": 1} | ({"unapplied": 1} if is_written else {})
    changed: Document = {
        "outcome": outcome,
        "reason": reason,
        **NOT_SHOWN,
        "links": [],
        "lists": [],
        "links_left_out": 0,
    }
    for chunk in chunks(visits):
        taken = {"_id": {"$in": chunk}, "story": story}
        db["visits"].update_many(taken, {"$set": changed, "$unset": done})


def _retract_confirming(db: Database[Document], story: str) -> None:
    """Take back the visits to a story that confirm one which was taken back: they found the same page."""
    confirming: dict[str, list[str]] = {}
    for visit in db["visits"].find({"story": story, "confirms": {"$exists": True}}, {"confirms": 1}):
        confirming.setdefault(visit["confirms"], []).append(visit["_id"])
    for chunk in chunks(confirming):
        for page in list(db["visits"].find({"_id": {"$in": chunk}}, {"outcome": 1, "reason": 1})):
            if page["outcome"] not in READ_OUTCOMES:
                retract_visits(db, story, confirming[page["_id"]], page["outcome"], page["reason"], is_written=False)
