"""That known stories were seen linked once more: noted now and then, not at each sighting.

A site's list of popular stories is on each of its pages. That they were seen again changes nothing but their
`last_seen`, and writing that for each page costs the embedded server more than all else of the page. So the writer
keeps the latest sighting of each in memory, and notes it (`note_lately`) after a minute and at the end of the crawl.
What a crawl that dies has not noted, the next start reads from its visits (`seen_lately`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pymongo import UpdateOne

from kolcrawl.store.bulk import bulk, chunks
from kolcrawl.store.merges import merges_so_far, survivors

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]
Lately = dict[str, datetime]
"""By story key, when it was last seen."""

INTERVAL: Final = 60.0
"""Seconds until sightings are noted."""
MOST: Final = 5_000
"""Sightings kept in memory; beyond, they are noted at once."""
_UNNOTED: Final = timedelta(minutes=10)  # INTERVAL, and the time that a writer waits for a database that is away


def join_lately(lately: Lately, key: str, at: datetime) -> None:
    """Take in a sighting."""
    if key not in lately or at > lately[key]:
        lately[key] = at


def note_lately(db: Database[Document], lately: Mapping[str, datetime]) -> None:
    """Write when stories were last seen. Repeating it is safe.

    Raises:
        pymongo.errors.PyMongoError: the server failed.
    """
    while lately:
        merges = merges_so_far(db)
        leads = survivors(db, lately)
        now = datetime.now(UTC)
        for keys in chunks(lately):
            bulk(db["stories"], [_update(leads.get(key, key), lately[key], now) for key in keys])
        if merges_so_far(db) == merges:  # else one of them may have been merged in between
            break


def _update(key: str, last: datetime, now: datetime) -> UpdateOne:
    return UpdateOne({"_id": key, "last_seen": {"$lt": last}}, {"$set": {"last_seen": last, "updated_at": now}})


def seen_lately(db: Database[Document], run: str) -> Lately:
    """What the latest visits of a run saw."""
    lately: Lately = {}
    latest = db["visits"].find_one({"crawl": run}, {"at": 1}, sort=[("at", -1)])
    if latest is None:
        return lately
    where = {"crawl": run, "at": {"$gte": latest["at"] - _UNNOTED}, "outcome": "fetched"}
    for visit in db["visits"].find(where, {"at": 1, "links.to": 1}):
        for link in visit["links"]:
            join_lately(lately, link["to"], visit["at"])
    return lately
