"""Taking readings back: visits that took a notice for a story become visits that found no story.

The story is then derived anew, with title, text and links of its last good reading; one that has none is what the
links to it say. May be run again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import PyMongoError

from kolcrawl.store.bulk import chunks
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.merge.lookup import is_linked, raise_merge_count, targets_of
from kolcrawl.store.merge.repoint import merge_lock
from kolcrawl.store.merge.restore import clear_state, restore_contents, restore_observed
from kolcrawl.store.merge.undo import leave_confirmed
from kolcrawl.store.removals import note_removal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.database import Database

    from kolcrawl.items import Outcome
    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.server.client import Store

_UNREAD: Final[dict[str, Any]] = {
    **dict.fromkeys(("content_hash", "text_hash", "title", "published_at", "relevance")),
    "links": [],
    "lists": [],
    "links_left_out": 0,
}
"""What a visit that read no story holds of its page."""


def retract_readings(
    db: Database[Document], readings: Mapping[str, Iterable[str]], outcome: Outcome, reason: str
) -> None:
    """Take readings back.

    Args:
        readings: ids of visits, by the key of their story.
        outcome: of these visits from now on: `failed` or `gone`.
        reason: likewise.
    """
    with merge_lock(db):
        targets = targets_of(db, readings)
        for key, visits in readings.items():
            changed = {"outcome": outcome, "reason": reason, **_UNREAD}
            taken = list(visits)
            leave_confirmed(db, [{"_id": name} for name in taken], key)
            db["visits"].update_many(
                {"_id": {"$in": taken}, "story": key}, {"$set": changed, "$unset": {"unapplied": 1, "confirms": 1}}
            )
            clear_state(db, key)
            restore_contents(db, [key])
        for key in sorted(targets):
            if not is_linked(db, key):
                db["stories"].delete_one({"_id": key, "visits": 0, "status": {"$ne": "merged"}})
        for key in sorted({*readings, *targets}):
            restore_observed(db, key)
        raise_merge_count(db)
        note_removal(db)
    group_stories(db, list(readings))


def retract_crawl_readings(store: Store, crawl: str, keys: Iterable[str], reason: str) -> None:
    """Take back what a crawl read of some stories; the visits failed, for this reason.

    Raises:
        StoreError: the database failed.
    """
    readings: dict[str, list[str]] = {}
    try:
        for chunk in chunks(keys):
            where = {"story": {"$in": chunk}, "crawl": crawl, "outcome": "fetched"}
            for visit in store.db["visits"].find(where, {"story": 1}):
                readings.setdefault(visit["story"], []).append(visit["_id"])
        if readings:
            retract_readings(store.db, readings, "failed", reason)
    except PyMongoError as error:
        raise store.explain(error) from error
