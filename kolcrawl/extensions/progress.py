"""While a crawl runs: one live line on a terminal, a log line now and then elsewhere."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from typing import TYPE_CHECKING, TextIO

from scrapy import signals
from scrapy.utils.asyncio import create_looping_call

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

LIVE_SECONDS = 0.5
LOG_SECONDS = 30.0
CLEAR = "\r\x1b[K"


class Progress:
    """Reads `PROGRESS_LOG_SECONDS` (seconds between log lines where there is no terminal; 0: none)."""

    def __init__(self, crawler: Crawler, stream: TextIO | None = None) -> None:
        self.crawler = crawler
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty() and crawler.settings.getbool("LOG_ENABLED")
        self.every = LIVE_SECONDS if self.live else crawler.settings.getfloat("PROGRESS_LOG_SECONDS", LOG_SECONDS)
        self.began = time.monotonic()
        self.recent: list[tuple[float, int]] = []
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def opened(self, spider: Spider) -> None:
        """Start the line."""
        if self.live:
            for handler in logging.getLogger().handlers:
                handler.addFilter(self._clear)  # a log line must not start behind the progress line
        if self.every:
            self.loop = create_looping_call(self.show)
            self.loop.start(self.every, now=self.live)

    def closed(self, spider: Spider, reason: str) -> None:
        """End the line."""
        if self.every and self.loop.running:
            self.loop.stop()
        if self.live:
            self.stream.write(CLEAR)
            self.stream.flush()

    def show(self) -> None:
        """Print the line once."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(CLEAR + self.line()[:width])
            self.stream.flush()
        else:
            logger.info("%s", self.line())

    def line(self) -> str:
        """`fetched 120 · queued 340 · 12.5/s · failed 3`."""
        stats = self.crawler.stats
        fetched = stats.get_value("kolcrawl/outcome/fetched", 0) + stats.get_value("kolcrawl/outcome/unchanged", 0)
        failed = stats.get_value("kolcrawl/outcome/failed", 0) + stats.get_value("kolcrawl/outcome/gone", 0)
        now = time.monotonic()
        self.recent = [(t, n) for t, n in self.recent if now - t < 10][-40:] or [(self.began, 0)]
        since, before = self.recent[0]
        rate = (fetched - before) / max(now - since, 0.1)
        self.recent.append((now, fetched))
        queued = stats.get_value("scheduler/enqueued", 0) - stats.get_value("scheduler/dequeued", 0)
        return f"fetched {fetched} · queued {queued} · {rate:.1f}/s · failed {failed}"

    def _clear(self, record: logging.LogRecord) -> bool:
        self.stream.write(CLEAR)
        return True
