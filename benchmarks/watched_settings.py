"""The project's settings, and an extension that logs how long a worker's reactor was held: for benchmarks.

    SCRAPY_SETTINGS_MODULE=benchmarks.watched_settings scrapy crawl related ...

A clock that should tick every 20 ms shows how late the reactor comes; what the main thread waited for a processor in
that time is no one's fault and taken off (`/proc/self/task/*/schedstat`, Linux). What remains is computing, such as the
reading of a page, or waiting: for another thread, the disk or, were anything to block, the network.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy import signals
from twisted.internet.task import LoopingCall

from kolcrawl.settings import *  # noqa: F403
from kolcrawl.settings import EXTENSIONS as _PROJECTS_OWN

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

EXTENSIONS = {**_PROJECTS_OWN, "benchmarks.watched_settings.ReactorWatch": 1}
_TICK = 0.02
logger = logging.getLogger(__name__)


class ReactorWatch:
    """Logs at the end of a crawl for how many seconds at most the reactor was held."""

    def __init__(self) -> None:
        self._clock = LoopingCall(self._tick)
        self._waits = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._longest = self._longest_wait = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it, and connect it."""
        made = cls()
        crawler.signals.connect(made.start, signals.engine_started)
        crawler.signals.connect(made.stop, signals.engine_stopped)
        return made

    def start(self) -> None:
        """Start the clock."""
        self._last = time.monotonic(), self._waited(), time.thread_time()
        self._clock.start(_TICK, now=False)

    def stop(self) -> None:
        """Stop the clock, and log."""
        self._clock.stop()
        logger.info("the reactor was held for %.3f s at most, by waiting for %.3f s", self._longest, self._longest_wait)

    def _tick(self) -> None:
        now, waited, computed = time.monotonic(), self._waited(), time.thread_time()
        before, waited_before, computed_before = self._last
        held = now - before - _TICK - (waited - waited_before)
        self._longest = max(self._longest, held)
        self._longest_wait = max(self._longest_wait, held - (computed - computed_before))
        self._last = now, waited, computed

    def _waited(self) -> float:
        """Seconds that this thread has waited for a processor."""
        return int(self._waits.read_text().split()[1]) / 1e9
