"""Reading the network as it is now: streams of stories and links, few at a time.

The module knows MongoDB and the contract, but not graphs: `kolcrawl.network` walks, and `kolcrawl.store.read.as_of`
answers the same calls for another moment. What is asked for by key is asked for in chunks: the cost of `$in` on the
embedded server grows with the square of the list (some 50 keys are quickest), and a real server does not mind.
`$graphLookup` is not used: only some servers use an index for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from kolcrawl.items import LINK_KINDS
from kolcrawl.store.bulk import ROWS_PER_REPLY, chunks
from kolcrawl.store.read.listed_links import links_from, links_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.read.records import Link, Story

MAX_MERGE_STEPS = 20
"""Merges that are followed from one story to the next; a longer chain is a fault, and must not hang a reader."""
# what the store keeps for itself: fingerprints, and which writer was the last
INTERNAL_FIELDS = dict.fromkeys(
    ("confirmed", "order", "validators", "stray", "basis", "page", "reading", "restored"), 0
)
KIND_ORDER: dict[str, int] = {kind: order for order, kind in enumerate(LINK_KINDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFilter:
    """Which stories are wanted; an empty filter lets all but the merged ones through.

    A story's time, for `since` and `until`, is its publication, or when it was first seen where that is unknown.
    """

    sites: Sequence[str] = ()
    """Registrable domains."""
    statuses: Sequence[str] = ()
    langs: Sequence[str] = ()
    """Language tags; `zh` stands for `zh-CN` and `zh-Hant` as well."""
    since: datetime | None = None
    """From this moment on."""
    until: datetime | None = None
    """Before this moment."""
    min_relevance: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "since", utc(self.since))
        object.__setattr__(self, "until", utc(self.until))

    def mongo(self) -> Document:
        """Return the filter as a MongoDB query."""
        clauses: list[Document] = [{"status": {"$in": list(self.statuses)} if self.statuses else {"$ne": "merged"}}]
        if self.sites:
            clauses.append({"site": {"$in": list(self.sites)}})
        if self.langs:
            clauses.append({"lang": {"$regex": "^(" + "|".join(map(re.escape, self.langs)) + ")(-|$)"}})
        if self.since or self.until:
            window = ({"$gte": self.since} if self.since else {}) | ({"$lt": self.until} if self.until else {})
            clauses.append({"$or": [{"published_at": window}, {"published_at": None, "first_seen": window}]})
        if self.min_relevance is not None:
            clauses.append({"relevance": {"$gte": self.min_relevance}})
        return {"$and": clauses} if len(clauses) > 1 else clauses[0]

    def matches(self, story: Story) -> bool:
        """Return whether a story passes the filter, e.g. one rebuilt for an earlier moment."""
        at, lang = story["published_at"] or story["first_seen"], story.get("lang") or ""
        relevance = story.get("relevance")
        return (
            (story["status"] in self.statuses if self.statuses else story["status"] != "merged")
            and (not self.sites or story["site"] in self.sites)
            and (not self.langs or any(f"{lang}-".startswith(f"{tag}-") for tag in self.langs))
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
            and (self.min_relevance is None or (relevance is not None and relevance >= self.min_relevance))
        )


def utc(moment: datetime | None) -> datetime | None:
    """Return a time given by a caller as an aware one: a naive time is UTC."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def link_order(link: Mapping[str, Any]) -> tuple[int, str, int, str]:
    """Order the links of one story: by kind as in the contract, then place in the block, then target."""
    kind = str(link["kind"])
    return KIND_ORDER.get(kind, len(KIND_ORDER)), kind, int(link["position"]), str(link["to"])


class Reader:
    """Streams over the collections of one database, as they are now."""

    def __init__(self, db: Database[Document]) -> None:
        self.db = db

    def stories(self, where: StoryFilter, *, with_text: bool = True) -> Iterator[Story]:
        """Yield the stories that a filter lets through, in the order of their keys.

        The keys are read first, then the stories a chunk at a time: no query takes long or holds all stories in the
        server's memory, as one sorted scan does on the embedded server.
        """
        found = self.by_keys(self._keys_of(where.mongo()), with_text=with_text)
        return (story for story in found if where.matches(story))  # some may have changed meanwhile

    def _keys_of(self, where: Document) -> list[str]:
        return sorted(doc["_id"] for doc in self.db.stories.find(where, {"_id": 1}).batch_size(ROWS_PER_REPLY))

    def by_keys(self, keys: Iterable[str], *, with_text: bool = True) -> Iterator[Story]:
        """Yield stories by key, in the order of the keys; unknown keys are passed over, merges are not followed."""
        fields = self._fields(with_text=with_text)
        for batch in chunks(keys):
            found = {doc["_id"]: doc for doc in self.db.stories.find({"_id": {"$in": batch}}, fields)}
            for key in batch:
                if story := found.get(key):
                    story["_id"] = key  # the caller's own string: a caller with many keys holds each once
                    yield cast("Story", story)

    def first_titles(self) -> dict[str, str]:
        """Read the title that each story had at first, of those that were retitled since they were first read."""
        return self._first_titles({})

    def _first_titles(self, until: Document) -> dict[str, str]:
        """Read them from the revisions that a query lets through; without sorting, which some servers do in memory."""
        first: dict[str, tuple[datetime, str]] = {}
        fields = {"story": 1, "at": 1, "title": 1}
        for row in self.db.revisions.find({"changed": "title"} | until, fields).batch_size(ROWS_PER_REPLY):
            known = first.get(row["story"])
            if known is None or row["at"] < known[0]:
                first[row["story"]] = row["at"], row["title"]
        return {key: title for key, (_, title) in first.items()}

    def find(self, key: str, urls: Sequence[str] = (), *, with_text: bool = True) -> Story | None:
        """Return the story of a key, else the one that has one of the URLs among its aliases, following merges."""
        found = next(self.by_keys([key], with_text=with_text), None)
        if found is None and urls:
            holder = self.db.stories.find_one({"aliases": {"$in": list(urls)}}, {"_id": 1})
            found = next(self.by_keys([holder["_id"]], with_text=with_text), None) if holder else None
        for _ in range(MAX_MERGE_STEPS):
            if found is None or not (canonical := found.get("merged_into")):
                break
            found = next(self.by_keys([canonical], with_text=with_text), None)
        return found

    def links_out(self, keys: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Yield the links from stories, story by story in the order of the keys, each story's in `link_order`."""
        return self._links("from", keys, kinds)

    def links_in(self, keys: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Yield the links to stories, story by story in the order of the keys, each story's in `link_order`."""
        return self._links("to", keys, kinds)

    def _links(self, end: str, keys: Iterable[str], kinds: Sequence[str]) -> Iterator[Link]:
        for batch in chunks(keys):
            where: Document = {end: {"$in": batch}} | ({"kind": {"$in": list(kinds)}} if kinds else {})
            by_key: dict[str, list[Document]] = {}
            links = list(self.db.links.find(where, INTERNAL_FIELDS))
            links += (links_from if end == "from" else links_to)(self.db, batch, kinds)
            count_all_confirmations(self.db, links)
            for link in links:
                by_key.setdefault(link[end], []).append(link)
            for key in batch:
                yield from cast("list[Link]", sorted(by_key.get(key, ()), key=_order_within(end)))

    def _fields(self, *, with_text: bool) -> dict[str, int]:
        return INTERNAL_FIELDS if with_text else INTERNAL_FIELDS | {"text": 0}


def count_all_confirmations(db: Database[Document], links: Iterable[Document]) -> None:
    """Count for links, in place, the visits that only confirmed the pages that they are on.

    Such a visit writes no link: it is noted with the story (`confirmed`).
    """
    active = [link for link in links if link["active"]]
    for keys in chunks(dict.fromkeys(link["from"] for link in active)):
        where = {"_id": {"$in": keys}, "confirmed.visits": {"$gt": 0}}
        confirmed = {story["_id"]: story["confirmed"] for story in db["stories"].find(where, {"confirmed": 1})}
        for link in active if confirmed else ():
            count_confirmations(link, confirmed.get(link["from"]))


def count_confirmations(link: Any, confirmed: Mapping[str, Any] | None) -> None:
    """Count the visits that confirmed the page of a link for it, in place, if it is on that page."""
    if confirmed and confirmed["visits"] and link["active"]:
        link["seen_count"] += confirmed["visits"]
        link["last_seen"] = max(link["last_seen"], confirmed["at"])


def _order_within(end: str) -> Any:
    if end == "from":
        return link_order
    return lambda link: (*link_order(link)[:3], link["from"])
