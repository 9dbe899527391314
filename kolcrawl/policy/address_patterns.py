"""Bound how much of a crawl one form of address may take that leads to nothing new. Pure.

Calendars, filters, and links with a token at each view make addresses without end, all of one form. Where nearly all
pages of a form are no stories, or stories that the crawl has read before, no more of them are asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from kolcrawl.text.normalize import letters
from kolcrawl.urls import form_of

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem

MIN_WASTED: Final = 24
"""Pages without anything new, at least, after which a form may be left."""
WASTED_SHARE: Final = 0.8
"""Share of a form's pages, at least, that gave nothing new."""
MAX_FORMS, MAX_TITLES = 5_000, 50_000
"""Kept in memory; those that were not met for longest go first."""


class AddressPatterns:
    """What the forms of address of each site have given in this crawl."""

    def __init__(self) -> None:
        self._forms: OrderedDict[str, list[int]] = OrderedDict()
        """By form, pages that were read, and those of them without anything new."""
        self._titles: OrderedDict[tuple[str, int], None] = OrderedDict()

    def is_spent(self, url: str) -> bool:
        """Tell whether addresses of this form give nothing new."""
        read, wasted = self._forms.get(form_of(url), (0, 0))
        return wasted >= MIN_WASTED and wasted >= WASTED_SHARE * read

    def note(self, url: str, item: StoryItem, *, known: bool) -> bool:
        """Learn from a page.

        Args:
            url: that was asked for.
            item: of the page.
            known: its story was read in this crawl, under another address.

        Returns: whether its form of address is spent by it.
        """
        if item.outcome == "unchanged" or (item.outcome != "fetched" and item.reason != "no_article"):
            return False  # what is gone, fails or is out of scope says nothing of what else is there
        form = form_of(url)
        before = self.is_spent(url)
        counts = self._forms.setdefault(form, [0, 0])
        counts[0] += 1
        counts[1] += known or item.outcome != "fetched" or self._was_met(form, item)
        self._forms.move_to_end(form)
        if len(self._forms) > MAX_FORMS:
            self._forms.popitem(last=False)
        return not before and self.is_spent(url)

    def _was_met(self, form: str, item: StoryItem) -> bool:
        """Tell whether a page of this form had the same headline, and remember it."""
        title = letters(item.title or "")
        if not title:
            return False
        one = (form, hash(title))
        met = one in self._titles
        self._titles[one] = None
        self._titles.move_to_end(one)
        if len(self._titles) > MAX_TITLES:
            self._titles.popitem(last=False)
        return met
