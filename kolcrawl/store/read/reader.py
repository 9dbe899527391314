"""Reading the network as it is now: streams of stories and links, few at a time.

Knows MongoDB and the contract, nothing of graphs: walking is `kolcrawl.network`, another moment is
`kolcrawl.store.read.as_of`, which answers the same calls. Whatever is asked for by key is asked for in batches: the
cost of `$in` on the embedded server grows with the square of the list (some 50 keys are quickest), and a real server
does not mind. `$graphLookup` is not used: only some servers look into its index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

from kolcrawl.items import LINK_KINDS

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.read.records import Link, Story

BATCH = 50
ROWS = 10_000  # keys a server sends at once; its own 16 MB become ten times as much in Python's objects
MERGE_STEPS = 20  # longer chains of merges than this are a fault of the store, and must not hang a reader
# what the store keeps for itself: fingerprints, and who wrote last
INTERNAL = {"bands": 0, "signature": 0, "order": 0, "validators": 0, "stray": 0, "basis": 0}
KIND_ORDER: dict[str, int] = {kind: order for order, kind in enumerate(LINK_KINDS)}

Document = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFilter:
    """Which stories are meant; an empty filter means all but the merged ones.

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
        """The filter as a MongoDB query."""
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
        """The same for a story at hand, e.g. one rebuilt for an earlier moment."""
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
    """A time given by a caller: a naive one is UTC."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def batches(values: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Cut a stream into lists of at most `size`."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch


def link_order(link: Mapping[str, Any]) -> tuple[int, str, int, str]:
    """The order of the links of one story: kind as in the contract, then place in the block, then target."""
    kind = str(link["kind"])
    return KIND_ORDER.get(kind, len(KIND_ORDER)), kind, int(link["position"]), str(link["to"])


class Reader:
    """Streams over the collections of one database."""

    def __init__(self, db: Database[Document]) -> None:
        self.db = db

    def stories(self, where: StoryFilter, *, with_text: bool = True) -> Iterator[Story]:
        """Stories that a filter lets through, in the order of their keys.

        The keys first, then the stories a batch at a time: no query takes long or holds all stories in the
        server's memory, as one sorted scan does on the embedded server.
        """
        found = self.by_keys(self._keys_of(where.mongo()), with_text=with_text)
        return (story for story in found if where.matches(story))  # some may have changed meanwhile

    def _keys_of(self, where: Document) -> list[str]:
        return sorted(doc["_id"] for doc in self.db.stories.find(where, {"_id": 1}).batch_size(ROWS))

    def by_keys(self, keys: Iterable[str], *, with_text: bool = True) -> Iterator[Story]:
        """Stories by key, in the order asked for; unknown keys are passed over, merged ones are not followed."""
        fields = self._fields(with_text=with_text)
        for batch in batches(keys):
            found = {doc["_id"]: doc for doc in self.db.stories.find({"_id": {"$in": batch}}, fields)}
            for key in batch:
                if story := found.get(key):
                    story["_id"] = key  # the same string, so that who keeps many keys keeps them once
                    yield cast("Story", story)

    def find(self, key: str, urls: Sequence[str] = (), *, with_text: bool = True) -> Story | None:
        """The story of a key, else the one that has one of the URLs among its aliases; merged ones lead on."""
        found = next(self.by_keys([key], with_text=with_text), None)
        if found is None and urls:
            holder = self.db.stories.find_one({"aliases": {"$in": list(urls)}}, {"_id": 1})
            found = next(self.by_keys([holder["_id"]], with_text=with_text), None) if holder else None
        for _ in range(MERGE_STEPS):
            if found is None or not (survivor := found.get("merged_into")):
                break
            found = next(self.by_keys([survivor], with_text=with_text), None)
        return found

    def links_out(self, keys: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Links from stories: story by story in the order asked for, each story's in `link_order`."""
        return self._links("from", keys, kinds)

    def links_in(self, keys: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Links to stories: story by story in the order asked for, each story's in `link_order`."""
        return self._links("to", keys, kinds)

    def _links(self, end: str, keys: Iterable[str], kinds: Sequence[str]) -> Iterator[Link]:
        for batch in batches(keys):
            where: Document = {end: {"$in": batch}} | ({"kind": {"$in": list(kinds)}} if kinds else {})
            by_key: dict[str, list[Document]] = {}
            for link in self.db.links.find(where, INTERNAL):
                by_key.setdefault(link[end], []).append(link)
            for key in batch:
                yield from cast("list[Link]", sorted(by_key.get(key, ()), key=_within(end)))

    def _fields(self, *, with_text: bool) -> dict[str, int]:
        return INTERNAL if with_text else INTERNAL | {"text": 0}


def _within(end: str) -> Any:
    if end == "from":
        return link_order
    return lambda link: (*link_order(link)[:3], link["from"])
