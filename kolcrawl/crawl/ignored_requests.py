"""Requests that the crawl itself does not make: why, as exceptions that Scrapy neither retries nor logs."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class BudgetSpentError(IgnoreRequest):
    """The crawl, or its part of a site, has requested as many pages as it may.

    `reason` is `budget` or `site_budget`. Raised by `kolcrawl.crawl.budget.BudgetMiddleware`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the {reason.replace('_', ' ')} is spent")
        self.reason = reason


class FoundElsewhereError(IgnoreRequest):
    """The story was read in this run under another address (raised by `kolcrawl.crawl.budget.BudgetMiddleware`)."""


class EndlessAddressesError(IgnoreRequest):
    """Addresses of this form gave nothing new (raised by `kolcrawl.crawl.budget.BudgetMiddleware`)."""

    reason = "endless"

    def __init__(self) -> None:
        super().__init__("addresses of this form give nothing new")
