"""Judge which blocks are the page's own lists: the trained model, corrected by what the site's other pages showed.

Entry point: `judge(seen, candidates, memory) -> Judgement`.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.lexicon import KIND_MEANINGS, MEANING, OTHER_MEANINGS, RELATED_MEANINGS
from kolcrawl.page.related.model import LEAST_LIST, shipped_model

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def judge(seen: Survey, candidates: Sequence[int], memory: SiteMemory | None) -> Judgement:
    """Judge blocks of a page.

    Args:
        seen: the page.
        candidates: indexes of the blocks.
        memory: what earlier pages of the site taught; learns from these blocks.
    """
    model = shipped_model()
    rows = [seen.describer.describe(index) for index in candidates]
    scores = model.scores(rows)
    pinned: set[tuple[int, str]] = set()
    if memory is not None:
        looked_up = [index for index, score in zip(candidates, scores, strict=True) if score >= LEAST_REMEMBERED]
        places = _places(seen, looked_up)
        for at, index in enumerate(candidates):
            habit = _habit(seen, index, places[index], memory) if index in places else None
            if habit is not None:
                scores[at] = _corrected(scores[at], rows[at], seen, index, habit)
                pinned |= _pinned(seen, index, habit)
    sizes = [len({link.target.key for link in seen.blocks[index].links}) for index in candidates]
    chosen = zip(candidates, model.related(rows, scores, sizes), strict=True)
    return Judgement(frozenset(index for index, related in chosen if related), frozenset(pinned))


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


def _habit(seen: Survey, index: int, place: str, memory: SiteMemory) -> Habit | None:
    address = seen.identity.address
    return memory.staying(address.host, place, address.key, [link.target.key for link in seen.blocks[index].links])


def _pinned(seen: Survey, index: int, habit: Habit) -> set[tuple[int, str]]:
    """Return the links of a block that stand there on all pages and are not on this page's matter."""
    likeness = seen.describer.topic.likeness
    return {
        (index, link.target.key)
        for link in seen.blocks[index].links
        if link.target.key in habit.pinned and likeness(link.text)[0] < OFF_MATTER
    }


def _corrected(score: float, row: Features, seen: Survey, index: int, habit: Habit) -> float:
    """Return the score of a block, corrected by what the same place of the template held on other pages.

    A block that stays loses: the less the more it is on the page's matter, as the stories of one affair list each
    other; and under a heading that says related only when it is all but the same. One that changes gains.
    """
    odds = math.log(max(score, 1e-6) / max(1 - score, 1e-6))
    if habit.staying > 0.5:
        called = seen.meanings[index] & RELATED_MEANINGS
        stays = max(0.0, 4 * habit.staying - 3) if called else 2 * habit.staying - 1
        on_matter = min(1.0, max(0.0, (row["title_mean"] - OFF_MATTER) / (ON_MATTER - OFF_MATTER)))
        odds -= BOILERPLATE_LOSS * habit.sure * stays * (1 - on_matter)
    else:
        odds += _gain(row, seen, index, seen.blocks[index]) * habit.sure * (1 - 2 * habit.staying)
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
