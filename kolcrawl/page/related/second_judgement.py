"""Judge pages again whose site was not known yet when they were read.

Entry points: `join_links`, which makes the links of a page of those of its blocks, and `judge_again`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kolcrawl.page.page import Correction
from kolcrawl.page.related.judgement import decide
from kolcrawl.page.related.site_memory import MIN_PINNED_PAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from kolcrawl.page.page import PageLink
    from kolcrawl.page.related.open_pages import BlockLink, OpenPage
    from kolcrawl.page.related.site_memory import SiteMemory


def join_links(
    blocks: Iterable[tuple[int, list[BlockLink]]], pinned: AbstractSet[tuple[int, str]]
) -> Iterator[PageLink]:
    """Return each target once for each kind, numbered within its list; the links are changed in place.

    Args:
        blocks: their indexes and links, in page order.
        pinned: index and story key of links that are no related ones though their block is.
    """
    taken: set[tuple[str, str]] = set()
    positions: dict[tuple[int, str], int] = {}
    for index, links in blocks:
        for key, place, link in links:
            if pinned and link.kind == "related" and (index, key) in pinned:
                link.kind = "recommended"
            if (key, link.kind) in taken:
                continue
            taken.add((key, link.kind))
            link.position = positions[place, link.kind] = positions.get((place, link.kind), 0) + 1
            yield link


def judge_again(memory: SiteMemory, host: str) -> None:
    """Judge those pages of a host again of which enough is known now that another one was read.

    What is otherwise is left with the memory (`SiteMemory.take_corrections`).
    """
    waiting = memory.open_pages.take_clear(host, lambda page: _is_clear(page, memory))
    memory.corrections += filter(None, (_correction(page, memory) for page in waiting))


def _is_clear(page: OpenPage, memory: SiteMemory) -> bool:
    """Tell whether the places of all blocks of a page were seen on as many other pages as can tell something."""
    return all(memory.pages_at(page.host, block.place) > MIN_PINNED_PAGES for block in page.described)


def _correction(page: OpenPage, memory: SiteMemory) -> Correction | None:
    habits = [memory.habit(page.host, block.place, page.key, block.links) for block in page.described]
    judgement = decide(page.described, habits)
    if (judgement.related, judgement.pinned) == (page.related, page.pinned):
        return None
    blocks = dict(page.others)
    for index, ways in page.either_way.items():
        blocks[index] = ways[index in judgement.related]
    copied = (
        (index, [entry._replace(link=replace(entry.link)) for entry in links])
        for index, links in sorted(blocks.items())
    )
    links = [*join_links(copied, judgement.pinned)]
    shows_related = any(link.kind == "related" for link in links)
    beside = (link for link in page.beside if link.kind == "source" or not shows_related)
    return Correction(page.url, [*links, *beside])
