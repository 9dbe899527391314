"""That known stories were seen linked once more: noted now and then, not at each sighting.

A site's list of popular stories is on each of its pages. That they were seen again changes nothing but their
`last_seen`, and writing that for each page costs the embedded server more than all else of the page. So the writer
keeps the latest sighting of each in memory, and notes it (`note_lately`) when no page has linked to the story for a
minute and there is nothing else to write, or for some ten minutes, or when they are too many; the rest at the end of
the crawl. So a story on every page is noted once a crawl. What a crawl that dies has not noted, the next start reads
from its visits (`seen_lately`), of which the last twenty minutes hold it all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pymongo import UpdateOne

from kolcrawl.store.bulk import bulk, chunks
from kolcrawl.store.merge.lookup import merges_so_far, survivors

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]
Lately = dict[str, datetime]
"""By story key, when it was last seen; the one that was not seen for longest first."""

INTERVAL: Final = timedelta(minutes=10)
"""A story not seen for that long is noted: it may not be seen again."""
IDLE_INTERVAL: Final = timedelta(minutes=1)
"""The same while there is nothing else to write."""
MOST: Final = 100_000
"""Sightings kept in memory, 200 bytes each; beyond, those of longest ago are noted."""
SLICE: Final = 200
"""Sightings noted after one batch of stories, so that the next does not wait for thousands of them."""
_UNNOTED: Final = INTERVAL + timedelta(minutes=10)  # the time that a writer waits for a database that is away


def join_lately(lately: Lately, key: str, at: datetime) -> None:
    """Take in a sighting."""
    known = lately.pop(key, at)
    lately[key] = max(known, at)


def due_lately(lately: Lately, latest: datetime, *, idle: bool = False) -> Lately:
    """The sightings that it is time to note, those of longest ago first, and not too many at once.

    Args:
        latest: when the crawl last read a page.
        idle: there is nothing else to write.
    """
    beyond = len(lately) - MOST
    waited = latest - next(iter(lately.values()), latest)
    most, before = max(SLICE, beyond), None
    if waited > 1.5 * INTERVAL:  # what the next start looks through must hold them all
        most = max(most, len(lately) // 20)
    if idle:
        before = latest - IDLE_INTERVAL
    elif waited > INTERVAL:
        before = latest - INTERVAL / 2  # many at once take few commands
    first = islice(lately.items(), most)
    return {key: at for place, (key, at) in enumerate(first) if place < beyond or (before and at < before)}


def drop_lately(lately: Lately, key: str, at: datetime) -> None:
    """A story was written with a sighting: those until then need no more noting."""
    if lately.get(key, at) <= at:
        lately.pop(key, None)


def note_lately(db: Database[Document], lately: Mapping[str, datetime]) -> None:
    """Write when stories were last seen. Repeating it is safe.

    Raises:
        pymongo.errors.PyMongoError: the server failed.
    """
    for keys in chunks(lately, SLICE):
        merges = None
        while (so_far := merges_so_far(db)) != merges:  # one of them may have been merged in between
            merges = so_far
            leads = survivors(db, keys)
            now = datetime.now(UTC)
            bulk(db["stories"], [_update(leads.get(key, key), lately[key], now) for key in keys])


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
