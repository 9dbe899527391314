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

_POLL_SECONDS = 0.5
"""Seconds between two looks at whether the crawl is being stopped: Scrapy sends no signal when that begins."""


class DownloadsUnderWay:
    """The downloads of a crawl, which are broken off a while after it was told to stop. Reads STOP_SECONDS."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._patience = crawler.settings.getfloat("STOP_SECONDS", 5.0)
        self._tasks: set[asyncio.Task[object]] = set()
        self._seconds_stopping = 0.0
        self._loop = create_looping_call(self._look)
        crawler.signals.connect(self._start, signals.engine_started)
        crawler.signals.connect(self._end, signals.spider_closed)

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
            if not self._is_over:
                raise
            task.uncancel()
            raise CrawlStopsError from None
        finally:
            self._tasks.discard(task)

    @property
    def _is_over(self) -> bool:
        return self._seconds_stopping >= self._patience

    def _start(self) -> None:
        self._loop.start(_POLL_SECONDS, now=False)

    def _end(self) -> None:
        if self._loop.running:
            self._loop.stop()

    def _look(self) -> None:
        if not is_stopping(self._crawler):
            return
        self._seconds_stopping += _POLL_SECONDS
        release_queued_requests(self._crawler)
        if self._is_over:
            for task in list(self._tasks):
                task.cancel()
