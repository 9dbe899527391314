"""A crawl that is being stopped does not wait for slow sites.

Scrapy waits for all that was handed to the downloader: up to DOWNLOAD_TIMEOUT for a body that trickles, and as long as
a robots.txt asks for where requests are queued behind a crawl delay. Here pages under way get `STOP_SECONDS`; what is
not there by then goes back to the frontier, unmade and without blame for its site, as do the requests that were queued.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.utils.asyncio import create_looping_call

from kolcrawl.net.exceptions import CrawlStopsError
from kolcrawl.net.scrapy_private import is_stopping, release_queued_requests

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.utils.asyncio import AsyncioLoopingCall
    from twisted.internet.task import LoopingCall

_POLL_SECONDS = 0.5
"""Seconds between two looks at whether the crawl is being stopped: Scrapy sends no signal when that begins."""


class StopClock:
    """Tells when a crawl that is being stopped has had its time. Reads STOP_SECONDS."""

    def __init__(self, crawler: Crawler, look: Callable[[], None]) -> None:
        """Make it; it runs as long as the crawl's engine.

        Args:
            look: called every half second from the moment the crawl is told to stop.
        """
        self._crawler, self._on_look = crawler, look
        self._patience = crawler.settings.getfloat("STOP_SECONDS", 5.0)
        self._seconds_stopping = 0.0
        self._loop: AsyncioLoopingCall | LoopingCall | None = None
        crawler.signals.connect(self._start, signals.engine_started)
        crawler.signals.connect(self._end, signals.spider_closed)

    @property
    def is_over(self) -> bool:
        """Whether the crawl was told to stop longer than STOP_SECONDS ago."""
        return self._seconds_stopping >= self._patience

    def _start(self) -> None:
        self._loop = create_looping_call(self._look)
        self._loop.start(_POLL_SECONDS, now=False)

    def _end(self) -> None:
        if self._loop is not None and self._loop.running:
            self._loop.stop()

    def _look(self) -> None:
        if is_stopping(self._crawler):
            self._seconds_stopping += _POLL_SECONDS
            self._on_look()


class DownloadsUnderWay:
    """The downloads of a crawl, which are broken off a while after it was told to stop."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._tasks: set[asyncio.Task[object]] = set()
        self._clock = StopClock(crawler, self._release)

    async def run(self, download: Callable[[], Awaitable[Response]]) -> Response:
        """Await a download.

        Raises:
            CrawlStopsError: the crawl is being stopped; the download was not made, or not to its end.
        """
        if is_stopping(self._crawler):
            raise CrawlStopsError
        task = asyncio.current_task()
        if task is None:
            return await download()
        self._tasks.add(task)
        try:
            return await download()
        except asyncio.CancelledError:
            if not self._clock.is_over:
                raise
            task.uncancel()
            raise CrawlStopsError from None
        finally:
            self._tasks.discard(task)

    def _release(self) -> None:
        release_queued_requests(self._crawler)
        if self._clock.is_over:
            for task in list(self._tasks):
                task.cancel()
