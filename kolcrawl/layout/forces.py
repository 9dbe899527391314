"""Place the nodes of many small graphs at once: forces (Fruchterman and Reingold, 1991), then circles pushed apart.

Graphs of nearly one size are computed as one array, since a thousand graphs of thirty nodes otherwise cost more in
calls than in arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array = np.ndarray[Any, Any]
FORCE_ROUNDS = 60
PUSH_ROUNDS = 120
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
SIZE_STEP = 8
"""Graphs are filled up to a multiple of this many nodes."""
MAX_CELLS = 300_000
"""Pairs of nodes that are computed at once: a few MB, which a processor's cache holds."""
FAR_AWAY = np.float32(1e6)
"""Where the nodes stand that fill a graph up: too far away to matter."""


def sunflower(count: int) -> Array:
    """Return `count` points in a spiral around 0, each with as much room as the others."""
    steps = np.arange(count)
    spots = np.column_stack([np.cos(steps * GOLDEN_ANGLE), np.sin(steps * GOLDEN_ANGLE)])
    result: Array = spots * np.sqrt(steps + 0.5)[:, None]
    return result


def place_by_force(weights: Sequence[Array]) -> list[Array]:
    """Place the nodes of graphs, given as symmetric matrices of weights; each around 0."""

    def of_one_size(chosen: list[int], size: int) -> Array:
        pull = np.zeros((len(chosen), size, size), dtype=np.float32)
        counts = np.array([len(weights[number]) for number in chosen])
        for row, number in enumerate(chosen):
            pull[row, : counts[row], : counts[row]] = weights[number]
        return _forced(pull, counts)

    return _in_batches([len(matrix) for matrix in weights], of_one_size)


def push_apart(spots: Sequence[Array], radii: Sequence[Array]) -> list[Array]:
    """Move the circles of each graph until none overlap, or a bound of rounds is reached; each around 0."""

    def of_one_size(chosen: list[int], size: int) -> Array:
        counts = np.array([len(radii[number]) for number in chosen])
        places = np.full((len(chosen), size, 2), FAR_AWAY, dtype=np.float32)
        places *= np.arange(1, size + 1, dtype=np.float32)[:, None]
        radius = np.zeros((len(chosen), size), dtype=np.float32)
        for row, number in enumerate(chosen):
            places[row, : counts[row]], radius[row, : counts[row]] = spots[number], radii[number]
        return _pushed(places, radius)

    pushed = _in_batches([len(radius) for radius in radii], of_one_size)
    return [places - places.mean(0) if len(places) else places for places in pushed]


def _in_batches(sizes: list[int], compute: Callable[[list[int], int], Array]) -> list[Array]:
    """Compute graphs of nearly one size together; give each its own rows, in the order of `sizes`."""
    found: list[Array] = [np.zeros((size, 2)) for size in sizes]
    by_size: dict[int, list[int]] = {}
    for number, size in enumerate(sizes):
        if size > 1:
            by_size.setdefault(-(-size // SIZE_STEP) * SIZE_STEP, []).append(number)
    for padded, numbers in by_size.items():
        step = max(1, MAX_CELLS // padded**2)
        for start in range(0, len(numbers), step):
            chosen = numbers[start : start + step]
            for number, places in zip(chosen, compute(chosen, padded), strict=True):
                found[number] = places[: sizes[number]].astype(np.float64)
    return found


def _forced(pull: Array, counts: Array) -> Array:
    graphs, size, _ = pull.shape
    inside = (np.arange(size) < counts[:, None]).astype(np.float32)
    both = inside[:, :, None] * inside[:, None, :]
    x, y = (np.repeat(column[None], graphs, axis=0).astype(np.float32) for column in sunflower(size).T)
    heat = np.sqrt(counts).astype(np.float32)[:, None] * np.float32(0.25)
    pull *= np.float32(0.5)
    for number in range(FORCE_ROUNDS):
        dx, dy = x[:, :, None] - x[:, None, :], y[:, :, None] - y[:, None, :]
        square = dx * dx + dy * dy + np.float32(1e-4)
        force = both / square - pull * np.sqrt(square)
        move_x = np.einsum("gij,gij->gi", dx, force) - x * np.float32(0.02)
        move_y = np.einsum("gij,gij->gi", dy, force) - y * np.float32(0.02)
        length = np.maximum(np.hypot(move_x, move_y), np.float32(1e-9))
        share = np.minimum(length, heat * np.float32(1 - number / FORCE_ROUNDS)) / length
        x, y = x + move_x * share, y + move_y * share
    middle_x, middle_y = ((values * inside).sum(1) / counts for values in (x, y))
    return np.stack([x - middle_x[:, None], y - middle_y[:, None]], axis=2)


def _pushed(places: Array, radius: Array) -> Array:
    x, y = places[:, :, 0].copy(), places[:, :, 1].copy()
    needed = radius[:, :, None] + radius[:, None, :]
    diagonal = np.arange(radius.shape[1])
    needed[:, diagonal, diagonal] = 0
    for _ in range(PUSH_ROUNDS):
        dx, dy = x[:, :, None] - x[:, None, :], y[:, :, None] - y[:, None, :]
        distance = np.sqrt(dx * dx + dy * dy) + np.float32(1e-6)
        overlap = np.maximum(needed - distance, 0)
        if overlap.max(initial=0) < 0.02:
            break
        overlap /= distance
        overlap *= np.float32(0.3)
        x, y = x + np.einsum("gij,gij->gi", dx, overlap), y + np.einsum("gij,gij->gi", dy, overlap)
    return np.stack([x, y], axis=2)
