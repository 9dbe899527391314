"""What a worker does while Redis is away: say so once, ask again, give up in the end."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, TypeVar

from kolcrawl.frontier.shared.frontier_errors import FrontierAwayError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_Answer = TypeVar("_Answer")
logger = logging.getLogger(__name__)

_LONGEST_PAUSE = 1.0  # seconds between two attempts to reach Redis


class RedisPatience:
    """Waits for a Redis that does not answer."""

    def __init__(self, seconds: float) -> None:
        """Args:
        seconds: that Redis may be away at a stretch.
        """
        self._seconds = seconds
        self._away_since: float | None = None
        self._said = False

    async def ask(self, question: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Ask until there is an answer.

        Raises:
            FrontierError: Redis was away for too long, or the question cannot be answered.
        """
        while True:
            try:
                answer = await question()
            except FrontierAwayError as error:
                if too_long := await self.wait(error):
                    raise too_long from None
            else:
                self.note_answer()
                return answer

    async def wait(self, error: FrontierAwayError) -> FrontierAwayError | None:
        """Wait a moment. Returns: an error if Redis has been away for too long."""
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
        elif not self._said:  # a connection that was cut is mended by the first attempt
            self._said = True
            logger.warning("%s; waiting up to %g s for it (FRONTIER_PATIENCE)", error, self._seconds)
        away = now - self._away_since
        if away > self._seconds:
            return FrontierAwayError(
                "{error}; {seconds:.0f} s are too long (FRONTIER_PATIENCE)", error=error, seconds=away
            )
        await asyncio.sleep(min(0.1 + away / 4, _LONGEST_PAUSE))
        return None

    def note_answer(self) -> bool:
        """Take notice that Redis answers; tell whether it had been away."""
        if self._away_since is None:
            return False
        if self._said:
            logger.warning("Redis is back after %.1f s", time.monotonic() - self._away_since)
        self._away_since, self._said = None, False
        return True
