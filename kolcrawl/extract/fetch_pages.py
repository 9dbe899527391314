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
    """Requests each URL once, in order, and passes on what came."""

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
        self, urls: Sequence[str], fetched: Callable[[str, Response], None], failed: Callable[[str, str], None]
    ) -> None:
        """Take the URLs.

        Args:
            fetched: called with the URL requested and the response.
            failed: called with the URL requested and the reason.
        """
        super().__init__()
        self.urls, self.fetched, self.failed = urls, fetched, failed

    async def start(self) -> AsyncIterator[Request]:
        """Yield one request for each URL."""
        for n, url in enumerate(self.urls):
            yield Request(
                url, self.parse, errback=self.fail, priority=-n, dont_filter=True, cb_kwargs={"requested": url}
            )

    def parse(self, response: Response, requested: str) -> None:
        """Pass on a page that came."""
        self.fetched(requested, response)

    def fail(self, failure: Failure) -> None:
        """Pass on why no page came."""
        request: Request = failure.request  # type: ignore[attr-defined]
        self.failed(request.cb_kwargs["requested"], reason_of(failure, request))
