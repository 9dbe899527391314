"""Place the stories of a network on a map: islands of stories that link to each other, and each island inside.

Communities first (Leiden, of graspologic-native), a force layout of the communities (Fruchterman and Reingold,
1991) whose circles are then pushed apart, and the same inside each until a part is small enough to be placed at
once. The same network gives the same map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from graspologic_native import leiden

if TYPE_CHECKING:
    from kolcrawl.view.network_rows import Array

SMALL_PART = 160
"""Nodes that one force layout places; a larger part is divided again."""
MIN_ISLAND = 3
"""Stories of an island; what is smaller lies in the ring of scattered stories."""
FORCE_ROUNDS = 60
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


@dataclass(slots=True, kw_only=True)
class MapLayout:
    """Where each node stands, and the islands; islands are circles, the largest first."""

    x: Array
    y: Array
    island: Array
    """Number of the node's island, -1 for a scattered node."""
    centres: Array
    """Row by row x, y and radius of an island."""


def layout_network(count: int, source: Array, target: Array, weight: Array | None = None) -> MapLayout:
    """Lay out a network of `count` nodes with links between their numbers; the nodes' circles have radius 1."""
    edges = _undirected(source, target, weight)
    island, islands = _islands(count, edges)
    sizes = np.bincount(island[island >= 0], minlength=islands) if islands else np.zeros(0, dtype=np.int64)
    radius = 1.5 * np.sqrt(np.maximum(sizes, 1)) + 1.0
    centres = _place_circles(_between(island, edges), radius)
    x, y = np.zeros(count), np.zeros(count)
    for number in range(islands):
        nodes = np.flatnonzero(island == number)
        inside = _place_part(nodes, edges, radius[number])
        x[nodes], y[nodes] = centres[number, 0] + inside[:, 0], centres[number, 1] + inside[:, 1]
    scattered = np.flatnonzero(island < 0)
    reach = float((np.hypot(centres[:, 0], centres[:, 1]) + radius).max()) if islands else 0.0
    steps = np.arange(len(scattered))
    around = np.sqrt(((reach * 1.12) ** 2 if reach else 0.0) + (steps + 1.0) * 4.0)
    x[scattered], y[scattered] = around * np.cos(steps * GOLDEN_ANGLE), around * np.sin(steps * GOLDEN_ANGLE)
    return MapLayout(x=x, y=y, island=island, centres=np.column_stack([centres, radius]))


def _undirected(source: Array, target: Array, weight: Array | None) -> Array:
    """Rows of low end, high end, weight; parallel links are added up, in a fixed order."""
    low, high = np.minimum(source, target).astype(np.int64), np.maximum(source, target).astype(np.int64)
    each = np.ones(len(low)) if weight is None else weight.astype(float)
    span = int(high.max(initial=0)) + 1
    pair, inverse = np.unique(low * span + high, return_inverse=True)
    return np.column_stack([pair // span, pair % span, np.bincount(inverse, each, minlength=len(pair))])


def _communities(nodes: Array, edges: Array) -> Array:
    """Number the communities of some nodes, the largest first; edges lie between these nodes."""
    label = {str(node): number for number, node in enumerate(nodes)}
    rows = [(str(int(a)), str(int(b)), float(w)) for a, b, w in edges if a != b]
    if not rows:
        return np.arange(len(nodes))
    _, found = leiden(edges=rows, seed=1, use_modularity=True)
    member = np.full(len(nodes), -1, dtype=np.int64)
    for name, community in found.items():
        member[label[name]] = community
    alone = member < 0
    member[alone] = member.max(initial=-1) + 1 + np.arange(alone.sum())
    sizes = np.bincount(member)
    first = np.full(len(sizes), len(nodes))
    np.minimum.at(first, member, np.arange(len(nodes)))
    rank = np.empty(len(sizes), dtype=np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    result: Array = rank[member]
    return result


def _islands(count: int, edges: Array) -> tuple[Array, int]:
    member = _communities(np.arange(count), edges) if count else np.zeros(0, dtype=np.int64)
    sizes = np.bincount(member) if count else np.zeros(0, dtype=np.int64)
    islands = int((sizes >= MIN_ISLAND).sum())
    return np.where(member < islands, member, -1), islands


def _between(member: Array, edges: Array) -> Array:
    """Links between parts: a symmetric matrix of weights."""
    parts = int(member.max(initial=-1)) + 1
    matrix = np.zeros((parts, parts))
    if parts:
        a, b = member[edges[:, 0].astype(np.int64)], member[edges[:, 1].astype(np.int64)]
        both = (a >= 0) & (b >= 0) & (a != b)
        np.add.at(matrix, (a[both], b[both]), edges[both, 2])
    result: Array = matrix + matrix.T
    return result


def _place_part(nodes: Array, edges: Array, radius: float) -> Array:
    """Place some nodes within a circle around 0."""
    if len(nodes) == 1:
        return np.zeros((1, 2))
    lookup = np.full(int(max(nodes.max(), edges[:, :2].max(initial=0))) + 1, -1, dtype=np.int64)
    lookup[nodes] = np.arange(len(nodes))
    a, b = lookup[edges[:, 0].astype(np.int64)], lookup[edges[:, 1].astype(np.int64)]
    inner = (a >= 0) & (b >= 0)
    own = np.column_stack([a[inner], b[inner], edges[inner, 2]])
    if len(nodes) > SMALL_PART:
        member = _communities(np.arange(len(nodes)), own)
        parts = int(member.max()) + 1
        if 1 < parts <= len(nodes) // 2:
            return _place_parts(member, parts, own, radius)
        return _sunflower(len(nodes), own, radius)
    matrix = np.zeros((len(nodes), len(nodes)))
    np.add.at(matrix, (own[:, 0].astype(np.int64), own[:, 1].astype(np.int64)), own[:, 2])
    return _fit(_push_apart(_force(np.minimum(matrix + matrix.T, 3.0)), np.ones(len(nodes))), radius)


def _place_parts(member: Array, parts: int, own: Array, radius: float) -> Array:
    sizes = np.bincount(member, minlength=parts)
    radii = np.sqrt(sizes) + 0.3
    middles = _place_circles(_between(member, own), radii)
    reach = float((np.hypot(middles[:, 0], middles[:, 1]) + radii).max())
    spots = np.zeros((len(member), 2))
    for part in range(parts):
        nodes = np.flatnonzero(member == part)
        spots[nodes] = middles[part] + _place_part(nodes, own, float(radii[part]))
    return spots * (radius / reach)


def _place_circles(matrix: Array, radius: Array) -> Array:
    """Place circles by a force layout of their links, then push them apart until none overlap."""
    if len(radius) == 0:
        return np.zeros((0, 2))
    spots = _force(np.sqrt(matrix))
    spread = np.sqrt((radius**2).sum()) * 1.4
    size = np.abs(spots).max()
    return _push_apart(spots * (spread / size) if size > 0 else spots, radius * 1.12)


def _force(matrix: Array) -> Array:
    """Fruchterman-Reingold on a dense matrix of weights, from a sunflower; around 0."""
    count = len(matrix)
    steps = np.arange(count)
    spots = np.column_stack([np.cos(steps * GOLDEN_ANGLE), np.sin(steps * GOLDEN_ANGLE)])
    spots *= np.sqrt(steps + 0.5)[:, None]
    if count < 2:
        return spots * 0
    pull = matrix.astype(np.float32)
    spots = spots.astype(np.float32)
    heat = np.sqrt(count)
    for round_number in range(FORCE_ROUNDS):
        dx = spots[:, 0, None] - spots[None, :, 0]
        dy = spots[:, 1, None] - spots[None, :, 1]
        square = dx * dx + dy * dy + np.float32(1e-4)
        force = 1 / square - pull * np.sqrt(square) * np.float32(0.5)
        move = np.column_stack([(dx * force).sum(1), (dy * force).sum(1)]) - spots * np.float32(0.02)
        length = np.hypot(move[:, 0], move[:, 1])
        limit = heat * (1 - round_number / FORCE_ROUNDS) * 0.25
        spots += move * (np.minimum(length, limit) / np.maximum(length, 1e-9))[:, None].astype(np.float32)
    result: Array = (spots - spots.mean(0)).astype(np.float64)
    return result


def _push_apart(spots: Array, radius: Array) -> Array:
    """Move circles apart until none overlap, or a bound of rounds is reached."""
    spots = spots.copy()
    needed = radius[:, None] + radius[None]
    for _ in range(200):
        dx = spots[:, 0, None] - spots[None, :, 0]
        dy = spots[:, 1, None] - spots[None, :, 1]
        distance = np.sqrt(dx * dx + dy * dy) + 1e-6
        overlap = np.clip(needed - distance, 0, None)
        np.fill_diagonal(overlap, 0)
        if overlap.max(initial=0) < 0.02:
            break
        push = overlap / distance * 0.3
        spots += np.column_stack([(dx * push).sum(1), (dy * push).sum(1)])
    result: Array = spots - spots.mean(0)
    return result


def _sunflower(count: int, edges: Array, radius: float) -> Array:
    """Place nodes in a spiral, the most linked in the middle."""
    degree = np.bincount(edges[:, :2].astype(np.int64).ravel(), minlength=count)
    rank = np.empty(count)
    rank[np.lexsort((np.arange(count), -degree))] = np.arange(count)
    around = radius * np.sqrt((rank + 0.5) / count)
    return np.column_stack([around * np.cos(rank * GOLDEN_ANGLE), around * np.sin(rank * GOLDEN_ANGLE)])


def _fit(spots: Array, radius: float) -> Array:
    """Scale spots into a circle; the few outermost are drawn in, so that they do not press the rest together."""
    distance = np.hypot(spots[:, 0], spots[:, 1])
    reach = float(np.quantile(distance, 0.95)) or 1.0
    share = distance / reach
    drawn = np.where(share > 0.9, 0.9 + 0.1 * np.tanh((share - 0.9) * 4), share)
    result: Array = spots * (drawn / np.maximum(share, 1e-9) * radius / reach)[:, None]
    return result


def as_lists(layout: MapLayout) -> dict[str, Any]:
    """Give a layout as JSON values, to a hundredth."""
    return {
        "x": np.round(layout.x, 2).tolist(),
        "y": np.round(layout.y, 2).tolist(),
        "island": layout.island.tolist(),
        "centres": np.round(layout.centres, 2).tolist(),
    }
