"""Read the pages of a crawl so that none of them holds it up, whatever is in it.

Entry point: `PageReader(crawler, processes).read(...)`, which is `read_page` awaited. With processes for it
(`READ_PROCESSES`) they read every page. Without, the crawl's own process reads the ordinary ones, which costs nothing
more, and gives up after `HELD_SECONDS`; such a page, and any that is not ordinary, is read by a process that is started
for the first of them and has `READ_SECONDS`. A call into C that does not end cannot be broken off where it is made:
hence the bounds on what is ordinary, under which all such calls are short.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from scrapy import signals

from kolcrawl.crawl.parse_workers import HELD_SECONDS, ParseWorkers
from kolcrawl.net.stopping import StopClock
from kolcrawl.page import read_page
from kolcrawl.page.related.site_memory import SiteMemory
from kolcrawl.system.deadline import call_within, can_break_off
from kolcrawl.text.languages import is_detector_loaded, is_detector_wanted, load_detector
from kolcrawl.urls.identity import url_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from scrapy.crawler import Crawler

    from kolcrawl.items import BlockLesson
    from kolcrawl.page import Page, SiteRules

# Of 2,345 pages of many publishers, one in 180 has more bytes, and none as many tags.
ORDINARY_BYTES = 1_000_000
ORDINARY_TAGS = 15_000  # signs that open or close one

logger = logging.getLogger(__name__)


class PageReader:
    """What reads the pages of a crawl."""

    def __init__(self, crawler: Crawler, processes: int) -> None:
        """Prepare it; starts no process yet.

        Args:
            crawler: whose pages it reads. READ_SECONDS and STOP_SECONDS are its settings.
            processes: number of processes that read every page; 0: the crawl's own process reads what it can.
        """
        self.workers = ParseWorkers(max(1, processes), crawler.settings.getfloat("READ_SECONDS"))
        self.is_beside = processes > 0
        """Whether every page is read by another process."""
        self._memory = SiteMemory()
        self._clock = StopClock(crawler, self._look)
        crawler.signals.connect(self.workers.close, signals.spider_closed)

    async def read(
        self,
        body: bytes,
        url: str,
        headers: Mapping[str, str],
        rules: SiteRules,
        *,
        now: datetime,
        lessons: Sequence[BlockLesson] = (),
    ) -> Page:
        """Read a page as `read_page` does; `lessons` are what is known of the blocks of its host.

        A site's pages teach the process that reads them about its blocks; those read by another process learn nothing
        from them but what is handed on as lessons.

        Raises:
            PageError: the page cannot be read at all; `unreadable` also where it took longer than READ_SECONDS.
            CrawlStopsError: the crawl was told to stop STOP_SECONDS ago, and the page was not read.
        """
        if not self.is_beside and is_ordinary(body) and can_break_off():
            if lessons:
                self._memory.take_up(url_parts(url).host, lessons)
            reading = partial(read_page, body, url, headers, rules, now=now, memory=self._memory)
            had_detector = is_detector_loaded()
            page = _read_here(reading)
            if page is None and is_detector_wanted() and not had_detector:  # the page may have waited for it alone
                await asyncio.to_thread(load_detector)
                page = _read_here(reading)
            if page is not None:
                return page
            logger.info("%s: not read within %g s; a process of its own goes on with it", url, HELD_SECONDS)
        return await self.workers.read(body, url, headers, rules, now=now, lessons=lessons)

    def _look(self) -> None:
        if self._clock.is_over:
            self.workers.close()


def _read_here(reading: Callable[[], Page]) -> Page | None:
    """Read a page in this process; None where that takes longer than `HELD_SECONDS`."""
    try:
        return call_within(HELD_SECONDS, reading)
    except TimeoutError:
        return None


def is_ordinary(body: bytes) -> bool:
    """Tell whether a page is of a size that real pages have, so that no call into C takes long on it."""
    return len(body) <= ORDINARY_BYTES and body.count(b"<") <= ORDINARY_TAGS
