"""The page budget, taken when a request leaves the frontier, so that the best of what waits is asked for.

What the budget cuts is not lost: its stub is marked `skipped`, reason `budget` or `site_budget`, and in a JOBDIR the
request stays owed, so that the crawl goes on with it when it is taken up with a larger budget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from kolcrawl.net.exceptions import STAYS_OWED
from kolcrawl.policy.scope import Budget
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler

    from kolcrawl.crawl.paths import Trail


class BudgetSpentError(IgnoreRequest):
    """The crawl, or its part of a site, has asked for as many pages as it may (raised by `BudgetMiddleware`)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the {reason.replace('_', ' ')} is spent")
        self.reason = reason


class FoundElsewhereError(IgnoreRequest):
    """The story was read a moment ago, where another address led (raised by `BudgetMiddleware`)."""


class BudgetMiddleware:
    """Lets `max_pages` stories pass, and `max_pages_per_site` of each site.

    A downloader middleware: reads the spider's arguments. Repetitions and redirects of a request that passed cost
    nothing, and what was not sent after all (robots.txt forbids it) is given back.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        args = getattr(crawler.spider, "args", None)
        self.budget = Budget(getattr(args, "max_pages", 0), getattr(args, "max_pages_per_site", 0))
        if crawler.spider is not None:  # `scrapy shell` makes its spider later
            crawler.spider.budget = self.budget  # type: ignore[attr-defined]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Count a story's first request.

        Raises:
            BudgetSpentError: there is nothing left to spend.
            FoundElsewhereError: there is nothing left to read.
        """
        if not _first(request):
            return
        trail: Trail | None = getattr(self.crawler.spider, "trail", None)
        if trail is not None and trail.elsewhere(request.meta["story"]):
            raise FoundElsewhereError
        if reason := self.budget.take(site_of(request.url)):
            request.meta[STAYS_OWED] = True
            raise BudgetSpentError(reason)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Give back what another middleware held back."""
        ours = isinstance(exception, BudgetSpentError | FoundElsewhereError)
        if _first(request) and isinstance(exception, IgnoreRequest) and not ours:
            self.budget.give_back(site_of(request.url))


def _first(request: Request) -> bool:
    meta = request.meta
    return "story" in meta and "retry_times" not in meta and "redirect_times" not in meta
