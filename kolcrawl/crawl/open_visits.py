"""Visits whose links may be judged again when more of their site was read, and the items that correct them.

Kept is what a correction needs beside the links (`kolcrawl.page.related.open_pages`): nothing of the page's text.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.items import StoryItem
from kolcrawl.story.fold_addresses import fold_links
from kolcrawl.story.from_page import link_items
from kolcrawl.story.validate import bound_link_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from kolcrawl.page import Page
    from kolcrawl.page.page import Correction
    from kolcrawl.urls.varying_addresses import VaryingAddresses

MAX_OPEN_VISITS = 2_000
"""Visits; more than the processes that read keep pages, so that a few whose process died do no harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVisit:
    """What is kept of a visit."""

    key: str
    known_as: tuple[str, ...]
    url: str
    requested_url: str
    site: str
    title: str | None
    visited_at: datetime
    nofollow: bool
    depth: int
    relevance: float
    kinds: Counter[str]
    """Links by kind, as they were judged before."""
    path: float
    """`kolcrawl.policy.priority.path_relevance` of the story."""


class OpenVisits:
    """The visits of one crawl that may be corrected, by the URL of their page."""

    def __init__(self) -> None:
        self._visits: OrderedDict[str, OpenVisit] = OrderedDict()
        self._corrections: list[Correction] = []

    def note(self, page: Page, item: StoryItem, path: float) -> None:
        """Keep the visit of a page if it may be judged again; `path` is how relevant the way to it is."""
        if not page.may_be_corrected:
            return
        self._visits[page.url] = OpenVisit(
            key=item.key,
            known_as=tuple(item.known_as),
            url=item.url,
            requested_url=item.requested_url,
            site=item.site,
            title=item.title,
            visited_at=item.visited_at,
            nofollow=page.nofollow,
            depth=item.depth,
            relevance=item.relevance or 0.0,
            kinds=Counter(link.kind for link in item.links),
            path=path,
        )
        if len(self._visits) > MAX_OPEN_VISITS:
            self._visits.popitem(last=False)

    def add_corrections(self, corrections: Iterable[Correction]) -> None:
        """Take what the reader judged again."""
        self._corrections += corrections

    def take_corrected(self, varying: VaryingAddresses) -> Iterator[tuple[OpenVisit, StoryItem]]:
        """Yield the visits that were judged again since the last call, each with an item of its links.

        Args:
            varying: what is left out of addresses.
        """
        corrections, self._corrections = self._corrections, []
        for correction in corrections:
            visit = self._visits.pop(correction.url, None)
            if visit is not None:
                yield visit, _corrected_item(visit, correction, varying)


def _corrected_item(visit: OpenVisit, correction: Correction, varying: VaryingAddresses) -> StoryItem:
    """Make the item of a visit with its links as they are judged now; it says nothing else of the page."""
    links, left_out = link_items(correction.links, visit.key, nofollow=visit.nofollow)
    item = StoryItem(
        key=visit.key,
        url=visit.url,
        requested_url=visit.requested_url,
        site=visit.site,
        outcome="fetched",
        visited_at=visit.visited_at,
        known_as=list(visit.known_as),
        title=visit.title,
        relevance=visit.relevance,
        depth=visit.depth,
        links=links,
        links_left_out=left_out,
    )
    fold_links(item, varying)
    bound_link_texts(item.links)
    return item
