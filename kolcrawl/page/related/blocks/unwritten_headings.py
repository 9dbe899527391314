"""Find out how a list without a heading above it is called: below it, in a picture, or in the name of its box.

Entry points: `heading_below(outline, block)` and `meaning_of_names(outline, block)`. Sites let a style sheet write a
heading, or show it as a picture: then the class of an empty element or the name of the picture's file says what the
heading would, such as `tit_xgxw` (the initials of "related news" in pinyin) or `related_article.png`.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.page.lexicon import CUE, MEANING, RELATED_MEANINGS, class_cues
from kolcrawl.page.related.phrases import list_meanings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.blocks.link_types import LinkBlock

MAX_BOX_LEVELS = 3  # elements around a list in which, or above which, its name may stand
MAX_ELDER_ELEMENTS = 3  # empty elements above a list that are looked at
MAX_EMPTY_PARTS = 6  # elements that an empty one holds
MAX_HEADING_BELOW = 30  # characters
MAX_HEADINGS_LOOKED_AT = 3
MAX_OTHER_ANCHORS = 4  # in the box of a list, beside those of its items
_NAMED: tuple[tuple[int, int], ...] = (
    (CUE["called"] | CUE["related"], MEANING["related"]),
    (CUE["popular"], MEANING["popular"]),
    (CUE["latest"], MEANING["latest"]),
    (CUE["recommended"], MEANING["like"]),
)
"""What the name of an empty heading says, by cue."""


def heading_below(outline: Outline, block: LinkBlock) -> int:
    """Return the index of a heading that says "related" below a list, as the last thing in its box; -1 without one.

    Args:
        outline: the page.
        block: of links, without a heading above it.
    """
    last = block.links[-1].end
    headings = outline.headings
    at = bisect_left(headings, last, key=lambda heading: heading.end)
    box = block.container
    for _ in range(MAX_BOX_LEVELS):
        box = outline.parents[box]
        if box <= 0 or not _holds_alone(outline, box, block):
            return -1
        for index in range(at, min(at + MAX_HEADINGS_LOOKED_AT, len(headings))):
            heading = headings[index]
            if heading.end > outline.end[box] or heading.anchors < outline.last_anchor[box] or heading.end <= last:
                continue
            text = outline.heading_text(index)
            if len(text) <= MAX_HEADING_BELOW and list_meanings(text) & RELATED_MEANINGS:
                return index
    return -1


def meaning_of_names(outline: Outline, block: LinkBlock) -> int:
    """Return what the name of a list's box, or of an empty heading above it, says; 0 when nothing does.

    Args:
        outline: the page.
        block: of links, without a heading.

    Returns: a mask of `lexicon.MEANING`.
    """
    node = block.container
    for _ in range(MAX_BOX_LEVELS):
        if node <= 0 or not _holds_alone(outline, node, block):
            return 0
        if outline.cues[node] & CUE["called"]:
            return MEANING["related"]
        for element in islice(outline.elements[node].itersiblings(preceding=True), MAX_ELDER_ELEMENTS):
            names = _names_of_empty(element)
            if names is None:
                return 0
            cues = class_cues(names)
            for cue, meaning in _NAMED:
                if cues & cue:
                    return meaning
        node = outline.parents[node]
    return 0


def _holds_alone(outline: Outline, node: int, block: LinkBlock) -> bool:
    """Tell whether an element holds hardly an anchor beside those of a block."""
    own = sum(len(link.anchors) for link in block.links)
    return outline.last_anchor[node] - outline.first_anchor[node] <= own + MAX_OTHER_ANCHORS


def _names_of_empty(element: HtmlElement) -> str | None:
    """Return the class names and the names of pictures in an element without words; None for one that has any."""
    names: list[str] = []
    for part in islice(element.iter(), MAX_EMPTY_PARTS + 1):
        if len(names) > 2 * MAX_EMPTY_PARTS or not isinstance(part.tag, str):
            continue
        if part.tag == "a" or (part.text and part.text.strip()) or (part is not element and (part.tail or "").strip()):
            return None
        names += _names(part)
    return " ".join(names)


def _names(element: HtmlElement) -> Iterator[str]:
    yield element.get("class") or ""
    yield element.get("id") or ""
    if element.tag == "img":
        yield (element.get("src") or "").rpartition("/")[2].partition(".")[0]
