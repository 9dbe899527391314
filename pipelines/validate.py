"""Validation: priority 200; bounds the fields, and names the reason of a page that holds no story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.items import StoryItem
from kolcrawl.story.validate import validate_story

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


class ValidatePipeline:
    """Counts what it had to change under `kolcrawl/invalid/<field>`."""

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: object) -> object:
        """Validate a story item; anything else passes."""
        if isinstance(item, StoryItem):
            for field in validate_story(item):
                self.stats.inc_value(f"kolcrawl/invalid/{field}")
        return item
