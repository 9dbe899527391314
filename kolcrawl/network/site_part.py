"""The network of sites: all stories of a site as one node, all links of a kind from one site to another as one edge.

Made of the rows of stories and links, so that every choice of `Selection` holds for it, too. Sites and pairs of sites
are held in memory, and the site of each story.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kolcrawl.network.selection import Column, Part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from kolcrawl.network.selection import Row, Selection, Walk
    from kolcrawl.store.read.reader import Reader

SITE_COLUMNS = (
    Column("id", "string"),
    Column("title", "string"),
    Column("stories", "integer"),
    Column("fetched", "integer"),
    Column("gone", "integer"),
    Column("copies", "integer"),  # stories that are near copies of an earlier one, wherever that is
    Column("inner_links", "integer"),  # from a story of the site to another of it: no edge stands for them
    Column("published_at", "time"),  # of the earliest story
    Column("last_published_at", "time"),
    Column("first_seen", "time"),
    Column("last_seen", "time"),
)
SITE_EDGE_COLUMNS = (
    Column("source", "string"),
    Column("target", "string"),
    Column("kind", "string"),
    Column("active", "boolean"),  # whether any of the links is
    Column("first_seen", "time"),
    Column("last_seen", "time"),
    Column("published_at", "time"),  # the earliest at which both stories of one of the links were published
    Column("weight", "integer"),  # links
)


def chosen_part(reader: Reader, walk: Walk, selection: Selection) -> Part:
    """Make the part of a network that a selection chooses, by its kind of nodes."""
    return (SitePart if selection.nodes == "sites" else Part)(reader, walk, selection)


class SitePart(Part):
    """The selected part of a network, by sites. Read `nodes` to the end before `edges`."""

    def __init__(self, reader: Reader, walk: Walk, selection: Selection) -> None:
        super().__init__(reader, walk, selection)
        self.node_columns, self.edge_columns = SITE_COLUMNS, SITE_EDGE_COLUMNS
        self._by_story = Part(reader, walk, replace(selection, with_text=False))
        self._site_edges: dict[tuple[str, str, str], Row] = {}

    def nodes(self) -> Iterator[Row]:
        """Yield the sites as rows of `node_columns`, in the order of their names; `counts` counts their stories."""
        self._by_story.watch = self.watch
        sites, site_of = self._sites()
        self.counts = self._by_story.counts
        self._site_edges = {}
        for link in self._by_story.edges():
            source, target = site_of[link["source"]], site_of[link["target"]]
            if source == target:
                sites[source]["inner_links"] += link["weight"]
            else:
                self._add_link(source, target, link)
        self.counts.sites, self.counts.site_edges = len(sites), len(self._site_edges)
        for site in sorted(sites):
            yield self._measured(sites[site])

    def edges(self) -> Iterator[Row]:
        """Yield the links between different sites as rows of `edge_columns`, by source, target and kind."""
        for name in sorted(self._site_edges):
            yield self._site_edges[name]

    def _sites(self) -> tuple[dict[str, Row], dict[str, str]]:
        """Read the stories: a row for each site, and the site of each story."""
        sites: dict[str, Row] = {}
        site_of: dict[str, str] = {}
        for story in self._by_story.nodes():
            name = site_of[story["id"]] = story["site"]
            site = sites.setdefault(
                name, {column.name: 0 if column.type == "integer" else None for column in self.node_columns}
            )
            site["id"] = site["title"] = name
            site["stories"] += 1
            site["fetched"] += story["status"] == "fetched"
            site["gone"] += story["status"] == "gone"
            site["copies"] += story["copy_of"] is not None
            site["published_at"] = _earlier(site["published_at"], story["published_at"])
            site["last_published_at"] = _later(site["last_published_at"], story["published_at"])
            site["first_seen"] = _earlier(site["first_seen"], story["first_seen"])
            site["last_seen"] = _later(site["last_seen"], story["last_seen"])
        return sites, site_of

    def _add_link(self, source: str, target: str, link: Row) -> None:
        name = source, target, link["kind"]
        edge = self._site_edges.get(name)
        if edge is None:
            row = {column.name: link[column.name] for column in self.edge_columns}
            self._site_edges[name] = row | {"source": source, "target": target}
            return
        edge["active"] |= link["active"]
        edge["weight"] += link["weight"]
        edge["first_seen"] = min(edge["first_seen"], link["first_seen"])
        edge["last_seen"] = max(edge["last_seen"], link["last_seen"])
        edge["published_at"] = _earlier(edge["published_at"], link["published_at"])


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
