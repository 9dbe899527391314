"""SET News (三立新聞網): three generations of its page."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class SetnSpider(StorySpider):
    """`scrapy crawl setn -a url=https://...`."""

    name = "setn"
    domains = ("setn.com",)
    rules = SiteRules(
        kinds=((".interest", "related"),),  # 你可能會感興趣的新聞, chosen for the story
        timezone="Asia/Taipei",
    )
