"""ETtoday (新聞雲)."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class EtTodaySpider(StorySpider):
    """`scrapy crawl ettoday -a url=https://...`."""

    name = "ettoday"
    domains = ("ettoday.net",)
    rules = SiteRules(
        related=(".related-news",),
        timezone="Asia/Taipei",
    )
