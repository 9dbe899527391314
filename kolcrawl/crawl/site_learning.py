"""What a crawl learns of the sites that it reads: shared texts, blocks, parts of addresses, forms that give nothing.

What varies in a site's addresses, and which of its blocks stay, is kept in the store, so that the next crawl knows it
from its first page on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kolcrawl.crawl.open_visits import OpenVisits
from kolcrawl.crawl.site_blocks import SiteBlocks
from kolcrawl.policy.address_patterns import AddressPatterns
from kolcrawl.story.fold_addresses import fold_addresses
from kolcrawl.story.site_texts import SiteTexts, is_beside_its_link, is_unsigned, replaces_story
from kolcrawl.urls.varying_addresses import VaryingAddresses

if TYPE_CHECKING:
    from scrapy import Request

    from kolcrawl.items import StoryItem
    from kolcrawl.policy.earlier_crawls import EarlierCrawls

logger = logging.getLogger(__name__)


class SiteLearning:
    """What one crawl has learnt."""

    def __init__(self) -> None:
        self.texts = SiteTexts()
        self.blocks = SiteBlocks()
        self.open_visits = OpenVisits()
        self.varying = VaryingAddresses()
        self.patterns = AddressPatterns()
        self.retracted: dict[str, str] = {}
        """By key, the sites of stories that were read and turned out to be notices: the store takes them back."""

    async def take_up(self, earlier: EarlierCrawls | None) -> None:
        """Begin with what earlier crawls learnt."""
        if earlier:
            self.varying.take_up(await earlier.varying_parts())

    async def fold(self, item: StoryItem, earlier: EarlierCrawls | None) -> None:
        """Learn from the addresses on a page, and leave out of them what varies, in place; say and keep what is new."""
        changed = fold_addresses(item, self.varying)
        for site, part in changed:
            if part in self.varying.parts_of(site):
                logger.warning("%s: %r in addresses never changes a page there: left out from now on", site, part)
            else:
                logger.warning("%s: %r in addresses does change pages there: kept from now on", site, part)
        if earlier:
            for site in dict.fromkeys(site for site, _ in changed):
                await earlier.keep_varying(site, self.varying.parts_of(site))

    async def compare(self, item: StoryItem, request: Request, earlier: EarlierCrawls | None) -> None:
        """Compare a page with the one that stood there before, and with others of its site; change the item in place.

        A notice in a story's place makes the story `gone`; a short page of another matter than its link is none; text
        that most pages of the site have is taken off.
        """
        anchor = request.meta.get("anchor")
        if earlier and request.meta.get("same_as") and is_unsigned(item):
            before = await earlier.text_of(item.key)
            if replaces_story(item, *before):
                item.outcome, item.reason = "gone", "withdrawn"
                return
        if is_beside_its_link(item, anchor):
            item.outcome, item.reason = "failed", "no_article"
            return
        if first := self.texts.take(item, anchor):
            self.retracted[first] = item.site

    def judge_form(self, item: StoryItem, request: Request, *, was_read: bool) -> None:
        """Learn whether addresses of this form give anything new; say once if they do not.

        A story that is asked for once more at its own address, since a killed crawl could not store it, tells nothing.

        Args:
            item: of the page.
            request: the one that was answered.
            was_read: the story was read in this crawl before.
        """
        if was_read and request.meta["story"] == item.key:
            return
        asked = request.meta.get("redirect_urls", [request.url])[0]
        if self.patterns.note(asked, item, known=was_read):
            logger.warning("addresses like %s give nothing new: no more of them are asked for", asked)
