"""What the blocks of a page have in common, and how each stands among them: worked out once a page.

Door: `SharedByBlocks(outline, found, span, topic)`, whose attributes `features` turns into numbers.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kolcrawl.page.related import lexicon
from kolcrawl.page.related.headings import TELLING

if TYPE_CHECKING:
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.body_span import BodySpan
    from kolcrawl.page.related.link_types import LinkBlock, LinkBlocks
    from kolcrawl.page.topic import Topic

M = lexicon.MEANING
LONGEST_LEAD = 20  # characters before a link that head it
COLONS = (":", "：", "|", "»")
OURS = M["related"] | M["also"]
THEIRS = M["popular"] | M["latest"] | M["random"] | M["sponsored"] | M["picks"]
TOLD = ((M["related"], 3.0), (M["also"], 2.0), (M["like"], 1.0), (M["popular"], -2.0), (M["latest"], -1.0),
        (M["sponsored"], -3.0), (M["random"], -3.0), (M["topic"], -1.0))  # fmt: skip


def told(meaning: int) -> float:
    """How much a heading's meaning speaks for the page's own list."""
    return sum(weight for bit, weight in TOLD if meaning & bit)


class SharedByBlocks:
    """Meanings of headings, likeness to the topic, makes and runs of links of one page."""

    def __init__(self, outline: Outline, found: LinkBlocks, span: BodySpan, topic: Topic) -> None:
        self.outline, self.found, self.topic = outline, found, topic
        blocks = found.blocks
        stories = [link for block in blocks for link in block.links if link.storylike]
        self.story_count = len(stories) or 1
        self.title_mean = sum(self.topic.likeness(link.text)[0] for link in stories) / self.story_count
        self.body_mean = sum(self.topic.likeness(link.text)[2] for link in stories) / self.story_count
        self.meanings = [self._meaning(block) for block in blocks]
        self.tolds = [
            told(m) if sum(li.storylike for li in b.links) else 0.0 for m, b in zip(self.meanings, blocks, strict=True)
        ]
        self.told_sorted = sorted(self.tolds)
        self.told_best = max(self.tolds, default=0.0)
        listed = [b for b in blocks if sum(link.storylike for link in b.links) >= 2]
        self.after = sorted(b.links[0].start for b in listed if b.links[0].start >= span.end)
        ranked = sorted(((self._title_mean(b), i) for i, b in enumerate(listed)), reverse=True)
        self.rank = {id(listed[i]): place / len(listed) for place, (_, i) in enumerate(ranked)}
        self.runs = self._runs()
        self.makes = self._makes()
        self.twins = Counter(frozenset(link.target.key for link in b.links) for b in listed)

    def _makes(self) -> dict[tuple[str, ...], tuple[float, float, float, float]]:
        """Per make of links: how many blocks and links, their likeness to the title, the best of their headings."""
        same: dict[tuple[str, ...], list[int]] = {}
        for index, block in enumerate(self.found.blocks):
            same.setdefault(block.signature, []).append(index)
        blocks = self.found.blocks
        return {
            make: (
                float(len(indexes)),
                float(sum(len(blocks[i].links) for i in indexes)),
                sum(self._title_mean(blocks[i]) for i in indexes) / len(indexes) - self.title_mean,
                max(self.tolds[i] for i in indexes),
            )
            for make, indexes in same.items()
        }

    def _title_mean(self, block: LinkBlock) -> float:
        values = [self.topic.likeness(link.text)[0] for link in block.links]
        return sum(values) / len(values)

    def _meaning(self, block: LinkBlock) -> int:
        """What the heading says; for a lone link what stands before it in its line, up to a colon, is nearer."""
        if len(block.links) == 1 and len(block.lead) <= LONGEST_LEAD and block.lead.endswith(COLONS):
            meaning = lexicon.heading_meanings(block.lead)
            if meaning & TELLING:  # "more news:" before a lone story tells no section
                return meaning
        text = self.outline.heading_text(block.heading) if block.heading >= 0 else ""
        return lexicon.heading_meanings(text)

    def _runs(self) -> dict[int, int]:
        """Per block: how many links stand together around it with hardly a word between them."""
        links = sorted((link.start, link.end, i) for i, b in enumerate(self.found.blocks) for link in b.links)
        runs: dict[int, int] = {}
        start = 0
        for at in range(1, len(links) + 1):
            if at == len(links) or links[at][0] - links[at - 1][1] > 40:
                for _, _, index in links[start:at]:
                    runs[index] = max(runs.get(index, 0), at - start)
                start = at
        return runs
