"""The page budget, spent when a request leaves the frontier, so that the best of the pending requests are made.

What the budget cuts is not lost: its stub is marked `skipped`, reason `budget` or `site_budget`, and in a JOBDIR the
request stays pending, so that the crawl continues with it when it is resumed with a larger budget. A JOBDIR also
notes each page that the budget was spent on: a page counts once, however often the crawl is stopped before it is read.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from kolcrawl.crawl.ignored_requests import BudgetSpentError, EndlessAddressesError, FoundElsewhereError
from kolcrawl.crawl.story_spider import StorySpider
from kolcrawl.frontier.interface import REFUND, VERDICT
from kolcrawl.net.exceptions import KEEP_PENDING
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler

NOT_SPENT = (BudgetSpentError, EndlessAddressesError, FoundElsewhereError)
"""Raised before the budget was spent on the request."""
SPENT_ON = "spent on "
"""Prefix of the notes of a JOBDIR that say which stories the budget was spent on; the value is the site."""


class BudgetMiddleware:
    """Lets `max_pages` stories pass, and `max_pages_per_site` of each site.

    A downloader middleware: spends `CrawlState.budget`. Repetitions and redirects of a request that passed cost
    nothing, and what was not sent after all (robots.txt forbids it) is given back.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._spent_earlier: set[str] | None = None
        """Keys of the stories that the budget was spent on before the crawl was stopped; None before they are read."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Count a story's first request.

        Raises:
            BudgetSpentError: there is nothing left to spend.
            FoundElsewhereError: the story was read under another address.
            EndlessAddressesError: addresses like this one give nothing new.
        """
        spider = self.crawler.spider
        if not isinstance(spider, StorySpider):
            return
        if self._spent_earlier is None:
            self._spent_earlier = _restore(spider)
        if not _is_first(request):
            return
        key = request.meta["story"]
        verdict = request.meta.get(VERDICT)  # a shared frontier counts for all workers
        if verdict is not None:
            request.meta[REFUND] = True  # until it passes
        if spider.paths.was_read_elsewhere(key):
            raise FoundElsewhereError
        if spider.learning.patterns.is_spent(request.url):
            raise EndlessAddressesError
        if key in self._spent_earlier:
            return
        if verdict is not None:
            if verdict:
                raise FoundElsewhereError if verdict == "elsewhere" else BudgetSpentError(verdict)
            request.meta[REFUND] = False
            return
        site = site_of(request.url)
        if reason := spider.crawl_state.budget.take(site):
            request.meta[KEEP_PENDING] = True
            raise BudgetSpentError(reason)
        if spider.notes is not None:
            spider.notes[SPENT_ON + key] = site

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Give back what another middleware held back."""
        spider = self.crawler.spider
        if not isinstance(spider, StorySpider) or isinstance(exception, NOT_SPENT):
            return
        if _is_first(request) and isinstance(exception, IgnoreRequest):
            key = request.meta["story"]
            if VERDICT in request.meta:
                request.meta[REFUND] = True
                return
            spider.crawl_state.budget.give_back(site_of(request.url))
            if spider.notes is not None:
                spider.notes[SPENT_ON + key] = None
            if self._spent_earlier is not None:
                self._spent_earlier.discard(key)


def _restore(spider: StorySpider) -> set[str]:
    """Count again what was spent before the crawl was stopped. Returns: the keys of these stories."""
    if spider.notes is None:
        return set()
    spent = {key: site for key, site in spider.notes.starting(SPENT_ON) if site}
    spider.crawl_state.budget.restore(Counter(spent.values()))
    return set(spent)


def _is_first(request: Request) -> bool:
    meta = request.meta
    return "story" in meta and "retry_times" not in meta and "redirect_times" not in meta
