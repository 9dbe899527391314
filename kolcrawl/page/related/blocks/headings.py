"""Find the heading that a link stands under: the nearest one above it that is not another card's headline.

Entry point: `HeadingBinder(outline, links).heading(link)`. A heading may be a heading element, an element named a
title, a bold line, a bare line of text, a label attribute or an image's alternative text (`outline` collects them
all); here the one that holds for a link is chosen.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from kolcrawl.page.lexicon import KIND_MEANINGS, MEANING, OTHER_MEANINGS, RELATED_MEANINGS
from kolcrawl.page.outline_builder import BARE, LABEL
from kolcrawl.page.related.blocks.tabs import Tabs
from kolcrawl.page.related.phrases import announces, is_field, is_no_heading, list_meanings
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, headline_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.page.outline import Heading, Outline
    from kolcrawl.page.related.blocks.link_types import Link

MAX_LEVELS = 10  # how far above its item a link's heading may stand
MAX_LINE = 55  # width of a heading that nothing marks as one
MAX_NAMING_HEADING = 40  # characters of a heading whose words name a kind of list
MAX_MEANT = 45  # characters of a heading that nothing marks as one, but whose words say something
MAX_WEAK = 30  # characters of a heading of which neither form nor words say that it is one
MAX_LINKED = 24  # width of a linked heading
MAX_HEADING_TEXT = 90  # characters
LEVELS_NEARER = 3  # a weak heading so much nearer than a strong one that says nothing holds instead
OPENING_WIDTH = 12  # a heading that opens like a link's text is another card's headline, not a heading
MAX_DISTANCE = 6_000  # characters from a heading to a link that it may hold for
PROSE_GAP = 220  # characters of running text between a heading and the next link: it heads that text
MAX_LOOKED = 8  # headings among a node's elder siblings that are looked at
MAX_KEPT = 3
LIST_MEANINGS = RELATED_MEANINGS | OTHER_MEANINGS | MEANING["like"]
LIST_ELEMENTS = ("ul", "ol", "dl")
MAX_BOX_NODES = 40  # elements of a box with a heading and an empty part
FILLED_ELEMENTS = ("div", "section", *LIST_ELEMENTS)
"""Elements that scripts fill with a list."""


@lru_cache(maxsize=8_192)  # the pages of a site share many of their anchors
def opening(text: str) -> str:
    """Return how a headline begins: enough to know it again."""
    half = text[: OPENING_WIDTH // 2]
    return half if EAST_ASIAN_CHARACTER.search(half) else text[:OPENING_WIDTH]


class HeadingBinder:
    """Finds the headings of the links of one page."""

    def __init__(self, outline: Outline, links: Sequence[Link], headline_start: int = 0) -> None:
        """Know the headlines of a page's cards, which are no headings.

        Args:
            outline: the page.
            links: its links.
            headline_start: where in the page's text its own headline starts: what stands before it heads nothing
                behind it.
        """
        self.outline = outline
        self.headline_start = headline_start
        self._openings = {opening(link.text) for link in links if headline_width(link.text) >= OPENING_WIDTH}
        # A card's headline may differ from what says most of its story, the text in place of its picture for instance.
        self._cards = {node for link in links if link.storylike for node in link.anchors}
        self._elders: dict[int, list[int]] = {}
        self._may_head: dict[int, bool] = {}
        self._anothers: dict[int, bool] = {}
        """What is known of headings by index: all links of a list ask for the same ones."""
        self._bound: dict[int, list[tuple[int, int]]] = {}
        self._tabs = Tabs(outline)

    def heading(self, link: Link) -> tuple[int, int]:
        """Return the heading that a link stands under (-1: none), and how many levels above its item."""
        parents = self.outline.parents
        weak, weak_level = -1, 0
        node, level, inside = link.node, 0, True
        while node > 0 and level <= MAX_LEVELS:
            at_item = node == link.item
            for heading, strength in self._headings_before(node):
                if self._is_out_of_reach(heading, link):
                    continue
                text = self.outline.heading_text(heading)
                meaning = list_meanings(text) if strength >= 2 or headline_width(text) <= MAX_LINE else 0
                if inside and not at_item:
                    if meaning & RELATED_MEANINGS and len(text) <= MAX_NAMING_HEADING and text != link.text:
                        return heading, 0
                elif strength >= 2 or (len(text) <= MAX_MEANT and meaning):
                    if weak >= 0 and level - weak_level >= LEVELS_NEARER and not meaning & KIND_MEANINGS:
                        return weak, weak_level
                    return self._tabs.heading(heading, link), level
                elif weak < 0 and 2 <= len(text) <= MAX_WEAK:
                    weak, weak_level = heading, level
            inside = inside and not at_item
            level += not inside
            node = parents[node]
        return weak, weak_level

    def _is_out_of_reach(self, index: int, link: Link) -> bool:
        """Tell whether a heading stands too far before a link, or on the other side of the page's headline."""
        end = self.outline.headings[index].end
        return link.start - end > MAX_DISTANCE or end <= self.headline_start <= link.start

    def _headings_before(self, node: int) -> list[tuple[int, int]]:
        """Return the headings among the elder siblings of a node, nearest first, with their strength."""
        known = self._bound.get(node)
        if known is not None:
            return known
        outline = self.outline
        found: list[tuple[int, int]] = []
        for index in self._elder_headings(node):
            strength = outline.headings[index].strength
            if self._heads(index, node) and not self._is_far_from_links(index):
                found.append((index, strength))
                if strength >= 2 or len(found) >= MAX_KEPT:
                    break
        label = outline.label_of(node)
        if label >= 0:
            found.append((label, LABEL))
        self._bound[node] = found
        return found

    def _elder_headings(self, node: int) -> list[int]:
        """Return the texts before a node that may be headings, nearest first."""
        headings = self.outline.headings
        first = index = self.outline.heading_before[node]
        if first < 0 or first in self._elders:
            return self._elders.get(first, [])
        found = self._elders[first] = []
        for _ in range(MAX_LOOKED):
            if index < 0:
                break
            if index not in self._may_head:
                text = self.outline.heading_text(index)
                self._may_head[index] = 1 < len(text) <= MAX_HEADING_TEXT and not is_no_heading(text)
            if self._may_head[index]:
                found.append(index)
            index = headings[index].previous
        return found

    def _heads(self, index: int, node: int) -> bool:
        """Tell whether a text heads what follows it: it is no card's headline, no item of the list, no sentence."""
        outline = self.outline
        heading = outline.headings[index]
        text = outline.heading_text(index)
        holder = heading.node if heading.words < 0 else heading.words
        apart = heading.strength not in (BARE, LABEL)
        alike = apart and outline.signature(heading.node) == outline.signature(node)
        linked = apart and outline.last_anchor[holder] > outline.first_anchor[holder]
        in_card = outline.parents[holder] in self._cards
        meaning = self._meaning(heading, text)
        if heading.strength < 2 and not meaning & LIST_MEANINGS and is_field(text):
            return False
        if (alike and self._heads_empty_list(holder)) or self._heads_empty_box(heading.node, node):
            return False
        if index not in self._anothers:
            self._anothers[index] = self._is_anothers(text, holder)
        anothers = in_card or self._anothers[index]
        if meaning & KIND_MEANINGS and len(text) <= MAX_NAMING_HEADING and not (in_card or (linked and anothers)):
            return not (alike and linked and heading.strength < 3)
        if anothers or outline.tags[heading.node] == "h1":
            return False
        if heading.strength == BARE:
            return bool(meaning) or announces(text)
        return not ((alike and heading.strength < 3) or (linked and headline_width(text) > MAX_LINKED))

    def _heads_empty_list(self, node: int) -> bool:
        """Tell whether a box with a heading also holds the list that it heads, left empty for a script to fill."""
        outline = self.outline
        at = node + 1
        while at < len(outline.parents) and outline.parents[at] >= node:
            if outline.tags[at] in LIST_ELEMENTS and outline.start[at] == outline.end[at]:
                return True
            at += 1
        return False

    def _heads_empty_box(self, head: int, node: int) -> bool:
        """Tell whether a heading stands in a box of its own above a part that a script is to fill, and not a list.

        Args:
            head: the node of the heading.
            node: the node that it may head, outside of the box.
        """
        outline = self.outline
        box = outline.parents[head] if head + 1 >= len(outline.parents) or outline.parents[head + 1] != head else head
        if box <= 0 or outline.parents[node] == box or outline.first_anchor[box] < outline.last_anchor[box]:
            return False
        at = box + 1
        while at < min(len(outline.parents), box + MAX_BOX_NODES) and outline.parents[at] >= box:
            empty = outline.end[at] - outline.start[at] <= 1 and at not in outline.alternatives
            if empty and outline.tags[at] in FILLED_ELEMENTS and outline.elements[at].get("id"):
                return True
            at += 1
        return False

    def _meaning(self, heading: Heading, text: str) -> int:
        """Return what a heading says; nothing when it is a sentence, whatever words it holds."""
        return 0 if heading.strength < 2 and headline_width(text) > MAX_LINE else list_meanings(text)

    def _is_anothers(self, text: str, holder: int) -> bool:
        """Tell whether a text is another card's headline, with or without its number; or heading and story in one.

        Args:
            text: of the heading.
            holder: the node of its words.
        """
        outline = self.outline
        if opening(text.lstrip("0123456789. 、")) in self._openings:
            return True
        first, last = outline.first_anchor[holder], outline.last_anchor[holder]
        return any(
            anchor in self._cards or opening(outline.words(anchor, 90)) in self._openings
            for anchor in outline.anchors[first : min(last, first + 2)]
        )

    def _is_far_from_links(self, index: int) -> bool:
        """Tell whether running text stands between a heading and the next link: it heads that text."""
        outline = self.outline
        heading = outline.headings[index]
        if heading.anchors >= len(outline.anchors):
            return True
        start = outline.start[outline.anchors[heading.anchors]]
        gap = start - heading.end
        return gap > PROSE_GAP or (
            gap > PROSE_GAP // 2 and headline_width(outline.text[heading.end : start]) > PROSE_GAP
        )
