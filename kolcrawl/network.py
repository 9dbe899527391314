"""The story network, for programs that read it: typed, synchronous, on pymongo, without Scrapy.

    with open_network() as network:                              # the embedded server of this folder
        story = network.story("https://example.com/news/1.html")
        for link, other in network.neighbours(story["_id"], kinds=["related"]):
            print(link["position"], other["title"])

Every call takes a story as its key or as any URL it was ever seen under; keys of merged stories lead to the
survivor. Walks go breadth-first over batches of links, at the same speed on every server. Nothing here writes.
`Network.as_of` and `Network.of_crawl` give the same calls on the network as it was seen at a moment, or by one
crawl. Times are aware, in UTC; a naive time given as an argument is read as UTC.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Self

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING

from kolcrawl.errors import ArgumentError
from kolcrawl.store.client import open_store
from kolcrawl.store.reader import Reader, StoryFilter, batches
from kolcrawl.store.records import Change, Event, Link, Neighbour, Story
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from pymongo.database import Database

__all__ = ["Change", "Event", "Link", "Neighbour", "Network", "Story", "StoryFilter", "open_network"]

Direction = Literal["out", "in", "both"]
RELATED = ("related",)
MERGE_STEPS = 20  # longer chains of merges than this are a fault of the store, and must not hang a reader


def open_network(
    uri: str | None = None, database: str = "kolcrawl", data_dir: str | PathLike[str] = ".kolcrawl"
) -> Network:
    """Open the network for reading.

    Args:
        uri: of a MongoDB server; None joins the embedded server on `data_dir`, or starts it.
        database: name of the database.
        data_dir: folder of the embedded server.

    Raises:
        StoreError: the server cannot be reached, started, or refuses the login.
    """
    return Network(open_store(uri, database, data_dir))


class Network:
    """The stories and links of one database. Use as a context manager, or `close` it."""

    def __init__(self, db: Database[dict[str, Any]], reader: Reader | None = None) -> None:
        options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self.db = db.with_options(codec_options=options)
        self.reader = reader or Reader(self.db)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; an embedded server goes on for others."""
        self.db.client.close()

    # --- stories

    def key(self, story: str) -> str | None:
        """The key of a story, given its key, its URL, or any URL or key that once led to it; None if unknown."""
        found = self.story(story, with_text=False)
        return found["_id"] if found else None

    def story(self, story: str, *, with_text: bool = True) -> Story | None:
        """A story by URL or key, with aliases and merged keys led on; None if the network does not hold it."""
        key, url = _key_or_url(story)
        found = next(self.reader.by_keys([key], with_text=with_text), None)
        if found is None and url:
            holder = self.db.stories.find_one({"aliases": url}, {"_id": 1})
            found = next(self.reader.by_keys([holder["_id"]], with_text=with_text), None) if holder else None
        for _ in range(MERGE_STEPS):
            if found is None or not (survivor := found.get("merged_into")):
                break
            found = next(self.reader.by_keys([survivor], with_text=with_text), None)
        return found

    def stories(self, where: StoryFilter | None = None, *, with_text: bool = True) -> Iterator[Story]:
        """All stories that a filter lets through, in the order of their keys; without one, all but merged ones."""
        return self.reader.stories(where or StoryFilter(), with_text=with_text)

    def stories_by_key(self, keys: Iterable[str], *, with_text: bool = True) -> Iterator[Story]:
        """Stories by key, in the order asked for; unknown keys are passed over."""
        return self.reader.by_keys(keys, with_text=with_text)

    def group(self, story: str, *, with_text: bool = False) -> list[Story]:
        """The same-story group: the story and its copies, the leader first, then by time."""
        found = self._required(story)
        group = self.db.stories.find({"group": found["group"], "status": {"$ne": "merged"}}, {"_id": 1})
        members = self.reader.by_keys(sorted(doc["_id"] for doc in group), with_text=with_text)
        return sorted(members, key=lambda doc: (doc["_id"] != doc["group"], *_when(doc)))

    # --- links

    def links_out(self, stories: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Links on the pages of stories (keys), story by story, each story's by kind and place on the page."""
        return self.reader.links_out(stories, kinds)

    def links_in(self, stories: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Links to stories (keys), story by story, each story's by kind and place on the page."""
        return self.reader.links_in(stories, kinds)

    def neighbours(
        self, story: str, direction: Literal["out", "in"] = "out", kinds: Sequence[str] = ()
    ) -> list[Neighbour]:
        """The stories that a story links to, or is linked from, by kind and place on the page; without texts."""
        links = list(getattr(self.reader, f"links_{direction}")([self._required(story)["_id"]], kinds))
        end: Literal["to", "from"] = "to" if direction == "out" else "from"
        others = {doc["_id"]: doc for doc in self.reader.by_keys({link[end] for link in links}, with_text=False)}
        return [Neighbour(link, others[link[end]]) for link in links if link[end] in others]

    # --- walks

    def neighbourhood(
        self,
        stories: str | Iterable[str],
        hops: int = 2,
        kinds: Sequence[str] = RELATED,
        direction: Direction = "out",
        limit: int | None = None,
    ) -> dict[str, int]:
        """Stories within some link steps of one or several, nearest first.

        Args:
            stories: keys or URLs to start from.
            hops: link steps, 0 for the starting stories alone.
            kinds: kinds of links that are followed; empty for all.
            direction: along the links, against them, or both.
            limit: stop at this many stories.

        Returns: key to steps, in the order found (by place on the page within a step).
        """
        seeds = [stories] if isinstance(stories, str) else stories
        steps = {self._required(seed)["_id"]: 0 for seed in seeds}
        edge = list(steps)
        for step in range(1, hops + 1):
            fresh = []
            for _, near in self._around(edge, kinds, direction):
                if near not in steps:
                    if limit is not None and len(steps) >= limit:
                        return steps
                    steps[near] = step
                    fresh.append(near)
            if not (edge := fresh):
                break
        return steps

    def path(
        self,
        start: str,
        goal: str,
        kinds: Sequence[str] = RELATED,
        direction: Direction = "out",
        max_hops: int = 12,
    ) -> list[Link] | None:
        """A shortest path of links between two stories: searched from both ends at once, the smaller edge first.

        Returns: its links in order (with `direction="both"` some may point backwards), an empty list when both
        are the same story, None when there is no path of at most `max_hops` links.
        """
        first, last = self._required(start)["_id"], self._required(goal)["_id"]
        if first == last:
            return []
        back: Direction = {"out": "in", "in": "out", "both": "both"}[direction]  # type: ignore[assignment]
        sides = (_Side(first, direction), _Side(last, back))
        for _ in range(max_hops):
            here, there = sides if len(sides[0].edge) <= len(sides[1].edge) else sides[::-1]
            if not here.edge:
                return None
            edge, here.edge = here.edge, []
            meeting = None
            for link, near in self._around(edge, kinds, here.direction):
                if near in here.reached:
                    continue
                here.reached[near] = link
                here.edge.append(near)
                if near in there.reached:
                    meeting = near
                    break
            if meeting:
                return [*reversed(sides[0].way_back(meeting)), *sides[1].way_back(meeting)]
        return None

    def _around(self, keys: Iterable[str], kinds: Sequence[str], direction: Direction) -> Iterator[tuple[Link, str]]:
        for batch in batches(keys):
            if direction != "in":
                yield from ((link, link["to"]) for link in self.reader.links_out(batch, kinds))
            if direction != "out":
                yield from ((link, link["from"]) for link in self.reader.links_in(batch, kinds))

    # --- time

    def timeline(self, stories: Iterable[str]) -> list[Event]:
        """What happened to stories (keys), oldest first: published, found, changed, gone; without texts.

        A publication known only to the day stands at the start of that day in its place of publication.
        """
        events = []
        for batch in batches(stories):
            docs = {doc["_id"]: doc for doc in self.reader.by_keys(batch, with_text=False)}
            for doc in docs.values():
                if doc["published_at"]:
                    events.append(Event(doc["published_at"], "published", doc, {}))
                events.append(Event(doc["first_seen"], "found", doc, {}))
            for revision in self.db.revisions.find({"story": {"$in": list(docs)}}):
                gone = "gone" in revision["changed"]
                earlier = {name: revision.get(name) for name in revision["changed"] if name != "gone"}
                what = "gone" if gone else "changed"
                events.append(Event(revision["at"], what, docs[revision["story"]], earlier))
        return sorted(events, key=lambda event: (event.at, event.story["_id"], event.what))

    def changes(
        self,
        since: str | datetime | None = None,
        collection: Literal["stories", "links"] = "stories",
        *,
        settle: float = 10.0,
    ) -> Iterator[Change]:
        """Every document written since a moment, oldest change first, each with a cursor to go on from.

        Args:
            since: a moment, the cursor of the last change that was dealt with, or None for all there is.
            settle: seconds; changes younger than this are left for the next call, so that a write still under
                way on another machine is not passed over.

        Raises:
            ArgumentError: the cursor is none of ours.
        """
        moment, after = _cursor(since)
        until = datetime.now(UTC) - timedelta(seconds=settle)
        window = {"$lte": until} | ({"$gte": moment} if moment else {})
        found = self.db[collection].find({"updated_at": window})
        for doc in found.sort([("updated_at", ASCENDING), ("_id", ASCENDING)]).allow_disk_use(True):
            if doc["updated_at"] != moment or doc["_id"] > after:
                yield Change(doc, f"{doc['updated_at'].isoformat()}/{doc['_id']}")

    def visits(self, story: str) -> list[dict[str, Any]]:
        """The visits to a story, oldest first."""
        return list(self.db.visits.find({"story": self._required(story)["_id"]}).sort("at", ASCENDING))

    def revisions(self, story: str) -> list[dict[str, Any]]:
        """The earlier versions of a story, oldest first."""
        return list(self.db.revisions.find({"story": self._required(story)["_id"]}).sort("at", ASCENDING))

    # --- crawls

    def crawls(self) -> list[dict[str, Any]]:
        """The runs, latest first."""
        return list(self.db.crawls.find().sort("_id", DESCENDING))

    def crawl(self, crawl: str) -> dict[str, Any] | None:
        """One run by its id; None if unknown."""
        return self.db.crawls.find_one({"_id": crawl})

    def _required(self, story: str) -> Story:
        found = self.story(story, with_text=False)
        if found is None:
            raise ArgumentError(f"{story} is not in the network: crawl it first, or check the URL or key")
        return found


class _Side:
    """One end of a search for a path: how each story was reached, and the newest ring."""

    def __init__(self, start: str, direction: Direction) -> None:
        self.direction = direction
        self.reached: dict[str, Link | None] = {start: None}
        self.edge = [start]

    def way_back(self, key: str) -> list[Link]:
        """The links from a story back to this end."""
        links: deque[Link] = deque()
        while link := self.reached[key]:
            links.append(link)
            key = link["from"] if link["to"] == key else link["to"]
        return list(links)


def _key_or_url(story: str) -> tuple[str, str | None]:
    story = story.strip()
    if re.fullmatch(r"[0-9a-f]{32}", story):
        return story, None
    url = story if "://" in story else f"https://{story}"
    return story_key(url), url


def _when(story: Story) -> tuple[datetime, str]:
    return story["published_at"] or story["first_seen"], story["_id"]


def _cursor(since: str | datetime | None) -> tuple[datetime | None, str]:
    if since is None or isinstance(since, datetime):
        return _utc(since), ""
    moment, slash, after = since.partition("/")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        at = None
    if not slash or at is None:
        raise ArgumentError(f"{since!r} is no cursor: give a time, or the cursor of an earlier change")
    return _utc(at), after


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
