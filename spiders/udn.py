"""United Daily News (聯合新聞網): its blocks are found without help; only its addresses and its clock are told."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class UdnSpider(StorySpider):
    """`scrapy crawl udn -a url=https://...`."""

    name = "udn"
    domains = ("udn.com",)
    rules = SiteRules(
        story_url=r"/story/|\.shtml|/article/",
        timezone="Asia/Taipei",
    )
