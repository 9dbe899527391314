"""The hosts that a worker had last, and when they are due again: `OwnHosts`. Pure."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolcrawl.frontier.shared.frontier_answers import LeaseWish, Popped

_LOOKED_AT = 4  # hosts more than are wanted, of which the best requests are taken
_LATE = 0.02  # seconds after which a host that this worker has freed is due for certain


class OwnHosts:
    """When this worker's hosts are due, in monotonic time. Others leave them to it, so it names them when it leases."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def free(self, host: str, at: float) -> float:
        """Note when a host that has answered may be asked again. Returns: when to ask Redis for it."""
        self._due[host] = at + _LATE
        return self._due[host]

    def name(self, now: float, want: int) -> list[str]:
        """Name those that are due, some more than are wanted: Redis looks at the best request of each."""
        return list(islice((host for host, due in self._due.items() if due <= now), want + _LOOKED_AT))

    def take(self, wish: LeaseWish, popped: Popped) -> None:
        """Forget those that were asked for; had they more to give than was wanted, only those that gave something.

        The others are named after all that are due, so that the next step looks at others than they.
        """
        for lease in popped.requests:
            self._due.pop(lease.host, None)
        for host in wish.own_hosts:
            due = self._due.pop(host, None)
            if due is not None and len(popped.requests) >= wish.want:
                self._due[host] = due

    def soonest(self, popped: Popped, now: float) -> float:
        """Return when it is worth asking again, after a step that gave less than was wanted."""
        return min([now + popped.wait, *self._due.values()])
