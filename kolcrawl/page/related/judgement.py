"""Judge which blocks are the page's own lists: the trained model, corrected by what the site's other pages showed.

Entry points: `judge(seen, candidates, memory) -> Judgement`, `decide(described, habits)`, which judges described blocks
again when more of the site was read.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.lexicon import KIND_MEANINGS, MEANING, OTHER_MEANINGS, RELATED_MEANINGS
from kolcrawl.page.related.model import DECIDING_FEATURES, LEAST_LIST, shipped_model
from kolcrawl.page.related.open_pages import DescribedBlock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from kolcrawl.page.related.blocks.link_types import LinkBlock
    from kolcrawl.page.related.features import Features
    from kolcrawl.page.related.site_memory import Habit, SiteMemory
    from kolcrawl.page.related.survey import Survey

BOILERPLATE_LOSS = 6.0  # log-odds that a block loses which stays on every page
CHANGING_LIST_GAIN = 3.2  # log-odds that a list gains which changes with every page
CHANGING_CARD_GAIN = 2.6  # the same for a card between paragraphs
OFF_MATTER, ON_MATTER = 0.05, 0.2  # likeness to the title, from none at all to that of a story on the same matter
LEAST_REMEMBERED = 0.02  # a block of a lower score is not looked up: nothing would make it related
MAX_CARD_REST = 40  # unlinked characters in the line of a link that is no part of a sentence
PLACE_LEVELS = 6  # elements by which a block's place in the template is known
PLACE_HEADING = 30  # characters of the heading by which it is known
NEVER_OWN = OTHER_MEANINGS | sum(MEANING[name] for name in ("author", "adjacent", "section", "topic", "service"))
"""Headings under which a list that changes is not the page's own for that."""


class Judgement(NamedTuple):
    """Which blocks of a page are related."""

    related: frozenset[int]
    """Their indexes."""
    pinned: frozenset[tuple[int, str]]
    """Index and story key of links that stand in a block on all pages, while its other links change."""
    unsure: tuple[DescribedBlock, ...] = ()
    """The blocks that may be judged otherwise when more of the site was read; empty where the memory is sure, or is
    not to judge this page again."""


def judge(seen: Survey, candidates: Sequence[int], memory: SiteMemory | None) -> Judgement:
    """Judge blocks of a page.

    Args:
        seen: the page.
        candidates: indexes of the blocks.
        memory: what earlier pages of the site taught; learns from these blocks.
    """
    rows = [seen.describer.describe(index) for index in candidates]
    scores = zip(candidates, rows, shipped_model().scores(rows), strict=True)
    likely = [(index, row, score) for index, row, score in scores if score >= LEAST_REMEMBERED]
    places = _places(seen, [index for index, _, _ in likely]) if memory is not None else {}
    described = [_described(seen, index, row, score, places.get(index, "")) for index, row, score in likely]
    if memory is None:
        return decide(described, [None] * len(described))
    address = seen.identity.address
    habits = [memory.staying(address.host, block.place, address.key, block.links) for block in described]
    is_unsure = any(habit is None or habit.sure < 1 for habit in habits) and memory.open_pages.may_open(address.host)
    for block, habit in zip(described, habits, strict=True):
        asked = set(block.links) if is_unsure else habit.pinned if habit else ()
        if asked:
            block.off_matter = _off_matter(seen, block.index, asked)
    judgement = decide(described, habits)
    return judgement._replace(unsure=tuple(described)) if is_unsure else judgement


def decide(described: Sequence[DescribedBlock], habits: Sequence[Habit | None]) -> Judgement:
    """Decide which of a page's blocks are related.

    Args:
        described: all its blocks that may be.
        habits: what the place of each held on other pages; None where that is not known.
    """
    scores = [
        _corrected(block, habit) if habit else block.score for block, habit in zip(described, habits, strict=True)
    ]
    sizes = [len(set(block.links)) for block in described]
    chosen = shipped_model().related([block.row for block in described], scores, sizes)
    pinned = {
        (block.index, key)
        for block, habit in zip(described, habits, strict=True)
        if habit
        for key in habit.pinned & block.off_matter
    }
    related = (block.index for block, yes in zip(described, chosen, strict=True) if yes)
    return Judgement(frozenset(related), frozenset(pinned))


def _described(seen: Survey, index: int, row: Features, score: float, place: str) -> DescribedBlock:
    on_matter = min(1.0, max(0.0, (row["title_mean"] - OFF_MATTER) / (ON_MATTER - OFF_MATTER)))
    return DescribedBlock(
        index=index,
        score=score,
        row={name: row[name] for name in DECIDING_FEATURES},
        links=[link.target.key for link in seen.blocks[index].links],
        place=place,
        called=bool(seen.meanings[index] & RELATED_MEANINGS),
        on_matter=on_matter,
        gain=_gain(row, seen, index, seen.blocks[index]),
    )


def _places(seen: Survey, indexes: Sequence[int]) -> dict[int, str]:
    """Return what the place of each block in the template is known by; numbered where a place repeats on the page."""
    met: Counter[str] = Counter()
    places: dict[int, str] = {}
    for index in indexes:
        place = _place(seen, index)
        met[place] += 1
        places[index] = f"{place}|{met[place]}" if met[place] > 1 else place
    return places


def _place(seen: Survey, index: int) -> str:
    outline, block = seen.outline, seen.blocks[index]
    path: list[str] = []
    node = block.container
    while node > 0 and len(path) < PLACE_LEVELS:
        path.append(outline.signature(node))
        node = outline.parents[node]
    # A heading that names no kind may be a line of the story: it is no part of the template.
    heading = outline.heading_text(block.heading) if seen.meanings[index] & KIND_MEANINGS else ""
    return "|".join((*path, *block.signature[:2], heading[:PLACE_HEADING]))


def _off_matter(seen: Survey, index: int, asked: AbstractSet[str]) -> frozenset[str]:
    """Return which of some links of a block are not on the page's matter, by story key."""
    likeness = seen.describer.topic.likeness
    return frozenset(
        link.target.key
        for link in seen.blocks[index].links
        if link.target.key in asked and likeness(link.text)[0] < OFF_MATTER
    )


def _corrected(block: DescribedBlock, habit: Habit) -> float:
    """Return the score of a block, corrected by what the same place of the template held on other pages.

    A block that stays loses: the less the more it is on the page's matter, as the stories of one affair list each
    other; and under a heading that says related only when it is all but the same. One that changes gains.
    """
    odds = math.log(max(block.score, 1e-6) / max(1 - block.score, 1e-6))
    if habit.staying > 0.5:
        stays = max(0.0, 4 * habit.staying - 3) if block.called else 2 * habit.staying - 1
        odds -= BOILERPLATE_LOSS * habit.sure * stays * (1 - block.on_matter)
    else:
        odds += block.gain * habit.sure * (1 - 2 * habit.staying)
    return 1 / (1 + math.exp(-odds))


def _gain(row: Features, seen: Survey, index: int, block: LinkBlock) -> float:
    """Return what a block gains when it changes with every page.

    That speaks for a list only where the page's own list may stand: behind the beginning of the body, not under a
    heading that says otherwise; less for a card between paragraphs.
    """
    if block.links[0].start <= seen.span.start or seen.meanings[index] & NEVER_OWN:
        return 0.0
    stories = sum(link.storylike for link in block.links)
    if stories >= LEAST_LIST:
        return CHANGING_LIST_GAIN
    return CHANGING_CARD_GAIN if stories and row["in_body"] and row["line_rest"] <= MAX_CARD_REST else 0.0
