"""Fetch a few pages with the project's own downloader settings, for commands that look at pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request, Spider

from kolcrawl.net.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from scrapy.http import Response
    from twisted.python.failure import Failure


class FetchSpider(Spider):
    """Asks for each URL once, in order, and hands over what came."""

    name = "fetch"
    custom_settings = {  # noqa: RUF012  (Scrapy's name and type)
        "ITEM_PIPELINES": {},
        "EXTENSIONS": {
            "kolcrawl.net.limits.ContentTypeGate": 500,  # this replaces the project's, with progress line and report
            "scrapy.extensions.logstats.LogStats": None,
        },
        "CONCURRENT_REQUESTS": 1,  # the answers come in the order of the URLs
        "JOBDIR": None,
    }

    def __init__(
        self, urls: Sequence[str], got: Callable[[str, Response], None], failed: Callable[[str, str], None]
    ) -> None:
        super().__init__()
        self.urls, self.got, self.failed = urls, got, failed

    async def start(self) -> AsyncIterator[Request]:
        """One request a URL."""
        for n, url in enumerate(self.urls):
            yield Request(url, self.parse, errback=self.fail, priority=-n, dont_filter=True, cb_kwargs={"asked": url})

    def parse(self, response: Response, asked: str) -> None:
        """A page came."""
        self.got(asked, response)

    def fail(self, failure: Failure) -> None:
        """No page came."""
        self.failed(failure.request.cb_kwargs["asked"], reason_of(failure))  # type: ignore[attr-defined]
