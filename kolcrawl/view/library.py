"""The networks that a server has opened: one snapshot for a database and a crawl, read again when it was written."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kolcrawl.errors import ArgumentError
from kolcrawl.network import count_rows, database_names, last_write, other_database
from kolcrawl.view.island_names import name_islands
from kolcrawl.view.map_layout import MapLayout, layout_network
from kolcrawl.view.snapshot import Links, Stories, read_links, read_stories
from kolcrawl.view.text_search import TextSearch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from kolcrawl.network import Network
    from kolcrawl.view.snapshot import Array

MAPS = ("stories", "sites", "groups")
"""What the nodes of a map may be."""
MAX_OPEN = 4
"""Snapshots that are kept; the one used longest ago is dropped."""
CHECK_SECONDS = 2.0
"""How long an answer of the server on what it holds is believed."""


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
    version: tuple[int, int, datetime | None]
    """What the database held when it was read: documents of stories and of links, and the last write."""
    stories: Stories
    search: TextSearch
    read_at: float
    used: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _links: Links | None = None
    _maps: dict[str, StoryMap] = field(default_factory=dict)
    _answers: dict[str, bytes] = field(default_factory=dict)

    def links(self) -> Links:
        """Read the links, once."""
        with self._lock:
            return self._read_links()

    def map(self, what: str) -> StoryMap:
        """Lay out a map, once.

        Raises:
            ArgumentError: there is no such map.
        """
        if what not in MAPS:
            raise ArgumentError(f"map={what[:40]}: there are {', '.join(MAPS)}")
        with self._lock:
            if what not in self._maps:
                self._maps[what] = self._lay_out(what)
            return self._maps[what]

    def answer(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Give a large answer, made once."""
        if name not in self._answers:
            self._answers[name] = make()
        return self._answers[name]

    def _read_links(self) -> Links:
        if self._links is None:
            self._links = read_links(self.network, self.stories)
        return self._links

    def _lay_out(self, what: str) -> StoryMap:
        stories, links = self.stories, self._read_links()
        if what == "sites":
            node, count = stories.site, len(stories.sites)
        elif what == "groups":
            leaders, node = np.unique(stories.group, return_inverse=True)
            count = len(leaders)
        else:
            node, count = np.arange(len(stories), dtype=np.int32), len(stories)
        source, target = node[links.source], node[links.target]
        between = source != target
        layout = layout_network(count, source[between], target[between])
        first = np.zeros(count, dtype=np.int64)
        first[node[::-1]] = np.arange(len(stories))[::-1]  # the earliest story of a node names it
        titles = [stories.titles[number] for number in first] if what != "sites" else list(stories.sites)
        sites = [stories.sites[stories.site[number]] for number in first]
        names = name_islands(titles, sites, layout.island, len(layout.centres))
        return StoryMap(layout=layout, names=names, node=node)


class Library:
    """Opens networks by database and crawl. One server's connection is shared by all."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._open: dict[tuple[str, str], OpenNetwork] = {}
        self._lock = threading.Lock()
        self._checked: dict[str, tuple[float, tuple[int, int, datetime | None]]] = {}

    @property
    def default(self) -> str:
        """Name of the database that the server was started on."""
        return self._network.db.name

    def databases(self) -> list[dict[str, Any]]:
        """List the databases with what each holds and its crawls."""
        found = []
        for name in database_names(self._network):
            network = other_database(self._network, name)
            stories, links = count_rows(network)
            found.append({"name": name, "stories": stories, "links": links, "crawls": len(network.crawls())})
        return found

    def network(self, database: str) -> Network:
        """Give the network of a database.

        Raises:
            ArgumentError: the server does not hold it.
        """
        if database in ("", self.default):
            return self._network
        if database not in database_names(self._network):
            raise ArgumentError(f"there is no database {database[:80]!r}: /api/databases lists them")
        return other_database(self._network, database)

    def version(self, network: Network) -> tuple[int, int, datetime | None]:
        """Tell what a database holds now; asked for at most every `CHECK_SECONDS`."""
        name = network.db.name
        checked, version = self._checked.get(name, (0.0, (0, 0, None)))
        if time.monotonic() - checked > CHECK_SECONDS:
            version = (*count_rows(network), last_write(network))
            self._checked[name] = time.monotonic(), version
        return version

    def open(self, database: str, crawl: str = "", *, fresh: bool = False) -> OpenNetwork:
        """Give a network in memory; with `fresh`, read again if the database was written since.

        Raises:
            ArgumentError: there is no such database or crawl.
        """
        network = self.network(database)
        if crawl:
            network = network.of_crawl(crawl)
        name = (network.db.name, network.crawl_id or "")
        with self._lock:
            held = self._open.get(name)
            version = self.version(network) if fresh or held is None else held.version
            if held is None or held.version != version:
                stories = read_stories(network)
                held = OpenNetwork(network, version, stories, TextSearch(network, stories), time.time())
                self._open[name] = held
            held.used = time.monotonic()
            while len(self._open) > MAX_OPEN:
                del self._open[min(self._open, key=lambda key: self._open[key].used)]
            return held
