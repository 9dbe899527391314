"""Tell notices in the place of a story: withdrawn, unavailable for a while, closed? The words are in notices.toml.

Sites serve such notices as ordinary pages, at the address of a story that may have been read before. A headline that
says nothing but the notice is the surest sign; in a short text the words count, too. A story may speak of such things,
and says more: a date, an author, several paragraphs under a headline of its own.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

from kolcrawl.text.normalize import clean_line
from kolcrawl.text.scripts import prose_weight
from kolcrawl.text.tables import any_of, read_table

NoticeKind = Literal["withdrawn", "unavailable", "site_closed", "region"]
NOTICE_KINDS: tuple[NoticeKind, ...] = ("site_closed", "region", "withdrawn", "unavailable")
"""In the order in which they are looked for: `domain has expired` is more than `has expired`."""

MAX_SHORT = 900
"""Weight of a text up to which a page may be a notice whatever its paragraphs; an East Asian character weighs three."""
MAX_BRIEF = 450
"""Weight of a text in which the words alone are looked for."""
MAX_LONG = 3_600
"""Weight of the longest text of a page whose headline alone says that it is a notice."""
MIN_STORY = 240
"""Weight from which a page that marks itself as an article is one."""
MIN_WORDS_IN_TEXT = 4
"""Characters of words that are looked for in a text; shorter ones (404) are looked for in headlines."""


class NoticePage(NamedTuple):
    """What of a page tells whether it is a notice."""

    heads: list[str]
    """Its title and first headings."""
    text: str
    paragraphs: int
    """How many paragraphs read like an article's."""
    marked: bool
    """Whether it marks itself as an article."""
    dated_or_signed: bool
    """Whether it prints a date or an author."""


@cache
def _patterns() -> list[tuple[NoticeKind, re.Pattern[str], re.Pattern[str]]]:
    """Compile, by kind, what is looked for in headlines and in texts."""
    found = []
    for kind in NOTICE_KINDS:
        words = [
            word for row in read_table("notices.toml")["notice"] if row["kind"] == kind for word, _ in row["words"]
        ]
        long = [word for word in words if len(word) >= MIN_WORDS_IN_TEXT]
        # `404` is not looked for within 40404
        found.append((kind, _whole_words(words), _whole_words(long)))
    return found


def _whole_words(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{any_of(words)})(?![a-z0-9])")


def notice_kind(page: NoticePage) -> NoticeKind | None:
    """Tell what kind of notice a page is; None for any other page."""
    size = prose_weight(page.text)
    if page.marked and size > MIN_STORY:
        return None
    heads = [clean_line(head).lower().replace("’", "'") for head in page.heads if head]
    short = size < MAX_SHORT and page.paragraphs < 2
    if not short and (size > MAX_LONG or page.dated_or_signed):
        return None
    for kind, in_heads, _ in _patterns():
        for head in heads:
            words = in_heads.search(head)
            if words and len(head) <= (3 * len(words[0]) + 30 if short else 2 * len(words[0]) + 8):
                return kind
    if short and size < MAX_BRIEF and not page.marked:
        text = page.text.lower().replace("’", "'")
        for kind, _, in_text in _patterns():
            words = in_text.search(text)
            if words and size < MIN_STORY + 3 * prose_weight(words[0]):
                return kind
    return None
