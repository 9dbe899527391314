"""SINA Taiwan (新浪新聞): no related list; previous and next stand where one would."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class SinaTwSpider(StorySpider):
    """`scrapy crawl sinatw -a url=https://...`."""

    name = "sinatw"
    domains = ("sina.com.tw",)
    rules = SiteRules(
        kinds=(
            (".artbutn", "recommended"),
            (".other", "recommended"),
            (".headgroup", "latest"),
        ),
        timezone="Asia/Taipei",
    )
