"""Pages that were judged before enough of their site was known: kept, described, until it is, and then judged again.

Only what the judgement needs is kept, and the links that the page gives either way; nothing of the page's tree or body.
The first pages of a host alone are kept, and of all hosts so many; those of hosts read the longest ago go first.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from kolcrawl.page.page import PageLink
    from kolcrawl.page.related.features import Features

MAX_OPENED_PAGES = 12  # of one host: of three templates, four each are read before each is known for sure
LONGEST_OPEN = 24  # further pages of the host after which a page is judged again with what is known then
MAX_OPEN_PAGES = 400  # of all hosts; each takes some 50 kB
MAX_COUNTED_HOSTS = 4_096  # of which it is remembered how many pages were kept


@dataclass(slots=True)
class DescribedBlock:
    """A block as the model saw it, with what its place on other pages can change."""

    index: int
    """Among the page's blocks."""
    score: float
    """By the model, before what the site teaches."""
    row: Features
    """Those features by which the decision is made (`model.DECIDING_FEATURES`)."""
    links: list[str]
    """Story keys of its targets."""
    place: str
    """What its place in the template is known by."""
    called: bool
    """Its heading calls it related."""
    on_matter: float
    """0 to 1: how much its headlines are on the page's matter."""
    gain: float
    """Log-odds that it gains when it changes with every page."""
    off_matter: AbstractSet[str] = frozenset()
    """Of the links that may turn out to be pinned, those that are not on the page's matter."""


class BlockLink(NamedTuple):
    """A link as its block gives it, before links that stand twice are left out."""

    key: str
    """Story key of the target."""
    place: int
    """Of the list in which its position counts."""
    link: PageLink


@dataclass(slots=True)
class OpenPage:
    """A page that is to be judged again."""

    url: str
    """That the page was fetched from."""
    host: str
    key: str
    """Its story key."""
    described: tuple[DescribedBlock, ...]
    related: frozenset[int]
    """The blocks that were found to be related."""
    pinned: frozenset[tuple[int, str]]
    """The links that were found to be pinned."""
    either_way: dict[int, tuple[list[BlockLink], list[BlockLink]]]
    """What each described block gives when it is not related, and when it is."""
    others: dict[int, list[BlockLink]]
    """What the other blocks give."""
    beside: list[PageLink]
    """Links that belong to no block, as they were given."""
    latest: int = 0
    """Page of the host with which it is judged at the latest."""


@dataclass(slots=True)
class _HostPages:
    """The pages of one host."""

    read: int = 0
    opened: int = 0
    waiting: list[OpenPage] = field(default_factory=list)


@dataclass(slots=True)
class OpenPages:
    """The pages that wait to be judged again, by host."""

    _hosts: OrderedDict[str, _HostPages] = field(default_factory=OrderedDict)
    _waiting: int = 0

    def may_open(self, host: str) -> bool:
        """Tell whether a page of the host may be kept."""
        return host not in self._hosts or self._hosts[host].opened < MAX_OPENED_PAGES

    def add(self, page: OpenPage) -> None:
        """Keep a page; of one that was read again, the latest reading."""
        pages = self._host(page.host)
        page.latest = pages.read + LONGEST_OPEN
        before = len(pages.waiting)
        pages.waiting = [*(other for other in pages.waiting if other.key != page.key), page]
        pages.opened += 1
        self._waiting += len(pages.waiting) - before
        for other in self._hosts.values():
            if self._waiting <= MAX_OPEN_PAGES:
                break
            self._waiting -= len(other.waiting)
            other.waiting = []

    def take_clear(self, host: str, is_clear: Callable[[OpenPage], bool]) -> list[OpenPage]:
        """Count a page of a host that was read, and return those that waited for it.

        Args:
            host: of the page.
            is_clear: tells whether enough is known to judge a page again.
        """
        pages = self._host(host)
        pages.read += 1
        if not pages.waiting:
            return []
        taken: list[OpenPage] = []
        left: list[OpenPage] = []
        for page in pages.waiting:
            (taken if pages.read >= page.latest or is_clear(page) else left).append(page)
        pages.waiting = left
        self._waiting -= len(taken)
        return taken

    def _host(self, host: str) -> _HostPages:
        pages = self._hosts.get(host)
        if pages is None:
            pages = self._hosts[host] = _HostPages()
            if len(self._hosts) > MAX_COUNTED_HOSTS:
                self._waiting -= len(self._hosts.popitem(last=False)[1].waiting)
        else:
            self._hosts.move_to_end(host)
        return pages
