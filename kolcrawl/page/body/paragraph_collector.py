"""Collect the paragraphs of an element in order, without boilerplate, lists of teasers and lines made of links."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.body.boilerplate import SURE_LIMIT, is_boilerplate, is_unseen
from kolcrawl.page.body.story_boxes import SENTENCE_END, is_in_sentence
from kolcrawl.page.element_text import text_of
from kolcrawl.page.html import BESIDE_STORY, BLOCKS, OUTSIDE_PROSE
from kolcrawl.text.scripts import prose_weight

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.body.text_density import TextDensity

MAX_CONTENT_DEPTH = 150  # levels below the content root that are walked; hostile and broken pages nest thousands deep
MAX_WALKED = 30_000  # elements; the largest real page met has 3,400, and no more than these have been weighed
MAX_COLLECTED = 1_000_000  # characters, twice the longest story that is kept
CARD_BLOCK = "card"  # in place of the tag of a block that stands in a link
SHORT_CONTENT = 300  # weight; a shorter text may be the rest of a page that was read wrongly
LONG_PARAGRAPH = 100  # characters from which on a block without a full stop is no label
TEASER_WEIGHT = 600  # of prose in an entry of a list of teasers, at most
TEASERS_ALIKE = 3  # entries, at least, of such a list
TEASER_LINK = 25  # characters of a list entry's link that is a headline

MIN_CARD_LINKS = 2  # in a card that shows itself beside a name
MAX_CARD_PARTS = 50  # elements of one that are looked at
CARD_PICTURES = frozenset(("img", "picture", "amp-img"))

SAID_IN_SENTENCES = frozenset(("a", "span", "label", "button"))
"""Elements that are asked for their class, and that are text of the sentence in which they stand, whatever it is."""


class Paragraph(NamedTuple):
    """One paragraph, heading, list entry or table row."""

    tag: str
    """Of the block element that holds it."""
    text: str
    linked: int
    """Characters of it that are link text."""


class ParagraphCollector:
    """Walks elements and collects their paragraphs."""

    def __init__(self, root: HtmlElement, density: TextDensity, headline: HtmlElement | None) -> None:
        self.headline = headline
        self.weights = density.whole
        self.by_class = density.by_class
        self.root_weight = density.whole.get(root, 0.0)
        self.teaser_weight = 0.0  # of the teasers left out
        self._beside: dict[HtmlElement, int] = {}  # weights of the texts beside links
        self._found: list[Paragraph] = []
        self._parts: list[str] = []
        self._left = 0  # elements that may still be walked
        self._collected = 0  # characters
        self._linked = 0
        self._start = 0  # index of the first paragraph behind the headline

    def collect(self, element: HtmlElement) -> list[Paragraph]:
        """Collect the paragraphs of an element, behind the headline if it holds it, without those made of links."""
        self._found = []
        self._start = 0
        self._left, self._collected = MAX_WALKED, 0
        self._walk(element, str(element.tag), False, 0)
        behind = self._found[self._start :]
        if self._start and sum(prose_weight(paragraph.text) for paragraph in behind) >= SHORT_CONTENT:
            self._found = behind
        return [paragraph for paragraph in self._found if not _is_links(paragraph)]

    def is_boilerplate(self, element: HtmlElement) -> bool:
        """Tell whether an element below the content root is left out."""
        share = self.weights.get(element, 0.0) / self.root_weight if self.root_weight else 0.0
        return share < SURE_LIMIT and is_boilerplate(element, self.by_class, self.weights, self.root_weight, share)

    def _walk(self, element: HtmlElement, block: str, linked: bool, depth: int) -> None:
        """Collect from one element; `block` is the tag of the innermost block around it."""
        tag = element.tag
        self._left -= 1
        if not isinstance(tag, str) or (tag in OUTSIDE_PROSE and tag != "button"):
            return
        is_block = tag in BLOCKS
        asked = depth and (is_block or tag in BESIDE_STORY or tag in ("span", "a"))
        if asked and self.is_boilerplate(element) and not self._is_said(element):
            return
        if tag == "span" and len(element) > 1 and _is_card(element):
            return
        if element is self.headline:
            self._end_paragraph(block)
            self._start = len(self._found)
        if depth > MAX_CONTENT_DEPTH:
            self._parts.append(element.text_content())
            return
        if is_block:
            self._end_paragraph(block)
            block = CARD_BLOCK if linked else tag
        elif tag == "br":
            self._end_paragraph(block)
        elif tag in ("td", "th"):
            self._parts.append(" ")
        linked = linked or tag == "a"
        if element.text:
            self._add(element.text, linked)
        teasers = self._teasers(element) if is_block and len(element) >= TEASERS_ALIKE else ()
        for child in element:
            if self._left <= 0:
                break
            if child not in teasers:
                self._walk(child, block, linked, depth + 1)
            if child.tail:
                self._add(child.tail, linked)
        if is_block:
            self._end_paragraph(block)

    def _is_said(self, element: HtmlElement) -> bool:
        """Tell whether an inline element is words of a sentence that readers see."""
        return element.tag in SAID_IN_SENTENCES and not is_unseen(element) and is_in_sentence(element, self._beside)

    def _end_paragraph(self, block: str) -> None:
        text = " ".join("".join(self._parts).split())
        self._parts.clear()
        if text:
            self._found.append(Paragraph(block, text, self._linked))
            self._collected += len(text)
            if self._collected > MAX_COLLECTED:
                self._left = 0
        self._linked = 0

    def _add(self, text: str, linked: bool) -> None:
        self._parts.append(text)
        if linked:
            self._linked += len(text.strip())

    def _teasers(self, element: HtmlElement) -> set[HtmlElement]:
        """Find the children that are entries of a list of teasers: alike, each a link with heading or picture."""
        alike: dict[tuple[str, str | None], list[HtmlElement]] = defaultdict(list)
        for child in element:
            if child.tag in ("div", "li", "article", "section", "dl") or (
                child.tag == "a" and not is_in_sentence(child, self._beside)
            ):
                alike[child.tag, child.get("class")].append(child)
        found: set[HtmlElement] = set()
        for group in alike.values():
            if len(group) < TEASERS_ALIKE:
                continue
            entries = sum(self.weights.get(child, 0.0) < TEASER_WEIGHT and _is_teaser(child) for child in group)
            weight = sum(self.weights.get(child, 0.0) for child in group)
            if entries >= 0.8 * len(group) and weight < 0.5 * self.root_weight:
                # Links that stand side by side in one element need not be entries of one list.
                found.update(group if group[0].tag != "a" else filter(_is_teaser, group))
                self.teaser_weight += weight
        return found


def _is_card(element: HtmlElement) -> bool:
    """Tell whether an inline element is a card that shows itself beside a name: a picture and links, no other text."""
    tags = [child.tag for child in islice(element, MAX_CARD_PARTS)]
    if tags.count("a") < MIN_CARD_LINKS or not CARD_PICTURES.intersection(tags):
        return False
    beside = (element.text, *(child.tail for child in islice(element, MAX_CARD_PARTS)))
    return not any(text and text.strip() for text in beside)


def _is_teaser(element: HtmlElement) -> bool:
    if element.tag == "li" and len(element) and element[0].tag == "a":
        if len(text_of(element[0]).strip()) >= TEASER_LINK:
            return True
    elif element.tag != "a" and element.find(".//a") is None:
        return False
    return next(element.iter("img", "h2", "h3", "h4", "h5"), None) is not None


def _is_links(paragraph: Paragraph) -> bool:
    """Tell whether a paragraph is made of links; a long sentence of the story may be one as a whole."""
    if paragraph.linked <= (0.6 if paragraph.tag == "li" else 0.75) * len(paragraph.text):
        return False
    is_sentence = len(paragraph.text) > LONG_PARAGRAPH and SENTENCE_END.search(paragraph.text)
    return not (paragraph.tag == "p" and is_sentence)
