"""The keywords that a page gives its story."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.page.element_text import text_of
from kolcrawl.page.facts import jsonld
from kolcrawl.page.html import PAGE_MARGINS
from kolcrawl.text.normalize import clean_line
from kolcrawl.text.tables import any_of, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.outline import Outline

MAX_TAGS = 30
MAX_OWN_TAGS = 15  # links of one part of the page; more are the tags of the whole site
MAX_TAG_LINKS = 200  # links that are looked at
LONGEST_TAG = 60  # characters
STUFFED = 20  # keywords; as many are written for search engines
_HOLDERS = frozenset(("div", "ul", "p", "section"))
LIST_COMMAS = 3  # in one keyword; as many make it a list
_HASH_SIGNS = "#\uff03"
_NAMES = ("news_keywords", "keywords", "parsely-tags", "sailthru.tags")
_COMMA = re.compile(r"\s*[,\uff0c;\uff1b\u3001|]\s*")
_TIGHT = re.compile(r"[,\uff0c;\uff1b\u3001](?=\S)")
_TECHNICAL = re.compile(r"^[A-Za-z][\w.-]*:\S|^\W*$|://")
_CLASSES = read_table("class_words.toml")["tags"]
_HOLDS_TAGS = re.compile(
    rf"(?:^|\s)(?:[\w-]*[_-])?(?:{any_of(_CLASSES['words'])})(?:[_-](?:{any_of(_CLASSES['behind'])}))?(?:$|\s)",
    re.IGNORECASE,
)


def read_tags(document: Document, markup: Markup) -> list[str]:
    """List the keywords of the story, in order, without repeats.

    Those of its markup come first, then the page's own links to its tags, then the keywords of the head, which many
    sites write for search engines. Where the markup has very many, the links are believed before it.
    """
    stated = jsonld.strings(markup.article.get("keywords")) if markup.article else []
    stated += markup.meta.get("article:tag", [])
    words = _cleaned(stated)
    if not words or len(words) > STUFFED:
        words = _cleaned(list(_linked(document.outline))) or words
    for name in _NAMES:
        if not words and (value := markup.first(name)):
            words = _cleaned([value])
    return words[:MAX_TAGS]


def _cleaned(words: list[str]) -> list[str]:
    """Split lists, and leave out what is no keyword."""
    pieces = (
        clean_line(piece).lstrip(_HASH_SIGNS)
        for word in words
        for piece in _split(jsonld.string(word) or "", alone=len(words) == 1)
    )
    return list(
        dict.fromkeys(piece for piece in pieces if 1 < len(piece) <= LONGEST_TAG and not _TECHNICAL.search(piece))
    )


def _split(word: str, *, alone: bool) -> Iterable[str]:
    """Split a keyword that is a list; `Elections, Governors` and `Business, Finance, & Economics` are one."""
    pieces = _COMMA.split(word)
    if any(piece.startswith("&") for piece in pieces[1:]):
        return [word]
    is_list = alone or bool(_TIGHT.search(word)) or len(pieces) > LIST_COMMAS
    return pieces if is_list else [word]


def _linked(outline: Outline) -> Iterator[str]:
    """Return the texts of the links to the story's tags."""
    for link in islice(outline.links_marked("tag"), MAX_TAG_LINKS):
        if not _is_in_margin(link):
            yield text_of(link)
    holders = (holder for holder in outline.named(_HOLDERS, _holds_tags) if holder.get("class"))
    for holder in islice(holders, MAX_TAGS):
        links = list(islice(holder.iter("a"), MAX_OWN_TAGS + 1))
        if links and len(links) <= MAX_OWN_TAGS and not _is_in_margin(holder):
            yield from map(text_of, links)
            return


@lru_cache(maxsize=20_000)
def _holds_tags(words: str) -> bool:
    return _HOLDS_TAGS.search(words) is not None


def _is_in_margin(element: HtmlElement) -> bool:
    margins = PAGE_MARGINS - {"footer"}  # an article's footer holds its tags
    return any(up.tag in margins for up in islice(element.iterancestors(), MAX_TAGS))
