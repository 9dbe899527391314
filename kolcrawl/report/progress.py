"""While a crawl runs: one live line on a terminal, a log line now and then elsewhere."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, TextIO

import wcwidth
from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from kolcrawl.locale import english, tr, trn
from kolcrawl.net.scrapy_private import count_downloading
from kolcrawl.report.crawl_state import CrawlState, state_of
from kolcrawl.report.quantities import duration

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.utils.asyncio import AsyncioLoopingCall
    from twisted.internet.task import LoopingCall

logger = logging.getLogger(__name__)

LIVE_SECONDS = 0.5
LOG_SECONDS = 30.0
CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Reads `PROGRESS_LOG_SECONDS` (seconds between log lines where there is no terminal; 0: none)."""

    def __init__(self, crawler: Crawler, stream: TextIO | None = None) -> None:
        self.crawler = crawler
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty() and crawler.settings.getbool("LOG_ENABLED")
        self.every = LIVE_SECONDS if self.live else crawler.settings.getfloat("PROGRESS_LOG_SECONDS", LOG_SECONDS)
        self.began = time.monotonic()
        self.ran = False
        self.recent: list[tuple[float, int]] = []
        self.loop: AsyncioLoopingCall | LoopingCall | None = None  # a crawl that cannot open its store never starts it
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it.

        Raises:
            NotConfigured: the spider is Scrapy's own, as in `scrapy fetch`, whose output is the page.
        """
        if state_of(crawler.spider) is None:
            raise NotConfigured
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
        if self.loop is not None and self.loop.running:
            self.loop.stop()
        if self.live:
            self.stream.write(CLEAR_LINE)
            self.stream.flush()

    def show(self) -> None:
        """Print the line once."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(CLEAR_LINE + wcwidth.clip(self.line(), 0, width))
            self.stream.flush()
        else:
            with english() if self.crawler.settings.get("LOG_FILE") else nullcontext():
                logger.info("%s", self.line())

    def line(self) -> str:
        """Write the line: `fetched 120 of 200 · queued 340 · 12.5/s · failed 3 · 64% on topic · 6 s left`."""
        state = state_of(self.crawler.spider) or CrawlState()
        counts, budget = state.counts, state.budget
        had = counts.outcomes["fetched"] + counts.outcomes["unchanged"]
        failed = counts.outcomes["failed"] + counts.outcomes["gone"]
        rate = self._rate(had)
        queued = self._queued()
        if budget.max_pages:
            parts = [tr("fetched {n} of {most}", n=had, most=budget.max_pages)]
        else:
            parts = [tr("fetched {n}", n=had)]
        parts += [tr("queued {n}", n=queued), tr("{rate:.1f}/s", rate=rate), tr("failed {n}", n=failed)]
        if counts.fetched:
            parts.append(tr("{share:.0%} on topic", share=counts.on_topic / counts.fetched))
        if budget.left is not None and rate:
            parts.append(tr("{time} left", time=duration(min(budget.left, queued) / rate)))
        if workers := self.crawler.stats.get_value("frontier/workers"):
            parts.append(trn("{n} worker", "{n} workers", workers))
            if self.crawler.stats.get_value("frontier/paused"):
                parts.insert(0, tr("paused; scrapy frontier --resume goes on"))
        running = self.crawler.engine is not None and self.crawler.engine.running
        self.ran = self.ran or running
        if self.ran and not running:
            parts.insert(0, tr("stopping, with what is under way; Ctrl-C again breaks off"))
        return " · ".join(parts)

    def _rate(self, had: int) -> float:
        """Return the stories a second over the last ten seconds."""
        now = time.monotonic()
        self.recent = [(t, n) for t, n in self.recent if now - t < 10][-40:] or [(self.began, 0)]
        since, before = self.recent[0]
        self.recent.append((now, had))
        return (had - before) / max(now - since, 0.1)

    def _queued(self) -> int:
        """Count the requests in the frontier and under way."""
        stats = self.crawler.stats
        if (pending := stats.get_value("frontier/pending")) is not None:
            return int(pending)  # of all workers on a shared frontier
        waiting: int = stats.get_value("scheduler/enqueued", 0) - stats.get_value("scheduler/dequeued", 0)
        return waiting + count_downloading(self.crawler)

    def _clear(self, record: logging.LogRecord) -> bool:
        self.stream.write(CLEAR_LINE)
        return True
