"""Where a date stands: how near to the headline, and whether the part of the page around it is another story's."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.element_text import text_of
from kolcrawl.page.html import LINE_BREAKING, PAGE_MARGINS
from kolcrawl.text.scripts import headline_width
from kolcrawl.text.tables import any_of, read_table

if TYPE_CHECKING:
    from lxml.html import HtmlElement

NEAR_LEVELS = 3  # levels above the headline of the smallest element that holds both
MAX_PATH = 12  # levels from a date towards the headline that are looked at
MAX_PATH_WITHOUT_HEADLINE = 6
LONGEST_ITEM = 800  # characters of an item of a list of stories, with white space; more is the story itself
MAX_LINKS = 8  # of an element that are looked at
HEADLINE_WIDTH = 25  # characters of a link that may be the headline of another story
_BESIDE = (PAGE_MARGINS - {"footer", "aside"}) | {"figure", "figcaption"}
_ITEMS = frozenset(("li", "article", "tr", "section", "a"))
"""Elements that hold one story of a list."""


class Surroundings:
    """What stands around the dates of a page, seen from its headline."""

    __slots__ = ("_above",)

    def __init__(self, headline: HtmlElement | None) -> None:
        self._above: dict[HtmlElement, int] = {}
        if headline is not None:
            self._above = {up: level for level, up in enumerate([headline, *headline.iterancestors()])}

    def levels(self, element: HtmlElement) -> int:
        """Count the levels from the headline up to the smallest element that holds both; 0 where no headline is."""
        if not self._above:
            return 0
        for up in [element, *element.iterancestors()]:
            if up in self._above:
                return self._above[up]
        return len(self._above)

    def is_outside(self, element: HtmlElement, raw: str, *, late: bool = True) -> bool:
        """Tell whether a date belongs to a comment, a teaser, a picture or another part beside the story.

        Args:
            element: in which the date stands.
            raw: the date as printed.
            late: whether it stands behind running text, where lists of other stories follow.
        """
        lists = late or self.levels(element) > 1
        block_seen = beside = meta = False
        for level, up in enumerate([element, *element.iterancestors()]):
            if up in self._above:
                return beside and self._above[up] > (NEAR_LEVELS if late else 2 * NEAR_LEVELS)
            if up.tag in ("body", "main") or level >= (MAX_PATH if self._above else MAX_PATH_WITHOUT_HEADLINE):
                return beside
            words = words_of(up)
            meta = meta or bool(class_patterns().meta.search(words))
            if _is_outside(up, words) or (up.tag == "aside" and not meta):
                return True
            beside = beside or bool(class_patterns().beside.search(words))
            is_block = not block_seen and up.tag in LINE_BREAKING and up.tag != "time"
            block_seen = block_seen or is_block
            if lists and (is_block or up.tag in _ITEMS) and _has_headline(up, raw):
                return True
        return beside


def _is_outside(element: HtmlElement, words: str) -> bool:
    """Tell whether an element stands beside the story; an article's footer does not."""
    if element.tag == "footer":
        return not any(up.tag == "article" for up in element.iterancestors())
    patterns = class_patterns()
    return element.tag in _BESIDE or bool(patterns.outside.search(words) and not patterns.meta.search(words))


def _has_headline(element: HtmlElement, raw: str) -> bool:
    """Tell whether an item of a list has a link long enough for the headline of another story."""
    if len(text_of(element, LONGEST_ITEM + 1)) > LONGEST_ITEM:
        return False
    links = [element] if element.tag == "a" else []
    for link in element.iter("a"):
        links.append(link)
        if len(links) > MAX_LINKS:
            break
    texts = (" ".join(text_of(link).split()) for link in links)
    return any(headline_width(text) - (len(raw) if raw in text else 0) >= HEADLINE_WIDTH for text in texts)


def words_of(element: HtmlElement) -> str:
    """Join class, id and itemprop of an element."""
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


class ClassPatterns(NamedTuple):
    """What class and id say of a date."""

    holds_date: re.Pattern[str]
    of_story: re.Pattern[str]
    meta: re.Pattern[str]
    """Of a part that holds date and authors, even in a side column."""
    published: re.Pattern[str]
    of_change: re.Pattern[str]
    outside: re.Pattern[str]
    """Of a part of the page that is about other things."""
    beside: re.Pattern[str]
    """Of a part that is, unless it stands close to the headline."""

    def is_change(self, words: str) -> bool:
        """Tell whether an element gives the last change; `published updated` is both at once."""
        return bool(self.of_change.search(words)) and not self.published.search(words)


@cache
def class_patterns() -> ClassPatterns:
    """Read the patterns of `data/class_words.toml`."""
    classes = read_table("class_words.toml")["date"]
    return ClassPatterns(
        re.compile(
            rf"(?:^|[\s_-])(?:{any_of(classes['before'])})?[\s_-]*(?:{any_of(classes['words'])})(?:$|[\s_-])"
            rf"|{'|'.join(classes['pieces'])}",
            re.IGNORECASE,
        ),
        re.compile(any_of(classes["of_story"]), re.IGNORECASE),
        re.compile(any_of(classes["meta"]), re.IGNORECASE),
        re.compile(any_of(classes["published"]), re.IGNORECASE),
        re.compile(any_of(classes["of_change"]), re.IGNORECASE),
        re.compile("|".join(classes["outside"]), re.IGNORECASE),
        re.compile("|".join(classes["beside"]), re.IGNORECASE),
    )


@lru_cache(maxsize=20_000)
def holds_date(words: str) -> bool:
    """Tell whether class or id say that an element holds the date of the story."""
    patterns = class_patterns()
    return bool(patterns.holds_date.search(words)) and not (
        patterns.outside.search(words) or patterns.beside.search(words) or patterns.is_change(words)
    )
