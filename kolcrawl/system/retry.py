"""When to try again what has failed. Pure but for the clock; the caller waits, in a thread or in an event loop."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator


def doubling_pauses(first: float, longest: float) -> Iterator[float]:
    """Yield pauses in seconds, each twice the one before, up to the longest, without end."""
    pause = first
    while True:
        yield pause
        pause = min(pause * 2, longest)


class Backoff:
    """The pauses before further attempts at something that has failed for the first time now."""

    def __init__(self, pauses: Iterable[float]) -> None:
        """Start the clock.

        Args:
            pauses: seconds before the second attempt, the third, and so on; where they end, no attempt follows.
        """
        self._pauses = iter(pauses)
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Return the seconds since the first failure."""
        return time.monotonic() - self._started

    def next_pause(self, remaining: float) -> float | None:
        """Return the seconds to wait before the next attempt.

        Args:
            remaining: seconds that are left for waiting.

        Returns: None when there are no more attempts, or the next would come too late.
        """
        pause = next(self._pauses, None)
        return None if pause is None or pause > remaining else pause
