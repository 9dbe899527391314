"""Place the stories of a network on a map: islands of stories that link to each other, and each island inside.

Communities first (Leiden, of graspologic-native), a force layout of the communities, whose circles are then pushed
apart, and the same inside each until a part is small enough to be placed at once. The same network gives the same
map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from graspologic_native import leiden

from kolcrawl.layout.forces import GOLDEN_ANGLE, place_by_force, push_apart, sunflower

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kolcrawl.layout.forces import Array

SMALL_PART = 160
"""Nodes that one force layout places; a larger part is divided again."""
MIN_ISLAND = 3
"""Stories of an island; what is smaller lies in the ring of scattered stories."""
MAX_FORCED = 400
"""Circles that forces place, the largest; smaller ones lie in a spiral around them."""
STRONGEST_PULL = 3.0
"""Links between two stories that pull them together; more of them pull no more."""


@dataclass(slots=True, kw_only=True)
class MapLayout:
    """Where each node stands, and the islands; islands are circles, the largest first."""

    x: Array
    y: Array
    island: Array
    """Number of the node's island, -1 for a scattered node."""
    centres: Array
    """Row by row x, y and radius of an island."""


@dataclass(slots=True, kw_only=True)
class MapPart:
    """Nodes that lie within one circle, and how they are placed: by forces, or as circles that hold parts of them."""

    nodes: Array
    """Their numbers in the part around this one."""
    pull: Array
    """Weights between what forces place: between the nodes, or between the first parts."""
    radii: Array = field(default_factory=lambda: np.zeros(0))
    """Of the parts' circles."""
    parts: list[MapPart] = field(default_factory=list)
    spots: Array = field(default_factory=lambda: np.zeros((0, 2)))
    """Where the nodes stand, or the parts' middles."""


def layout_network(count: int, source: Array, target: Array, weight: Array | None = None) -> MapLayout:
    """Lay out a network of `count` nodes with links between their numbers; the nodes' circles have radius 1."""
    edges = _undirected(source, target, weight)
    member = _communities(count, edges)
    root = _root(member, edges)
    for part, (nodes, own) in zip(root.parts, _divided(member, len(root.parts), edges), strict=True):
        _divide(part, len(nodes), own)
    _place(list(_all_parts(root)))
    return _layout(count, root)


def communities(count: int, source: Array, target: Array, weight: Array | None = None) -> Array:
    """Find which of `count` nodes belong together: a number for each, 0 for those of the largest community.

    Leiden (Traag et al. 2019) on modularity, links without direction; the same network gives the same numbers.
    """
    return _communities(count, _undirected(source, target, weight))


def layout_groups(group: Array) -> MapLayout:
    """Lay out nodes by their groups alone, without links: a map for the time until the links are known.

    Args:
        group: number of each node's group; groups are numbered, the largest first.
    """
    root = _root(group, np.zeros((0, 3)))
    for part in root.parts:
        part.spots = sunflower(len(part.nodes))
    _place([root])
    return _layout(len(group), root)


def _undirected(source: Array, target: Array, weight: Array | None) -> Array:
    """Rows of low end, high end, weight; parallel links are added up, in a fixed order."""
    low, high = np.minimum(source, target).astype(np.int64), np.maximum(source, target).astype(np.int64)
    each = np.ones(len(low)) if weight is None else weight.astype(float)
    span = int(high.max(initial=0)) + 1
    pair, inverse = np.unique(low * span + high, return_inverse=True)
    rows = np.column_stack([pair // span, pair % span, np.bincount(inverse, each, minlength=len(pair))])
    result: Array = rows[rows[:, 0] != rows[:, 1]]
    return result


def _communities(count: int, edges: Array) -> Array:
    """Find the communities of `count` nodes, numbered from the largest; a node without links is one of its own."""
    if not len(edges):
        return np.arange(count)
    names = [str(number) for number in range(count)]
    ends = edges[:, :2].astype(np.int64).tolist()
    rows = [(names[a], names[b], w) for (a, b), w in zip(ends, edges[:, 2].tolist(), strict=True)]
    _, found = leiden(edges=rows, seed=1, use_modularity=True)
    member = np.full(count, -1, dtype=np.int64)
    member[np.array([int(name) for name in found])] = list(found.values())
    alone = member < 0
    member[alone] = member.max(initial=-1) + 1 + np.arange(alone.sum())
    sizes = np.bincount(member)
    first = np.full(len(sizes), count)
    np.minimum.at(first, member, np.arange(count))
    rank = np.empty(len(sizes), dtype=np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    result: Array = rank[member]
    return result


def _root(member: Array, edges: Array) -> MapPart:
    """Make the whole map of communities: those of some size are its islands."""
    sizes = np.bincount(member)
    islands = int((sizes >= MIN_ISLAND).sum())
    root = MapPart(nodes=np.arange(len(member)), pull=_between(member, islands, edges))
    root.radii = 1.5 * np.sqrt(sizes[:islands]) + 1.0
    order = np.argsort(member, kind="stable")
    starts = np.cumsum(sizes) - sizes
    for start, size in zip(starts[:islands], sizes[:islands], strict=True):
        root.parts.append(MapPart(nodes=order[start : start + size], pull=np.zeros((0, 0))))
    return root


def _divide(part: MapPart, count: int, edges: Array) -> None:
    """Divide a part into parts of its own until forces can place the nodes of each; edges lie within it."""
    if count > SMALL_PART:
        member = _communities(count, edges)
        parts = int(member.max()) + 1
        if not 1 < parts <= count // 2:
            part.spots = _by_degree(count, edges)
            return
        part.pull = _between(member, parts, edges)
        part.radii = np.sqrt(np.bincount(member, minlength=parts)) + 0.3
        for nodes, own in _divided(member, parts, edges):
            part.parts.append(MapPart(nodes=nodes, pull=np.zeros((0, 0))))
            _divide(part.parts[-1], len(nodes), own)
        return
    matrix = np.zeros((count, count))
    a, b = edges[:, :2].astype(np.int64).T
    np.add.at(matrix, (a, b), edges[:, 2])
    part.pull = np.minimum(matrix + matrix.T, STRONGEST_PULL)


def _divided(member: Array, parts: int, edges: Array) -> Iterator[tuple[Array, Array]]:
    """Return the nodes of each of the first parts, and the links within it by their places among these nodes."""
    sizes = np.bincount(member, minlength=parts)
    starts = np.cumsum(sizes) - sizes
    order = np.argsort(member, kind="stable")
    local = np.empty(len(member), dtype=np.int64)
    local[order] = np.arange(len(member)) - np.repeat(starts, sizes)
    a, b = edges[:, :2].astype(np.int64).T
    inner = member[a] == member[b]
    a, b, weight = a[inner], b[inner], edges[inner, 2]
    by_part = np.argsort(member[a], kind="stable")
    rows = np.column_stack([local[a], local[b], weight])[by_part]
    bounds = np.searchsorted(member[a][by_part], np.arange(parts + 1))
    for part in range(parts):
        yield order[starts[part] : starts[part] + sizes[part]], rows[bounds[part] : bounds[part + 1]]


def _between(member: Array, parts: int, edges: Array) -> Array:
    """Pull between the first parts: the root of the weights of their links, as a symmetric matrix."""
    forced = min(parts, MAX_FORCED)
    matrix = np.zeros((forced, forced))
    a, b = member[edges[:, 0].astype(np.int64)], member[edges[:, 1].astype(np.int64)]
    both = (a < forced) & (b < forced) & (a != b)
    np.add.at(matrix, (a[both], b[both]), edges[both, 2])
    result: Array = np.sqrt(matrix + matrix.T)
    return result


def _all_parts(part: MapPart) -> Iterator[MapPart]:
    yield part
    for inner in part.parts:
        yield from _all_parts(inner)


def _place(parts: list[MapPart]) -> None:
    """Place what forces place, in all parts at once."""
    forced = [part for part in parts if len(part.pull)]
    spots = place_by_force([part.pull for part in forced])
    radii = []
    for number, part in enumerate(forced):
        radii.append(part.radii[:MAX_FORCED] * 1.12 if part.parts else np.ones(len(part.pull)))
        size = np.abs(spots[number]).max(initial=0)
        if part.parts and size > 0:
            spots[number] *= np.sqrt((radii[number] ** 2).sum()) * 1.25 / size
    for part, places in zip(forced, push_apart(spots, radii), strict=True):
        part.spots = np.vstack([places, _around(places, part.radii)]) if part.parts else places


def _around(places: Array, radii: Array) -> Array:
    """Place the circles that forces did not, in a spiral around those that they did."""
    more = radii[len(places) :]
    if not len(more):
        return np.zeros((0, 2))
    reach = (np.hypot(places[:, 0], places[:, 1]) + radii[: len(places)]).max() + more[0]
    distance = np.sqrt(reach**2 + np.cumsum((2.2 * more) ** 2) * 0.6)
    angle = np.arange(len(more)) * GOLDEN_ANGLE
    return np.column_stack([distance * np.cos(angle), distance * np.sin(angle)])


def _layout(count: int, root: MapPart) -> MapLayout:
    """Read the map off its parts, with the nodes of no island in a ring around it."""
    spots, island = np.zeros((count, 2)), np.full(count, -1)
    for number, part in enumerate(root.parts):
        spots[part.nodes] = root.spots[number] + _within(part, root.radii[number])
        island[part.nodes] = number
    scattered = np.flatnonzero(island < 0)
    reach = float((np.hypot(root.spots[:, 0], root.spots[:, 1]) + root.radii).max(initial=0))
    steps = np.arange(len(scattered))
    around = np.sqrt((reach * 1.12) ** 2 + (steps + 1.0) * 4.0)
    spots[scattered, 0], spots[scattered, 1] = (
        around * np.cos(steps * GOLDEN_ANGLE),
        around * np.sin(steps * GOLDEN_ANGLE),
    )
    centres = np.column_stack([root.spots, root.radii])
    return MapLayout(x=spots[:, 0], y=spots[:, 1], island=island, centres=centres)


def _within(part: MapPart, radius: float) -> Array:
    """Return where the nodes of a part stand within a circle around 0."""
    if not part.parts:
        return _fit(part.spots, radius)
    spots = np.zeros((len(part.nodes), 2))
    for number, inner in enumerate(part.parts):
        spots[inner.nodes] = part.spots[number] + _within(inner, part.radii[number])
    reach = (np.hypot(part.spots[:, 0], part.spots[:, 1]) + part.radii).max()
    result: Array = spots * (radius / reach)
    return result


def _by_degree(count: int, edges: Array) -> Array:
    """Place nodes in a spiral, the most linked in the middle."""
    degree = np.bincount(edges[:, :2].astype(np.int64).ravel(), minlength=count)
    spots = np.empty((count, 2))
    spots[np.lexsort((np.arange(count), -degree))] = sunflower(count)
    return spots


def _fit(spots: Array, radius: float) -> Array:
    """Scale spots into a circle; the few outermost are drawn in, so that they do not press the rest together."""
    distance = np.hypot(spots[:, 0], spots[:, 1])
    reach = float(np.quantile(distance, 0.95)) or 1.0
    share = distance / reach
    drawn = np.where(share > 0.9, 0.9 + 0.1 * np.tanh((share - 0.9) * 4), share)
    result: Array = spots * (drawn / np.maximum(share, 1e-9) * radius / reach)[:, None]
    return result


def as_lists(layout: MapLayout) -> dict[str, Any]:
    """Return a layout as JSON values, to a hundredth."""
    return {
        "x": np.round(layout.x, 2).tolist(),
        "y": np.round(layout.y, 2).tolist(),
        "island": layout.island.tolist(),
        "centres": np.round(layout.centres, 2).tolist(),
    }
