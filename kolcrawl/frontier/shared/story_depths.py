"""Keeps a story's depth the same as if one worker had crawled, whoever finds a shorter way meanwhile: `StoryDepths`.

When a page has come, Redis is asked for the least depth that any worker knows. The question is a plain MGET, for all
pages that came meanwhile, and the answer is there when the page has been read. What turns up later, or while Redis is
away, is a shorter way to a story that was read: its links are followed again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.frontier.shared.redis_frontier import FP_BYTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from scrapy import Request

_LONGEST_WAIT = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class ReadFrom:
    """How a story was read."""

    depth: int | None = None
    """Steps from a seed that its links were followed from; None if it was not read under the key asked for."""
    other_keys: tuple[bytes, ...] = ()
    other_depth: int = 0


class StoryDepths:
    """What is asked and noted of the pages that a worker has in hand."""

    def __init__(self) -> None:
        self._open: list[tuple[bytes, asyncio.Future[int]]] = []
        """Questions that Redis has not answered, by fingerprint."""
        self._asked: dict[Request, asyncio.Future[int]] = {}
        self._read: dict[Request, ReadFrom] = {}

    def ask(self, request: Request) -> None:
        """Ask for the least depth of a story whose page has come."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._open.append((_short(request.meta["story"]), answer))
        self._asked[request] = answer

    async def settle(self, look_up: Callable[[Sequence[bytes]], Awaitable[list[int | None]]]) -> bool:
        """Have all open questions answered. Returns: whether there were any.

        Args:
            look_up: tells the least depths of stories by their fingerprints.
        """
        asked = [(fp, question) for fp, question in self._open if not question.done()]
        if not asked:
            return False
        depths = await look_up([fp for fp, _ in asked])
        for (_, question), depth in zip(asked, depths, strict=True):
            if not question.done():
                question.set_result(-1 if depth is None else depth)
        self._open = [one for one in self._open if not one[1].done()]
        return True

    async def least(self, request: Request, depth: int) -> int:
        """Return the least depth that Redis has told in time, or `depth`."""
        question = self._asked.get(request)
        if question is None:
            return depth
        await asyncio.wait([question], timeout=_LONGEST_WAIT)
        told = question.result() if question.done() else -1
        return min(told, depth) if told >= 0 else depth

    def note_read(self, request: Request, keys: Collection[str], depth: int) -> None:
        """Note how a story was read."""
        asked = request.meta["story"]
        others = tuple(_short(key) for key in keys if key != asked)
        self._read[request] = ReadFrom(depth if asked in keys else None, others, depth)

    def done_with(self, request: Request) -> ReadFrom:
        """Return how a story was read, and forget its request."""
        self._asked.pop(request, None)
        return self._read.pop(request, ReadFrom())


def _short(key: str) -> bytes:
    return bytes.fromhex(key)[:FP_BYTES]
