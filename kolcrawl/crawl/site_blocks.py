"""What a crawl learns of the blocks of the hosts that it reads, handed to the processes that read and to later crawls.

Each process learns a template anew (`SiteMemory`), and judges its first pages without. What it learnt comes back with
each page; here it is gathered, kept in the store now and then, joined there with what other crawls and workers learnt,
and handed to whoever reads the host first.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kolcrawl.items import BlockLesson
from kolcrawl.page.related.site_memory import MAX_HOSTS
from kolcrawl.urls.identity import url_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.policy.earlier_crawls import EarlierCrawls

FIRST_KEPT = (4, 10, 25)
"""Pages of a host after which what it taught is kept for the first times."""
KEPT_EVERY = 50  # pages, from then on


@dataclass(slots=True)
class _HostBlocks:
    """What one host taught."""

    asking: asyncio.Task[list[BlockLesson]]
    """For what earlier crawls know of it."""
    told: bool = False
    """What is known was handed to the reader."""
    pages: int = 0
    new: dict[int, list[float]] = field(default_factory=dict)
    """By place, how much it stayed, since it was last kept."""


class SiteBlocks:
    """The hosts of one crawl; those that were read the longest ago are forgotten first."""

    def __init__(self) -> None:
        self._hosts: OrderedDict[str, _HostBlocks] = OrderedDict()

    async def lessons_for(self, url: str, earlier: EarlierCrawls | None) -> list[BlockLesson]:
        """Return what the reader of a page is to know of its host; an empty list when it was told before.

        Args:
            url: of the page.
            earlier: who knows what earlier crawls learnt.

        Raises:
            UrlError: the URL is unusable.
        """
        if earlier is None:
            return []
        name = url_parts(url).host
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _HostBlocks(asyncio.create_task(earlier.blocks_of(name)))
            if len(self._hosts) > MAX_HOSTS:
                self._hosts.popitem(last=False)
        known = await asyncio.shield(host.asking)
        lessons, host.told = [] if host.told else known, True
        return lessons

    async def note(self, url: str, lessons: Sequence[BlockLesson], earlier: EarlierCrawls | None) -> None:
        """Take what a page taught; now and then keep it, and take up what other crawls kept meanwhile."""
        name = url_parts(url).host
        host = self._hosts.get(name)
        if host is None or earlier is None:
            return
        host.pages += 1
        for lesson in lessons:
            host.new.setdefault(lesson.place, []).append(lesson.staying)
        if host.new and (host.pages in FIRST_KEPT or host.pages % KEPT_EVERY == 0):
            new, host.new = host.new, {}
            kept = [BlockLesson(place, sum(stayed) / len(stayed), len(stayed)) for place, stayed in new.items()]
            host.asking, host.told = asyncio.create_task(earlier.keep_blocks(name, kept)), False
            await asyncio.shield(host.asking)
