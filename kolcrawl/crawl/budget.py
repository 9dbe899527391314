"""The page budget, taken when a request leaves the frontier, so that the best of what waits is asked for.

What the budget cuts is not lost: its stub is marked `skipped`, reason `budget` or `site_budget`, and in a JOBDIR the
request stays owed, so that the crawl goes on with it when it is taken up with a larger budget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from kolcrawl.crawl.ignored_requests import BudgetSpentError, FoundElsewhereError
from kolcrawl.crawl.story_spider import StorySpider
from kolcrawl.net.exceptions import KEEP_PENDING
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler


class BudgetMiddleware:
    """Lets `max_pages` stories pass, and `max_pages_per_site` of each site.

    A downloader middleware: spends `CrawlState.budget`. Repetitions and redirects of a request that passed cost
    nothing, and what was not sent after all (robots.txt forbids it) is given back.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Count a story's first request.

        Raises:
            BudgetSpentError: there is nothing left to spend.
            FoundElsewhereError: there is nothing left to read.
        """
        spider = self.crawler.spider
        if not isinstance(spider, StorySpider) or not _first(request):
            return
        if spider.paths.elsewhere(request.meta["story"]):
            raise FoundElsewhereError
        if reason := spider.crawl_state.budget.take(site_of(request.url)):
            request.meta[KEEP_PENDING] = True
            raise BudgetSpentError(reason)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Give back what another middleware held back."""
        spider = self.crawler.spider
        if not isinstance(spider, StorySpider) or isinstance(exception, BudgetSpentError | FoundElsewhereError):
            return
        if _first(request) and isinstance(exception, IgnoreRequest):
            spider.crawl_state.budget.give_back(site_of(request.url))


def _first(request: Request) -> bool:
    meta = request.meta
    return "story" in meta and "retry_times" not in meta and "redirect_times" not in meta
