"""Walking a graph whose links are fetched a ring at a time: neighbourhood and shortest path. Pure.

A step asks for all links of a ring at once (`Around`), so a store can answer it in few batches. Breadth-first
search; the path is searched from both ends, the smaller ring first (Pohl, Bi-directional Search, 1971).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolcrawl.store.read.records import Link

Around = Callable[[list[str]], Iterable[tuple["Link", str]]]
"""From a ring of stories to their links, in order, each with the story it leads to."""


def neighbourhood(seeds: Iterable[str], around: Around, hops: int, limit: int | None = None) -> dict[str, int]:
    """Stories within `hops` links of the seeds, with their distance, nearest first; at most `limit` of them."""
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


def shortest_path(start: str, goal: str, forward: Around, back: Around, max_hops: int) -> list[Link] | None:
    """The links of a shortest path; empty when both ends are one, None when there is none of `max_hops` links."""
    if start == goal:
        return []
    sides = (_Side(start, forward), _Side(goal, back))
    for _ in range(max_hops):
        here, there = sides if len(sides[0].ring) <= len(sides[1].ring) else sides[::-1]
        if not here.ring:
            return None
        if meeting := here.grow(there):
            return [*reversed(sides[0].way_back(meeting)), *sides[1].way_back(meeting)]
    return None


class _Side:
    """One end of the search: how each story was reached from it, and its newest ring."""

    def __init__(self, start: str, around: Around) -> None:
        self.around = around
        self.reached: dict[str, Link | None] = {start: None}
        self.ring = [start]

    def grow(self, other: _Side) -> str | None:
        """Add a ring. Returns: a story that the other side has reached, as soon as one is found."""
        ring, self.ring = self.ring, []
        for link, near in self.around(ring):
            if near not in self.reached:
                self.reached[near] = link
                self.ring.append(near)
                if near in other.reached:
                    return near
        return None

    def way_back(self, key: str) -> list[Link]:
        """The links from a story back to this end."""
        links: list[Link] = []
        while link := self.reached[key]:
            links.append(link)
            key = link["from"] if link["to"] == key else link["to"]
        return links
