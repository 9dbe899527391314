"""An aggregator of reprints: ten related titles under 相关内容, and 随便看看, which has none to do with it."""

from __future__ import annotations

from kolcrawl.page import SiteRules
from kolcrawl.spider import StorySpider


class KlqshSpider(StorySpider):
    """`scrapy crawl klqsh -a url=https://c.klqsh.com/news/view/346695`."""

    name = "klqsh"
    domains = ("klqsh.com",)
    rules = SiteRules(
        story_url=r"^https?://[^/]*klqsh\.com/\w+/view/\d+",
        timezone="Asia/Shanghai",
    )
