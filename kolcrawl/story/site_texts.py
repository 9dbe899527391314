"""Learn what the pages of one site share while they are read: boilerplate taken for text, and notices. Pure.

Text that many stories of a site share is boilerplate: it is not theirs, and stories without any other text would all
be copies of each other. A short page that is the same at several addresses, title included, or that stands where a
story of another title was, is a notice in words that no list has.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from kolcrawl.items import SHARED_TEXT
from kolcrawl.policy.redirects import headlines_agree, is_of_another_matter, share_nothing
from kolcrawl.text.normalize import letters
from kolcrawl.text.scripts import prose_weight

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem

MIN_PAGES: Final = 8
"""Stories of different titles that have a line, from which it may be boilerplate."""
BOILERPLATE_SHARE: Final = 0.6
"""Share of a site's stories that have such a line: a paragraph of background stands in many, but not in most."""
MIN_TITLES: Final = 3
"""Stories of different titles with one and the same text, from which it is boilerplate."""
MAX_NOTICE: Final = 900
"""Weight of a text up to which a page without date and author may be a notice."""
NOTICE_SHARE: Final = 0.3
"""Share of the earlier text's weight that a notice in its place has at most."""
MIN_HEADLINE_LETTERS: Final = 8
"""Letters of a link's text from which it may be a headline."""
MIN_TELLING_LINE: Final = 60
"""Weight of a line that no two texts have by chance."""
MIN_RELATED_LINKS: Final = 3
"""Related links of a page that make it a story."""
MAX_REMEMBERED_SITES, MAX_SITE_LINES, MAX_SITE_TEXTS = 1_000, 5_000, 2_000
"""Kept in memory; of each, those that were not met for longest go first."""

Value = TypeVar("Value")


class _Recent(OrderedDict[int | str, Value], Generic[Value]):
    """A dictionary that forgets what was not set for longest."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def keep(self, key: int | str, value: Value) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > self.limit:
            self.popitem(last=False)


class _SeenOnSite:
    """Lines, texts and notices that were read on one site."""

    def __init__(self) -> None:
        self.stories = 0
        self.lines: _Recent[tuple[int, int]] = _Recent(MAX_SITE_LINES)
        """By line, how many stories had it, and the title of the latest."""
        self.texts: _Recent[tuple[int, int]] = _Recent(MAX_SITE_TEXTS)
        """The same by whole text."""
        self.notices: _Recent[tuple[str, int]] = _Recent(MAX_SITE_TEXTS)
        """By title and text of short pages, the story that had them first, and how many others had them since."""


class SiteTexts:
    """The texts that were read of each site in this crawl."""

    def __init__(self) -> None:
        self._sites: _Recent[_SeenOnSite] = _Recent(MAX_REMEMBERED_SITES)

    def take(self, item: StoryItem, anchor: str | None = None) -> str | None:
        """Learn from a story that was read, and take the text off it that it shares with most of its site, in place.

        One that turns out to be the same page as at another address becomes `failed`, reason `no_article`.

        Args:
            item: the story.
            anchor: text of the link that led to it.

        Returns: key of the story that had the page first, if it is surely none either: the page was met at a third
            address, or where a link promises something else.
        """
        site = self._sites.get(item.site) or _SeenOnSite()
        self._sites.keep(item.site, site)
        title = hash(letters(item.title or ""))
        if may_be_notice(item) or (is_unsigned(item) and _promises_another(anchor, item.title)):
            page = hash((title, item.text))
            first, others = site.notices.get(page, (item.key, 0))
            if first != item.key:
                item.outcome, item.reason = "failed", "no_article"
                site.notices.keep(page, (first, others + 1))
                return first if others or _promises_another(anchor, item.title) else None
            site.notices.keep(page, (item.key, others))
        site.stories += 1
        if item.text:
            self._take_shared(site, item, title)
        return None

    def _take_shared(self, site: _SeenOnSite, item: StoryItem, title: int) -> None:
        """Take the text off a story that it shares with most of its site; `sources` says so where nothing is left.

        What is taken depends on how many pages were read before, and `read_text` does not.
        """
        text = item.text or ""
        if _count(site.texts, hash(text), title) >= MIN_TITLES:
            item.text, item.read_text, item.sources["text"] = None, text, SHARED_TEXT
            return
        enough = max(MIN_PAGES, BOILERPLATE_SHARE * site.stories)
        lines = text.split("\n")
        kept = [line for line in lines if _count(site.lines, hash(line), title) < enough]
        if not kept:
            item.text, item.read_text, item.sources["text"] = None, text, SHARED_TEXT
        elif len(kept) < len(lines):
            item.text, item.read_text = "\n".join(kept), text


def _promises_another(anchor: str | None, title: str | None) -> bool:
    """Tell whether the text of a link is a headline, and not that of the page to which it led."""
    return len(letters(anchor or "")) >= MIN_HEADLINE_LETTERS and not headlines_agree(anchor, title)


def _count(seen: _Recent[tuple[int, int]], what: int, title: int) -> int:
    """Count a line or text, once for each title in a row.

    Returns: how often it was met.
    """
    count, latest = seen.get(what, (0, 0))
    if count == 0 or latest != title:
        count += 1
    seen.keep(what, (count, title))
    return count


def is_unsigned(item: StoryItem) -> bool:
    """Tell whether a page has neither date nor author."""
    return not item.published_at and not item.authors


def may_be_notice(item: StoryItem) -> bool:
    """Tell whether a page is short, and has neither date nor author."""
    return is_unsigned(item) and prose_weight(item.text or "") <= MAX_NOTICE


def is_beside_its_link(item: StoryItem, anchor: str | None) -> bool:
    """Tell whether a page that may be a notice has no word in common with the link that led to it.

    A page with a list of related stories of its own is a story, however short.

    Args:
        item: the page.
        anchor: text of the link.
    """
    return may_be_notice(item) and _leads_nowhere(item) and is_of_another_matter(anchor, item.title)


def _leads_nowhere(item: StoryItem) -> bool:
    return sum(link.kind == "related" for link in item.links) < MIN_RELATED_LINKS


def replaces_story(item: StoryItem, title: str | None, text: str | None) -> bool:
    """Tell whether a page stands where a story was and is none.

    It has neither date nor author, another headline, and no paragraph of the story; and it is far shorter, or its
    headline shares no word with the former one, as that of a page by another owner of the domain.

    Args:
        item: the page as read now.
        title: of the story as it was read before.
        text: likewise.
    """
    if not text or not is_unsigned(item) or letters(title or "") == letters(item.title or ""):
        return False
    if _long_lines(text) & _long_lines(item.text or ""):
        return False
    if share_nothing(title, item.title) and _leads_nowhere(item):
        return True
    shorter = prose_weight(item.text or "") <= NOTICE_SHARE * prose_weight(text)
    return may_be_notice(item) and shorter and not headlines_agree(title, item.title)


def _long_lines(text: str) -> set[str]:
    """Return the lines that no two texts have by chance."""
    return {line for line in text.split("\n") if prose_weight(line) >= MIN_TELLING_LINE}
