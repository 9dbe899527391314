"""Describe a block of links in numbers with names: all that the model ever sees of a page.

Entry point: `Describer(outline, found, span, identity).describe(index) -> Features`. Nothing here knows a site, a
language or a label. Each method below gives one group of features; a value stands beside its name and nowhere else.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

from kolcrawl.page.lexicon import CUE, MEANING, OTHER_MEANINGS, RELATED_MEANINGS, heading_meanings, names_things
from kolcrawl.page.related.page_context import PageContext
from kolcrawl.page.related.phrases import ends_like_heading, is_dated, prefix_of
from kolcrawl.page.topic import Topic, tokens
from kolcrawl.text.tables import any_of, read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.page.body_span import BodySpan
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.page_identity import PageIdentity
    from kolcrawl.page.related.blocks.link_types import Link, LinkBlock, LinkBlocks

Features = dict[str, float]

CUE_LEVELS = 9  # how far above the items class names are read
OUTER_LEVELS = 8
MAX_OUTER_HEADING = 50  # characters
MAX_OUTER_DISTANCE = 3_000  # characters from a heading further out to the block
MAX_PREFIXES = 8  # links of a list that are asked whether they all begin with "read also"
MAX_NAMING_LEAD = 45  # characters before a link that may say what it is
MAX_BODY = 12_000  # characters of the body that are looked at
ON_TITLE_TOPIC = 0.12  # likeness to the title from which on a headline tells the same matter
INLINE_TAGS = frozenset(
    ("a", "abbr", "b", "cite", "em", "font", "i", "label", "mark", "small", "span", "strong", "time", "u")
)
"""Elements within a line of which the rest is looked at."""
LANDMARKS = ("nav", "aside", "footer", "header", "article", "main", "section", "li", "table", "p", "figure", "form")
OUTER_MEANINGS = ("related", "also", "like", "popular", "latest", "sponsored", "picks", "service")
_LEADING_NUMBER = re.compile(r"\s*(?:NO\.?)?(\d{1,2})(?!\d)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_QUERY_MARK = re.compile(any_of(read_table("related_phrases.toml")["query_marks"]), re.IGNORECASE)
_CUE_FEATURES = {bit: f"cue_{name}" for name, bit in CUE.items()}
_NO_CUES: Features = dict.fromkeys(_CUE_FEATURES.values(), 0.0)
_NO_LANDMARKS: Features = {f"in_{tag}": 0.0 for tag in LANDMARKS}
_NO_HEADING: Features = {
    "heading_strength": -1.0,
    "heading_level": 12.0,
    "heading_length": 0.0,
    "heading_gap": -1.0,
    "heading_anchors": -1.0,
    "heading_on_topic": 0.0,
    "heading_numbers": 0.0,
    "heading_colon": 0.0,
    "heading_mixed": 0.0,
    "related_stories": 0.0,
    "related_things": 0.0,
    "plainly_other": 0.0,
}


class Describer:
    """Describes the blocks of one page."""

    def __init__(self, outline: Outline, found: LinkBlocks, span: BodySpan, identity: PageIdentity) -> None:
        """Work out what the descriptions of all blocks share.

        Args:
            outline: the page.
            found: its blocks.
            span: where its body stands.
            identity: what it says of itself.
        """
        self.outline, self.found, self.span, self.address = outline, found, span, identity.address
        body = outline.text[span.start : min(span.end, span.start + MAX_BODY)]
        self.topic = Topic(identity.title, identity.keywords, body)
        self.context = PageContext(outline, found, span, self.topic, identity.headlines)
        self.meanings = self.context.meanings

    def describe(self, index: int) -> Features:
        """Return the features of block `index`, always the same names in the same order."""
        block = self.found.blocks[index]
        stories = [link for link in block.links if link.storylike]
        good = stories or block.links
        outer, cues, landmarks, depth = self._surroundings(block)
        return {
            **_heading_meanings(self.meanings[index]),
            **_outer_meanings(outer),
            **self._words_before(block),
            **self._heading(block, self.meanings[index]),
            **cues,
            **landmarks,
            **self._position(block),
            **self._links(block, good, len(stories)),
            **self._numbers(good),
            **self._marks(block, good),
            **self._topic(block, good),
            **self._items(block),
            **self._standing(index, good, len(stories), depth),
            **self._template(block),
        }

    def _surroundings(self, block: LinkBlock) -> tuple[int, Features, Features, int]:
        """Walk from a block's first link up to the body.

        Returns: meaning of the headings further out, nearness of each class cue (1 on the item, less above), landmark
            elements around, levels.
        """
        outline = self.outline
        node, item = block.links[0].node, block.links[0].item
        cues, landmarks = _NO_CUES.copy(), _NO_LANDMARKS.copy()
        outer = level = depth = seen = 0
        above = False
        while node > 0:
            if level <= CUE_LEVELS and (new := outline.cues[node] & ~seen):
                seen |= new
                while new:
                    bit = new & -new
                    cues[_CUE_FEATURES[bit]] = 1.0 / (1 + level)
                    new ^= bit
            if outline.tags[node] in LANDMARKS:
                landmarks[f"in_{outline.tags[node]}"] = 1.0
            if node == item:
                above = True
            if above:
                level += 1
                at = outline.heading_before[node]
                if level <= OUTER_LEVELS and at >= 0 and at != block.heading:
                    outer |= self._meaning_further_out(at, block)
            node = outline.parents[node]
            depth += 1
        return outer, cues, landmarks, depth

    def _meaning_further_out(self, heading: int, block: LinkBlock) -> int:
        text = self.outline.heading_text(heading)
        if len(text) > MAX_OUTER_HEADING:
            return 0
        near = block.links[0].start - self.outline.headings[heading].end < MAX_OUTER_DISTANCE
        return heading_meanings(text) if near else 0

    def _words_before(self, block: LinkBlock) -> Features:
        """Describe the words before a lone link in its line, and those with which the links themselves begin."""
        lead = own = 0
        alone = False
        link = block.links[0]
        if len(block.links) > 2:
            prefixes = [heading_meanings(prefix_of(link.text)) for link in block.links[:MAX_PREFIXES]]
            own = sum(bit for bit in MEANING.values() if sum(bool(p & bit) for p in prefixes) > len(prefixes) / 2)
        else:
            if len(block.lead) <= MAX_NAMING_LEAD:
                lead = heading_meanings(block.lead)
            own = heading_meanings(prefix_of(link.text))
            alone = self.line_rest(link) - len(block.lead) <= 8
        calls = RELATED_MEANINGS | MEANING["like"]
        return {
            "lead_related": float(bool(lead & MEANING["related"])),
            "lead_also": float(bool(lead & MEANING["also"])),
            "lead_like": float(bool(lead & MEANING["like"])),
            "lead_other": float(bool(block.lead) and not lead & calls),
            "own_related": float(bool(own & MEANING["related"])),
            "own_also": float(bool(own & MEANING["also"])),
            "own_like": float(bool(own & MEANING["like"])),
            "own_service": float(bool(own & (MEANING["service"] | MEANING["topic"]))),
            "callout": float(alone and bool((lead | own) & calls)),
        }

    def _heading(self, block: LinkBlock, meaning: int) -> Features:
        """Describe how the heading looks, and how plainly it says what the block is."""
        if block.heading < 0:
            named = meaning & RELATED_MEANINGS
            return {**_NO_HEADING, "related_stories": 1.0} if named else _NO_HEADING
        outline = self.outline
        heading = outline.headings[block.heading]
        text = outline.heading_text(block.heading)
        words = tokens(text)
        related, other = meaning & RELATED_MEANINGS, meaning & OTHER_MEANINGS
        things = names_things(meaning)
        return {
            "heading_strength": float(heading.strength),
            "heading_level": float(block.heading_level),
            "heading_length": float(min(len(text), 80)),
            "heading_gap": min(5000.0, float(block.links[0].start - heading.end)),
            "heading_anchors": float(min(40, max(0, block.links[0].order - heading.anchors))),
            "heading_on_topic": len(words & self.topic.words) / len(words) if words else 0.0,
            "heading_numbers": float(bool(_NUMBER.search(text))),
            "heading_colon": float(ends_like_heading(text)),
            "heading_mixed": float(bool(related) and bool(other)),
            "related_stories": float(bool(related) and not things),
            "related_things": float(things),
            "plainly_other": float(bool(other) and not related and not meaning & MEANING["like"]),
        }

    def _position(self, block: LinkBlock) -> Features:
        """Describe where the block stands on the page and to the body."""
        outline, span = self.outline, self.span
        start, end = block.links[0].start, block.links[-1].end
        total = max(1, len(outline.text))
        inside = span.start <= start < span.end
        return {
            "place": start / total,
            "after_body": max(-20.0, min(40.0, (start - span.end) / 500)),
            "in_body": float(inside),
            "body_share": (start - span.start) / max(1, span.end - span.start) if inside else -1.0,
            "before_body": float(start < span.start),
            "in_container": float(outline.start[span.node] <= start < outline.end[span.node]),
            "rank_after": float(bisect_left(self.context.after_body, start)) if start >= span.end else -1.0,
            "text_share": (end - start) / total,
        }

    def _links(self, block: LinkBlock, good: Sequence[Link], stories: int) -> Features:
        """Describe what the links are made of, and where they lead."""
        outline, address = self.outline, self.address
        count, size = len(block.links), len(good)
        shown = self.found.shown
        orders = [link.order for link in block.links]
        low, high = min(orders) - 2, max(orders) + 2
        pictured = (any(n in outline.alternatives or n in outline.pictured for n in li.anchors) for li in block.links)
        return {
            "links": float(count),
            "storylike": stories / count,
            "width": sum(link.width for link in good) / size,
            "narrowest": min(link.width for link in good),
            "alike": sum(link.alike for link in good) / size,
            "same_site": sum(link.target.site == address.site for link in good) / size,
            "same_host": sum(link.target.host == address.host for link in good) / size,
            "images": sum(pictured) / count,
            "elsewhere": sum(shown[link.target.key] > len(link.anchors) for link in good) / size,
            "holds_self": float(count > 1 and any(low <= order <= high for order in self.found.own_orders)),
        }

    def _numbers(self, links: Sequence[Link]) -> Features:
        """Describe how the numbers and dates in the links' addresses compare to those of the page's own."""
        own, day = self.address.shape.number, self.address.shape.day
        numbers = [link.shape.number for link in links if link.shape.number]
        newer = gap = same = later = far = -1.0
        if own and numbers:
            newer = sum(number > own for number in numbers) / len(numbers)
            gap = sum(min(4.0, abs(math.log10(max(1, abs(n - own)) / max(1, own)))) for n in numbers) / len(numbers)
        days = [link.shape.day for link in links if link.shape.day is not None]
        if day is not None and days:
            gaps = [abs(d - day) for d in days]
            same = sum(g <= 2 for g in gaps) / len(gaps)
            later = sum(d > day + 0.5 for d in days) / len(days)
            far = min(2000.0, sum(gaps) / len(gaps))
        return {"newer": newer, "number_gap": gap, "same_day": same, "later_day": later, "day_gap": far}

    def _marks(self, block: LinkBlock, good: Sequence[Link]) -> Features:
        """Describe dates beside the links, and marks in their addresses and attributes."""
        rels, in_new_tab = self.outline.rels, self.outline.in_new_tab
        links = block.links
        marked = any(_QUERY_MARK.search(link.target.url.partition("?")[2]) for link in good)
        kinds = sum(len(link.shape.kinds) for link in good) / len(good)
        return {
            "dated_items": sum(is_dated(self._beside(link)) for link in good) / len(good),
            "slug": sum(link.shape.slug for link in links) / len(links),
            "query_mark": float(marked),
            "nofollow": sum("nofollow" in rels.get(link.node, "") for link in links) / len(links),
            "new_tab": sum(link.node in in_new_tab for link in links) / len(links),
            "depth_gap": kinds - len(self.address.shape.kinds),
        }

    def _topic(self, block: LinkBlock, good: Sequence[Link]) -> Features:
        """Describe how much the headlines share with the page's title, keywords and body."""
        context = self.context
        likeness = [self.topic.likeness(link.text) for link in good]
        size = len(likeness)
        title = [of_title for of_title, _, _ in likeness]
        title_mean = sum(title) / size
        body_mean = sum(of_body for _, _, of_body in likeness) / size
        return {
            "title_mean": title_mean,
            "title_best": max(title),
            "title_share": sum(value > ON_TITLE_TOPIC for value in title) / size,
            "topic_mean": sum(of_words for _, of_words, _ in likeness) / size,
            "body_mean": body_mean,
            "body_low": min(of_body for _, _, of_body in likeness),
            "title_lead": title_mean - context.title_mean,
            "body_lead": body_mean - context.body_mean,
            "title_rank": context.title_rank.get(id(block), -1.0),
        }

    def _items(self, block: LinkBlock) -> Features:
        """Describe how much text stands in the items beside the links."""
        outline, links = self.outline, block.links
        count = len(links)
        item_text = sum(outline.end[link.item] - outline.start[link.item] for link in links) / count
        return {
            "item_text": min(1500.0, item_text),
            "density": sum(len(link.text) for link in links) / count / max(1.0, item_text),
            "lone": float(count == 1),
            "line_rest": self.line_rest(links[0]),
            "bold": float(self._is_bold(links[0].node)),
        }

    def _standing(self, index: int, good: Sequence[Link], stories: int, depth: int) -> Features:
        """Describe how the block stands among the page's other blocks."""
        context, segments = self.context, self.address.shape.segments
        block = self.found.blocks[index]
        score = context.heading_scores[index]
        section = segments[0] if segments else None
        same_section = sum(link.shape.segments[:1] == (section,) for link in good) / len(good) if segments else 0.0
        return {
            "run": float(context.runs.get(index, len(block.links))),
            "page_links": float(context.story_count),
            "page_share": stories / context.story_count,
            "heading_score_rank": float(len(context.sorted_scores) - bisect_right(context.sorted_scores, score)),
            "heading_score_gap": context.best_score - score,
            "best_heading_score": context.best_score,
            "same_section": same_section,
            "twin": float(context.twins.get(frozenset(link.target.key for link in block.links), 1)),
            "listed_level": float(depth),
            "item_tags": float(len(block.signature)),
            "ranked": self._ranked(block.links),
        }

    def _template(self, block: LinkBlock) -> Features:
        """Describe how the blocks of the same template compare."""
        template = self.context.templates[block.signature]
        return {
            "template_blocks": template.blocks,
            "template_links": template.links,
            "template_title": template.title,
            "template_heading_score": template.heading_score if block.heading < 0 else 0.0,
        }

    def _ranked(self, links: Sequence[Link]) -> float:
        """Return the share of the items that begin with their place in the list, as rankings do."""
        outline = self.outline
        counted = 0
        for place, link in enumerate(links, 1):
            begins = _LEADING_NUMBER.match(outline.text, outline.start[link.item], outline.start[link.item] + 12)
            counted += begins is not None and int(begins[1]) == place
        return counted / len(links) if len(links) > 1 else 0.0

    def _beside(self, link: Link) -> str:
        """Return the item's text outside its headline, as far as it is short."""
        outline = self.outline
        item = link.item
        if outline.end[item] - outline.start[item] > 600:
            return ""
        return outline.text[outline.start[item] : link.start] + " " + outline.text[link.end : outline.end[item]][:80]

    def line_rest(self, link: Link) -> float:
        """Count the characters of unlinked text in the block-level element around a link."""
        outline = self.outline
        node = link.node
        while node > 0 and outline.tags[node] in INLINE_TAGS:
            node = outline.parents[node]
        size = outline.end[node] - outline.start[node] - (outline.link_end[node] - outline.link_start[node])
        return min(1000.0, float(size))

    def _is_bold(self, node: int) -> bool:
        """Tell whether a link stands in bold text."""
        for _ in range(4):
            node = self.outline.parents[node]
            if node <= 0:
                return False
            if self.outline.tags[node] in ("strong", "b"):
                return True
        return False


@lru_cache(maxsize=1024)
def _heading_meanings(meaning: int) -> Features:
    return {f"heading_{name}": float(bool(meaning & bit)) for name, bit in MEANING.items()}


@lru_cache(maxsize=1024)
def _outer_meanings(meaning: int) -> Features:
    return {f"outer_{name}": float(bool(meaning & MEANING[name])) for name in OUTER_MEANINGS}
