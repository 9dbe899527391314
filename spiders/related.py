"""Any news site, without rules for it."""

from __future__ import annotations

from kolcrawl.spider import StorySpider


class RelatedSpider(StorySpider):
    """Follows the related-articles lists from one or several stories on.

    scrapy crawl related -a url=https://... [-a urls=FILE] [-a depth=2] [-a max_pages=200]
    """

    name = "related"
