"""What a worker has to tell Redis, in the order in which it happened: `WorkerWords`. Pure.

The order is what nothing lost rests on: the requests that a page led to stand before the word that the page is done,
so whatever prefix of the order Redis has done, no page is done whose requests are not there. A batch stays at the
head until Redis has answered for it. What nobody waits for may wait itself, and goes with what is asked next: an
exchange of its own would cost Redis as much again.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from kolcrawl.frontier.shared.frontier_answers import Leased

Operation = tuple[Any, ...]
"""A letter of `settle.lua`, and its values."""
GATHER_SECONDS = 0.25
"""For which words may wait at most: so much later others learn of links, and a kill repeats so much more."""


_MIDDLE = 32_768
"""The priority 0 in two bytes."""


class WorkerWords:
    """Operations that Redis has not acknowledged."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: deque[Operation] = deque()
        self._sent = 0
        self._since: float | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def head(self, most: int) -> list[Operation]:
        """Return the batch to send: the one that was not acknowledged, if there is one."""
        self._sent = self._sent or min(most, len(self._waiting))
        now = self._clock()
        batch = [self._waiting[at] for at in range(self._sent)]
        rests = {one[1]: max(round((one[3] - now) * 1000), 0) for one in batch if one[0] == "H"}
        said: list[Operation] = []
        for one in reversed(batch):  # a host is freed by the word that its page is done, if both are there
            if one[0] == "A":
                said.append((*one, rests.pop(one[1], "")))
            elif one[0] != "H":
                said.append(one)
            elif one[1] in rests:
                said.append((*one[:3], rests[one[1]]))
        return said[::-1]

    def done(self) -> None:
        """Note that the batch was acknowledged."""
        for _ in range(self._sent):
            self._waiting.popleft()
        self._sent = 0
        self._since = None

    def is_due(self) -> bool:
        """Tell whether there is something that may not wait any longer. To be asked again and again."""
        if not self._waiting:
            return False
        now = self._clock()
        self._since = now if self._since is None else self._since
        return now - self._since >= GATHER_SECONDS

    def push(self, fp: bytes, host: str, site: str, priority: int, depth: int, text: str, *, again: bool) -> None:
        """Add a request.

        Args:
            again: it is a retry or a redirect, which is never left out.
        """
        rank = _MIDDLE + max(min(priority, _MIDDLE - 1), -_MIDDLE)
        start, place = (b"R" if again else b"P") + bytes([min(depth, 60)]) + fp, host.encode()
        head = start + rank.to_bytes(2, "big") + len(place).to_bytes(2, "big")
        self._waiting.append((head + place + site.encode(), text))

    def free_host(self, lease: Leased, rest: float) -> None:
        """Say that a host has answered, and may be asked again in so many seconds, however long this word waits."""
        self._waiting.append(("H", lease.id, lease.token, self._clock() + rest))

    def done_with(self, lease: Leased, depth: int | None = None, *, refund: bool = False) -> None:
        """Say that a request was processed.

        Args:
            depth: that its links were followed from, if not that of the lease.
            refund: it was never sent, so that its page is not to be paid for.
        """
        depth = lease.depth if depth is None else depth
        self._waiting.append(("A", lease.id, lease.token, lease.host, depth, int(refund)))

    def give_back(self, lease: Leased, rest: float) -> None:
        """Give a request back that was not made."""
        self._waiting.append(("B", lease.id, lease.token, round(rest * 1000)))

    def failed(self, lease: Leased, reason: str) -> None:
        """Say that the spider or a pipeline failed on a page."""
        self._waiting.append(("F", lease.id, lease.token, reason[:500]))

    def bury(self, lease: Leased, reason: str) -> None:
        """Say that a request cannot be read."""
        self._waiting.append(("D", lease.id, lease.token, reason[:500]))

    def also_read(self, fp: bytes, depth: int) -> None:
        """Say that a story was read and stored that has this fingerprint, too."""
        self._waiting.append(("K", fp, min(depth, 60)))

    def note_seed(self, text: str) -> None:
        """Tell other workers what a seed is about."""
        self._waiting.append(("S", text))

    def seeds_are_in(self) -> None:
        """Say that all seeds have been pushed."""
        self._waiting.append(("Z",))
