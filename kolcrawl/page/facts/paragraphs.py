"""The text of a story off the tree: where its prose stands, and its paragraphs in order.

From the body, the way leads down as long as one child holds nearly all of its parent's prose, in the manner of Arc90's
Readability (`text_density.py` weighs the prose). What the element shows to which it leads, less boilerplate, lists of
teasers and what follows a heading like "Related", is the text. Nothing is copied and the tree is not changed, so this
costs a fifth of a general extractor; `Extraction.certain` says when its answer should not stand alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.element_text import text_of
from kolcrawl.page.facts.boilerplate import SURE_LIMIT, boilerplate_words, end_share, is_boilerplate
from kolcrawl.page.facts.text_density import PAUSE
from kolcrawl.page.html import BESIDE_STORY, BLOCKS, HEADINGS, OUTSIDE_PROSE, TEXT_LEAVES, TEXTUAL_BLOCKS
from kolcrawl.text.scripts import prose_weight
from kolcrawl.text.tables import any_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.facts.text_density import TextDensity

MAX_DEPTH = 150  # levels below the content root that are walked; hostile and broken pages nest thousands deep
DOMINANT_SHARE = 0.8  # of its parent's prose that a child must hold to be gone down into
HEADED_SHARE = 0.5  # the same for a child that holds the headline, too
ARTICLE_SHARE = 0.15  # of the prose, at least, that makes an article element one of several stories
STORIES_SHARE = 0.7  # of the prose that several stories hold on an endless page
SHORT_TEXT = 300  # weight; a shorter text may be the rest of a page that was read wrongly

TEASER_WEIGHT = 600  # of prose in an entry of a list of teasers, at most
TEASERS_ALIKE = 3  # entries, at least, of such a list
TEASER_LINK = 25  # characters of a list entry's link that is a headline

LONG_PARAGRAPH = 100  # characters from which on a block without a full stop is no label
BEFORE_END_MARK = 150  # characters of the story, at least, before a mark of its end
REPEATABLE = 40  # characters up to which a line may come twice
REPEATED_START = 80  # characters by which a long paragraph is known again
REPEATED_LONG = 400  # characters of a paragraph that is known by its start
MAX_SEARCHED = 100_000_000  # characters, in all, that are searched for starts within other paragraphs

LEAD_WEIGHT = 60  # of a lead paragraph, at least
MAX_LEADS = 4

_SENTENCE_END = re.compile(r"[.!?…。！？：:；;।۔؟][\s”’\"'»«)）」』】]*$")


class Paragraph(NamedTuple):
    """One paragraph, heading, list entry or table row."""

    tag: str
    """Of the block element that holds it."""
    text: str
    linked: int
    """Characters of it that are link text."""


class Extraction(NamedTuple):
    """The text that was found on the tree."""

    paragraphs: list[Paragraph]
    certain: bool
    """Whether structure and text agree well enough to believe it alone."""

    def joined(self) -> str:
        """Write the paragraphs, one a line."""
        return "\n".join(paragraph.text for paragraph in self.paragraphs)


NOTHING_FOUND = Extraction([], False)


def find_paragraphs(
    density: TextDensity, headline: HtmlElement | None, content_root: HtmlElement | None = None
) -> Extraction:
    """Collect the paragraphs of the page's main text, in order.

    Args:
        density: of the page.
        headline: the element that shows the headline, for the lead paragraphs between it and the text.
        content_root: the element that holds the text, when it is known.
    """
    if known := content_root is not None:
        root = content_root
    elif density.clean.get(density.page):
        root = _content_root(density, headline)
    else:
        return NOTHING_FOUND
    collector = _Collector(root, density, headline)
    paragraphs, cut = _trim(collector.collect(root))
    held = sum(prose_weight(paragraph.text) for paragraph in paragraphs)
    lead = [] if known else _lead(headline, root, collector, paragraphs)
    expected = density.clean.get(root, 0.0)
    certain = known or (
        root.tag not in ("body", "html")
        and held >= SHORT_TEXT
        and 0.8 * expected <= held + cut + collector.teaser_weight
        and held + cut <= 1.6 * expected + 200
    )
    return Extraction(_without_repeats(lead + _without_labels(paragraphs)), certain)


def _content_root(density: TextDensity, headline: HtmlElement | None) -> HtmlElement:
    """Find the deepest element that still holds nearly all of the clean prose."""
    clean = density.clean
    above = set(headline.iterancestors()) if headline is not None else set()
    node = density.page
    while True:
        best = max((child for child in node if child in clean), key=clean.__getitem__, default=None)
        needed = HEADED_SHARE if best in above else DOMINANT_SHARE
        if best is None or best.tag in TEXT_LEAVES or clean[best] < needed * clean[node]:
            break
        node = best
    return _own_article(node, clean, above)


def _own_article(node: HtmlElement, clean: dict[HtmlElement, float], above: set[HtmlElement]) -> HtmlElement:
    """Choose the page's own story on an endless page, which holds further ones after it, each in an article.

    Args:
        node: holds nearly all of the prose.
        clean: prose of each element.
        above: the elements that hold the headline.

    Returns: the article with the headline, else the first; `node` where there are not several.
    """
    stories = [
        article
        for article in node.iter("article")
        if article is not node and clean.get(article, 0.0) > ARTICLE_SHARE * clean[node]
    ]
    outer = set(stories)
    stories = [story for story in stories if outer.isdisjoint(story.iterancestors())]
    if len(stories) > 1 and sum(clean[story] for story in stories) > STORIES_SHARE * clean[node]:
        return next((story for story in stories if story in above), stories[0])
    return node


class _Collector:
    """Walks elements and collects their paragraphs."""

    def __init__(self, root: HtmlElement, density: TextDensity, headline: HtmlElement | None) -> None:
        self.headline = headline
        self.weights = density.whole
        self.by_class = density.by_class
        self.root_weight = density.whole.get(root, 0.0)
        self.teaser_weight = 0.0  # of the teasers left out
        self._found: list[Paragraph] = []
        self._parts: list[str] = []
        self._linked = 0
        self._start = 0  # index of the first paragraph behind the headline

    def collect(self, element: HtmlElement) -> list[Paragraph]:
        """Collect the paragraphs of an element, behind the headline if it holds it, without those made of links."""
        self._found = []
        self._start = 0
        self._walk(element, str(element.tag), False, 0)
        behind = self._found[self._start :]
        if self._start and sum(prose_weight(paragraph.text) for paragraph in behind) >= SHORT_TEXT:
            self._found = behind
        return [paragraph for paragraph in self._found if not _is_links(paragraph)]

    def is_boilerplate(self, element: HtmlElement) -> bool:
        """Tell whether an element below the content root is left out."""
        share = self.weights.get(element, 0.0) / self.root_weight if self.root_weight else 0.0
        return share < SURE_LIMIT and is_boilerplate(element, self.by_class, self.root_weight, share)

    def _walk(self, element: HtmlElement, block: str, linked: bool, depth: int) -> None:
        """Collect from one element; `block` is the tag of the innermost block around it."""
        tag = element.tag
        if not isinstance(tag, str) or tag in OUTSIDE_PROSE:
            return
        is_block = tag in BLOCKS
        if depth and (is_block or tag in BESIDE_STORY or tag in ("span", "a")) and self.is_boilerplate(element):
            return
        if element is self.headline:
            self._end_paragraph(block)
            self._start = len(self._found)
        if depth > MAX_DEPTH:
            self._parts.append(element.text_content())
            return
        if is_block:
            self._end_paragraph(block)
            block = tag
        elif tag == "br":
            self._end_paragraph(block)
        elif tag in ("td", "th"):
            self._parts.append(" ")
        linked = linked or tag == "a"
        if element.text:
            self._add(element.text, linked)
        teasers = self._teasers(element) if is_block and len(element) >= TEASERS_ALIKE else ()
        for child in element:
            if child not in teasers:
                self._walk(child, block, linked, depth + 1)
            if child.tail:
                self._add(child.tail, linked)
        if is_block:
            self._end_paragraph(block)

    def _end_paragraph(self, block: str) -> None:
        text = " ".join("".join(self._parts).split())
        self._parts.clear()
        if text:
            self._found.append(Paragraph(block, text, self._linked))
        self._linked = 0

    def _add(self, text: str, linked: bool) -> None:
        self._parts.append(text)
        if linked:
            self._linked += len(text.strip())

    def _teasers(self, element: HtmlElement) -> set[HtmlElement]:
        """Find the children that are entries of a list of teasers: alike, each a link with heading or picture."""
        alike: dict[tuple[str, str | None], list[HtmlElement]] = defaultdict(list)
        for child in element:
            if child.tag in ("div", "li", "article", "section", "a", "dl"):
                alike[child.tag, child.get("class")].append(child)
        found: set[HtmlElement] = set()
        for group in alike.values():
            if len(group) < TEASERS_ALIKE:
                continue
            entries = sum(self.weights.get(child, 0.0) < TEASER_WEIGHT and _is_teaser(child) for child in group)
            weight = sum(self.weights.get(child, 0.0) for child in group)
            if entries >= 0.8 * len(group) and weight < 0.5 * self.root_weight:
                found.update(group)
                self.teaser_weight += weight
        return found


def _is_teaser(element: HtmlElement) -> bool:
    if element.tag == "li" and len(element) and element[0].tag == "a":
        if len(text_of(element[0]).strip()) >= TEASER_LINK:
            return True
    elif element.tag != "a" and element.find(".//a") is None:
        return False
    return next(element.iter("img", "h2", "h3", "h4", "h5"), None) is not None


def _is_links(paragraph: Paragraph) -> bool:
    return paragraph.linked > (0.6 if paragraph.tag == "li" else 0.75) * len(paragraph.text)


def _trim(paragraphs: list[Paragraph]) -> tuple[list[Paragraph], int]:
    """Drop what stands before an h1 and behind an end mark; return the rest and the weight behind the mark."""
    kept: list[Paragraph] = []
    before, after = 0, sum(len(paragraph.text) for paragraph in paragraphs)
    for index, paragraph in enumerate(paragraphs):
        after -= len(paragraph.text)
        if paragraph.tag == "h1":
            if before < 0.5 * after:
                kept, before = [], 0
            continue
        if before > BEFORE_END_MARK and (share := end_share(paragraph.text)):
            later = sum(len(p.text) - p.linked for p in paragraphs[index + 1 :] if p.tag == "p")
            if later < share * before:
                return _without_last_headings(kept), sum(prose_weight(p.text) for p in paragraphs[index:])
            continue
        kept.append(paragraph)
        before += len(paragraph.text)
    return _without_last_headings(kept), 0


def _without_last_headings(paragraphs: list[Paragraph]) -> list[Paragraph]:
    while paragraphs and paragraphs[-1].tag in HEADINGS:
        paragraphs.pop()
    return paragraphs


def _without_labels(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Drop labels and credits: short texts of other elements that end no sentence, where the prose stands in p."""
    in_p = sum(len(paragraph.text) for paragraph in paragraphs if paragraph.tag == "p")
    if in_p < 0.6 * sum(len(paragraph.text) for paragraph in paragraphs):
        return paragraphs
    return [
        paragraph
        for paragraph in paragraphs
        if paragraph.tag in TEXTUAL_BLOCKS
        or len(paragraph.text) > LONG_PARAGRAPH
        or _SENTENCE_END.search(paragraph.text)
    ]


def _without_repeats(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Keep each longer paragraph once: responsive pages carry some twice, whole or within others."""
    seen: set[str] = set()
    starts: set[str] = set()
    text = ""
    searched = 0
    kept = []
    for paragraph in paragraphs:
        if len(paragraph.text) > REPEATABLE:
            if paragraph.text in seen:
                continue
            start = paragraph.text[:REPEATED_START]
            if len(paragraph.text) > REPEATED_LONG:
                searched += len(text)
                if start in starts or (searched <= MAX_SEARCHED and start in text):
                    continue
            seen.add(paragraph.text)
            starts.add(start)
            if searched <= MAX_SEARCHED:
                text += paragraph.text + "\n"
        kept.append(paragraph)
    return kept


def _lead(
    headline: HtmlElement | None, root: HtmlElement, collector: _Collector, paragraphs: list[Paragraph]
) -> list[Paragraph]:
    """Collect the paragraphs of prose between the headline and the content root: the lead, where it stands apart."""
    if headline is None:
        return []
    found: list[Paragraph] = []
    for element in _between(headline, root):
        if not isinstance(element.tag, str) or element.tag in BESIDE_STORY or len(found) > MAX_LEADS:
            continue
        named = _is_named_lead(element)
        if not named and is_boilerplate(element, collector.by_class, collector.root_weight):
            continue
        for paragraph in collector.collect(element):
            long = prose_weight(paragraph.text) >= LEAD_WEIGHT and PAUSE.search(paragraph.text)
            plain = paragraph.linked * 3 < len(paragraph.text)
            if long and plain and (named or paragraph.tag in ("p", "h2", "h3", "div", "li")):
                found.append(paragraph)
    length = sum(len(paragraph.text) for paragraph in found)
    return found if length <= 0.5 * sum(len(paragraph.text) for paragraph in paragraphs) + 300 else []


def _is_named_lead(element: HtmlElement) -> bool:
    """Tell whether the class or id of an element, or of one of the first elements in it, says that it is the lead."""
    inside = [element, *islice(element.iter("p", "div", "h2"), 3)]
    return any(_lead_pattern().search(f"{one.get('class') or ''} {one.get('id') or ''}") for one in inside)


@cache
def _lead_pattern() -> re.Pattern[str]:
    return re.compile(any_of(boilerplate_words()["lead"]), re.IGNORECASE)


def _between(first: HtmlElement, second: HtmlElement) -> Iterator[HtmlElement]:
    """Give the elements that stand between two in document order; none when the first does not come first."""
    above = [first, *first.iterancestors()]
    holders = set(above)
    way = [second]
    for up in second.iterancestors():
        if up in holders:
            break
        way.append(up)
    else:
        return
    if second in holders:
        return
    branch = above[above.index(way[-1].getparent()) - 1]
    siblings = list(branch.itersiblings())
    if way[-1] not in siblings:
        return
    for up in above[: above.index(branch)]:
        yield from up.itersiblings()
    yield from siblings[: siblings.index(way[-1])]
    for up in reversed(way[:-1]):
        yield from reversed(list(up.itersiblings(preceding=True)))
