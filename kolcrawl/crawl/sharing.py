"""What a spider does with other workers on a shared frontier: `SharedCrawlSpider`, the base of the story spider."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from kolcrawl.frontier.interface import Frontier
from kolcrawl.frontier.scheduler import FrontierScheduler
from kolcrawl.policy.relevance import SEED_CHARS
from kolcrawl.report.crawl_state import StatefulSpider

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from scrapy import Request

    from kolcrawl.crawl.args import CrawlArgs
    from kolcrawl.crawl.paths import Notes
    from kolcrawl.items import StoryItem
    from kolcrawl.policy.earlier_crawls import KnownStory
    from kolcrawl.policy.relevance import Relevance


class SharedCrawlSpider(StatefulSpider):
    """Finds the other workers of its crawl, and tells them what they must know."""

    args: CrawlArgs
    relevance: Relevance
    _given: Mapping[str, Any] = {}
    _crawl_began: datetime | None = None
    """By the clock of Redis; None for a crawl that is not shared."""

    @property
    def frontier(self) -> Frontier | None:
        """The frontier of a running crawl; None before it runs, and under a scheduler that is not the project's."""
        scheduler = self.crawler.engine.scheduler if self.crawler.engine is not None else None
        return scheduler if isinstance(scheduler, Frontier) else None

    @property
    def job_notes(self) -> Notes | None:
        """Notes that are kept in the JOBDIR; None for a crawl without one."""
        scheduler = self.frontier if self.crawler.settings.get("JOBDIR") else None
        return scheduler.notes if isinstance(scheduler, FrontierScheduler) else None

    @property
    def shares(self) -> bool:
        """Whether other workers may take part in the crawl."""
        return self.frontier is not None and self.frontier.shared

    @property
    def crawl_name(self) -> str:
        """Name by which workers find each other: the argument `crawl`, else one made from spider and seeds."""
        seeds = sha256("\n".join(sorted(self.args.seeds)).encode()).hexdigest()[:10]
        return self.args.crawl or f"{self.name}-{seeds}"

    async def crawl_terms(self) -> str:
        """Return what workers of one crawl must have in common, as text: seeds, arguments as given, and the database.

        Raises:
            KolcrawlError: the database cannot be used.
        """
        open_store = self.crawl_state.open_store
        stored = [f"database {await open_store()}"] if open_store is not None else []
        seeds = sha256("\n".join(sorted(self.args.seeds)).encode()).hexdigest()[:10]
        left_out = ("url", "urls", "crawl")
        terms = [f"{k}={v}" for k, v in sorted(self._given.items()) if k not in left_out and not k.startswith("_")]
        return ", ".join([f"{len(self.args.seeds)} seeds ({seeds})", *terms, *stored])

    @property
    def page_limits(self) -> tuple[int, int]:
        """Pages in all and of each site; 0 sets no limit."""
        return self.args.max_pages, self.args.max_pages_per_site

    def note_refusal(self, error: Exception) -> None:
        """Take notice of why this worker cannot begin."""
        self.crawl_state.refusal = error

    def note_joined(self, began_at: float) -> None:
        """Take notice that this worker takes part in a crawl: of its name, for who shows it, and when it began."""
        self.crawler.stats.set_value("frontier/crawl", self.crawl_name)
        self._crawl_began = datetime.fromtimestamp(began_at, UTC)

    def was_read_by_others(self, story: KnownStory) -> bool:
        """Tell whether another worker has read a story in this crawl, so that it is none of an earlier one."""
        began, fetched = self._crawl_began, story.fetched_at
        return began is not None and fetched is not None and fetched >= began

    def learn_seeds(self, texts: Iterable[str]) -> None:
        """Learn what seeds are about that other workers have read; what is damaged is left out."""
        for text in texts:
            try:
                title, body = json.loads(text)
                self.relevance.learn_seed(str(title or ""), str(body))
            except (ValueError, TypeError) as error:
                self.logger.warning("a note on a seed cannot be read: %s", error)

    def note_spent(self, pages: int) -> None:
        """Take notice of how many pages all workers have spent."""
        self.crawl_state.budget.taken = pages

    def tell_seed(self, title: str | None, text: str | None) -> None:
        """Tell other workers what a seed is about."""
        if self.frontier is not None:
            self.frontier.note_seed(json.dumps([title, (text or "")[:SEED_CHARS]], ensure_ascii=False))

    def tell_read(self, item: StoryItem, request: Request) -> None:
        """Tell other workers under which keys a story was read, and how far from a seed."""
        if self.frontier is not None:
            self.frontier.note_read(request, {item.key, *item.known_as}, item.depth)

    async def least_depth(self, request: Request, depth: int) -> int:
        """Return the least depth of a story that any worker knows."""
        return await self.frontier.least_depth(request, depth) if self.frontier is not None else depth
