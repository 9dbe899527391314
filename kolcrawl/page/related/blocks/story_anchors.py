"""Find the anchors of a page that may lead to other stories, with the headline that each shows.

Entry point: `story_anchors(outline, resolver, identity) -> StoryAnchors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.html import HEADINGS
from kolcrawl.page.lexicon import CUE
from kolcrawl.text.scripts import headline_width

if TYPE_CHECKING:
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.page_identity import PageIdentity
    from kolcrawl.urls.targets import Resolver, Target

MAX_ALTERNATIVE = 250  # characters of a text in place of a picture
MAX_SECTION = 14  # letters of a section's name in an address
MAX_TOP_HEADINGS = 2  # h1 elements of a page that holds its own headline, not a list of them
MIN_SHOWN = 8  # width of a text that may be a headline
MIN_SHOWN_FRONT = 16  # the same where the address may be a section's
CARD_WIDTH, CARD_TEXT = 110, 140  # an anchor that shows more holds a whole card
CARD_NODES = 60  # elements of a card in which its headline is looked for
MIN_CARD_HEADLINE, MAX_CARD_HEADLINE = 8, 200  # width and characters of a headline in a card
CAPTION_NODES = 12  # elements of an anchor behind which its caption is looked for


class StoryAnchor(NamedTuple):
    """One anchor that may lead to a story."""

    order: int
    """Its place among the page's anchors."""
    node: int
    target: Target
    text: str
    """The headline that it shows, or what stands in its place."""


class StoryAnchors(NamedTuple):
    """The anchors of a page."""

    anchors: list[StoryAnchor]
    shown: dict[str, int]
    """How many times each target is linked, by story key."""
    own_orders: list[int]
    """Orders of the anchors that lead to the page itself."""


def story_anchors(outline: Outline, resolver: Resolver, identity: PageIdentity) -> StoryAnchors:
    """Find the anchors that may lead to other stories, in page order.

    Args:
        outline: the page.
        resolver: for the page's base URL.
        identity: what the page itself is known by; links to it lead nowhere.
    """
    found: list[StoryAnchor] = []
    own_orders: list[int] = []
    in_headline = _anchors_in_headline(outline)
    for order, (node, href) in enumerate(zip(outline.anchors, outline.hrefs, strict=True)):
        target = resolver.resolve(href)
        if target is None:
            continue
        if identity.address.owns(target):
            own_orders.append(order)
        elif not (target.place or node in in_headline or _is_front(target, identity)):
            text = _shown_text(outline, node)
            if text in identity.headlines and _is_beside_story(outline, node):
                own_orders.append(order)  # its comments, its print version
            else:
                found.append(StoryAnchor(order, node, target, text))
    shown: dict[str, int] = {}
    best: dict[str, str] = {}
    for _, _, target, text in found:
        shown[target.key] = shown.get(target.key, 0) + 1
        best[target.key] = max(best.get(target.key, ""), text, key=len)
    for key, text in best.items():
        if text.isdigit() and shown[key] > 1:
            best[key] = ""  # a picture and the number of comments: the card holds the words
    kept = [anchor for anchor in found if _shows_headline(outline, anchor, best[anchor.target.key])]
    return StoryAnchors(kept, shown, own_orders)


def headline_in(outline: Outline, node: int) -> str:
    """Return the headline inside a card: its heading element, or the part that is named a title or bold."""
    named = ""
    tags, parents = outline.tags, outline.parents
    at = node + 1
    while at < len(tags) and at - node < CARD_NODES and outline.start[at] < outline.end[node]:
        if parents[at] < node:
            break
        is_heading = tags[at] in HEADINGS
        if is_heading or (not named and (outline.cues[at] & CUE["title"] or tags[at] in ("strong", "b"))):
            text = outline.words(at, 260)
            if len(text) <= MAX_CARD_HEADLINE and headline_width(text) >= MIN_CARD_HEADLINE:
                if is_heading:
                    return text
                named = text
        at += 1
    return named


def _shown_text(outline: Outline, node: int) -> str:
    """Return what an anchor says: its words, the headline of the card that it holds, or an alternative text."""
    text = outline.words(node, 300)
    if headline_width(text) > CARD_WIDTH or outline.end[node] - outline.start[node] > CARD_TEXT:
        text = headline_in(outline, node) or text[:160]
    if len(text) < MIN_CARD_HEADLINE:
        element = outline.elements[node]
        for other in (outline.alternatives.get(node), *map(element.get, ("title", "aria-label", "alt"))):
            if other and len(text) < len(other) <= MAX_ALTERNATIVE:
                return " ".join(other.split())
    return text


def _shows_headline(outline: Outline, anchor: StoryAnchor, best: str) -> bool:
    """Tell whether an anchor, or its card, shows what may be a headline.

    Args:
        outline: the page.
        anchor: the anchor.
        best: the longest text of all anchors of its target.
    """
    width = headline_width(best)
    if not width:  # a bare overlay: its card holds the words
        return bool(outline.words(outline.parents[anchor.node])) and not _is_only_captioned(outline, anchor.node)
    one_part = not anchor.target.query and "/" not in anchor.target.path.strip("/")
    return width >= (MIN_SHOWN_FRONT if one_part and not anchor.target.shape.slug else MIN_SHOWN)


def _anchors_in_headline(outline: Outline) -> set[int]:
    """Return the anchors in the page's h1: they lead to the page, or to the front of its site."""
    if not 0 < outline.tags.count("h1") <= MAX_TOP_HEADINGS:
        return set()
    tops = [node for node, tag in enumerate(outline.tags) if tag == "h1"]
    return {node for top in tops for node in outline.anchors[outline.first_anchor[top] : outline.last_anchor[top]]}


def _is_only_captioned(outline: Outline, node: int) -> bool:
    """Tell whether an anchor is a picture and the only words around it are a caption: it leads to the picture."""
    tags, after = outline.tags, node + 1
    while after < len(tags) and after - node < CAPTION_NODES and outline.start[after] == outline.start[node]:
        after += 1  # what the anchor holds says nothing
    if after >= len(tags) or not (tags[after] == "figcaption" or "caption" in outline.names[after].lower()):
        return False
    parent = outline.parents[after]
    if parent > node or outline.words(after) != outline.words(parent):
        return False
    low, high = outline.start[after], outline.end[after]
    within = range(after + 1, min(after + CAPTION_NODES, len(tags)))
    return not any(tags[n] in HEADINGS for n in within if low <= outline.start[n] < high)


def _is_beside_story(outline: Outline, node: int) -> bool:
    """Tell whether an anchor is named as something that belongs to the story shown: comments, sharing."""
    for _ in range(3):
        if node <= 0:
            return False
        if outline.cues[node] & (CUE["comment"] | CUE["share"]):
            return True
        node = outline.parents[node]
    return False


def _is_front(target: Target, identity: PageIdentity) -> bool:
    """Tell whether an address is one plain word: a section's front, unless the page's own address has that shape."""
    if target.query or len(target.path) > MAX_SECTION + 2:
        return False
    word = target.path.strip("/")
    if len(word) > MAX_SECTION or not word.isalpha():
        return False
    return identity.address.shape.kinds not in (("w",), ())
