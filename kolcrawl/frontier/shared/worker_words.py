"""What a worker has to tell Redis, in the order in which it happened: `WorkerWords`. Pure.

The order is what nothing lost rests on: the requests that a page led to stand before the word that the page is done,
so whatever prefix of the order Redis has done, no page is done whose requests are not there. A batch stays at the
head until Redis has answered for it. What nobody waits for may wait itself, and goes with what is asked next: an
exchange of its own would cost Redis as much again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kolcrawl.frontier.shared.frontier_answers import Leased

Operation = tuple[Any, ...]
"""A letter of `settle.lua`, and its values."""
GATHER_SECONDS = 0.25
"""For which words may wait at most: so much later others learn of links, and a kill repeats so much more."""


class WorkerWords:
    """Operations that Redis has not acknowledged."""

    def __init__(self) -> None:
        self._waiting: deque[Operation] = deque()
        self._sent = 0
        self._since: float | None = None
        self._is_urgent = False

    def __len__(self) -> int:
        return len(self._waiting)

    def head(self, most: int) -> list[Operation]:
        """Return the batch to send: the one that was not acknowledged, if there is one."""
        self._sent = self._sent or min(most, len(self._waiting))
        return [self._waiting[at] for at in range(self._sent)]

    def done(self) -> None:
        """Note that the batch was acknowledged."""
        for _ in range(self._sent):
            self._waiting.popleft()
        self._sent = 0
        self._since, self._is_urgent = None, False

    def is_due(self, now: float) -> bool:
        """Tell whether there is something that may not wait any longer. To be asked again and again.

        Args:
            now: monotonic time.
        """
        if not self._waiting:
            return False
        self._since = now if self._since is None else self._since
        return self._is_urgent or now - self._since >= GATHER_SECONDS

    def push(self, fp: bytes, host: str, site: str, priority: int, depth: int, text: str, *, again: bool) -> None:
        """Add a request.

        Args:
            again: it is a retry or a redirect, which is never left out.
        """
        word = (b"R" if again else b"P") + bytes([min(depth, 60)]) + fp
        self._waiting.append((word, f"{host}\n{site}\n{priority}", text))

    def free_host(self, lease: Leased, rest: float) -> None:
        """Say that a host has answered, and may be asked again in so many seconds."""
        self._waiting.append(("H", lease.id, lease.token, round(rest * 1000)))

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

    def ask_depth(self, fp: bytes) -> None:
        """Ask for the least depth of a story."""
        self._waiting.append(("L", fp))
        self._is_urgent = True

    def also_read(self, fp: bytes, depth: int) -> None:
        """Say that a story was read and stored that has this fingerprint, too."""
        self._waiting.append(("K", fp, min(depth, 60)))

    def note_seed(self, text: str) -> None:
        """Tell other workers what a seed is about."""
        self._waiting.append(("S", text))

    def seeds_are_in(self) -> None:
        """Say that all seeds have been pushed."""
        self._waiting.append(("Z",))
