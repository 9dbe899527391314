"""Work out once a page what its blocks have in common, and how each stands among them.

Entry point: `PageContext(outline, found, span, topic)`, whose attributes `features` turns into numbers.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.lexicon import KIND_MEANINGS, MEANING
from kolcrawl.page.related.blocks.unwritten_headings import meaning_of_names
from kolcrawl.page.related.phrases import COLONS, list_meanings

if TYPE_CHECKING:
    from collections.abc import Container

    from kolcrawl.page.body_span import BodySpan
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.blocks.link_types import LinkBlock, LinkBlocks
    from kolcrawl.page.topic import Topic

MAX_LEAD_HEADING = 20  # characters before a link that head it
LINK_RUN_GAP = 40  # characters between two links that stand together
_SCORES = {
    "related": 3.0, "also": 2.0, "like": 1.0, "popular": -2.0, "latest": -1.0, "sponsored": -3.0, "random": -3.0,
    "topic": -1.0,
}  # fmt: skip


def heading_score(meaning: int) -> float:
    """Return how much a heading's meaning speaks for the page's own list."""
    return sum(score for name, score in _SCORES.items() if meaning & MEANING[name])


class Template(NamedTuple):
    """What the blocks of one template signature have in common."""

    blocks: float
    """How many there are."""
    links: float
    """How many links they hold."""
    title: float
    """Likeness of their headlines to the page's title, above that of all blocks."""
    heading_score: float
    """The best of their headings' scores."""


class PageContext:
    """Meanings of headings, likeness to the topic, templates and runs of links of one page."""

    def __init__(
        self, outline: Outline, found: LinkBlocks, span: BodySpan, topic: Topic, headlines: Container[str] = ()
    ) -> None:
        """Compare the blocks of a page.

        Args:
            outline: the page.
            found: its blocks.
            span: where its body stands.
            topic: what it is about.
            headlines: the page's own, which say nothing of a list that stands under one.
        """
        self._headlines = headlines
        self.outline, self.found, self.topic = outline, found, topic
        blocks = found.blocks
        stories = [link for block in blocks for link in block.links if link.storylike]
        self.story_count = len(stories) or 1
        likeness = [topic.likeness(link.text) for link in stories]
        self.title_mean = sum(of_title for of_title, _, _ in likeness) / self.story_count
        self.body_mean = sum(of_body for _, _, of_body in likeness) / self.story_count
        self.meanings = [self._meaning(block) for block in blocks]
        counts = [sum(link.storylike for link in block.links) for block in blocks]
        self.heading_scores = [
            heading_score(meaning) if count else 0.0 for meaning, count in zip(self.meanings, counts, strict=True)
        ]
        self.sorted_scores = sorted(self.heading_scores)
        self.best_score = max(self.heading_scores, default=0.0)
        self._title_means = [self._title_mean(block) for block in blocks]
        lists = [index for index, count in enumerate(counts) if count >= 2]
        starts = (blocks[index].links[0].start for index in lists)
        self.after_body = sorted(start for start in starts if start >= span.end)
        """Starts of the lists behind the body."""
        ranked = sorted(((self._title_means[index], at) for at, index in enumerate(lists)), reverse=True)
        self.title_rank = {id(blocks[lists[at]]): rank / len(lists) for rank, (_, at) in enumerate(ranked)}
        """Place of each list by likeness to the title, by `id` of the block: 0 the most like."""
        self.runs = self._runs()
        self.templates = self._templates()
        self.twins = Counter(frozenset(link.target.key for link in blocks[index].links) for index in lists)
        """How many lists hold the same targets."""

    def _templates(self) -> dict[tuple[str, ...], Template]:
        same: dict[tuple[str, ...], list[int]] = {}
        for index, block in enumerate(self.found.blocks):
            same.setdefault(block.signature, []).append(index)
        blocks = self.found.blocks
        return {
            signature: Template(
                blocks=float(len(indexes)),
                links=float(sum(len(blocks[i].links) for i in indexes)),
                title=sum(self._title_means[i] for i in indexes) / len(indexes) - self.title_mean,
                heading_score=max(self.heading_scores[i] for i in indexes),
            )
            for signature, indexes in same.items()
        }

    def _title_mean(self, block: LinkBlock) -> float:
        values = [self.topic.likeness(link.text)[0] for link in block.links]
        return sum(values) / len(values)

    def _meaning(self, block: LinkBlock) -> int:
        """Return what the heading says; for a lone link the words before it in its line, up to a colon, are nearer."""
        if len(block.links) == 1 and len(block.lead) <= MAX_LEAD_HEADING and block.lead.endswith(COLONS):
            meaning = list_meanings(block.lead)
            if meaning & KIND_MEANINGS:  # "more news:" before a lone story names no section
                return meaning
        if block.heading < 0:
            return meaning_of_names(self.outline, block)
        text = self.outline.heading_text(block.heading)
        return 0 if text in self._headlines else list_meanings(text)

    def _runs(self) -> dict[int, int]:
        """Count per block how many links stand together around it with hardly a word between them."""
        links = sorted((link.start, link.end, i) for i, b in enumerate(self.found.blocks) for link in b.links)
        runs: dict[int, int] = {}
        start = 0
        for at in range(1, len(links) + 1):
            if at == len(links) or links[at][0] - links[at - 1][1] > LINK_RUN_GAP:
                for _, _, index in links[start:at]:
                    runs[index] = max(runs.get(index, 0), at - start)
                start = at
        return runs
