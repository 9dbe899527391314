"""People's Daily Online (人民网): national and provincial channels, whose related list has two makes."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class PeopleSpider(StorySpider):
    """`scrapy crawl people -a url=https://...`."""

    name = "people"
    domains = ("people.com.cn",)
    rules = SiteRules(
        related=(
            "#rwb_xgxw",
            ".rm_relevant",
        ),
        timezone="Asia/Shanghai",
    )
