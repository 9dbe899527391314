"""While a crawl runs: one live line on a terminal, a log line now and then elsewhere."""

from __future__ import annotations

import logging
import shlex
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
    from collections.abc import Iterator
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.utils.asyncio import AsyncioLoopingCall
    from twisted.internet.task import LoopingCall

    from kolcrawl.policy.scope import Budget

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
        """Write the line: `fetched 120 of 200 · queued 340 · 12.5/s · failed 3 · 64% on topic · 6 s left`.

        A worker on a shared frontier: `fetched 12 · failed 1 · 64% on topic · 3 workers together: 40 of 200 pages ·
        queued 340 · 12.5/s · 13 s left`.
        """
        state = state_of(self.crawler.spider) or CrawlState()
        counts, budget = state.counts, state.budget
        had = counts.outcomes["fetched"] + counts.outcomes["unchanged"]
        failed = [tr("failed {n}", n=counts.outcomes["failed"])]
        if gone := counts.outcomes["gone"]:
            failed.append(tr("gone {n}", n=gone))
        if counts.fetched:
            failed.append(tr("{share:.0%} on topic", share=counts.on_topic / counts.fetched))
        if (crawl := self.crawler.stats.get_value("frontier/crawl")) is not None:
            parts = [tr("fetched {n}", n=had), *failed, *self._together(budget)]
            if self.crawler.stats.get_value("frontier/paused"):
                parts.insert(0, tr("paused; scrapy frontier {crawl} --resume goes on", crawl=shlex.quote(crawl)))
        else:
            done = tr("fetched {n}", n=had)
            if budget.max_pages:
                done = tr("fetched {n} of {most}", n=had, most=budget.max_pages)
            under_way = count_downloading(self.crawler)
            queued, rate = self._queued() + under_way, self._rate(had)
            parts = [done, tr("queued {n}", n=queued), tr("{rate:.1f}/s", rate=rate), *failed]
            parts += _time_left(budget, queued, under_way, rate)
        running = self.crawler.engine is not None and self.crawler.engine.running
        self.ran = self.ran or running
        if self.ran and not running:
            parts.insert(0, tr("stopping, with what is under way; Ctrl-C again breaks off"))
        return " · ".join(parts)

    def _together(self, budget: Budget) -> Iterator[str]:
        """Write what all workers of a shared crawl have done, and have to do; nothing before it is known."""
        stats = self.crawler.stats
        if not (workers := stats.get_value("frontier/workers")):
            return
        # pages are counted as they leave the frontier where there is a budget, else as they are acknowledged
        done = budget.taken if budget.max_pages else stats.get_value("frontier/acknowledged", 0)
        self.recent = self.recent or [(time.monotonic(), done)]  # what others did before this worker came is no pace
        pages = trn("{n} page", "{n} pages", done)
        if budget.max_pages:
            pages = tr("{n} of {most} pages", n=done, most=budget.max_pages)
        yield trn("{n} worker: {pages}", "{n} workers together: {pages}", workers, pages=pages)
        queued, rate = stats.get_value("frontier/pending", 0), self._rate(done)
        yield tr("queued {n}", n=queued)
        yield tr("{rate:.1f}/s", rate=rate)
        yield from _time_left(budget, queued, stats.get_value("frontier/leased", 0), rate)

    def _rate(self, done: int) -> float:
        """Return the pages a second over the last ten seconds, or since the last line if that was earlier."""
        now = time.monotonic()
        self.recent = [(t, n) for t, n in self.recent if now - t < 10][-40:] or self.recent[-1:] or [(self.began, 0)]
        since, before = self.recent[0]
        self.recent.append((now, done))
        return (done - before) / max(now - since, 0.1)

    def _queued(self) -> int:
        """Count the requests that wait in the frontier of this process."""
        stats = self.crawler.stats
        waiting: int = stats.get_value("scheduler/enqueued", 0) - stats.get_value("scheduler/dequeued", 0)
        return waiting

    def _clear(self, record: logging.LogRecord) -> bool:
        self.stream.write(CLEAR_LINE)
        return True


def _time_left(budget: Budget, queued: int, under_way: int, rate: float) -> Iterator[str]:
    """Say how long a crawl with a budget still takes; nothing without one, or while nothing comes.

    Args:
        queued: requests that wait or are under way.
        under_way: those of them that the budget has been spent on already.
        rate: pages a second.
    """
    if budget.left is not None and rate > 0:
        yield tr("{time} left", time=duration(min(budget.left + under_way, queued) / rate))
