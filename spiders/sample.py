"""The small news web that kolcrawl carries and serves itself: a first run shows something, with no network at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import signals

from kolcrawl.sample import SiteServer, edition_after, edition_line, parse_edition, sample_web
from kolcrawl.spider import StorySpider
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler

    from kolcrawl.crawl.args import CrawlArgs

EDITION = "edition"
"""Name of the note in the JOBDIR that says which edition the crawl sees."""


class SampleSpider(StorySpider):
    """`scrapy crawl sample [-a depth=3] [-a edition=2]`.

    Each crawl into the same database sees the next edition of the web, unless `edition` names one; one that goes on
    with its JOBDIR sees the edition that it began with. Known stories are asked for again, whenever the crawl before
    was (`refresh=all`).
    """

    name = "sample"
    start_urls: ClassVar[list[str]] = ["http://xinwen.example/a/20260302/100021.shtml"]  # type: ignore[misc]
    custom_settings: ClassVar[dict[str, Any] | None] = {  # type: ignore[misc]
        "MONGO_DATABASE": "kolcrawl_sample",  # not among the stories of a user's own crawls
        "AUTOTHROTTLE_ENABLED": False,  # the server is ours
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
    }

    by_proxy = False
    server: SiteServer

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Bring the web up for the time of the crawl, as the proxy of every request, robots.txt with it."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.server = server = SiteServer(sample_web()).start()
        crawler.settings.set("PROXY", server.proxy, "cmdline")  # these hosts are nowhere else
        crawler.signals.connect(server.stop, signals.spider_closed)
        return spider

    @classmethod
    def read_args(cls, given: Mapping[str, Any]) -> CrawlArgs:
        """Check the spider arguments, of which `edition` is the sample's own."""
        parse_edition(given.get("edition"))
        return super().read_args({"refresh": "all"} | {name: given[name] for name in given if name != "edition"})

    async def start(self) -> AsyncIterator[Request]:
        """Turn to the edition of this crawl, then ask for the seeds."""
        chosen, notes = parse_edition(self._given.get("edition")), self.job_notes
        began_with = notes.get(EDITION) if notes is not None else None
        edition = chosen or began_with or await self._next_edition()
        if notes is not None:
            notes[EDITION] = edition
        self.server.site = sample_web(edition)
        self.crawl_state.hints.append(edition_line(edition, chosen=chosen is not None))
        async for request in super().start():
            yield request

    async def _next_edition(self) -> int:
        key = story_key(self.start_urls[0])
        known = await self.earlier_crawls.known([key]) if self.earlier_crawls else {}
        return edition_after(known[key].etag if key in known else None)
