"""How known stories were seen linked again: written now and then, not at each observation.

A site's list of popular stories is on each of its pages. That they were seen again changes nothing but when they were
last seen, and now and then how far from a seed they are and how much, unread, they seem to be about the topic. Writing
that for each page costs the embedded server more than everything else of the page. So the writer keeps what was
observed of each story in memory (`LastSeen`), and flushes it when no page has linked to the story for a minute and
there is nothing else to write, or for some ten minutes, or when there are too many; with the story, where that is
written for another reason; the rest at the end of the crawl. A story that is linked on every page is so written once a
crawl. What a crawl that dies has not flushed, the next start reads from its visits (`last_seen_of_run`), of which the
last twenty minutes hold all of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pymongo import UpdateMany, UpdateOne

from kolcrawl.store.bulk import bulk_write, chunks
from kolcrawl.store.expressions import if_, is_null, later
from kolcrawl.store.merge.lookup import canonical_keys, merge_count
from kolcrawl.store.read.listed_links import give_pages, stored_lists
from kolcrawl.store.shared_lists import listed_links

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
UPDATED_AT_ONCE: Final = 30
"""Stories in one update: the cost of `$in` grows with the square of its list."""
SLOW_FLUSH: Final = 5_000
"""Stories whose flush is worth a line of log: the embedded server takes 3 ms for each."""
_NOT_FLUSHED: Final = FLUSH_INTERVAL + timedelta(minutes=10)  # the time that a writer waits for a database that is away


class Sighting(NamedTuple):
    """What links showed of a story that is known already; each part only ever moves one way."""

    at: datetime
    """When it was last seen."""
    depth: int | None = None
    """Fewest link steps from a seed; None where no fewer than are stored."""
    relevance: float | None = None
    """How much it seems to be about the topic, if its page was not read; None where no more than is stored."""

    def join(self, other: Sighting) -> Sighting:
        """Return what both show."""
        depths = [depth for depth in (self.depth, other.depth) if depth is not None]
        relevances = [value for value in (self.relevance, other.relevance) if value is not None]
        return Sighting(max(self.at, other.at), min(depths, default=None), max(relevances, default=None))


Sightings = dict[str, Sighting]
"""By the key of the story."""


class LastSeen:
    """How stories were seen again, by key; the one that was seen longest ago comes first."""

    def __init__(self) -> None:
        self._seen: Sightings = {}
        self._news: dict[str, datetime] = {}
        """When a shorter way or a higher relevance was first noted, by key, oldest first."""

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, key: str, sighting: Sighting) -> None:
        """Note an observation of a story."""
        known = self._seen.pop(key, sighting)
        self._seen[key] = known.join(sighting)
        if sighting.depth is not None or sighting.relevance is not None:
            self._news.setdefault(key, sighting.at)

    def get(self, key: str) -> Sighting | None:
        """Return what is noted of a story."""
        return self._seen.get(key)

    def remove(self, keys: Iterable[str]) -> None:
        """Drop stories that were flushed, or written with what is noted of them; others are passed over."""
        for key in keys:
            self._seen.pop(key, None)
            self._news.pop(key, None)

    def all(self) -> Sightings:
        """Return everything that is noted."""
        return dict(self._seen)

    def due(self, latest: datetime, *, idle: bool = False) -> Sightings:
        """Return what it is time to flush, seen longest ago first, and not too much at once.

        Args:
            latest: when the crawl last read a page.
            idle: whether there is nothing else to write.
        """
        surplus = len(self) - MAX_BUFFERED
        oldest = next(iter(self._seen.values()), None)
        waited = latest - oldest.at if oldest else timedelta()
        most, before = max(FLUSH_SIZE, surplus), None
        if waited > 1.5 * FLUSH_INTERVAL:  # what the next start looks through must hold them all
            most = max(most, len(self) // 20)
        if idle:
            before = latest - IDLE_FLUSH_INTERVAL
        elif waited > FLUSH_INTERVAL:
            before = latest - FLUSH_INTERVAL / 2  # many at once take few commands
        first = enumerate(islice(self._seen.items(), most))
        due = {key: seen for place, (key, seen) in first if place < surplus or (before and seen.at < before)}
        # a story that is seen again and again never waits for long, but what was first noted of it may
        for key, noted in islice(self._news.items(), FLUSH_SIZE):
            if noted >= latest - FLUSH_INTERVAL:
                break
            due.setdefault(key, self._seen[key])
        return due


def flush_last_seen(db: Database[Document], sightings: Mapping[str, Sighting]) -> None:
    """Write how stories were seen again. Repeating it is safe.

    Raises:
        pymongo.errors.PyMongoError: the server failed.
    """
    for keys in chunks(sightings, FLUSH_SIZE):
        merges = None
        while (so_far := merge_count(db)) != merges:  # one of them may have been merged in between
            merges = so_far
            canonical = canonical_keys(db, keys)
            now = datetime.now(UTC)
            alike: dict[Sighting, list[str]] = {}
            for key in keys:
                alike.setdefault(sightings[key], []).append(canonical.get(key, key))
            # of several stories in one update each takes the embedded server a fifth less time
            groups = [(some, seen) for seen, same in alike.items() for some in chunks(same, UPDATED_AT_ONCE)]
            updates = [UpdateMany({"_id": {"$in": some}}, _update(seen, now)) for some, seen in groups]
            refused = [groups[index] for index in bulk_write(db["stories"], updates)]  # one of them, and those after it
            singly = [UpdateOne({"_id": key}, _update(seen, now)) for some, seen in refused for key in some]
            bulk_write(db["stories"], singly)


def _update(seen: Sighting, now: datetime) -> Document | list[Document]:
    if seen.relevance is None:
        fewer: Document = {} if seen.depth is None else {"$min": {"depth": seen.depth}}
        # a condition on a second field would cost the embedded server more than the write
        return {"$max": {"last_seen": seen.at, "updated_at": now}, **fewer}
    known = {"$ifNull": ["$relevance", None]}
    changed: Document = {
        "last_seen": {"$max": ["$last_seen", seen.at]},
        "updated_at": later(now),
        # what was read is judged by its page, and not by the links to it
        "relevance": if_(is_null("$fetched_at"), {"$max": [known, seen.relevance]}, known),
    }
    if seen.depth is not None:
        changed["depth"] = {"$min": ["$depth", seen.depth]}
    return [{"$set": changed}]


def last_seen_of_run(db: Database[Document], run: str) -> Sightings:
    """Return what the latest visits of a run saw, by key."""
    seen = LastSeen()
    latest = db["visits"].find_one({"crawl": run}, {"at": 1}, sort=[("at", -1)])
    if latest is None:
        return {}
    where = {"crawl": run, "at": {"$gte": latest["at"] - _NOT_FLUSHED}, "outcome": "fetched"}
    fields = {"at": 1, "depth": 1, "links.to": 1, "links.topic": 1, "lists": 1, "confirms": 1}
    visits = list(db["visits"].find(where, fields))
    give_pages(db, visits)
    lists = stored_lists(db, (entry["list"] for visit in visits for entry in visit.get("lists", ())))
    for visit in visits:
        listed = (listed_links(entry, lists.get(entry["list"])) for entry in visit.get("lists", ()))
        for link in chain(visit["links"], *listed):
            seen.add(link["to"], _sighting(visit, link))
    return seen.all()


def _sighting(visit: Mapping[str, Any], link: Mapping[str, Any]) -> Sighting:
    """Return what a link on the page of a visit shows; visits of the first version have no depth."""
    depth = visit.get("depth")
    return Sighting(visit["at"], None if depth is None else depth + 1, link.get("topic"))
