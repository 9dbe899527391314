"""Guangming Online (光明网)."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class GmwSpider(StorySpider):
    """`scrapy crawl gmw -a url=https://...`."""

    name = "gmw"
    domains = ("gmw.cn",)
    rules = SiteRules(
        related=("#contentRelated",),
        timezone="Asia/Shanghai",
    )
