"""The Paper (澎湃新闻)."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class ThePaperSpider(StorySpider):
    """`scrapy crawl thepaper -a url=https://...`."""

    name = "thepaper"
    domains = ("thepaper.cn",)
    rules = SiteRules(
        related=(".ctread_bd",),
        timezone="Asia/Shanghai",
    )
