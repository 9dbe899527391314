"""What a site's spider imports: `StorySpider` to subclass, `SiteRules` where the general engine errs."""

from __future__ import annotations

from kolcrawl.crawl.story_spider import StorySpider
from kolcrawl.page import SiteRules

__all__ = ["SiteRules", "StorySpider"]
