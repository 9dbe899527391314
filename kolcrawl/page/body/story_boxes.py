"""Whether a box whose class or id only hints at something else is part of the story: by what it holds.

Layouts name the boxes of a story after places and states (`sidebar-grid`, `margin-bottom`, `hidden-content`), and hide
its rest behind "read more". Such a box is the story's if it holds running text, nothing that a reader fills in, few
links, and stands among the story's other text.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.page.html import BLOCKS, HEADINGS, INLINE
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, prose_weight

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.html import HtmlElement

MIN_PROSE = 100  # weight of the running text in a box that is the story's
MIN_BESIDE = 100  # weight of the running text beside it
WHOLE_SHARE = 0.8  # of what its parent holds, from which on a box stands where its parent does
LINKED_SHARE = 0.25  # of a box's text that may be linked
MIN_PARAGRAPH_BEFORE = 60  # weight of a paragraph before a hidden box that is the story's
MAX_ELDERS = 20  # elements before a hidden box, and children of each, that are looked at
MAX_LOOKED_AT = 400  # elements in a box
LEVELS_UP = 3  # levels of boxes that hold one box
SENTENCE_TEXT = 12  # weight of the text beside an inline element, at least, that makes a sentence with it
LABEL_TEXT = 25  # the same where all of it stands before the element, as a label would
PROSE_PER_HEADING = 150  # weight of running text, at least, for each heading in a box

SENTENCE_END = re.compile(r"[.!?…。！？：:；;।۔؟][\s”’\"'»«)）」』】*]*$")
_FILLED_IN = frozenset(("form", "input", "textarea", "select", "iframe", "video", "audio"))
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_LETTER = re.compile(r"\w")


def holds_story(element: HtmlElement, weights: Mapping[HtmlElement, float]) -> bool:
    """Tell whether a box holds running text of the story.

    Args:
        element: a block element.
        weights: prose below each element of the page.
    """
    return weights.get(element, 0.0) >= MIN_PROSE and _is_beside_text(element, weights) and _is_running_text(element)


def continues_story(element: HtmlElement, weights: Mapping[HtmlElement, float]) -> bool:
    """Tell whether a hidden box holds the rest of a story, the beginning of which stands right before it.

    Args:
        element: a block element that is hidden: until a reader asks for more, or for good.
        weights: prose below each element of the page.
    """
    if weights.get(element, 0.0) < MIN_PROSE or not _is_running_text(element):
        return False
    box = element
    for _ in range(LEVELS_UP):
        if any(_shows_paragraph(elder, weights) for elder in islice(box.itersiblings(preceding=True), MAX_ELDERS)):
            return True
        parent = box.getparent()
        if parent is None or weights.get(box, 0.0) < WHOLE_SHARE * weights.get(parent, 0.0):
            return False
        box = parent
    return False


def is_hidden(element: HtmlElement) -> bool:
    """Tell whether an element says that it is not shown."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    style = element.get("style")
    return bool(style and "display" in style and _HIDDEN.search(style))


def _shows_paragraph(element: HtmlElement, weights: Mapping[HtmlElement, float]) -> bool:
    """Tell whether an element is a paragraph of prose, or holds one directly."""
    if is_hidden(element):
        return False
    if element.tag == "p":
        return weights.get(element, 0.0) >= MIN_PARAGRAPH_BEFORE
    return any(
        child.tag == "p" and weights.get(child, 0.0) >= MIN_PARAGRAPH_BEFORE for child in islice(element, MAX_ELDERS)
    )


def _is_beside_text(element: HtmlElement, weights: Mapping[HtmlElement, float]) -> bool:
    """Tell whether running text stands beside an element, or beside a box that holds hardly more than it."""
    for _ in range(LEVELS_UP):
        parent = element.getparent()
        if parent is None or parent.tag == "body":
            return False
        own, all_of_it = weights.get(element, 0.0), weights.get(parent, 0.0)
        if all_of_it - own >= MIN_BESIDE:
            return True
        if own < WHOLE_SHARE * all_of_it:
            return False
        element = parent
    return False


def _is_running_text(element: HtmlElement) -> bool:
    """Tell whether the text of an element is sentences, with few links and headings, and nothing to fill in."""
    linked = shown = headings = 0
    ended = False
    for inner in islice(element.iter(), MAX_LOOKED_AT):
        tag = inner.tag
        if not isinstance(tag, str):
            continue
        if tag in _FILLED_IN or (tag in HEADINGS and (inner.getparent().tag == "a" or inner.find(".//a") is not None)):
            return False
        headings += tag in HEADINGS
        for text in (inner.text, inner.tail if inner is not element else None):
            if not text or text.isspace():
                continue
            weight = prose_weight(text)
            shown += weight
            linked += weight if text is inner.text and tag == "a" else 0
            ended = ended or (weight >= MIN_PROSE / 4 and SENTENCE_END.search(text) is not None)
    return ended and linked <= LINKED_SHARE * shown and shown >= headings * PROSE_PER_HEADING


def is_in_sentence(element: HtmlElement, beside: dict[HtmlElement, int]) -> bool:
    """Tell whether an inline element stands within running text: what stands there is text, whatever its class.

    Args:
        element: to be judged.
        beside: weights of the texts directly in elements, by element; filled in, since links of one element share it.
    """
    for _ in range(LEVELS_UP):
        parent = element.getparent()
        if parent is None:
            return False
        weight = beside.get(parent, -1)
        if weight < 0:
            texts = [parent.text, *(child.tail for child in islice(parent, MAX_LOOKED_AT))]
            weight = beside[parent] = prose_weight("".join(text for text in texts if text).strip())
        if weight >= SENTENCE_TEXT and _touches(element, parent, weight >= LABEL_TEXT):
            return True
        if parent.tag not in INLINE or parent.tag in BLOCKS:
            return False
        element = parent
    return False


def _touches(element: HtmlElement, parent: HtmlElement, before_too: bool) -> bool:
    """Tell whether words stand right behind an element, or right before it where that is enough."""
    if element.tail and _LETTER.search(element.tail):
        return True
    elder = element.getprevious()
    before = (parent.text if elder is None else elder.tail) or ""
    apart = before[-1:].isspace() or (element.text or "")[:1].isspace() or EAST_ASIAN_CHARACTER.match(before[-1:])
    return before_too and bool(apart and _LETTER.search(before))
