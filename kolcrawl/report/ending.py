"""When a crawl is over: after the engine said so, and after its spider was closed."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from kolcrawl.net.scrapy_private import is_spider_open

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

ENDING_LOOK_SECONDS = 0.02
CLOSING_SECONDS = 60.0
"""Seconds; a pipeline that hangs, or was cancelled in its end, leaves a spider that is never closed."""

logger = logging.getLogger(__name__)


async def spider_closed(crawler: Crawler) -> None:
    """Wait, in a receiver of `engine_stopped`, until the spider is closed: pipelines done, the run's end noted.

    Scrapy 2.19 closes the spider before it says `engine_stopped`, but for one case: a Ctrl-C while a spider closes of
    itself. Its engine then takes the spider for closed as soon as no request is left, and the process ends in the
    middle of the pipelines' `close_spider`. It awaits the receivers of `engine_stopped`; they await the spider.
    """
    until = time.monotonic() + CLOSING_SECONDS
    while is_spider_open(crawler):
        if time.monotonic() > until:
            logger.warning("the spider is not closed after %g s; the process ends without it", CLOSING_SECONDS)
            return
        await asyncio.sleep(ENDING_LOOK_SECONDS)
