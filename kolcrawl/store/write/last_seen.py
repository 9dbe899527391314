"""When known stories were last seen linked: written now and then, not at each observation.

A site's list of popular stories is on each of its pages. That they were seen again changes nothing but their
`last_seen`, and writing that for each page costs the embedded server more than everything else of the page. So the
writer keeps the latest observation of each story in memory (`LastSeen`), and flushes it when no page has linked to the
story for a minute and there is nothing else to write, or for some ten minutes, or when there are too many; the rest at
the end of the crawl. A story that is linked on every page is so written once a crawl. What a crawl that dies has not
flushed, the next start reads from its visits (`last_seen_of_run`), of which the last twenty minutes hold all of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from pymongo import UpdateOne

from kolcrawl.store.bulk import bulk_write, chunks
from kolcrawl.store.merge.lookup import canonical_keys, merge_count
from kolcrawl.store.read.listed_links import stored_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

FLUSH_INTERVAL: Final = timedelta(minutes=10)
"""A story that was not seen for so long is flushed: it may not be seen again."""
IDLE_FLUSH_INTERVAL: Final = timedelta(minutes=1)
"""The same while there is nothing else to write."""
MAX_BUFFERED: Final = 100_000
"""Stories kept in memory, 200 bytes each; beyond, those that were seen longest ago are flushed."""
FLUSH_SIZE: Final = 200
"""Stories flushed after one batch of visits, so that the next batch does not wait for thousands of them."""
SLOW_FLUSH: Final = 5_000
"""Stories whose flush is worth a line of log: the embedded server takes 3 ms for each."""
_NOT_FLUSHED: Final = FLUSH_INTERVAL + timedelta(minutes=10)  # the time that a writer waits for a database that is away


class LastSeen:
    """Stories by key with when they were last seen; the one that was seen longest ago comes first."""

    def __init__(self) -> None:
        self._times: dict[str, datetime] = {}

    def __len__(self) -> int:
        return len(self._times)

    def add(self, key: str, at: datetime) -> None:
        """Note an observation of a story."""
        known = self._times.pop(key, at)
        self._times[key] = max(known, at)

    def discard(self, key: str, at: datetime) -> None:
        """Drop a story that was written with an observation, unless a later one was noted."""
        if self._times.get(key, at) <= at:
            self._times.pop(key, None)

    def remove(self, keys: Iterable[str]) -> None:
        """Drop stories that were flushed."""
        for key in keys:
            del self._times[key]

    def all(self) -> dict[str, datetime]:
        """Return everything that is noted."""
        return dict(self._times)

    def due(self, latest: datetime, *, idle: bool = False) -> dict[str, datetime]:
        """Return what it is time to flush, seen longest ago first, and not too much at once.

        Args:
            latest: when the crawl last read a page.
            idle: whether there is nothing else to write.
        """
        surplus = len(self) - MAX_BUFFERED
        waited = latest - next(iter(self._times.values()), latest)
        most, before = max(FLUSH_SIZE, surplus), None
        if waited > 1.5 * FLUSH_INTERVAL:  # what the next start looks through must hold them all
            most = max(most, len(self) // 20)
        if idle:
            before = latest - IDLE_FLUSH_INTERVAL
        elif waited > FLUSH_INTERVAL:
            before = latest - FLUSH_INTERVAL / 2  # many at once take few commands
        oldest = enumerate(islice(self._times.items(), most))
        return {key: at for place, (key, at) in oldest if place < surplus or (before and at < before)}


def flush_last_seen(db: Database[Document], times: Mapping[str, datetime]) -> None:
    """Write when stories were last seen. Repeating it is safe.

    Raises:
        pymongo.errors.PyMongoError: the server failed.
    """
    for keys in chunks(times, FLUSH_SIZE):
        merges = None
        while (so_far := merge_count(db)) != merges:  # one of them may have been merged in between
            merges = so_far
            canonical = canonical_keys(db, keys)
            now = datetime.now(UTC)
            bulk_write(db["stories"], [_update(canonical.get(key, key), times[key], now) for key in keys])


def _update(key: str, last: datetime, now: datetime) -> UpdateOne:
    # a condition on a second field would cost the embedded server more than the write
    return UpdateOne({"_id": key}, {"$max": {"last_seen": last, "updated_at": now}})


def last_seen_of_run(db: Database[Document], run: str) -> dict[str, datetime]:
    """Return what the latest visits of a run saw, by key."""
    seen = LastSeen()
    latest = db["visits"].find_one({"crawl": run}, {"at": 1}, sort=[("at", -1)])
    if latest is None:
        return {}
    where = {"crawl": run, "at": {"$gte": latest["at"] - _NOT_FLUSHED}, "outcome": "fetched"}
    lists: dict[str, datetime] = {}
    for visit in db["visits"].find(where, {"at": 1, "links.to": 1, "lists": 1}):
        for link in visit["links"]:
            seen.add(link["to"], visit["at"])
        for entry in visit.get("lists", ()):
            lists[entry["list"]] = max(lists.get(entry["list"], visit["at"]), visit["at"])
    for name, row in stored_lists(db, lists).items():
        for link in row["links"]:
            seen.add(link["to"], lists[name])
    return seen.all()
