"""How often Python looks for reference cycles while a crawl runs: a process-wide setting, made by an extension."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from scrapy.exceptions import NotConfigured

from kolcrawl.report.crawl_state import state_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

GC_THRESHOLDS = (20_000, 50, 100)
"""A page makes thousands of objects and hardly a cycle: at Python's own 700 the collector runs all the time in vain."""


class RareGarbageCollection:
    """Takes what is loaded by the start of a crawl out of garbage collection, and has the rest collected rarely."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Set the process's garbage collector.

        Raises:
            NotConfigured: the spider is Scrapy's own, as in `scrapy shell`.
        """
        if state_of(crawler.spider) is None:
            raise NotConfigured
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        return cls()
