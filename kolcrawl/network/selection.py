"""A selected part of the network, as two streams of rows: nodes, then edges.

Every export format writes these rows; none reads the database. Rows come in a fixed order, and an edge is yielded
only if both of its nodes were, also while a crawl is writing. The keys of the stories are held in memory and, where
copies are folded, the leaders of the copies; never the links.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kolcrawl.network.traversal import Direction
from kolcrawl.store.read.reader import StoryFilter, link_order

if TYPE_CHECKING:
    from kolcrawl.store.read.reader import Reader
    from kolcrawl.store.read.records import Link, Story

Row = dict[str, Any]
Walk = Callable[[Sequence[str], int, Sequence[str], Direction], dict[str, int]]
"""Given seeds (keys or URLs), link steps, kinds and direction, returns the stories within reach with their steps."""


EdgeTime = Literal["seen", "published"]
NodeKind = Literal["stories", "groups", "sites"]


class Column(NamedTuple):
    """A field of a row, the same in every format."""

    name: str
    type: Literal["string", "integer", "double", "boolean", "time"]


NODE_COLUMNS = (
    Column("id", "string"),
    Column("title", "string"),
    Column("url", "string"),
    Column("site", "string"),
    Column("published_at", "time"),
    Column("published_precision", "string"),  # `day`: the midnight of `published_at` stands for the whole day
    Column("published_day", "string"),  # as printed, which may be another day in UTC
    Column("status", "string"),
    Column("reason", "string"),
    Column("group", "string"),
    Column("copy_of", "string"),
    Column("copies", "integer"),  # further members of the group that this node stands for
    Column("depth", "integer"),
    Column("hops", "integer"),  # link steps from the chosen seeds
    Column("lang", "string"),
    Column("authors", "string"),
    Column("origin", "string"),
    Column("tags", "string"),
    Column("relevance", "double"),
    Column("first_seen", "time"),
    Column("last_seen", "time"),
    Column("fetched_at", "time"),
    Column("revisions", "integer"),  # visits that found it changed
    Column("retitled", "boolean"),
    Column("first_title", "string"),  # of a story that was retitled
)
TEXT_COLUMN = Column("text", "string")
EDGE_COLUMNS = (
    Column("source", "string"),
    Column("target", "string"),
    Column("kind", "string"),
    Column("heading", "string"),
    Column("position", "integer"),
    Column("anchor", "string"),
    Column("relevance", "double"),
    Column("active", "boolean"),
    Column("first_seen", "time"),
    Column("last_seen", "time"),
    Column("seen_count", "integer"),
    Column("published_at", "time"),  # the later publication of both ends: the link cannot be older
    Column("weight", "integer"),  # links that this edge stands for: more than one where copies are folded
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which part of a network is wanted."""

    where: StoryFilter = field(default_factory=StoryFilter)
    seeds: Sequence[str] = ()
    """Keys or URLs; if there are any, only what lies within `hops` of them is selected."""
    hops: int = 2
    direction: Direction = "out"
    kinds: Sequence[str] = ()
    """Kinds of links that are yielded, and followed from seeds; empty yields all and follows `related`."""
    nodes: NodeKind = "stories"
    """What a node stands for. Of `groups`, each group of copies is folded into its leader, and the parallel links that
    result into one; of `sites`, all stories of a site, and the links between two sites."""
    collapse_copies: bool = False
    """Fold groups of copies, as `groups` in `nodes` does, also before sites are made."""
    with_text: bool = False
    edge_time: EdgeTime = "seen"
    """When an edge begins, in formats that play the network in time: when the link was first seen, or `published`."""


@dataclass(slots=True)
class SelectionCounts:
    """What a selection has yielded so far."""

    nodes: Counter[str] = field(default_factory=Counter)
    """By status."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Of stories that were not fetched."""
    edges: Counter[str] = field(default_factory=Counter)
    """By kind."""
    newest: datetime | None = None
    """The latest time at which anything yielded was seen."""
    sites: int | None = None
    """Sites, and `site_edges` between them, where these are the nodes of the stories and links counted above."""
    site_edges: int = 0

    def add_node(self, row: Row) -> None:
        """Count a node."""
        self.nodes[row["status"]] += 1
        if row["reason"]:
            self.reasons[row["reason"]] += 1
        self._seen(row["last_seen"])

    def add_edge(self, row: Row) -> None:
        """Count a link."""
        self.edges[row["kind"]] += 1
        self._seen(row["last_seen"])

    def _seen(self, moment: datetime) -> None:
        if self.newest is None or moment > self.newest:
            self.newest = moment


_FORBIDDEN_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # all but its Char, 2.2
_UNREACHED = 1_000_000  # more steps than any link is away


@dataclass(slots=True)
class _FoldedGroup:
    """The copies of a story among the selected stories, kept under the key of the story that leads them."""

    copies: list[str] = field(default_factory=list)
    depth: int = _UNREACHED
    hops: int = _UNREACHED


class Part:
    """The selected part of a network. Read `nodes` to the end before `edges`."""

    def __init__(self, reader: Reader, walk: Walk, selection: Selection) -> None:
        """Prepare to read.

        Args:
            reader: reads stories and links.
            walk: finds what is within reach of the selection's seeds.
            selection: which part.
        """
        self._reader, self._walk = reader, walk
        self.selection = selection
        self.node_columns: Sequence[Column] = (*NODE_COLUMNS, TEXT_COLUMN) if selection.with_text else NODE_COLUMNS
        self.edge_columns: Sequence[Column] = EDGE_COLUMNS
        self.counts = SelectionCounts()
        self.watch: Callable[[SelectionCounts], None] | None = None
        """Called for each story and link that is read, to show how far it is."""
        self._measures: Mapping[str, Row] = {}
        """Further values of nodes, by id."""
        self._yielded: dict[str, datetime | None] = {}
        """Keys of the stories that were yielded, with their publication."""
        self._sources: list[str] = []
        """Yielded stories whose page was read: only they have links out."""
        self._hops: dict[str, int] | None = None
        """Steps from the chosen seeds; None without seeds."""
        self._groups: dict[str, _FoldedGroup] = {}
        """Groups of several stories, by leader; only where copies are folded."""
        self._leaders: dict[str, str] = {}
        """Copy to leader."""
        self._first_titles: Mapping[str, str] = {}
        """Of stories that were retitled, by key."""
        self.found_gone: dict[str, datetime] = {}
        """Of the stories yielded, those whose page was never had: when it was found gone."""

    def add_measures(self, columns: Iterable[Column], values: Mapping[str, Row]) -> None:
        """Add what was computed of the nodes as further values of their rows.

        Args:
            columns: those of the values that are columns, too.
            values: by id; a story that came later has none.
        """
        self.node_columns = (*self.node_columns, *columns)
        self._measures = values

    def nodes(self) -> Iterator[Row]:
        """Yield the stories as rows of `node_columns`, in the order of their keys."""
        self.counts = SelectionCounts()
        for row in self._nodes():
            self._count(self.counts.add_node, row)
            yield self._measured(row)

    def edges(self) -> Iterator[Row]:
        """Yield the links between the stories that `nodes` yielded, as rows of `edge_columns`, by source."""
        for row in self._edges():
            published = [at for end in ("source", "target") if (at := self._yielded[row[end]])]
            row["published_at"] = max(published, default=None)
            self._count(self.counts.add_edge, row)
            yield row

    def _count(self, add: Callable[[Row], None], row: Row) -> None:
        add(row)
        if self.watch is not None:
            self.watch(self.counts)

    def _measured(self, row: Row) -> Row:
        return row | self._measures[row["id"]] if row["id"] in self._measures else row

    def _nodes(self) -> Iterator[Row]:
        selection = self.selection
        self._yielded.clear()
        self._sources.clear()
        self.found_gone.clear()
        self._first_titles = self._reader.first_titles()
        self._hops = self._hops_from_seeds()
        self._fold()
        unselected_leaders = dict.fromkeys(self._groups)
        for story in self._stories(with_text=selection.with_text):
            key = story["_id"]
            if key not in self._leaders:
                unselected_leaders.pop(key, None)
                yield self._node(story)
        # a leader that the selection itself leaves out still stands for its group
        for story in self._reader.by_keys(sorted(unselected_leaders), with_text=selection.with_text):
            yield self._node(story)

    def _edges(self) -> Iterator[Row]:
        reader, kinds, yielded = self._reader, self.selection.kinds, self._yielded
        links = reader.links_out((key for key in self._sources if key not in self._groups), kinds)
        if not self._groups:
            yield from (_edge(link) for link in links if link["to"] in yielded)
            return
        for source, run in groupby(links, key=lambda link: link["from"]):
            yield from self._folded(source, run)
        for leader, group in sorted(self._groups.items()):
            yield from self._folded(leader, reader.links_out([leader, *sorted(group.copies)], kinds))

    def _hops_from_seeds(self) -> dict[str, int] | None:
        selection = self.selection
        if not selection.seeds:
            return None
        kinds = selection.kinds or ("related",)
        return self._walk(selection.seeds, selection.hops, kinds, selection.direction)

    def _stories(self, *, with_text: bool) -> Iterable[Story]:
        where = self.selection.where
        if self._hops is None:
            return self._reader.stories(where, with_text=with_text)
        within_reach = self._reader.by_keys(sorted(self._hops), with_text=with_text)
        return (story for story in within_reach if where.matches(story))

    def _fold(self) -> None:
        """Find the groups of copies among the selected stories, and the leader of each."""
        self._groups = {}
        if self.selection.collapse_copies or self.selection.nodes == "groups":
            for story in self._stories(with_text=False):
                if story["_id"] != (leader := story["group"]):
                    group = self._groups.setdefault(leader, _FoldedGroup())
                    group.copies.append(story["_id"])
                    group.depth = min(group.depth, story["depth"])
                    group.hops = min(group.hops, (self._hops or {}).get(story["_id"], _UNREACHED))
        # a crawl may have seen copies without their leader; then one of them stands for the group
        present = {story["_id"] for story in self._reader.by_keys(sorted(self._groups), with_text=False)}
        for absent in sorted(self._groups.keys() - present):
            group = self._groups.pop(absent)
            first, *group.copies = sorted(group.copies)
            self._groups[first] = group
        self._leaders = {copy: leader for leader, group in self._groups.items() for copy in group.copies}

    def _folded(self, source: str, links: Iterable[Link]) -> Iterator[Row]:
        """Yield the links of one group as if of one story: parallel links of a kind become one that spans them."""
        merged: dict[tuple[str, str], Row] = {}
        for link in sorted(links, key=link_order):
            target = self._leaders.get(link["to"], link["to"])
            if target == source or target not in self._yielded:
                continue
            edge = _edge(link) | {"source": source, "target": target}
            if same := merged.get((link["kind"], target)):
                same["active"] |= edge["active"]
                same["seen_count"] += edge["seen_count"]
                same["weight"] += 1
                same["first_seen"] = min(same["first_seen"], edge["first_seen"])
                same["last_seen"] = max(same["last_seen"], edge["last_seen"])
                judged = [r for r in (same["relevance"], edge["relevance"]) if r is not None]
                same["relevance"] = max(judged, default=None)
            else:
                merged[link["kind"], target] = edge
        yield from merged.values()

    def _node(self, story: Story) -> Row:
        key = story["_id"]
        self._yielded[key] = story["published_at"]
        if story.get("fetched_at"):
            self._sources.append(key)
        elif story["status"] == "gone" and (visit := story.get("last_visit")):
            self.found_gone[key] = visit["at"]
        published = story.get("published") or {}
        group = self._groups.get(key, _FoldedGroup())
        hops = min((self._hops or {}).get(key, _UNREACHED), group.hops)
        row: Row = {column.name: story.get(column.name) for column in self.node_columns}
        return row | {
            "id": key,
            "published_precision": published.get("precision"),
            "published_day": published.get("day"),
            "authors": "; ".join(story.get("authors") or ()) or None,
            "tags": "; ".join(story.get("tags") or ()) or None,
            "copies": len(group.copies),
            "depth": min(story["depth"], group.depth),
            "hops": hops if hops < _UNREACHED else None,
            "retitled": key in self._first_titles,
            "first_title": self._first_titles.get(key),
        }


def _edge(link: Link) -> Row:
    row: Row = {column.name: link.get(column.name) for column in EDGE_COLUMNS}
    return row | {"source": link["from"], "target": link["to"], "weight": 1}


def time_text(moment: datetime) -> str:
    """Format a time as every text format shows it: UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def allowed_in_xml(text: str) -> str:
    """Leave out the characters that XML forbids: control characters and lone surrogates."""
    return _FORBIDDEN_IN_XML.sub("", text)
