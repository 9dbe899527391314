"""What the rest of the project asks of a frontier, besides Scrapy's interface of a scheduler: `Frontier`.

Two stand behind it: `scheduler.FrontierScheduler` (memory or a JOBDIR, one process) and, where FRONTIER_URL is set,
`shared.shared_scheduler.SharedScheduler` (Redis, any number of workers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from scrapy import signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.exceptions import CloseSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler

VERDICT = "frontier_verdict"
"""Name in `meta`: what a shared frontier has decided of a request. Empty: it may be fetched, and is paid for; else
`budget`, `site_budget` or `elsewhere`. It is missing where the frontier is not shared."""
REFUND = "frontier_refund"
"""Name in `meta`: set where a request that a shared frontier has paid for was not sent."""


class Frontier(BaseScheduler):
    """A scheduler of the project."""

    shared: ClassVar[bool] = False
    """Whether other workers take requests from it, too."""
    wants_seeds: bool = True
    """Whether the seeds are still to be pushed."""

    def seeds_are_in(self) -> None:
        """Take notice that all seeds were pushed."""

    def note_seed(self, text: str) -> None:
        """Tell other workers what a seed is about."""

    def note_read(self, request: Request, keys: Collection[str], depth: int) -> None:
        """Take notice that a story was read, which is told to others when it has been stored.

        Args:
            request: that led to it.
            keys: all that the story has.
            depth: steps from a seed that its links were followed from.
        """

    async def least_depth(self, request: Request, depth: int) -> int:
        """Return how many steps a story whose page was fetched is from a seed at least, as all workers know by now.

        Args:
            depth: what this worker knows.
        """
        return depth

    def _close_when_open(self, crawler: Crawler, reason: str) -> None:
        # Raised from open() it would leave the pipelines half open, with tracebacks.
        def close() -> None:
            raise CloseSpider(reason)

        self._on_open = close  # signals keep weak references
        crawler.signals.connect(close, signals.spider_opened)


class SharingSpider(Protocol):
    """What a shared frontier asks of a spider."""

    name: str
    crawl_name: str
    """Name under which workers find each other."""
    page_limits: tuple[int, int]
    """Pages in all and of each site; 0 sets no limit."""

    async def crawl_terms(self) -> str:
        """Return what workers of one crawl must have in common, as text; open the database for it.

        Raises:
            KolcrawlError: the database cannot be used.
        """

    def note_refusal(self, error: Exception) -> None:
        """Take notice of why this worker cannot begin; it has been logged."""

    def note_joined(self, began_at: float) -> None:
        """Take notice that this worker takes part in a crawl, which began at that time (seconds since the epoch)."""

    def learn_seeds(self, texts: Iterable[str]) -> None:
        """Learn what seeds are about that other workers have read."""

    def note_spent(self, pages: int) -> None:
        """Take notice of how many pages all workers have spent."""

    def follow_again(self, request: Request) -> AsyncIterator[Request]:
        """Yield the requests beyond a story that was read, and to which a shorter way was found."""
