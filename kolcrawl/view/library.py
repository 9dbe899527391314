"""The networks that a server has opened: one snapshot for a database and a crawl, read again when it was written."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kolcrawl.errors import ArgumentError, KolcrawlError
from kolcrawl.layout.map_layout import MapLayout, layout_groups, layout_network
from kolcrawl.network import count_written, database_names, explained_errors, other_database
from kolcrawl.store.removals import copy_token
from kolcrawl.view.island_names import name_islands
from kolcrawl.view.map_cache import load_map, map_file, save_map
from kolcrawl.view.network_rows import NetworkRows, read_link_rows, read_story_rows
from kolcrawl.view.snapshot import STORY_STATUSES, Links, Stories, link_columns, story_columns
from kolcrawl.view.story_query import unknown_value
from kolcrawl.view.text_search import TextSearch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from kolcrawl.layout.forces import Array
    from kolcrawl.network import Network

MAPS = ("stories", "sites", "groups")
"""What the nodes of a map may be."""
DRAFT_AFTER = 0.5
"""Seconds after which a draft is shown instead of a map."""
MAX_OPEN = 4
"""Snapshots that are kept; the one used longest ago is dropped."""


@dataclass(slots=True, kw_only=True)
class StoryMap:
    """A map: a layout, the names of its islands, and the node that each story belongs to."""

    layout: MapLayout
    names: list[str]
    node: Array
    """Number of the node that each story belongs to."""


@dataclass(slots=True)
class OpenNetwork:
    """One network with what is computed of it, each part when it is first asked for."""

    network: Network
    rows: NetworkRows
    stories: Stories
    search: TextSearch
    cache: Path | None
    read_at: float
    used: float = 0.0
    _links_lock: threading.Lock = field(default_factory=threading.Lock)
    _map_lock: threading.Lock = field(default_factory=threading.Lock)
    _is_laid_out: threading.Event = field(default_factory=threading.Event)
    _links: Links | None = None
    _maps: dict[str, StoryMap] = field(default_factory=dict)
    _answers: dict[str, bytes] = field(default_factory=dict)

    def links(self) -> Links:
        """Read the links, once."""
        with self._links_lock:
            if self._links is None:
                read_link_rows(self.network, self.rows, self.cache)
                self._links = link_columns(self.rows, self.stories)
                self.rows.stories, self.rows.links = {}, self.rows.links[:0]  # they are in the columns now
            return self._links

    def links_until(self) -> datetime | None:
        """Tell when the newest link was written, or the newest story where the links are not read yet."""
        return self.rows.links_until or self.rows.stories_until

    def map(self, what: str) -> StoryMap:
        """Lay out a map, once.

        Raises:
            ArgumentError: there is no such map.
        """
        if what not in MAPS:
            raise unknown_value("map", what, MAPS)
        links = self.links()
        with self._map_lock:
            if what not in self._maps:
                self._maps[what] = self._lay_out(what, links)
            if what == "stories":
                self._is_laid_out.set()
            return self._maps[what]

    def map_at_once(self, what: str) -> tuple[StoryMap, bool]:
        """Return a map, or one of the stories by their sites alone where the links are still being read.

        Returns: the map, and whether it is such a draft.
        """
        if what != "stories":
            return self.map(what), False
        if self._is_laid_out.wait(DRAFT_AFTER):
            return self.map(what), False
        node = np.arange(len(self.stories), dtype=np.int32)
        layout = layout_groups(self.stories.site)
        return StoryMap(layout=layout, names=self.stories.sites[: len(layout.centres)], node=node), True

    def answer(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Return a large answer, made once."""
        if name not in self._answers:
            self._answers[name] = make()
        return self._answers[name]

    def prepare(self) -> None:
        """Compute what a reader asks for first: links, map, texts; a failure is told to whoever asks next."""
        with suppress(KolcrawlError), explained_errors(self.network):
            self.map("stories")
            self.search.load()

    def _kept_layout(self, count: int, source: Array, target: Array) -> MapLayout:
        if self.cache is None:
            return layout_network(count, source, target)
        file = map_file(self.cache, count, source, target)
        layout = load_map(file, count)
        if layout is None:
            layout = layout_network(count, source, target)
            save_map(file, layout)
        return layout

    def _lay_out(self, what: str, links: Links) -> StoryMap:
        stories = self.stories
        if what == "sites":
            node, count = stories.site, len(stories.sites)
        elif what == "groups":
            leaders, node = np.unique(stories.group, return_inverse=True)
            count = len(leaders)
        else:
            node, count = np.arange(len(stories), dtype=np.int32), len(stories)
        source, target = node[links.source], node[links.target]
        between = source != target
        layout = self._kept_layout(count, source[between], target[between])
        first = np.zeros(count, dtype=np.int64)
        first[node[::-1]] = np.arange(len(stories))[::-1]  # the earliest story of a node names it
        titles = [stories.titles[number] for number in first] if what != "sites" else list(stories.sites)
        sites = [stories.sites[stories.site[number]] for number in first]
        read = None if what == "sites" else stories.status[first] == STORY_STATUSES.index("fetched")
        names = name_islands(titles, sites, layout.island, len(layout.centres), read)
        return StoryMap(layout=layout, names=names, node=node)


class UnknownDatabaseError(ArgumentError):
    """The server does not hold a database of the name."""


class Library:
    """Opens networks by database and crawl. One server's connection is shared by all."""

    def __init__(
        self, network: Network, cache: Path | None = None, reopen: Callable[[], Network | None] | None = None
    ) -> None:
        """Open no network yet.

        Args:
            network: of the database that is shown first.
            cache: folder in which rows and maps are kept; None keeps nothing.
            reopen: opens the network again where its server has another address now; None where it cannot.
        """
        self._network = network
        self._reopen = reopen
        self._cache = cache
        self._open: dict[tuple[str, str], OpenNetwork] = {}
        self._lock = threading.Lock()

    @property
    def default(self) -> str:
        """Name of the database that the server was started on."""
        return self._network.db.name

    @property
    def address(self) -> str:
        """Address of the server, its credentials masked."""
        return self._network.shown

    def reconnect(self, failed: str) -> bool:
        """Find the server at its new address, if it has one.

        Args:
            failed: address at which it does not answer.

        Returns: whether it has another address now.
        """
        with self._lock, suppress(KolcrawlError):
            if self.address == failed and self._reopen is not None and (network := self._reopen()) is not None:
                former, self._network = self._network, network
                former.close()
                self._open.clear()
        return self.address != failed

    def start(self) -> None:
        """Begin to read the network that is shown first; a failure is told to whoever asks next."""
        with suppress(KolcrawlError), explained_errors(self._network):
            self.open("")

    def databases(self) -> list[dict[str, Any]]:
        """List the databases with the number and the latest of their crawls."""
        found = []
        for name in database_names(self._network):
            crawls = other_database(self._network, name).crawls()
            latest = crawls[0]["started_at"] if crawls else None
            found.append({"name": name, "crawls": len(crawls), "latest_crawl_at": latest})
        return found

    def network(self, database: str) -> Network:
        """Return the network of a database.

        Raises:
            UnknownDatabaseError: the server does not hold it.
        """
        if database in ("", self.default):
            return self._network
        if database not in database_names(self._network):
            raise UnknownDatabaseError("there is no database {name!r}: /api/databases lists them", name=database[:80])
        return other_database(self._network, database)

    def written_since(self, database: str) -> tuple[int, int]:
        """Count the stories and links written since the network of all crawls was read; none if it was not."""
        network = self.network(database)
        held = self._open.get((network.db.name, ""))
        return count_written(network, held.rows.stories_until, held.links_until()) if held else (0, 0)

    def is_replaced(self, database: str, crawl: str, read_at: int) -> bool:
        """Tell whether what a page shows was read anew since, or holds what was removed from the database.

        Args:
            database: its name.
            crawl: id of a crawl, or empty.
            read_at: milliseconds since 1970, of what the page shows.
        """
        network = self.network(database)
        try:
            crawl_id = network.of_crawl(crawl).crawl_id if crawl else None
        except ArgumentError:
            return True  # the crawl itself was removed
        held = self._open.get((network.db.name, crawl_id or ""))
        return held is not None and (round(held.read_at * 1000) != read_at or _holds_removed(held))

    def open(self, database: str, crawl: str = "", *, fresh: bool = False) -> OpenNetwork:
        """Return a network in memory; with `fresh`, read what was written since.

        What was removed from the database is not shown again in any case.

        Raises:
            ArgumentError: there is no such database or crawl.
        """
        network = self.network(database)
        if crawl:
            network = network.of_crawl(crawl)
        name = (network.db.name, network.crawl_id or "")
        with self._lock:
            held = self._open.get(name)
            if held is None or _holds_removed(held) or (fresh and self._is_outdated(held)):
                rows = read_story_rows(network, self._cache)
                stories = story_columns(rows, network)
                held = OpenNetwork(network, rows, stories, TextSearch(network, stories), self._cache, time.time())
                self._open[name] = held
                threading.Thread(target=held.prepare, daemon=True).start()
            held.used = time.monotonic()
            while len(self._open) > MAX_OPEN:
                del self._open[min(self._open, key=lambda key: self._open[key].used)]
            return held

    def _is_outdated(self, held: OpenNetwork) -> bool:
        if held.network.crawl_id is not None:
            return held.network.crawl(held.network.crawl_id)["finished_at"] is None
        return any(count_written(held.network, held.rows.stories_until, held.links_until(), limit=1))


def _holds_removed(held: OpenNetwork) -> bool:
    """Tell whether something was removed since the rows were read, or the database is another of the same name."""
    return held.rows.token != copy_token(held.network.db)
