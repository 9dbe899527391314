"""China Times (中時新聞網)."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class ChinaTimesSpider(StorySpider):
    """`scrapy crawl chinatimes -a url=https://...`."""

    name = "chinatimes"
    domains = ("chinatimes.com",)
    rules = SiteRules(
        related=(".recommended-article",),
        timezone="Asia/Taipei",
    )
