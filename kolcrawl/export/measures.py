"""What is computed from a whole part of a network: measures of its nodes, and where they stand in a picture.

Communities and places are those of the map in the browser (`kolcrawl.layout`); betweenness is igraph's. The same part
gives the same values: all seeds are fixed, and nodes come in the order of their keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kolcrawl.errors import ArgumentError, UnmetArgumentError
from kolcrawl.network.extras import need
from kolcrawl.network.selection import Column

if TYPE_CHECKING:
    from collections.abc import Collection

    from kolcrawl.layout.map_layout import MapLayout
    from kolcrawl.network.selection import Part, Row

MEASURES: Final = {
    "community": Column("community", "integer"),
    "in_degree": Column("in_degree", "integer"),
    "betweenness": Column("betweenness", "double"),
}
MAX_BETWEENNESS_STEPS: Final = 200_000_000_000
"""Nodes times edges from which betweenness is not computed: half an hour of one core, and growing with the square."""
MAX_PICTURED_NODES: Final = 100_000
"""Nodes of a picture; a program that draws more than these needs no places from us."""
PALETTE: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#882255", "#999933")
"""Of the largest communities; people with any kind of colour vision tell them apart (Okabe & Ito 2008, Tol 2021)."""
OTHER_COLOR: Final = "#8a8f98"
UNIT: Final = 20.0
"""Length in a picture of the radius that each node has on the map."""
MIN_SIZE: Final = 8.0
MAX_SIZE: Final = 2 * UNIT  # a node as wide as its place


class Appearance(NamedTuple):
    """How a node looks."""

    x: float
    y: float
    size: float
    """Diameter, in the unit of `x` and `y`."""
    color: str
    """`#rrggbb`."""


@dataclass(slots=True)
class _Graph:
    """A part of a network as numbers: nodes by their places in `ids`, each pair of linked nodes once."""

    ids: list[str]
    source: Any
    target: Any
    weight: Any
    """Links from source to target, of whatever kind."""


def add_measures(part: Part, measures: Collection[str], *, picture: bool) -> bool:
    """Compute measures of the nodes of a part, and add them to its rows; reads the part once.

    Args:
        part: what is to be written.
        measures: names of `MEASURES`.
        picture: add an `Appearance` as `appearance`, too, where there are not too many nodes.

    Returns: whether the nodes have an appearance.

    Raises:
        ArgumentError: there is no such measure, or the part is too large for betweenness.
        ConfigError: a library is not installed.
    """
    if unknown := [name for name in measures if name not in MEASURES]:
        raise ArgumentError("--measures {name}: there are {known}", name=unknown[0], known=", ".join(MEASURES))
    if not measures and not picture:
        return False
    if picture or "community" in measures:
        need("graspologic_native")
    graph = _read(part)
    degrees = _in_degrees(graph)
    rows: list[Row] = [{} for _ in graph.ids]
    picture = picture and len(rows) <= MAX_PICTURED_NODES
    values: dict[str, list[Any]] = {}
    if picture or "community" in measures:
        from kolcrawl.layout import map_layout

        community = map_layout.communities(len(rows), graph.source, graph.target, graph.weight)
        values["community"] = community.tolist()
        if picture:
            layout = map_layout.layout_network(len(rows), graph.source, graph.target, graph.weight)
            values["appearance"] = _appearances(layout, degrees)
    values["in_degree"] = degrees
    if "betweenness" in measures:
        values["betweenness"] = _betweenness(graph)
    for name, found in values.items():
        for row, value in zip(rows, found, strict=True):
            row[name] = value
    columns = [column for name, column in MEASURES.items() if name in measures]
    part.add_measures(columns, dict(zip(graph.ids, rows, strict=True)))
    return picture


def _read(part: Part) -> _Graph:
    import numpy as np

    ids = [row["id"] for row in part.nodes()]
    place = {one: number for number, one in enumerate(ids)}
    pairs: dict[tuple[int, int], int] = {}
    for row in part.edges():
        pair = place[row["source"]], place[row["target"]]
        pairs[pair] = pairs.get(pair, 0) + row["weight"]
    ends = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return _Graph(ids, ends[:, 0], ends[:, 1], np.array([pairs[pair] for pair in sorted(pairs)], dtype=float))


def _in_degrees(graph: _Graph) -> list[int]:
    """Count by how many other nodes each is linked."""
    import numpy as np

    others = graph.target[graph.source != graph.target]
    found: list[int] = np.bincount(others, minlength=len(graph.ids)).tolist()
    return found


def _betweenness(graph: _Graph) -> list[float]:
    """Compute on how many shortest directed paths between two others each node lies (Freeman 1977), as a share."""
    nodes, edges = len(graph.ids), len(graph.source)
    if nodes * edges > MAX_BETWEENNESS_STEPS:
        raise UnmetArgumentError(
            "betweenness of {nodes} nodes and {edges} edges takes more than half an hour: export a part"
            " (--seed, --site, --kinds), --nodes groups or sites, or the other measures",
            nodes=f"{nodes:,}",
            edges=f"{edges:,}",
        )
    ends = zip(graph.source.tolist(), graph.target.tolist(), strict=True)
    network = need("igraph").Graph(n=nodes, edges=ends, directed=True)
    pairs = max(1, (nodes - 1) * (nodes - 2))
    return [round(value / pairs, 12) for value in network.betweenness(directed=True)]


def _appearances(layout: MapLayout, degrees: list[int]) -> list[Appearance]:
    """Place the nodes as on the map, which has y downwards; colour them by island, and size them by in-degree."""
    most = max(degrees, default=0) or 1
    places = zip(layout.x.tolist(), layout.y.tolist(), layout.island.tolist(), degrees, strict=True)
    return [
        Appearance(
            x=round(x * UNIT, 2),
            y=round(-y * UNIT, 2),
            size=round(MIN_SIZE + (MAX_SIZE - MIN_SIZE) * (degree / most) ** 0.5, 2),
            color=PALETTE[island] if 0 <= island < len(PALETTE) else OTHER_COLOR,
        )
        for x, y, island, degree in places
    ]
