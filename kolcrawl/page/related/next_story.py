"""Find the story that a page shows below its own one, as pages without end do: its lists are not the page's.

Entry point: `next_story(outline, span, resolver, address)`. It shows by an element named like the one that holds the
body, with the text of a story, under a headline of its own: a second h1, one that links another story, or has a date
below it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from kolcrawl.page.html import HEADINGS
from kolcrawl.page.lexicon import KIND_MEANINGS, RELATED_MEANINGS
from kolcrawl.page.related.phrases import is_dated, list_meanings
from kolcrawl.text.scripts import headline_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.page.body_span import BodySpan
    from kolcrawl.page.outline import Outline
    from kolcrawl.urls.page_address import PageAddress
    from kolcrawl.urls.targets import Resolver

MIN_LINES, MIN_LINE_WIDTH = 2, 70  # lines of a story's text, and their width
MAX_READ = 4_000  # characters of an element in which they are looked for
MAX_LINKED_SHARE = 0.15  # share of link text in a story's
MIN_PARAGRAPH = 30  # characters of the first paragraph
MAX_BYLINE = 200  # characters from its headline to its text
MIN_NEXT_HEADLINE = 12  # width of its headline
MAX_LIST_HEADING = 32  # width of a heading that names a list; a longer one is a headline, whatever words it holds
MAX_TOPS = 3  # h1 elements of a page whose subheadings are none
MAX_HOLDERS = 40  # elements named like the body's that are looked at
NO_SPAN = (0, 0)


def next_story(outline: Outline, span: BodySpan, resolver: Resolver, address: PageAddress) -> tuple[int, int]:
    """Return where the next story's part of the page begins and ends in the text; twice 0 when there is none.

    Args:
        outline: the page.
        span: of its own story's body.
        resolver: for the page's base URL.
        address: of the page.
    """
    holder = _holder(outline, span)
    signature = outline.signature(holder)
    if ("." not in signature and outline.tags[holder] != "article") or not _is_prose(outline, holder):
        return NO_SPAN
    looked = 0
    tops = [node for node, tag in enumerate(outline.tags) if tag == "h1"]
    tops = tops[1:] if len(tops) <= MAX_TOPS else []
    for node in range(bisect_left(outline.start, outline.end[holder]), len(outline.tags)):
        if outline.tags[node] != outline.tags[holder] or outline.signature(node) != signature or node <= holder:
            continue
        looked += 1
        if looked > MAX_HOLDERS:
            break
        behind = outline.start[node] >= span.end
        closed = _names_related(outline, outline.end[holder], outline.start[node])
        if not (behind or closed) or not _is_prose(outline, node):
            continue
        heading = _headline(outline, node, resolver, address, tops, closed)
        if heading >= 0:
            return outline.start[heading], _end(outline, node, span.start)
    return NO_SPAN


def _holder(outline: Outline, span: BodySpan) -> int:
    """Return the element that holds the first paragraph of the body."""
    for node in range(bisect_left(outline.start, span.start), len(outline.tags)):
        if outline.tags[node] not in HEADINGS and outline.end[node] - outline.start[node] >= MIN_PARAGRAPH:
            return outline.parents[node] if outline.tags[node] == "p" else node
    return 0


def _is_prose(outline: Outline, node: int) -> bool:
    """Tell whether an element holds the text of a story: lines that are hardly linked."""
    start, end = outline.start[node], outline.end[node]
    if (outline.link_end[node] - outline.link_start[node]) > MAX_LINKED_SHARE * (end - start):
        return False
    lines = outline.text[start : min(end, start + MAX_READ)].split("\n")
    return sum(headline_width(line) >= MIN_LINE_WIDTH for line in lines) >= MIN_LINES


def _names_related(outline: Outline, start: int, end: int) -> bool:
    """Tell whether a heading that says "related" stands between two places: there the page's own story is over."""
    headings = outline.headings
    first, last = (bisect_left(headings, at, key=lambda heading: heading.end) for at in (start, end))
    texts = (outline.heading_text(index) for index in range(first, min(last, first + MAX_HOLDERS)))
    return any(len(text) <= MAX_LIST_HEADING and list_meanings(text) & RELATED_MEANINGS for text in texts)


def _headline(
    outline: Outline, node: int, resolver: Resolver, address: PageAddress, tops: Sequence[int], closed: bool
) -> int:
    """Return the node of the headline of another story before or at the begin of an element; -1 without one.

    Args:
        outline: the page.
        node: the element.
        resolver: for the page's base URL.
        address: of the page.
        tops: further h1 elements of a page that has few.
        closed: the page's own list of related stories stands before the element: a date is enough then.
    """
    headings = outline.headings
    at = bisect_right(headings, outline.start[node] + MAX_BYLINE, key=lambda heading: heading.end)
    for heading in reversed(headings[max(0, at - MAX_HOLDERS) : at]):
        if outline.start[node] - heading.end > MAX_BYLINE:
            break
        text = outline.words(heading.node, MAX_BYLINE)
        width = headline_width(text)
        if heading.strength < 2 or width < MIN_NEXT_HEADLINE:
            continue
        if width <= MAX_LIST_HEADING and list_meanings(text) & KIND_MEANINGS:
            continue
        first, last = outline.first_anchor[heading.node], outline.last_anchor[heading.node]
        targets = [resolver.resolve(href) for href in outline.hrefs[first:last]]
        links_story = any(t and not t.place and t.shape.slug and not address.owns(t) for t in targets)
        dated = (
            closed and heading.end <= outline.start[node] and is_dated(outline.text[heading.end : outline.start[node]])
        )
        if links_story or dated or heading.node in tops:
            return heading.node
    return -1


def _end(outline: Outline, node: int, own_start: int) -> int:
    """Return where the largest element around a next story's text ends that does not hold the page's own story.

    Where that is the text itself, what follows it beside it is the next story's, too.
    """
    around = node
    while (parent := outline.parents[around]) > 0 and outline.start[parent] > own_start:
        around = parent
    return outline.end[outline.parents[node]] if around == node and outline.parents[node] > 0 else outline.end[around]
