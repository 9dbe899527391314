"""Taking readings back: visits that took a notice for a story become visits that found no story.

The story is then derived anew (`derive_again`), with title, text and links of its last good reading; one that has none
is what the links to it say. May be run again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymongo.errors import PyMongoError

from kolcrawl.store.bulk import chunks
from kolcrawl.store.maintain.derive_again import derive_noted, note_restoring, retract_visits
from kolcrawl.store.merge.repoint import merge_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.database import Database

    from kolcrawl.items import Outcome
    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.server.client import Store


def retract_readings(
    db: Database[Document], readings: Mapping[str, Iterable[str]], outcome: Outcome, reason: str
) -> None:
    """Take readings back.

    Args:
        db: the database.
        readings: ids of visits, by the key of their story; those that confirm them go along.
        outcome: of these visits from now on: `failed` or `gone`.
        reason: likewise.
    """
    with merge_lock(db):
        note_restoring(db, readings)
        for key, visits in readings.items():
            retract_visits(db, key, visits, outcome, reason)
        derive_noted(db)


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
