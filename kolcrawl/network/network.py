"""The story network, for programs that read it: typed, synchronous, on pymongo, without Scrapy.

    with open_network() as network:                              # the embedded server of this folder
        story = network.story("https://example.com/news/1.html")
        for link, other in network.neighbours(story["_id"], kinds=["related"]):
            print(link["position"], other["title"])

Every call takes a story as its key or as any URL it was ever seen under; the key of a merged story leads to its
canonical story. Walks go breadth-first over batches of links, at the same speed on every server. Nothing here writes.
`Network.as_of` and `Network.of_crawl` offer the same calls on the network as it was seen at a moment, or by one
crawl. Times are aware, in UTC; a naive time given as an argument is read as UTC.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from bson.codec_options import CodecOptions
from pymongo import ASCENDING
from pymongo.errors import PyMongoError

from kolcrawl.errors import ArgumentError, StoreError, UnmetArgumentError
from kolcrawl.locale import Message, mark
from kolcrawl.network import frames, graphs, traversal
from kolcrawl.network.seen_runs import refuse_removed_past, seen_revisions, seen_runs
from kolcrawl.network.selection import Part, Selection
from kolcrawl.network.site_part import chosen_part
from kolcrawl.network.tallies import count_network
from kolcrawl.network.written import read_cursor, written_since
from kolcrawl.store.bulk import chunks
from kolcrawl.store.history.histories import history_begins
from kolcrawl.store.read.as_of import AsOfReader
from kolcrawl.store.read.listed_links import fill_visits
from kolcrawl.store.read.reader import Reader, StoryFilter, utc
from kolcrawl.store.read.records import Change, Discovery, Event, Link, Neighbour, Story
from kolcrawl.store.read.timeline_events import timeline_events
from kolcrawl.store.server.client import open_store
from kolcrawl.store.server.failures import explain
from kolcrawl.urls import canonical_url, story_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from os import PathLike

    import igraph as ig
    import networkx as nx
    import pandas as pd
    import pyarrow as pa
    from pymongo.database import Database

    from kolcrawl.network.traversal import Direction, LinksAround

RELATED_ONLY = ("related",)
SEVERAL_RUNS = mark("several runs begin with {crawl!r}: `scrapy crawls` lists them")
NO_FOLDER = mark("there is no {folder}: name the crawl's folder by data_dir=... or KOLCRAWL_DATA_DIR")
NO_RUN = mark("there is no run {crawl!r}: `scrapy crawls` lists them")
NOT_HELD = mark("{story} is not in the network{then}{seen}: crawl it first, or check the URL or key")


def open_network(
    uri: str | None = None,
    database: str | None = None,
    data_dir: str | PathLike[str] | None = None,
    *,
    as_of: datetime | None = None,
) -> Network:
    """Open the network for reading; what is not given is taken from the environment, as a crawl takes it.

    Args:
        uri: of a MongoDB server, else MONGO_URI; without one, or with `data_dir`, the embedded server is joined.
        database: name of the database, else MONGO_DATABASE, else `kolcrawl`.
        data_dir: folder of the embedded server, else KOLCRAWL_DATA_DIR, else `.kolcrawl`.
        as_of: show the network as it had been observed at this moment (`Network.as_of`); None for now.

    Raises:
        StoreError: the server cannot be reached, started, or refuses the login; or no folder is named, and there is
            no `.kolcrawl` here.
    """
    uri = uri or (os.environ.get("MONGO_URI") if data_dir is None else None)
    named = data_dir or os.environ.get("KOLCRAWL_DATA_DIR")
    folder = Path(named or ".kolcrawl").expanduser()
    if not (uri or named or folder.is_dir()):  # an empty network would look like a true one
        raise StoreError(NO_FOLDER, folder=folder.absolute())
    store = open_store(uri, database or os.environ.get("MONGO_DATABASE") or "kolcrawl", folder, prepare=False)
    return Network(store.db, as_of, shown=store.uri_shown)


class Network:
    """The stories and links of one database. Use as a context manager, or `close` it."""

    def __init__(
        self,
        db: Database[dict[str, Any]],
        moment: datetime | None = None,
        crawl: str | None = None,
        shown: str = "MongoDB",
    ) -> None:
        options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self.db = db.with_options(codec_options=options)
        self.moment = utc(moment)
        """The moment as of which the network is shown; None for now."""
        self.crawl_id = crawl
        """The crawl whose view of the network is shown; None for all."""
        self.shown = shown
        now = self.moment is None and crawl is None
        self.reader = Reader(self.db) if now else AsOfReader(self.db, self.moment, crawl)
        if not now:
            refuse_removed_past(self.db, self.moment, crawl)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Close the connection; a failure of the server is raised again as a `StoreError` that says what to do."""
        self.close()
        if isinstance(error, PyMongoError):
            raise explain(error, self.shown) from error

    def close(self) -> None:
        """Close the connection; an embedded server goes on for others."""
        self.db.client.close()

    def begins(self) -> datetime | None:
        """Return the moment from which on the past is known: visits before were removed; None where none were."""
        return history_begins(self.db)

    def as_of(self, moment: datetime) -> Network:
        """Return the network as it had been observed at a moment, rebuilt from visits and revisions.

        Raises:
            ArgumentError: visits of that time were removed (`begins`).
        """
        return Network(self.db, moment, self.crawl_id, self.shown)

    def of_crawl(self, crawl: str) -> Network:
        """Return the network as one crawl observed it: the stories it visited or saw linked, and the links it saw.

        Raises:
            ArgumentError: there is no such crawl, or visits of that time were removed (`begins`).
        """
        return Network(self.db, self.moment, self.crawl(crawl)["_id"], self.shown)

    # --- stories

    def key(self, story: str) -> str | None:
        """Return the key of a story, given its key, its URL, or any URL or key that once led to it; None if unknown."""
        found = self.story(story, with_text=False)
        return found["_id"] if found else None

    def story(self, story: str, *, with_text: bool = True) -> Story | None:
        """Return a story by URL or key, following aliases and merged keys; None if the network does not hold it."""
        story = story.strip()
        if re.fullmatch(r"[0-9a-f]{32}", story):
            return self.reader.find(story, with_text=with_text)
        url = story if "://" in story else f"https://{story}"
        return self.reader.find(story_key(url), [url, canonical_url(url)], with_text=with_text)

    def required(self, story: str, *, with_text: bool = True) -> Story:
        """Return a story that must be there, as `story` does.

        Raises:
            ArgumentError: the network does not hold it.
        """
        if found := self.story(story, with_text=with_text):
            return found
        then = Message(" as of {at:%Y-%m-%d %H:%M} UTC", at=self.moment) if self.moment else ""
        by = Message(" as crawl {crawl} saw it", crawl=self.crawl_id) if self.crawl_id else ""
        raise UnmetArgumentError(NOT_HELD, story=story, then=then, seen=by)

    def stories(self, where: StoryFilter | None = None, *, with_text: bool = True) -> Iterator[Story]:
        """Yield the stories that a filter lets through, by key; without a filter, all but merged ones."""
        return self.reader.stories(where or StoryFilter(), with_text=with_text)

    def stories_by_key(self, keys: Iterable[str], *, with_text: bool = True) -> Iterator[Story]:
        """Yield stories by key, in the order of the keys; unknown keys are passed over."""
        return self.reader.by_keys(keys, with_text=with_text)

    def counts(self) -> dict[str, dict[str, int]]:
        """Count what the network holds: `stories` by status, `links` by kind, `sites` by stories; most first."""
        return count_network(self.reader)

    def group(self, story: str, *, with_text: bool = False) -> list[Story]:
        """Return the same-story group: the story and its copies, the leader first, then by time."""
        today = self.db.stories.find_one({"_id": self._required_key(story)}, {"group": 1}) or {}
        group = self.db.stories.find({"group": today["group"], "status": {"$ne": "merged"}}, {"_id": 1})
        members = self.reader.by_keys(sorted(doc["_id"] for doc in group), with_text=with_text)
        return sorted(members, key=lambda doc: (doc["_id"] != doc["group"], *_time_order(doc)))

    def discovery(self, story: str) -> list[Discovery]:
        """Return how a story was first found: the links that led to it, from the seed on, the story itself last."""
        steps: list[Discovery] = []
        found: Story | None = self.required(story, with_text=False)
        while found is not None and found["_id"] not in {step.story["_id"] for step in steps}:
            origin, kind = found["discovered"].get("from"), found["discovered"].get("kind")
            links = self.reader.links_out([origin], [kind]) if origin and kind else iter(())
            link = next((link for link in links if link["to"] == found["_id"]), None)
            steps.append(Discovery(found, link))
            found = self.story(origin, with_text=False) if origin else None
        return steps[::-1]

    # --- links

    def links_out(self, stories: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Yield the links on the pages of stories (keys), story by story, each by kind and place on the page."""
        return self.reader.links_out(stories, kinds)

    def links_in(self, stories: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Yield the links to stories (keys), story by story, each by kind and place on the page."""
        return self.reader.links_in(stories, kinds)

    def neighbours(
        self, story: str, direction: Literal["out", "in"] = "out", kinds: Sequence[str] = ()
    ) -> list[Neighbour]:
        """Return the stories that a story links to, or is linked from, by kind and place on the page; without texts."""
        end: Literal["to", "from"] = "to" if direction == "out" else "from"
        read = self.reader.links_out if direction == "out" else self.reader.links_in
        links = list(read([self._required_key(story)], kinds))
        others = {doc["_id"]: doc for doc in self.reader.by_keys({link[end] for link in links}, with_text=False)}
        return [Neighbour(link, others[link[end]]) for link in links if link[end] in others]

    # --- walks

    def neighbourhood(
        self,
        stories: str | Iterable[str],
        hops: int = 2,
        kinds: Sequence[str] = RELATED_ONLY,
        direction: Direction = "out",
        limit: int | None = None,
    ) -> dict[str, int]:
        """Find the stories within some link steps of one or several, nearest first.

        Args:
            stories: keys or URLs to start from.
            hops: link steps, 0 for the starting stories alone.
            kinds: kinds of links that are followed; empty for all.
            direction: along the links, against them, or both.
            limit: stop at this many stories.

        Returns: key to steps, in the order found (by place on the page within a step).
        """
        seeds = [stories] if isinstance(stories, str) else stories
        keys = [self._required_key(seed) for seed in seeds]
        return traversal.neighbourhood(keys, self._around(kinds, direction), hops, limit)

    def path(
        self,
        start: str,
        goal: str,
        kinds: Sequence[str] = RELATED_ONLY,
        direction: Direction = "out",
        max_hops: int = 12,
    ) -> list[Link] | None:
        """Find a shortest path of links between two stories.

        Returns: its links in order (with `direction="both"` some may point backwards); an empty list when both
        are the same story; None when there is no path of at most `max_hops` links.
        """
        back: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}
        return traversal.shortest_path(
            self._required_key(start),
            self._required_key(goal),
            self._around(kinds, direction),
            self._around(kinds, back[direction]),
            max_hops,
        )

    def _around(self, kinds: Sequence[str], direction: Direction) -> LinksAround:
        def around(ring: list[str]) -> Iterator[tuple[Link, str]]:
            for batch in chunks(ring):
                if direction != "in":
                    yield from ((link, link["to"]) for link in self.reader.links_out(batch, kinds))
                if direction != "out":
                    yield from ((link, link["from"]) for link in self.reader.links_in(batch, kinds))

        return around

    # --- time

    def timeline(self, stories: Iterable[str]) -> list[Event]:
        """List what happened to stories (keys), oldest first: published, found, changed, gone; without texts.

        A publication known only to the day stands at midnight UTC of that day.
        """
        return sorted(
            (
                event
                for batch in chunks(stories)
                for event in timeline_events(
                    list(self.reader.by_keys(batch, with_text=False)), self._seen_revisions(batch), self.visits
                )
            ),
            key=lambda event: (event.at, event.story["_id"], event.what),
        )

    def changes(
        self,
        since: str | datetime | None = None,
        collection: Literal["stories", "links"] = "stories",
        *,
        grace_period: float = 10.0,
    ) -> Iterator[Change]:
        """Yield every document written since a moment, oldest change first, each with a cursor to go on from.

        Args:
            since: a moment, the cursor of the last change that was dealt with, or None for all there is.
            grace_period: seconds; changes younger than this are left for the next call, so that a write still
                under way on another machine is not passed over.

        Raises:
            ArgumentError: the cursor was not returned by this method, or the network is one of the past, of which
                nothing is written any more.
        """
        if self.moment or self.crawl_id:
            raise ArgumentError("changes are told of the network of today: open it without a moment or a crawl")
        yield from written_since(self.db, collection, read_cursor(since), timedelta(seconds=grace_period))

    def visits(self, story: str) -> list[dict[str, Any]]:
        """Return the visits to a story, oldest first, each with all links that its page showed."""
        where = {"story": self._required_key(story)} | self._until("at")
        where |= {"crawl": self.crawl_id} if self.crawl_id else {}
        visits = list(self.db.visits.find(where, {"unapplied": 0}).sort("at", ASCENDING))
        fill_visits(self.db, visits)
        return visits

    def revisions(self, story: str) -> list[dict[str, Any]]:
        """Return the earlier versions of a story, oldest first."""
        return self._seen_revisions([self._required_key(story)])

    # --- for other libraries (extra `export`)

    def networkx(self, selection: Selection | None = None) -> nx.MultiDiGraph:
        """Return the network, or a part, as a networkx graph: nodes by story key, edges by kind, columns as attributes.

        Raises:
            ConfigError: networkx is not installed; the other libraries likewise.
        """
        return graphs.networkx(self.part(selection))

    def igraph(self, selection: Selection | None = None) -> ig.Graph:
        """Return the network, or a part, as an igraph graph; the story key is the vertex attribute `name`."""
        return graphs.igraph(self.part(selection))

    def pandas(self, selection: Selection | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the stories (indexed by key) and the links of the network, or of a part, as pandas frames."""
        return frames.pandas(self.part(selection))

    def arrow(self, selection: Selection | None = None) -> tuple[pa.Table, pa.Table]:
        """Return the stories and the links of the network, or of a part, as Arrow tables."""
        return frames.arrow(self.part(selection))

    def part(self, selection: Selection | None = None) -> Part:
        """Return the network, or a part, as streams of rows: nodes, then edges."""
        return chosen_part(self.reader, self.neighbourhood, selection or Selection())

    # --- crawls

    def crawls(self) -> list[dict[str, Any]]:
        """Return the crawls, latest first; one that had not ended at the moment of the network is shown as running."""
        return seen_runs(self.db, self.moment, self.crawl_id)

    def crawl(self, crawl: str) -> dict[str, Any]:
        """Return one crawl.

        Args:
            crawl: its id, the beginning of its id if no other has the same, Scrapyd's job id (of a job that was
                taken up again, the latest crawl is meant), or `latest` for the one that started last.

        Raises:
            ArgumentError: no crawl is meant, or several are.
        """
        runs = self.crawls()
        found = runs[:1] if crawl == "latest" else [run for run in runs if run["_id"].startswith(crawl)]
        of_job = [run for run in runs if run.get("job") == crawl]
        found = [run for run in runs if run["_id"] == crawl] or of_job[:1] or found
        if len(found) != 1:
            raise UnmetArgumentError(SEVERAL_RUNS if found else NO_RUN, crawl=crawl)
        return found[0]

    def _required_key(self, story: str) -> str:
        return self.required(story, with_text=False)["_id"]

    def _seen_revisions(self, keys: list[str]) -> list[dict[str, Any]]:
        return seen_revisions(self.db, keys, self.moment, self.crawl_id)

    def _until(self, field: str) -> dict[str, Any]:
        return {field: {"$lte": self.moment}} if self.moment else {}


def _time_order(story: Story) -> tuple[datetime, str]:
    return story["published_at"] or story["first_seen"], story["_id"]
