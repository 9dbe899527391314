"""The small news web that kolcrawl carries and serves itself: a first run shows something, with no network at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import signals

from kolcrawl.sample import SiteServer, sample_web
from kolcrawl.spider import StorySpider

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


class SampleSpider(StorySpider):
    """`scrapy crawl sample [-a depth=3]`."""

    name = "sample"
    start_urls: ClassVar[list[str]] = ["http://xinwen.example/a/20260302/100021.shtml"]  # type: ignore[misc]
    custom_settings: ClassVar[dict[str, Any] | None] = {  # type: ignore[misc]
        "MONGO_DATABASE": "kolcrawl_sample",  # not among the stories of a user's own crawls
        "AUTOTHROTTLE_ENABLED": False,  # the server is ours
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
    }

    server: SiteServer

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Bring the web up for the time of the crawl, as the proxy of every request, robots.txt with it."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.server = server = SiteServer(sample_web()).start()
        crawler.settings.set("PROXY", server.proxy, "cmdline")  # these hosts are nowhere else
        crawler.signals.connect(server.stop, signals.spider_closed)
        return spider
