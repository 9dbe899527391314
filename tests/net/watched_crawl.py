"""One crawl of one page that writes down what `kolcrawl.net.scrapy_private` says of it at each station; a program.

Run by `test_scrapy_private.py` with the URL, and `stop` for a crawl that is stopped. Each line of output is a JSON list
of a station and what was seen there.
"""

from __future__ import annotations

import asyncio
import json
import sys
import warnings
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import AsyncCrawlerProcess

from kolcrawl.net.scrapy_private import (
    count_downloading,
    is_scraper_full,
    is_spider_open,
    is_stopping,
    release_queued_requests,
    requests_in_downloader,
    requests_in_scraper,
    restart_slot_clock,
    set_slot_delay,
    slot_key,
    slot_limit,
    slot_pace,
    wake_engine,
)

OTHER = "other.example"


class OneByOne(BaseScheduler):
    """A scheduler that counts how often it is asked."""

    questions = 0

    def __init__(self) -> None:
        self.waiting: list[Request] = []

    @classmethod
    def from_crawler(cls, crawler: Any) -> OneByOne:
        return cls()

    def has_pending_requests(self) -> bool:
        return bool(self.waiting)

    def enqueue_request(self, request: Request) -> bool:
        self.waiting.append(request)
        return True

    def next_request(self) -> Request | None:
        OneByOne.questions += 1
        return self.waiting.pop() if self.waiting else None


class WatchedSpider(Spider):
    """Asks for one page, and looks about at each station of its way."""

    name = "watched"
    request: Request | None = None

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> WatchedSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        for signal in (signals.request_reached_downloader, signals.response_downloaded, signals.spider_idle):
            crawler.signals.connect(getattr(spider, f"on_{'idle' if signal is signals.spider_idle else 'way'}"), signal)
        crawler.signals.connect(spider.on_stopped, signals.engine_stopped)
        return spider

    async def start(self) -> Any:
        tell("before", count=count_downloading(self.crawler))
        yield Request(self.url)

    def look(self, station: str) -> None:
        """Say which part of the engine has the request."""
        tell(
            station,
            downloader=self.request in requests_in_downloader(self.crawler),
            scraper=self.request in requests_in_scraper(self.crawler),
            count=count_downloading(self.crawler),
            full=is_scraper_full(self.crawler),
        )

    def on_way(self, request: Request) -> None:
        """The request reached the downloader, or its page came."""
        self.request = self.request or request
        self.look("downloading")

    async def parse(self, response: Any) -> Any:
        self.look("parsing")
        tell("key", key=slot_key(self.crawler, response.request))
        host = slot_key(self.crawler, response.request)
        tell("limits", own=slot_limit(self.crawler, host), other=slot_limit(self.crawler, OTHER))
        asked, delay = slot_pace(self.crawler, host)
        restart_slot_clock(self.crawler, host)
        again, _ = slot_pace(self.crawler, host)
        never = slot_pace(self.crawler, OTHER)
        tell("pace", delay=delay, asked=asked > 0, later=again > asked, other=list(never))
        for name in (host, OTHER):
            set_slot_delay(self.crawler, name, 0.25)
        tell("limits", own=slot_limit(self.crawler, host), other=slot_limit(self.crawler, OTHER))
        tell("delay", delay=self.crawler.engine.downloader.slots[host].delay)
        await asyncio.sleep(0.3)  # whatever the engine still had to ask has been asked
        before = OneByOne.questions
        wake_engine(self.crawler)
        await asyncio.sleep(0.3)
        tell("woken", asked=OneByOne.questions > before)
        yield {"url": response.url}

    def on_idle(self) -> None:
        """All is done."""
        self.look("idle")
        tell("open", at="idle", is_open=is_spider_open(self.crawler))

    def on_stopped(self) -> None:
        """The engine has stopped."""
        tell("open", at="stopped", is_open=is_spider_open(self.crawler))


class StoppedSpider(Spider):
    """Queues a request behind a delay of an hour, and is stopped: the request must come to its end all the same."""

    name = "stopped"

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> StoppedSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.queued, signals.request_reached_downloader)
        return spider

    async def start(self) -> Any:
        yield Request(self.url)

    async def parse(self, response: Any) -> Any:
        set_slot_delay(self.crawler, slot_key(self.crawler, response.request), 3600.0)
        yield Request(f"{self.url}/last", self.last)

    def last(self, response: Any) -> None:
        """The last page has come."""
        tell("released", url=response.url)

    def queued(self, request: Request) -> None:
        """The last request is queued: stop the crawl."""
        if request.url.endswith("/last"):
            self.stopping = asyncio.ensure_future(self.stop())

    async def stop(self) -> None:
        """Stop, and let go of what is queued."""
        await asyncio.sleep(0.2)
        tell("stopping", told=is_stopping(self.crawler))
        stopped = asyncio.ensure_future(self.crawler.stop_async())
        await asyncio.sleep(0.2)
        tell("stopping", told=is_stopping(self.crawler))
        release_queued_requests(self.crawler)
        await stopped


class WatchedPipeline:
    """Looks about while the item is in the pipelines, and while they are closed."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> WatchedPipeline:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        await asyncio.sleep(0.01)
        self.crawler.spider.look("storing")
        return item

    async def close_spider(self) -> None:
        await asyncio.sleep(0.01)
        tell("open", at="closing", is_open=is_spider_open(self.crawler))


def tell(station: str, **seen: Any) -> None:
    """One line of output."""
    print(json.dumps([station, seen]), flush=True)


def main() -> None:
    """Crawl the page."""
    warnings.filterwarnings("error", module=r"(kolcrawl|tests)\.")
    process = AsyncCrawlerProcess(
        {
            "SCHEDULER": OneByOne,
            "ITEM_PIPELINES": {WatchedPipeline: 1},
            "CONCURRENT_REQUESTS_PER_DOMAIN": 3,
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    process.crawl(StoppedSpider if "stop" in sys.argv[2:] else WatchedSpider, url=sys.argv[1])
    process.start()


if __name__ == "__main__":
    main()
