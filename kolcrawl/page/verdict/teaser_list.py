"""Tell whether the text of a page is a list of other stories: headlines that are links, each with a few words below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.text.scripts import prose_weight
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kolcrawl.page.document import Document
    from kolcrawl.page.outline import Outline

MIN_TEASERS = 5
"""Headlines of the site's own stories, at least, among the lines of such a text."""
MIN_HEADLINE_WEIGHT = 18
"""Of a link that is a headline."""
MAX_TEASER_WEIGHT = 600
"""Of the words below one headline; more is a story's section."""
MAX_LEAD_WEIGHT = 300
"""Of the text before the first headline, which may say what the list is of; more is a story with a list below it."""
LIST_SHARE = 0.7
"""Of the text, at least, that is headlines and the words below them."""
FOUND_BY = 40
"""Characters without white space by which a line is found on the page."""
MAX_LINE_SEARCH = 50_000_000
"""Characters of a page, in all, that are looked through for lines that it may not have."""
MAX_TEASER_HEADLINE = 300
"""Characters of a link that may be a headline."""


def is_teaser_list(document: Document, text: str) -> bool:
    """Tell whether a text is made of teasers of other stories.

    Args:
        document: the page.
        text: as it was read, a paragraph a line.
    """
    starts = _headline_starts(document)
    if len(starts) < MIN_TEASERS:
        return False
    page, headlines = _squeezed_page(document.outline, starts)
    lines = list(_line_places(page, text))
    if not lines:
        return False
    first, last = lines[0][0], lines[-1][0]
    within = [at for at in headlines if first - MAX_TEASER_HEADLINE <= at <= last]
    if len(within) < MIN_TEASERS:
        return False
    if sum(weight for at, weight in lines if at < within[0]) > MAX_LEAD_WEIGHT:
        return False
    total = sum(weight for _, weight in lines)
    listed = 0.0
    at = 0
    for place, following in zip(within, [*within[1:], len(page)], strict=True):
        while at < len(lines) and lines[at][0] < place:
            at += 1
        below = 0.0
        while at < len(lines) and lines[at][0] < following:
            below += lines[at][1]
            at += 1
        listed += below if below <= MAX_TEASER_WEIGHT else 0.0
    return listed >= LIST_SHARE * total


def _headline_starts(document: Document) -> list[int]:
    """Find where in a page's text the headlines of the site's own stories begin."""
    outline, site = document.outline, site_of(document.url)
    return [
        outline.start[node]
        for node, href in zip(outline.anchors, outline.hrefs, strict=True)
        if _stands_alone(outline, node) and _leads_to_own_story(document, site, href)
    ]


def _squeezed_page(outline: Outline, starts: list[int]) -> tuple[str, list[int]]:
    """Squeeze the white space out of a page's text. Returns: it, and what places in the text become."""
    pieces: list[str] = []
    places: list[int] = []
    length = done = 0
    for start in starts:
        piece = _squeezed(outline.text[done:start])
        pieces.append(piece)
        length, done = length + len(piece), start
        places.append(length)
    pieces.append(_squeezed(outline.text[done:]))
    return "".join(pieces), places


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _leads_to_own_story(document: Document, site: str, href: str) -> bool:
    """Tell whether a link leads to another page of the site; the entries of a live blog link to themselves."""
    target = document.resolver.resolve(href)
    if target is None or target.site != site:
        return False
    return target.url.partition("#")[0] != document.url.partition("#")[0]


def _stands_alone(outline: Outline, node: int) -> bool:
    """Tell whether a link is as long as a headline and all that its parent shows, a date at most beside it."""
    start, end, parent = outline.start[node], outline.end[node], outline.parents[node]
    if not 0 < end - start <= MAX_TEASER_HEADLINE or prose_weight(outline.words(node)) < MIN_HEADLINE_WEIGHT:
        return False
    return outline.end[parent] - outline.start[parent] <= 2 * (end - start) + MAX_TEASER_HEADLINE // 6


def _line_places(page: str, text: str) -> Iterator[tuple[int, float]]:
    """Yield where the lines of a text stand on the page, and their weights; those that are not found are left out."""
    at = searched = 0
    for line in text.split("\n"):
        wanted = _squeezed(line)[:FOUND_BY]
        found = page.find(wanted, at) if wanted else -1
        if found >= 0:
            yield found, prose_weight(line)
            at = found + 1
        elif (searched := searched + len(page) - at) > MAX_LINE_SEARCH:
            return
