"""Graph traversal where the links of a whole ring are fetched at once: neighbourhood and shortest path. Pure.

Each step asks for all links of a ring (`LinksAround`), so that a store can answer in few batches. Both are
breadth-first searches; a path is searched from both ends, the smaller ring first (Pohl, Bi-directional Search, 1971).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kolcrawl.store.read.records import Link

Direction = Literal["out", "in", "both"]
"""Which way links are followed: as they point, against that, or both ways."""
LinksAround = Callable[[list[str]], Iterable[tuple["Link", str]]]
"""Given the keys of a ring of stories, yields their links in order, each with the key at its other end."""


def neighbourhood(seeds: Iterable[str], around: LinksAround, hops: int, limit: int | None = None) -> dict[str, int]:
    """Return the stories within `hops` links of the seeds, with their distance, nearest first; at most `limit`."""
    steps = dict.fromkeys(seeds, 0)
    ring = list(steps)
    for step in range(1, hops + 1):
        fresh: list[str] = []
        for _, near in around(ring):
            if near not in steps:
                if limit is not None and len(steps) >= limit:
                    return steps
                steps[near] = step
                fresh.append(near)
        if not (ring := fresh):
            break
    return steps


def shortest_path(start: str, goal: str, forward: LinksAround, back: LinksAround, max_hops: int) -> list[Link] | None:
    """Return the links of a shortest path.

    Returns: an empty list when both ends are the same story; None when no path has at most `max_hops` links.
    """
    if start == goal:
        return []
    sides = (_SearchSide(start, forward), _SearchSide(goal, back))
    for _ in range(max_hops):
        here, there = sides if len(sides[0].ring) <= len(sides[1].ring) else sides[::-1]
        if not here.ring:
            return None
        if meeting := here.grow(there):
            return [*reversed(sides[0].way_back(meeting)), *sides[1].way_back(meeting)]
    return None


class _SearchSide:
    """One end of the search: how each story was reached from it, and its newest ring."""

    def __init__(self, start: str, around: LinksAround) -> None:
        self.around = around
        self.reached: dict[str, Link | None] = {start: None}
        self.ring = [start]

    def grow(self, other: _SearchSide) -> str | None:
        """Add a ring.

        Returns: the first story found that the other side has reached; None if there is none.
        """
        ring, self.ring = self.ring, []
        for link, near in self.around(ring):
            if near not in self.reached:
                self.reached[near] = link
                self.ring.append(near)
                if near in other.reached:
                    return near
        return None

    def way_back(self, key: str) -> list[Link]:
        """Return the links from a story back to this end."""
        links: list[Link] = []
        while link := self.reached[key]:
            links.append(link)
            key = link["from"] if link["to"] == key else link["to"]
        return links
