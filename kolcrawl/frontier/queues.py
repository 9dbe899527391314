"""Pending requests by host and priority: hands out the best request of any host that is ready. Pure; ids only."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Entry = tuple[int, int]
"""Minus priority, and the id of a request; ids grow, so of equal priorities the older goes first."""


class HostQueues:
    """A heap for each host, and one heap over their heads.

    A head that was overtaken or popped stays in the upper heap until it comes up, and is dropped then; so a push
    costs no search. About 130 bytes an entry.
    """

    def __init__(self) -> None:
        self._queues: dict[str, list[Entry]] = {}
        self._heads: list[tuple[Entry, str]] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, host: str, priority: int, request_id: int) -> None:
        """Add a request."""
        entry = (-priority, request_id)
        queue = self._queues.setdefault(host, [])
        heappush(queue, entry)
        self._size += 1
        if queue[0] is entry:
            heappush(self._heads, (entry, host))

    def pop(self, ready: Callable[[str], bool]) -> tuple[str, int] | None:
        """Remove and return the request of the highest priority whose host is ready.

        Args:
            ready: whether a host may get a request now; asked at most once for each host.

        Returns: host and id; None if no host with requests is ready.
        """
        not_ready: list[tuple[Entry, str]] = []
        popped = None
        while self._heads and popped is None:
            entry, host = heappop(self._heads)
            queue = self._queues.get(host)
            if not queue or queue[0] is not entry:
                continue
            if not ready(host):
                not_ready.append((entry, host))
                continue
            heappop(queue)
            self._size -= 1
            popped = host, entry[1]
            if queue:
                heappush(self._heads, (queue[0], host))
            else:
                del self._queues[host]
        for head in not_ready:
            heappush(self._heads, head)
        return popped
