"""What can be said of a block, as numbers, in the order of `NAMES`: all the model ever sees of a page.

Door: `Describer(outline, found, span, identity).describe(block)`. Nothing here knows a site, a language or a label.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from kolcrawl.page.related import lexicon
from kolcrawl.page.related.page_context import OURS, THEIRS, SharedByBlocks
from kolcrawl.page.topic import Topic, tokens
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.body_span import BodySpan
    from kolcrawl.page.related.link_types import Link, LinkBlock, LinkBlocks
    from kolcrawl.page.related.page_identity import PageIdentity

M, C = lexicon.MEANING, lexicon.CUE
CUE_LEVELS = 9  # how far above the items class names are read
OUTER_LEVELS = 8
MOST_OPENINGS = 8  # links of a list that are asked whether they all begin with "read also"
MOST_BODY = 12_000  # characters of the body that are looked at
LANDMARKS = ("nav", "aside", "footer", "header", "article", "main", "section", "li", "table", "p", "figure", "form")
_LEADING_NUMBER = re.compile(r"\s*(?:NO\.?)?(\d{1,2})(?!\d)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_DATED = re.compile(
    r"(19|20)\d\d\s?[-/.年]\s?\d\d?|\d\d?[-/.月]\d\d?|\d\d?:\d\d|\b(min|hour|hrs?|day|h)s?\b|前|ago\b", re.IGNORECASE
)
_QUERY_MARK = re.compile(
    r"relat|relac|recirc|recom|leia|also|kanren|tuijian|xgtj|rel=|inline|readmore|seealso", re.IGNORECASE
)


def _names() -> tuple[str, ...]:
    names = [f"heading_{m}" for m in M] + [f"outer_{m}" for m in OUTER]
    names += [
        "lead_related",
        "lead_also",
        "lead_like",
        "lead_other",
        "own_related",
        "own_also",
        "own_like",
        "own_service",
        "callout",
    ]
    names += ["heading_strength", "heading_level", "heading_length", "heading_gap", "heading_anchors", "heading_topic",
              "heading_numbers", "heading_colon", "heading_mixed",
              "related_stories", "related_things", "plainly_other"]  # fmt: skip
    names += [f"cue_{c}" for c in C] + [f"in_{tag}" for tag in LANDMARKS]
    names += [
        "place", "after_body", "in_body", "body_share", "before_body", "in_container", "rank_after",
        "text_share", "links", "storylike", "width", "narrowest", "alike", "same_site", "same_host",
        "images", "elsewhere", "holds_self", "newer", "number_gap", "same_day", "later_day", "day_gap",
        "dated_items", "slug", "query_mark", "nofollow", "new_tab", "depth_gap", "title_mean", "title_best",
        "title_share", "topic_mean", "body_mean", "body_low", "title_lead", "body_lead", "title_rank",
        "item_text", "density", "lone", "line_rest", "bold", "run", "page_links", "page_share", "told_rank",
        "told_gap", "told_page", "same_section", "twin", "listed_level", "item_tags", "ranked",
        "make_blocks", "make_links", "make_title", "make_told",
    ]  # fmt: skip
    return tuple(names)


OUTER = ("related", "also", "like", "popular", "latest", "sponsored", "picks", "service")
NAMES = _names()


def _opening(text: str) -> str:
    """What a link's own text begins with, where it may say "read also": up to a colon, or its first words."""
    for mark in ":：|»":
        at = text.find(mark, 0, 40)
        if at > 0:
            return text[:at]
    if EAST_ASIAN_CHARACTER.search(text[:8]):
        return text[:6]
    return " ".join(text.split(None, 3)[:3])


class Describer:
    """Describes the blocks of one page."""

    def __init__(self, outline: Outline, found: LinkBlocks, span: BodySpan, identity: PageIdentity) -> None:
        self.outline, self.found, self.span, self.address = outline, found, span, identity.address
        topic = Topic(
            identity.title, identity.keywords, outline.text[span.start : min(span.end, span.start + MOST_BODY)]
        )
        self.topic, self.shared = topic, SharedByBlocks(outline, found, span, topic)
        self.meanings = self.shared.meanings

    def describe(self, index: int) -> list[float]:
        """The numbers of block `index`, in the order of `NAMES`."""
        outline, span, address, shared = self.outline, self.span, self.address, self.shared
        block = self.found.blocks[index]
        links = block.links
        count = len(links)
        first, last = links[0], links[-1]
        meaning = self.meanings[index]
        story_links = [link for link in links if link.storylike]
        good = story_links or links
        row: list[float] = [1.0 if meaning & bit else 0.0 for bit in M.values()]
        outer, levels, tags, item_level = self._surroundings(block)
        row += [1.0 if outer & M[name] else 0.0 for name in OUTER]
        row += self._words_before(block)
        row += self._heading(block, meaning)
        row += levels
        row += tags
        # place
        start, end = first.start, last.end
        total = max(1, len(outline.text))
        inside = span.start <= start < span.end
        after = start >= span.end
        row += [
            start / total,
            max(-20.0, min(40.0, (start - span.end) / 500)),
            float(inside),
            (start - span.start) / max(1, span.end - span.start) if inside else -1.0,
            float(start < span.start),
            float(outline.start[span.node] <= start < outline.end[span.node]),
            float(bisect_left(shared.after, start)) if after else -1.0,
            (end - start) / total,
        ]
        # links
        same_site = sum(link.target.site == address.site for link in good) / len(good)
        orders = [link.order for link in links]
        low, high = min(orders) - 2, max(orders) + 2
        row += [
            float(count),
            len(story_links) / count,
            sum(link.width for link in good) / len(good),
            min(link.width for link in good),
            sum(link.alike for link in good) / len(good),
            same_site,
            sum(link.target.host == address.host for link in good) / len(good),
            sum(any(node in outline.alternatives or self._image(node) for node in link.anchors) for link in links)
            / count,
            sum(self.found.shown[link.target.key] > len(link.anchors) for link in good) / len(good),
            float(any(low <= order <= high for order in self.found.own_orders)) if count > 1 else 0.0,
        ]
        row += self._numbers(good)
        row += [
            sum(bool(_DATED.search(self._beside(link))) for link in good) / len(good),
            sum(link.shape.slug for link in links) / count,
            float(any(_QUERY_MARK.search(link.target.url.partition("?")[2]) for link in good)),
            sum("nofollow" in (outline.elements[link.node].get("rel") or "") for link in links) / count,
            sum(outline.elements[link.node].get("target") == "_blank" for link in links) / count,
            sum(len(link.shape.kinds) for link in good) / len(good) - len(address.shape.kinds),
        ]
        # topic
        alike = [self.topic.likeness(link.text) for link in good]
        title = [a[0] for a in alike]
        size = len(alike)
        body_mean = sum(a[2] for a in alike) / size
        row += [
            sum(title) / size,
            max(title),
            sum(value > 0.12 for value in title) / size,
            sum(a[1] for a in alike) / size,
            body_mean,
            min(a[2] for a in alike),
            sum(title) / size - shared.title_mean,
            body_mean - shared.body_mean,
            shared.rank.get(id(block), -1.0),
        ]
        # make
        item_text = sum(outline.end[link.item] - outline.start[link.item] for link in links) / count
        rest = self.line_rest(first)
        row += [
            min(1500.0, item_text),
            sum(len(link.text) for link in links) / count / max(1.0, item_text),
            float(count == 1),
            rest,
            float(any(t in ("strong", "b") for t in self._tags_around(first.node))),
            float(shared.runs.get(index, count)),
            float(shared.story_count),
            len(story_links) / shared.story_count,
            float(len(shared.told_sorted) - bisect_right(shared.told_sorted, shared.tolds[index])),
            shared.told_best - shared.tolds[index],
            shared.told_best,
            sum(
                bool(
                    address.shape.segments
                    and link.shape.segments
                    and link.shape.segments[0] == address.shape.segments[0]
                )
                for link in good
            )
            / size,
            float(shared.twins.get(frozenset(link.target.key for link in links), 1)),
            float(item_level),
            float(len(block.signature)),
            self._ranked(links),
        ]
        make_blocks, make_links, make_title, make_told = shared.makes[block.signature]
        row += [make_blocks, make_links, make_title, make_told if block.heading < 0 else 0.0]
        return row

    def _surroundings(self, block: LinkBlock) -> tuple[int, list[float], list[float], int]:
        """Meaning of headings further out; nearness of each class cue; landmark elements around; depth."""
        outline = self.outline
        node = block.links[0].node
        item = block.links[0].item
        nearest = dict.fromkeys(C.values(), 0.0)
        tags = set()
        level = 0
        outer = 0
        depth = 0
        above = False
        missing = set(C.values())
        while node > 0:
            if level <= CUE_LEVELS and outline.cues[node]:
                cues = outline.cues[node]
                for bit in [b for b in missing if cues & b]:
                    nearest[bit] = 1.0 / (1 + level)
                    missing.discard(bit)
            tags.add(outline.tags[node])
            if node == item:
                above = True
            if above:
                level += 1
                if level <= OUTER_LEVELS:
                    at = outline.heading_before[node]
                    if at >= 0 and at != block.heading:
                        text = outline.heading_text(at)
                        if len(text) <= 50 and block.links[0].start - outline.headings[at].end < 3000:
                            outer |= lexicon.heading_meanings(text)
            node = outline.parents[node]
            depth += 1
        return outer, list(nearest.values()), [float(tag in tags) for tag in LANDMARKS], depth

    def _words_before(self, block: LinkBlock) -> list[float]:
        lead = own = 0
        alone = False
        link = block.links[0]
        if len(block.links) > 2:
            said = [lexicon.heading_meanings(_opening(link.text)) for link in block.links[:MOST_OPENINGS]]
            own = sum(bit for bit in M.values() if sum(bool(mask & bit) for mask in said) > len(said) / 2)
        else:
            if len(block.lead) <= 45:
                lead = lexicon.heading_meanings(block.lead)
            own = lexicon.heading_meanings(_opening(link.text))
            alone = self.line_rest(link) - len(block.lead) <= 8
        row = [float(bool(lead & M[name])) for name in ("related", "also", "like")]
        row.append(float(bool(block.lead) and not row[0] and not row[1] and not row[2]))
        row += [float(bool(own & M[name])) for name in ("related", "also", "like")]
        row += [float(bool(own & (M["service"] | M["topic"]))), float(alone and any(row[:3] + row[4:]))]
        return row

    def _heading(self, block: LinkBlock, meaning: int) -> list[float]:
        if block.heading < 0:
            return [-1.0, 12.0, 0.0, -1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        outline = self.outline
        heading = outline.headings[block.heading]
        text = outline.heading_text(block.heading)
        words = tokens(text)
        things = bool(meaning & OURS and meaning & M["nonstory"] and not meaning & M["story"])
        return [
            float(heading.strength),
            float(block.heading_level),
            float(min(len(text), 80)),
            min(5000.0, float(block.links[0].start - heading.end)),
            float(min(40, max(0, block.links[0].order - heading.anchors))),
            len(words & self.topic.words) / len(words) if words else 0.0,
            float(bool(_NUMBER.search(text))),
            float(text.endswith((":", "：", ">", "»"))),
            float(bool(meaning & OURS) and bool(meaning & THEIRS)),
            float(bool(meaning & OURS) and not things),
            float(things),
            float(bool(meaning & THEIRS) and not meaning & (OURS | M["like"])),
        ]

    def _numbers(self, links: Iterable[Link]) -> list[float]:
        own, day = self.address.shape.number, self.address.shape.day
        numbers = [link.shape.number for link in links if link.shape.number]
        newer, gap = -1.0, -1.0
        if own and numbers:
            newer = sum(number > own for number in numbers) / len(numbers)
            gap = sum(min(4.0, abs(math.log10(max(1, abs(n - own)) / max(1, own)))) for n in numbers) / len(numbers)
        days = [link.shape.day for link in links if link.shape.day is not None]
        same = later = far = -1.0
        if day is not None and days:
            gaps = [abs(d - day) for d in days]
            same = sum(g <= 2 for g in gaps) / len(gaps)
            later = sum(d > day + 0.5 for d in days) / len(days)
            far = min(2000.0, sum(gaps) / len(gaps))
        return [newer, gap, same, later, far]

    def _image(self, node: int) -> bool:
        """An image stands in the anchor, even one without an alternative text."""
        return node in self.outline.pictured

    def _ranked(self, links: list[Link]) -> float:
        """Share of the items that begin with their place in the list, as rankings do."""
        outline = self.outline
        counted = 0
        for place, link in enumerate(links, 1):
            begins = _LEADING_NUMBER.match(outline.text, outline.start[link.item], outline.start[link.item] + 12)
            counted += begins is not None and int(begins[1]) == place
        return counted / len(links) if len(links) > 1 else 0.0

    def _beside(self, link: Link) -> str:
        """The item's text outside its headline, as far as it is short."""
        outline = self.outline
        item = link.item
        if outline.end[item] - outline.start[item] > 600:
            return ""
        return outline.text[outline.start[item] : link.start] + " " + outline.text[link.end : outline.end[item]][:80]

    def line_rest(self, link: Link) -> float:
        """Characters of unlinked text in the block-level element around the link."""
        outline = self.outline
        node = link.node
        while node > 0 and outline.tags[node] in INLINE_TAGS:
            node = outline.parents[node]
        size = outline.end[node] - outline.start[node] - (outline.link_end[node] - outline.link_start[node])
        return min(1000.0, float(size))

    def _tags_around(self, node: int) -> list[str]:
        outline = self.outline
        found = []
        for _ in range(4):
            node = outline.parents[node]
            if node <= 0:
                break
            found.append(outline.tags[node])
        return found


INLINE_TAGS = frozenset(
    ["a", "span", "b", "strong", "em", "i", "font", "small", "u", "abbr", "cite", "mark", "time", "label"]
)
