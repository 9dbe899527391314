"""ifeng (凤凰网): channels since 2019, whose feed below the story is the same on all pages."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class IfengSpider(StorySpider):
    """`scrapy crawl ifeng -a url=https://...`."""

    name = "ifeng"
    domains = ("ifeng.com",)
    rules = SiteRules(
        kinds=(("[class^='list_box-']", "recommended"),),  # 为您推荐, chosen for no story
        timezone="Asia/Shanghai",
    )
