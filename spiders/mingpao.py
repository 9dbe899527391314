"""Ming Pao (明報)."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class MingPaoSpider(StorySpider):
    """`scrapy crawl mingpao -a url=https://...`."""

    name = "mingpao"
    domains = ("mingpao.com",)
    rules = SiteRules(
        related=(".relatelisting",),
        timezone="Asia/Hong_Kong",
    )
