"""The one typed object that the parts of a running crawl share.

Lies in `kolcrawl.report`, the lowest package that may name the types of all its fields: counts and quality are defined
here, budget and earlier crawls in `kolcrawl.policy`. Whoever writes or reads it (the spider, the store pipeline, the
report, notifications, `scrapy crawl`) stands on this level or above.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scrapy import Spider

from kolcrawl.policy.scope import Budget
from kolcrawl.report.counts import CrawlCounts
from kolcrawl.report.quality import EXIT_CODES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path
    from typing import Any

    from kolcrawl.items import StoryItem
    from kolcrawl.policy.earlier_crawls import EarlierCrawls
    from kolcrawl.report.quality import Quality
    from kolcrawl.report.story_changes import StoryChange


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAddress:
    """Where the network of a crawl is stored, fit to be shown."""

    uri: str
    """The server's URI, its credentials masked."""
    database: str
    embedded: bool
    """Whether it is the embedded server on `data_dir`."""
    data_dir: Path
    idle_minutes: float = 0.0
    """Minutes without a client after which the embedded server ends; 0 for never."""


@dataclass(slots=True, kw_only=True)
class CrawlState:
    """What the parts of a running crawl share; each field names the part that sets it."""

    seeds: tuple[str, ...] = ()
    """URLs to start from, at least one in a crawl. Set by the spider."""
    args: Mapping[str, Any] = field(default_factory=dict)
    """The arguments of the crawl but its seeds, as they are kept with it. Set by the spider."""
    job: str | None = None
    """Scrapyd's id of the job; None for a crawl that Scrapyd did not start. Set by the spider."""
    budget: Budget = field(default_factory=Budget)
    """Pages that may still be requested. Made by the spider, spent by its downloader middleware."""
    counts: CrawlCounts = field(default_factory=CrawlCounts)
    """What was found so far. Counted by the store pipeline, when a story is stored."""
    earlier_crawls: EarlierCrawls | None = None
    """What earlier crawls know. Set by the store pipeline; None for a crawl that stores nothing."""
    correct: Callable[[StoryItem], None] | None = None
    """Takes visits whose links were judged again. Set by the store pipeline; None for a crawl that stores nothing."""
    address: StoreAddress | None = None
    """Where the network is stored. Set by the store pipeline when the database is open."""
    crawl_id: str | None = None
    """Id of the run in the database. Set by the store pipeline when the start of the run is noted."""
    aborted: tuple[str, ...] = ()
    """Ids of earlier runs that the start of this one found killed. Set by the store pipeline."""
    refusal: Exception | None = None
    """Why the crawl could not begin, as the log has it: the database cannot be used, or other workers refuse this one.
    Set by the store pipeline, or by a shared frontier before it."""
    open_store: Callable[[], Awaitable[str]] | None = None
    """Opens the database before the run is noted, and names it as workers compare it: name, and the beginning of an id.
    Set by the store pipeline when it is made; None for a crawl that stores nothing."""
    seconds: float | None = None
    """How long the run took, as it is noted. Set by the store pipeline at the end."""
    new_links: int = 0
    """Links that the network did not have before. Set by the store pipeline at the end."""
    changes: list[StoryChange] = field(default_factory=list)
    """What the crawl found changed of stories known before. Set by the store pipeline at the end."""
    quality: Quality | None = None
    """How the crawl went. Set by the store pipeline at the end; None while the crawl runs, or if it was broken off."""
    why: list[str] = field(default_factory=list)
    """A line for each thing that keeps the quality from being `ok`."""
    notes: list[str] = field(default_factory=list)
    """A line for each thing that the crawl could not judge, whatever its quality. Set with it."""
    hints: list[str] = field(default_factory=list)
    """A line for each thing that the report is to tell besides. Set by the spider."""

    @property
    def exit_code(self) -> int | None:
        """Exit code of `scrapy crawl`; None as long as the crawl is not judged."""
        return None if self.quality is None else EXIT_CODES[self.quality]


class StatefulSpider(Spider):
    """A spider with a `CrawlState`; `kolcrawl.crawl.story_spider.StorySpider` is the only one."""

    crawl_state: CrawlState


def state_of(spider: Spider | None) -> CrawlState | None:
    """Get the state of a crawl; None for a spider of Scrapy's own, as in `scrapy fetch` and `scrapy shell`."""
    return spider.crawl_state if isinstance(spider, StatefulSpider) else None
