"""Gather a page's story links into blocks under the headings they stand under (`headings`).

Entry point: `find_blocks(outline, resolver, identity) -> LinkBlocks`. A *link* is all anchors of one target in one
item (image, title and "read more" of a card are one link). An *item* is the largest element around an anchor
that holds no other story. A *block* is a run of items under one heading (or, without one, in one container)
whose items are built alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.page.lexicon import CUE
from kolcrawl.page.related.blocks.headings import PROSE_GAP, HeadingBinder, opening
from kolcrawl.page.related.blocks.link_types import Link, LinkBlock, LinkBlocks
from kolcrawl.page.related.blocks.story_anchors import headline_in, story_anchors
from kolcrawl.page.related.blocks.unwritten_headings import heading_below
from kolcrawl.page.related.phrases import is_no_heading
from kolcrawl.text.scripts import headline_width
from kolcrawl.urls.shape import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.page.outline import Outline
    from kolcrawl.page.page_identity import PageIdentity
    from kolcrawl.page.related.blocks.story_anchors import StoryAnchor
    from kolcrawl.urls.shape import Shape
    from kolcrawl.urls.targets import Resolver

MAX_ITEM = 1500  # characters of an item
PRINTED_HEADLINE = 16  # width, at least, of a printed headline
FULL_HEADLINE = 160  # characters from which on one headline is as good as a longer one
SHORT_ANCHOR = 8  # characters below which an anchor's item is asked for the headline
MAX_ITEM_HEADLINE = 120  # characters of an item that is its own headline
STORY_WIDTH = 20  # width of a headline that is a story's whatever its address
ALIKE_STORY_WIDTH = 12  # the same where the address is much like the page's own
SHORT_SLUG_WIDTH = 16  # the same where it has the shape of the page's own, even if it is not a story's
MAX_ANCHORS_BETWEEN = 3  # anchors of an advertisement within a list, the next item's own counted
MAX_NODES_BETWEEN = 40  # elements from one item of a list to the next that are asked for advertising
LEAD_LENGTH = 80  # characters before a link in its line
SIGNATURE_LEVELS = 4


def find_blocks(outline: Outline, resolver: Resolver, identity: PageIdentity, headline_start: int = 0) -> LinkBlocks:
    """Gather the page's story links into blocks.

    Args:
        outline: the page.
        resolver: for the page's base URL.
        identity: what the page itself is known by; links to it lead nowhere.
        headline_start: where in the page's text its headline stands; 0 when that is not known.
    """
    anchors, shown, own_orders = story_anchors(outline, resolver, identity)
    finder = _LinkFinder(outline, identity, anchors)
    links = finder.links()
    binder = HeadingBinder(outline, links, headline_start)
    blocks = _blocks(outline, links, binder)
    for block in blocks:
        if block.heading < 0:
            block.heading = heading_below(outline, block)
    return LinkBlocks(blocks, shown, own_orders + finder.own_orders)


class _LinkFinder:
    """Joins the anchors of each item to a link."""

    def __init__(self, outline: Outline, identity: PageIdentity, anchors: Sequence[StoryAnchor]) -> None:
        self.outline, self.anchors = outline, anchors
        self.own_shape: Shape = identity.address.shape
        self.own_headlines = identity.headlines
        self.own_orders: list[int] = []
        """Orders of anchors whose item shows the page's own headline."""
        leads: dict[str, set[str]] = {}
        for anchor in anchors:
            leads.setdefault(anchor.text, set()).add(anchor.target.key)
        self.repeated = {text for text, keys in leads.items() if len(keys) > 2}
        """Texts that lead to several stories, such as "read on"."""
        self.next_other, self.at_or_after = self._index()

    def links(self) -> list[Link]:
        """Return the links in page order."""
        links: list[Link] = []
        at, count = 0, len(self.anchors)
        while at < count:
            item = self._item(self.anchors[at].node)
            upto = at + 1
            while upto < count and self.anchors[upto].order < self.outline.last_anchor[item]:
                upto += 1
            of_item = self.anchors[at:upto]
            link = self._link(of_item, item)
            if link.text in self.own_headlines and all(anchor.text != link.text for anchor in of_item):
                self.own_orders.append(link.order)  # the words beside it are the page's own headline
            else:
                links.append(link)
            at = upto
        return links

    def _index(self) -> tuple[list[int], list[int]]:
        """Return two indexes into the anchors, so that an element is asked in constant time what it holds.

        Returns: for each anchor the next one that leads elsewhere, and for each anchor of the page, by order, the first
            of these anchors at or after it.
        """
        anchors, count = self.anchors, len(self.anchors)
        next_other = [count] * (count + 1)
        for i in range(count - 2, -1, -1):
            same = anchors[i].target.key == anchors[i + 1].target.key
            next_other[i] = next_other[i + 1] if same else i + 1
        at_or_after = [count] * (len(self.outline.anchors) + 1)
        at = count
        for order in range(len(self.outline.anchors), -1, -1):
            while at > 0 and anchors[at - 1].order >= order:
                at -= 1
            at_or_after[order] = at
        return next_other, at_or_after

    def _item(self, node: int) -> int:
        """Return the largest element around an anchor that holds no other story."""
        outline, parents = self.outline, self.outline.parents
        item = node
        while (parent := parents[item]) > 0:
            low = self.at_or_after[outline.first_anchor[parent]]
            high = self.at_or_after[outline.last_anchor[parent]]
            if self.next_other[low] < high or outline.end[parent] - outline.start[parent] > MAX_ITEM:
                break
            item = parent
        return item

    def _link(self, anchors: Sequence[StoryAnchor], item: int) -> Link:
        outline = self.outline
        node, text = self._best_text(anchors, item)
        target = next(anchor.target for anchor in anchors if anchor.node == node)
        shape = target.shape
        width = headline_width(text)
        alike = likeness(shape.kinds, self.own_shape.kinds)
        return Link(
            node=node,
            target=target,
            shape=shape,
            text=text,
            width=width,
            item=item,
            alike=alike,
            start=outline.start[anchors[0].node],
            end=outline.end[anchors[-1].node],
            order=anchors[0].order,
            anchors=[anchor.node for anchor in anchors],
            storylike=_is_storylike(width, alike, shape),
        )

    def _best_text(self, anchors: Sequence[StoryAnchor], item: int) -> tuple[int, str]:
        """Return the anchor of an item that says most, and the headline."""
        # An anchor with a fragment leads to a place in the story, such as its comments.
        anchors = [anchor for anchor in anchors if "#" not in anchor.target.url] or anchors
        texts = [(anchor.node, "" if anchor.text.isdigit() else anchor.text) for anchor in anchors]
        if len(texts) > 1:  # the text in place of a picture may tell of the picture, or give a cut headline whole
            printed = {opening(text) for node, text in texts if self._is_printed_headline(node, text)}
            texts = [(node, text) for node, text in texts if opening(text) in printed] or texts
        node, text = max(texts, key=lambda pair: min(len(pair[1]), FULL_HEADLINE))
        if len(text) < SHORT_ANCHOR:
            text = headline_in(self.outline, item) or text
        if len(text) < SHORT_ANCHOR:
            words = self.outline.words(item, 200)
            text = words if len(words) <= MAX_ITEM_HEADLINE else text
        return node, text

    def _is_printed_headline(self, node: int, text: str) -> bool:
        """Tell whether an anchor's text is printed, and a headline: not a date, nor what stands in every item."""
        if headline_width(text) < PRINTED_HEADLINE or text in self.repeated or is_no_heading(text):
            return False
        return headline_width(self.outline.words(node)) >= PRINTED_HEADLINE


def _is_storylike(width: float, alike: float, shape: Shape) -> bool:
    """Tell whether headline and address are a story's."""
    if width < STORY_WIDTH and not (width >= ALIKE_STORY_WIDTH and alike >= 0.5):
        return False
    return shape.slug or (alike == 1.0 and width >= SHORT_SLUG_WIDTH)


def _blocks(outline: Outline, links: Sequence[Link], binder: HeadingBinder) -> list[LinkBlock]:
    """Gather links into blocks, in page order."""
    blocks: list[LinkBlock] = []
    latest: dict[tuple[object, ...], LinkBlock] = {}
    for link in links:
        heading, level = binder.heading(link)
        signature = _signature(outline, link)
        container = max(outline.parents[link.item], 0)
        key = (heading if heading >= 0 else ("in", container), signature)
        block = latest.get(key)
        if block is None and heading < 0 and blocks and _goes_on(outline, blocks[-1], link, signature):
            block = latest[key] = blocks[-1]
        if block is None or _is_parted(outline, block.links[-1], link):
            block = LinkBlock([], heading, level, container, signature, _lead(outline, link))
            latest[key] = block
            blocks.append(block)
        elif block.links[-1].target.key == link.target.key:
            _join(block.links[-1], link)
            continue
        block.links.append(link)
    return blocks


def _goes_on(outline: Outline, block: LinkBlock, link: Link, signature: tuple[str, ...]) -> bool:
    """Tell whether a link without a heading goes on with the list before it.

    It does as the next element of the same box, where a card's long summary has ended the reach of the heading, and in
    the next box behind an advertisement.
    """
    if block.heading < 0 or block.signature != signature:
        return False
    before = block.links[-1]
    if outline.parents[link.item] == outline.parents[before.item] == block.container:
        return not outline.text[outline.end[before.item] : outline.start[link.item]].strip()
    between = outline.text[before.end : link.start]
    if link.target.site != before.target.site or between.strip():
        return False
    apart = link.order - before.order
    return 1 < apart <= MAX_ANCHORS_BETWEEN or (apart == 1 and _is_advertised(outline, before.item, link.item))


def _is_advertised(outline: Outline, first: int, second: int) -> bool:
    """Tell whether an element between two nodes is named as advertising."""
    nodes = range(first + 1, min(second, first + MAX_NODES_BETWEEN))
    return any(outline.tags[node] == "ins" or outline.cues[node] & CUE["advert"] for node in nodes)


def _is_parted(outline: Outline, before: Link, link: Link) -> bool:
    """Tell whether running text stands between two links, of which the second is part of running text, not a card."""
    unlinked = (link.start - before.end) - (outline.link_start[link.node] - outline.link_end[before.node])
    if unlinked <= PROSE_GAP or unlinked <= 3 * (before.end - before.start) + PROSE_GAP:
        return False
    return outline.end[link.item] - outline.start[link.item] < 3 * (link.end - link.start) + 80


def _join(link: Link, again: Link) -> None:
    """Add the anchors of the next item to a link, when they lead to the same story."""
    link.anchors += again.anchors
    if len(again.text) > len(link.text):
        link.text, link.width, link.node = again.text, again.width, again.node
    link.end = again.end


def _lead(outline: Outline, link: Link) -> str:
    """Return the words before a link in its own line."""
    line = outline.text.rfind("\n", max(0, link.start - LEAD_LENGTH - 10), link.start) + 1
    lead = " ".join(outline.text[max(line, link.start - LEAD_LENGTH) : link.start].split())
    return lead if any(c.isalnum() for c in lead) else ""


def _signature(outline: Outline, link: Link) -> tuple[str, ...]:
    """Return what the items of one template have in common: tags and classes of the anchor and of those around it."""
    node, path = link.anchors[0], []
    for _ in range(SIGNATURE_LEVELS):
        path.append(outline.signature(node))
        node = outline.parents[node]
        if node <= 0:
            break
    return tuple(path)
