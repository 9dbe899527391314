"""The page budget of a crawl, taken when a request leaves the frontier, so that the best of what waits is asked for.

What the budget cuts is not lost: its stub is marked `skipped`, reason `budget`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest, NotConfigured

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler


class BudgetSpentError(IgnoreRequest):
    """The crawl has asked for as many pages as it may (raised by `BudgetMiddleware`)."""

    reason = "budget"


class BudgetMiddleware:
    """Lets `max_pages` stories pass; repetitions and redirects of a request that passed cost nothing.

    A downloader middleware: reads the spider argument `max_pages`.
    """

    def __init__(self, crawler: Crawler) -> None:
        args = getattr(crawler.spider, "args", None)
        self.left: int = getattr(args, "max_pages", 0)
        if not self.left:
            raise NotConfigured

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Count a story's first request.

        Raises:
            BudgetSpentError: there is nothing left to spend.
        """
        meta = request.meta
        if "story" not in meta or "retry_times" in meta or "redirect_times" in meta:
            return
        if not self.left:
            raise BudgetSpentError("the page budget is spent")
        self.left -= 1
