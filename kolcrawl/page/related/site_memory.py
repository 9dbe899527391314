"""Learn from a site while it is crawled which of its blocks belong to the page, and which to the template.

The pages of one template show the same blocks. A block whose links stay the same from page to page is boilerplate
(most read, latest, editors' picks); one that changes with the page is the page's own. `SiteMemory` keeps, for each
host and each block's place in the template, the links of the last few pages, and from them tells how much the block
stays. Everything is bounded: the hosts that were read the longest ago are forgotten first.

How much a place's block stays can be handed to another process or a later crawl (`BlockLesson`). The links cannot:
those of a list of the newest are others tomorrow, and the list would seem to change with the page.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.items import BlockLesson
from kolcrawl.page.related.open_pages import OpenPage, OpenPages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.page.page import Correction

BLOCKS_VERSION = 1
"""Of the way in which a place in a template is known (`judgement`): lessons of another one say nothing here."""
MAX_HOSTS = 256
MAX_PLACES = 64  # blocks of one host
MAX_REMEMBERED_LINKS = 24  # links of a block that are remembered
COMPARED_PAGES = 4  # latest pages that tell whether a block stays
MIN_EARLIER_PAGES = 2  # earlier pages from which on a block's habit is believed
# Earlier pages all of which a link must have stood on, as far from the list's beginning or its end, to count as pinned
# to its place: of the stories of one affair on a small site, three in ten stand on any page, and hubs on many in a row.
MIN_PINNED_PAGES = 6
MAX_PAGES = 8  # pages of a block that are remembered
MAX_STAYING_BESIDE_PINNED = 0.3  # how much the rest of a list may stay: in a close network all links recur


class Habit(NamedTuple):
    """What a block's place held on earlier pages."""

    staying: float
    """0 (all new on every page) to 1 (the same on every page)."""
    sure: float
    """How sure that is, 0 to 1."""
    pinned: frozenset[str]
    """Story keys of links that stood there on every page, at one end of the list, while the others changed."""


@dataclass(frozen=True, slots=True)
class _Links:
    """The links of one block on one page."""

    keys: frozenset[int]
    """Hashes of their story keys."""
    fixed: frozenset[tuple[int, int]]
    """Each hash with how many links stand before it, and with how many follow, itself included, below zero."""

    @classmethod
    def of(cls, links: Sequence[str]) -> _Links:
        """Take the first links of a block."""
        hashes = [hash(key) for key in links[:MAX_REMEMBERED_LINKS]]
        fixed = {(key, at) for at, key in enumerate(hashes)} | {(key, at - len(links)) for at, key in enumerate(hashes)}
        return cls(frozenset(hashes), frozenset(fixed))


@dataclass(slots=True)
class _Place:
    """One block of one template."""

    pages: deque[tuple[int, _Links]] = field(default_factory=lambda: deque(maxlen=MAX_PAGES))
    """Hash of the page, and its links, latest last."""
    taught: BlockLesson | None = None
    """What was known of it before."""

    def habit(self, page: int, now: _Links, links: Sequence[str]) -> tuple[Habit | None, int]:
        """Tell how much of the links of a page's block stays here, and by how many pages; 0: by what was taught."""
        others = [seen for other, seen in self.pages if other != page and seen.keys]
        latest = [seen.keys for seen in others[-COMPARED_PAGES:]]
        taught = min(COMPARED_PAGES, self.taught.pages) if self.taught else 0  # believed until as much is known here
        if len(latest) >= max(MIN_EARLIER_PAGES, taught) and now.keys:
            common = _common(now, others) if len(others) >= MIN_PINNED_PAGES else frozenset()
            if _staying(now.keys - common, [seen - common for seen in latest]) >= MAX_STAYING_BESIDE_PINNED:
                common = frozenset()
            pinned = frozenset(key for key in links[:MAX_REMEMBERED_LINKS] if hash(key) in common)
            return Habit(_staying(now.keys, latest), min(1.0, len(latest) / COMPARED_PAGES), pinned), len(latest)
        if self.taught and now.keys:
            return Habit(self.taught.staying, min(1.0, self.taught.pages / COMPARED_PAGES), frozenset()), 0
        return None, 0


@dataclass(slots=True)
class SiteMemory:
    """The blocks of the hosts that were read last."""

    hosts: OrderedDict[str, OrderedDict[int, _Place]] = field(default_factory=OrderedDict)
    open_pages: OpenPages = field(default_factory=OpenPages)
    """Those that are judged again when more is known."""
    corrections: list[Correction] = field(default_factory=list)
    """Of pages that were judged again, since they were last taken."""
    _lessons: list[BlockLesson] = field(default_factory=list)
    _opened: bool = False

    def staying(self, host: str, place: str, page: str, links: Sequence[str]) -> Habit | None:
        """Tell how much of a block was on earlier pages of the host at the same place, and remember it.

        Args:
            host: of the page.
            place: what the block's place in the template is known by.
            page: story key of the page; the same page read again teaches nothing.
            links: story keys of the block's targets.

        Returns: None while too few pages are known.
        """
        number = _number(place)
        known = self._place(host, number)
        mine = hash(page)
        now = _Links.of(links)
        habit, pages = known.habit(mine, now, links)
        if habit and pages:
            self._lessons.append(BlockLesson(number, habit.staying, pages))
        if all(other != mine for other, _ in known.pages):
            known.pages.append((mine, now))
        return habit

    def habit(self, host: str, place: str, page: str, links: Sequence[str]) -> Habit | None:
        """Tell how much of a block is on the other pages of the host that are known by now, and learn nothing.

        The arguments and the answer are those of `staying`.
        """
        known = self._known(host, place)
        return known.habit(hash(page), _Links.of(links), links)[0] if known else None

    def pages_at(self, host: str, place: str) -> int:
        """Return how many pages of a host are known at a place of its template, of the latest."""
        known = self._known(host, place)
        return len(known.pages) if known else 0

    def _known(self, host: str, place: str) -> _Place | None:
        places = self.hosts.get(host)
        return places.get(_number(place)) if places else None

    def take_lessons(self) -> list[BlockLesson]:
        """Return what the pages read since the last call taught."""
        lessons, self._lessons = self._lessons, []
        return lessons

    def open(self, page: OpenPage) -> None:
        """Keep the page that was just read, to judge it again."""
        self.open_pages.add(page)
        self._opened = True

    def take_corrections(self) -> tuple[list[Correction], bool]:
        """Return which pages were judged otherwise since the last call, and whether one was kept."""
        taken = self.corrections, self._opened
        self.corrections, self._opened = [], False
        return taken

    def take_up(self, host: str, lessons: Sequence[BlockLesson]) -> None:
        """Begin with what another process or an earlier crawl learnt of a host.

        Args:
            host: whose pages will be read.
            lessons: one a place; each holds until enough pages are known here.
        """
        for lesson in lessons[:MAX_PLACES]:
            self._place(host, lesson.place).taught = lesson

    def _place(self, host: str, number: int) -> _Place:
        places = self.hosts.get(host)
        if places is None:
            places = self.hosts[host] = OrderedDict()
            if len(self.hosts) > MAX_HOSTS:
                self.hosts.popitem(last=False)
        else:
            self.hosts.move_to_end(host)
        known = places.get(number)
        if known is None:
            known = places[number] = _Place()
            if len(places) > MAX_PLACES:
                places.popitem(last=False)
        else:
            places.move_to_end(number)
        return known


def _number(place: str) -> int:
    """Return the number of a place, the same in every process, of 63 bits."""
    return int.from_bytes(hashlib.blake2b(place.encode(), digest_size=8).digest(), "big") >> 1


def _common(now: _Links, earlier: Sequence[_Links]) -> frozenset[int]:
    """Return the hashes of the links that stand at one place of a list, from its beginning or its end, on all pages."""
    return frozenset(key for key, _ in now.fixed.intersection(*(seen.fixed for seen in earlier)))


def _staying(now: frozenset[int], earlier: Sequence[frozenset[int]]) -> float:
    """Return the median share of links that two pages of a place have in common; 1 where nothing can be compared."""
    smaller = [min(len(now), len(seen)) for seen in earlier]
    return median(len(now & seen) / size if size else 1.0 for seen, size in zip(earlier, smaller, strict=True))
