"""Which heading a link stands under: the nearest one above it that is not another card's headline.

Door: `HeadingBinder(outline, links).heading(link)`. A heading may be a heading element, an element named a title, a
bold line, a bare line of text, a label attribute or an image's alternative text (`outline` collects them all); here
the one that holds for a link is chosen.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from kolcrawl.page.related import lexicon
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, headline_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.link_types import Link

MAX_LEVELS = 10  # how far above its item a link's heading may stand
LONGEST_LINE = 55  # of a heading that nothing marks as one, a CJK character counting for more
OPENING = 12  # a heading that opens like a link's text is another card's headline, not a heading
FAR = 6000  # characters
GAP = 220  # characters of running text between a heading and the next link: it heads that text
NO_HEADING = re.compile(
    r"^[\W\d\s年月日時时分秒：]+$|^https?://|^\d{4}[-/年.]\d|"
    r"^(skip to|pasar al|ir al? |zum inhalt|aller au|jump to)|"
    r"^\d+ ?(h|min|hours?|days?|minutes?|分钟|小时|分|時間|시간)\b.{0,10}$|"
    r"^(更多|查看更多|全部|换一换|关闭|もっと見る|more|see all|view all|all|close|mehr|plus|más|mas)[\W×]*$",
    re.IGNORECASE,
)
TELLING = sum(
    lexicon.MEANING[m]
    for m in ("related", "also", "like", "popular", "latest", "random", "sponsored", "picks", "author", "adjacent")
)
OWN_TELLING = lexicon.MEANING["related"] | lexicon.MEANING["also"]


@lru_cache(maxsize=8_192)  # the pages of a site share many of their anchors
def opening(text: str) -> str:
    """How a headline begins: enough to know it again."""
    return text[: OPENING // 2] if EAST_ASIAN_CHARACTER.search(text[: OPENING // 2]) else text[:OPENING]


class HeadingBinder:
    """Finds the headings of the links of one page."""

    def __init__(self, outline: Outline, links: Sequence[Link], headline: int = 0) -> None:
        """Args:
        outline: the page.
        links: its links, whose headlines are no headings.
        headline: where in the page's text its own headline starts: what stands before it heads nothing behind it.
        """
        self.outline = outline
        self.headline = headline
        self._openings = {opening(link.text) for link in links if headline_width(link.text) >= OPENING}
        # A card's headline may differ from what says most of its story, the text in place of its picture for instance.
        self._cards = {node for link in links if link.storylike for node in link.anchors}
        self._bound: dict[int, list[tuple[int, int]]] = {}

    def heading(self, link: Link) -> tuple[int, int]:
        """The heading that the link stands under (-1: none), and how many levels above its item."""
        outline = self.outline
        node, weak, level = link.node, -1, 0
        inside = True
        weak_level = 0
        while node > 0 and level <= MAX_LEVELS:
            at_item = node == link.item
            for heading, strength in self._headings_before(node):
                found = outline.headings[heading]
                if link.start - found.end > FAR or found.end <= self.headline <= link.start:
                    continue
                text = outline.heading_text(heading)
                meaning = lexicon.heading_meanings(text) if strength >= 2 or headline_width(text) <= LONGEST_LINE else 0
                if inside and not at_item:
                    if meaning & OWN_TELLING and len(text) <= 40 and text != link.text:
                        return heading, 0
                    continue
                if strength >= 2 or (len(text) <= 45 and meaning):
                    if weak >= 0 and level - weak_level >= 3 and not meaning & TELLING:
                        return weak, weak_level
                    return heading, level
                if weak < 0 and 2 <= len(text) <= 30:
                    weak, weak_level = heading, level
            if at_item:
                inside = False
            if not inside:
                level += 1
            node = outline.parents[node]
        return weak, weak_level

    def _far_from_links(self, index: int) -> bool:
        """Running text stands between the heading and the next link: it heads that text."""
        outline = self.outline
        heading = outline.headings[index]
        if heading.anchors >= len(outline.anchors):
            return True
        start = outline.start[outline.anchors[heading.anchors]]
        gap = start - heading.end
        return gap > GAP or (gap > GAP // 2 and headline_width(outline.text[heading.end : start]) > GAP)

    def _headings_before(self, node: int) -> list[tuple[int, int]]:
        """Headings among the elder siblings of a node, nearest first, with their strength."""
        known = self._bound.get(node)
        if known is not None:
            return known
        outline = self.outline
        found: list[tuple[int, int]] = []
        at = outline.heading_before[node]
        mine = outline.signature(node) if at >= 0 else ""
        looked = 0
        while at >= 0 and looked < 8 and len(found) < 3:
            heading = outline.headings[at]
            looked += 1
            text = outline.heading_text(at)
            if 1 < len(text) <= 90 and not NO_HEADING.match(text):
                alike = heading.strength not in (0, 4) and outline.signature(heading.node) == mine
                meaning = lexicon.heading_meanings(text)
                if heading.strength < 2 and headline_width(text) > LONGEST_LINE:
                    meaning = 0  # a sentence, whatever words it holds
                holder = heading.node if heading.words < 0 else heading.words
                first, last = outline.first_anchor[holder], outline.last_anchor[holder]
                linked = heading.strength not in (0, 4) and last > first
                # The headline of another card, after its number where it stands in a ranking; or a line of its own,
                # heading and story in one.
                inside = outline.parents[holder] in self._cards
                anothers = (
                    inside
                    or opening(text.lstrip("0123456789. 、")) in self._openings
                    or any(
                        anchor in self._cards or opening(outline.words(anchor, 90)) in self._openings
                        for anchor in outline.anchors[first : min(last, first + 2)]
                    )
                )
                if meaning & TELLING and len(text) <= 40 and not (inside or (linked and anothers)):
                    wrong = alike and linked and heading.strength < 3
                elif anothers or outline.tags[heading.node] == "h1":
                    wrong = True
                elif heading.strength == 0:
                    wrong = not meaning and not text.endswith((":", "：", "】", "»"))
                else:
                    wrong = (alike and heading.strength < 3) or (linked and headline_width(text) > 24)
                if not wrong and not self._far_from_links(at):
                    found.append((at, heading.strength))
                    if heading.strength >= 2:
                        break
            at = heading.previous
        at = outline.label_of(node)
        if at >= 0:
            found.append((at, 4))
        self._bound[node] = found
        return found
