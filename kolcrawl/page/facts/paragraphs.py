"""The text of a story off the tree: where the prose stands, and its paragraphs in order.

The weight of each element is the prose below it (long runs of text outside of links, menus and boxes; an East
Asian character counts three times). From the root, the way leads down as long as one child holds nearly all of
its parent's prose, in the manner of Arc90's Readability; what that element shows, less boxes, lists of teasers and
what follows a heading like "Related", is the text. Nothing is copied and the tree is not changed, so this costs a
fifth of a general extractor; `Prose.sure` says when its answer should not stand alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.facts.boilerplate import SURELY_BOXED, end_share, is_box
from kolcrawl.page.facts.text_density import MAX_DEPTH, PAUSE, weigh
from kolcrawl.page.html import BESIDE_STORY, BLOCKS, HEADINGS, OUTSIDE_PROSE, TEXT_LEAVES, TEXTUAL_BLOCKS
from kolcrawl.text.scripts import prose_weight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

DOMINANT = 0.8  # share of its parent's prose that a child must hold to be gone down into
TEASER = 600  # weight of prose in an entry of a list of teasers, at most
HEADED = 0.5  # share of the prose that a child must hold to be gone down into when it holds the headline too
SHORT = 300  # weight; a shorter text may be the rest of a page that was read wrongly

_SENTENCE_END = re.compile(r"[.!?…。！？：:；;।۔؟][\s”’\"'»«)）」』】]*$")
_LEAD = re.compile(
    r"lead|summary|standfirst|intro|dek|subtitle|subhead|sub-title|abstract|excerpt|descri|teaser|vorspann|chapo|entradilla|sapo|zhaiyao|daoyu|kicker-text|deck|preamble|ingress|headline|bajada|copete",
    re.IGNORECASE,
)


class Block(NamedTuple):
    """One paragraph, heading, list entry or table row."""

    kind: str
    """Tag of the block element that holds it."""
    text: str
    linked: int
    """Characters of it that are link text."""


class Prose(NamedTuple):
    """What `find_prose` found."""

    blocks: list[Block]
    sure: bool
    """Whether structure and text agree well enough to believe it alone."""
    frame: HtmlElement | None


def find_prose(root: HtmlElement, anchor: HtmlElement | None = None, frame: HtmlElement | None = None) -> Prose:
    """The blocks of the page's main text, in order.

    Args:
        root: of the page; not changed.
        anchor: the element that shows the headline, for the lead paragraphs between it and the text.
        frame: the element that holds the text, when it is known.
    """
    weights, good, classes = weigh(root, anchor)
    known = frame is not None
    if frame is None:
        frame = _frame(root, good, anchor)
    if frame is None:
        return Prose([], False, None)
    emitter = _Emitter(frame, weights, classes, anchor)
    blocks = emitter.blocks(frame)
    blocks, cut = _trim(blocks)
    held = sum(prose_weight(block.text) for block in blocks)
    left_out = cut + emitter.dropped
    lead = [] if known else _lead(anchor, frame, emitter, blocks)
    expected = good.get(frame, 0.0)
    sure = known or (
        frame.tag not in ("body", "html")
        and held >= SHORT
        and 0.8 * expected <= held + left_out
        and held + cut <= 1.6 * expected + 200
    )
    return Prose(_once(lead + _without_furniture(blocks)), sure, frame)


def _frame(root: HtmlElement, good: dict[HtmlElement, float], anchor: HtmlElement | None) -> HtmlElement | None:
    """The deepest element that still holds nearly all of the good prose."""
    if not good.get(root):
        return None
    above = set(anchor.iterancestors()) if anchor is not None else set()
    node = root
    while True:
        best = max((child for child in node if child in good), key=good.__getitem__, default=None)
        needed = HEADED if best in above else DOMINANT
        if best is None or best.tag in TEXT_LEAVES or good[best] < needed * good[node]:
            break
        node = best
    # An endless page holds further stories after its own: each in an article, the own one with the headline.
    stories = [
        child for child in node.iter("article") if good.get(child, 0.0) > 0.15 * good[node] and child is not node
    ]
    stories = [story for story in stories if not any(up in stories for up in story.iterancestors())]
    if len(stories) > 1 and sum(good[story] for story in stories) > 0.7 * good[node]:
        return next((story for story in stories if story in above), stories[0])
    return node


class _Emitter:
    """Walks elements and collects their blocks."""

    def __init__(
        self,
        frame: HtmlElement,
        weights: dict[HtmlElement, float],
        classes: dict[str | None, float],
        anchor: HtmlElement | None,
    ) -> None:
        self.anchor = anchor
        self.weights = weights
        self.classes = classes
        self.whole = weights.get(frame, 0.0)
        self.dropped = 0.0  # prose of teasers left out
        self.out: list[Block] = []
        self.parts: list[str] = []
        self.linked = 0

    def blocks(self, element: HtmlElement) -> list[Block]:
        """Blocks of an element behind the headline if it holds it, with those made of links left out."""
        self.out = []
        self.start = 0
        self._walk(element, str(element.tag), False, 0, top=True)
        if self.start and sum(prose_weight(block.text) for block in self.out[self.start :]) >= SHORT:
            del self.out[: self.start]
        return [block for block in self.out if not _is_links(block)]

    def _flush(self, kind: str) -> None:
        text = " ".join("".join(self.parts).split())
        self.parts.clear()
        if text:
            self.out.append(Block(kind, text, self.linked))
        self.linked = 0

    def _walk(self, element: HtmlElement, kind: str, linked: bool, depth: int, top: bool = False) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in OUTSIDE_PROSE:
            return
        block = tag in BLOCKS
        if not top and (block or tag in BESIDE_STORY or tag in ("span", "a")) and self._boxed(element):
            return
        if element is self.anchor:
            self._flush(kind)
            self.start = len(self.out)
        if depth > MAX_DEPTH:
            self.parts.append(element.text_content())
            return
        if block:
            self._flush(kind)
            kind = tag
        elif tag == "br":
            self._flush(kind)
        elif tag in ("td", "th"):
            self.parts.append(" ")
        linked = linked or tag == "a"
        if element.text:
            self._say(element.text, linked)
        teasers = self._teasers(element) if block and len(element) >= 3 else ()
        for child in element:
            if child not in teasers:
                self._walk(child, kind, linked, depth + 1)
            if child.tail:
                self._say(child.tail, linked)
        if block:
            self._flush(kind)

    def _boxed(self, element: HtmlElement) -> bool:
        share = self.weights.get(element, 0.0) / self.whole if self.whole else 0.0
        return share < SURELY_BOXED and is_box(element, self.classes, self.whole, share)

    def _say(self, text: str, linked: bool) -> None:
        self.parts.append(text)
        if linked:
            self.linked += len(text.strip())

    def _teasers(self, element: HtmlElement) -> set[HtmlElement]:
        """Children that are entries of a list of teasers: three or more alike, each a link with heading or picture."""
        alike: dict[tuple[str, str | None], list[HtmlElement]] = defaultdict(list)
        for child in element:
            if child.tag in ("div", "li", "article", "section", "a", "dl"):
                alike[child.tag, child.get("class")].append(child)
        found: set[HtmlElement] = set()
        for group in alike.values():
            if len(group) < 3:
                continue
            entries = [child for child in group if self.weights.get(child, 0.0) < TEASER and _is_teaser(child)]
            if (
                len(entries) >= 0.8 * len(group)
                and sum(self.weights.get(child, 0.0) for child in group) < 0.5 * self.whole
            ):
                found.update(group)
                self.dropped += sum(self.weights.get(child, 0.0) for child in group)
        return found


def _is_teaser(element: HtmlElement) -> bool:
    if element.tag == "li" and len(element) and element[0].tag == "a" and len(element[0].text_content().strip()) >= 25:
        return True
    if element.tag != "a" and element.find(".//a") is None:
        return False
    return next(element.iter("img", "h2", "h3", "h4", "h5"), None) is not None


def _is_links(block: Block) -> bool:
    return block.linked > (0.6 if block.kind == "li" else 0.75) * len(block.text)


def _trim(blocks: list[Block]) -> tuple[list[Block], int]:
    """Drop what stands before an h1 and behind an end mark; return the rest and the weight behind the mark."""
    out: list[Block] = []
    before, after = 0, sum(len(block.text) for block in blocks)
    for index, block in enumerate(blocks):
        after -= len(block.text)
        if block.kind == "h1":
            if before < 0.5 * after:
                out, before = [], 0
            continue
        if before > 150 and (share := end_share(block.text)):
            later = sum(len(b.text) - b.linked for b in blocks[index + 1 :] if b.kind == "p")
            if later < share * before:
                return _without_tail(out), sum(prose_weight(b.text) for b in blocks[index:])
            continue
        out.append(block)
        before += len(block.text)
    return _without_tail(out), 0


def _without_tail(blocks: list[Block]) -> list[Block]:
    while blocks and blocks[-1].kind in HEADINGS:
        blocks.pop()
    return blocks


def _without_furniture(blocks: list[Block]) -> list[Block]:
    """Where the prose stands in p elements, short bits of other boxes that end no sentence are labels and credits."""
    prose = sum(len(block.text) for block in blocks if block.kind == "p")
    if prose < 0.6 * sum(len(block.text) for block in blocks):
        return blocks
    return [b for b in blocks if b.kind in TEXTUAL_BLOCKS or len(b.text) > 100 or _SENTENCE_END.search(b.text)]


def _once(blocks: list[Block]) -> list[Block]:
    """Each longer paragraph once: responsive pages carry some twice."""
    seen: set[str] = set()
    told = ""
    out = []
    for block in blocks:
        if len(block.text) > 40:
            if block.text in seen or (len(block.text) > 400 and block.text[:80] in told):
                continue
            seen.add(block.text)
            told += block.text + "\n"
        out.append(block)
    return out


def _lead(anchor: HtmlElement | None, frame: HtmlElement, emitter: _Emitter, blocks: list[Block]) -> list[Block]:
    """Paragraphs of prose between the headline and the frame: the lead, where it stands apart."""
    if anchor is None:
        return []
    found: list[Block] = []
    for element in _between(anchor, frame):
        if not isinstance(element.tag, str) or element.tag in BESIDE_STORY or len(found) > 4:
            continue
        named = any(
            _LEAD.search(f"{e.get('class') or ''} {e.get('id') or ''}")
            for e in [element, *element.iter("p", "div", "h2")][:4]
        )
        if not named and is_box(element, emitter.classes, emitter.whole):
            continue
        for block in emitter.blocks(element):
            long = prose_weight(block.text) >= 60 and PAUSE.search(block.text)
            if long and block.linked * 3 < len(block.text) and (named or block.kind in ("p", "h2", "h3", "div", "li")):
                found.append(block)
    if sum(len(block.text) for block in found) > 0.5 * sum(len(block.text) for block in blocks) + 300:
        return []
    return found


def _between(anchor: HtmlElement, frame: HtmlElement) -> Iterator[HtmlElement]:
    """Elements that stand between two in document order; none when the first does not come first."""
    above = [anchor, *anchor.iterancestors()]
    way = [frame]
    for up in frame.iterancestors():
        if up in above:
            break
        way.append(up)
    else:
        return
    if frame in above:
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
