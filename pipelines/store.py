"""Storing: priority 800; gives each story to the store's writer and waits for the acknowledgement.

It owns the connection of a crawl: opens the store before the first request, notes the run, gives the spider what
earlier crawls know (`CrawlState`), and closes everything when the spider is closed.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from scrapy import signals
from scrapy.exceptions import CloseSpider, NotConfigured

from kolcrawl.config import Config
from kolcrawl.errors import (
    STORE_LOST,
    KolcrawlError,
    StoreError,
    StoreRefusedError,
    StoreUnavailableError,
    finish_reason,
)
from kolcrawl.items import StoryItem
from kolcrawl.locale import Message
from kolcrawl.net.scrapy_private import count_downloading, is_scraper_full
from kolcrawl.network import Network, changed_stories, explained_errors
from kolcrawl.report.crawl_state import StoreAddress
from kolcrawl.report.quality import STOPPED, Shares, judge
from kolcrawl.spider import StorySpider
from kolcrawl.store.maintain.retract import retract_crawl_readings
from kolcrawl.store.read.earlier_visits import StoredMemory
from kolcrawl.store.server.client import Store, open_configured_store
from kolcrawl.store.server.embedded import running
from kolcrawl.store.write.runs import (
    HEARTBEAT_SECONDS,
    Run,
    new_run_id,
    past_crawl_shares,
    past_shares,
    start_run,
)
from kolcrawl.store.write.writer import FIRST_PAUSE, LONGEST_PAUSE, StoryWriter, WriterOptions
from kolcrawl.system.logs import prepare_log_handlers
from kolcrawl.system.retry import Backoff, doubling_pauses

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler

    from kolcrawl.report.story_changes import StoryChange

_Answer = TypeVar("_Answer")
logger = logging.getLogger(__name__)
logging.getLogger("pymongo").setLevel(logging.INFO)  # its DEBUG lines hold whole documents

SHAPING = ("ROBOTSTXT_OBEY", "USER_AGENT", "DOWNLOAD_DELAY", "CONCURRENT_REQUESTS_PER_DOMAIN", "JOBDIR")


class StorePipeline:
    """Reads `MONGO_URI`, `MONGO_DATABASE`, `KOLCRAWL_DATA_DIR` and `STORE_PATIENCE`."""

    store: Store | None = None
    run: Run | None = None
    writer: StoryWriter

    def __init__(self, crawler: Crawler, spider: StorySpider) -> None:
        self.crawler, self.spider = crawler, spider
        self.state = spider.crawl_state
        self.stats = crawler.stats
        self.config = Config.from_settings(crawler.settings)
        self.unfinished = 0
        self.run_id = new_run_id(datetime.now(UTC))
        self.state.open_store = self.open_store
        crawler.signals.connect(self._broke, signals.item_error)
        crawler.signals.connect(self._broke, signals.spider_error)
        crawler.signals.connect(self.finish, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it.

        Raises:
            NotConfigured: the spider is Scrapy's own, as in `scrapy fetch` and `scrapy shell`: that is no run.
        """
        if not isinstance(crawler.spider, StorySpider):
            raise NotConfigured
        prepare_log_handlers()  # Scrapy has just made its own anew, and what fails here is told by it
        return cls(crawler, crawler.spider)

    async def open_spider(self) -> None:
        """Open the store and note the start of the run.

        Raises:
            CloseSpider: the store cannot be used, or the frontier has refused this worker; the log says why and what
                to do.
        """
        if self.state.refusal is not None:
            self._refuse(self.state.refusal)
        try:
            self.run = await self._patiently(self._start_once)
        except KolcrawlError as error:
            logger.error("%s", error)
            self.state.refusal = error
            self._refuse(error)
        self.store = self.run.store
        self.writer = StoryWriter(
            self.store,
            self.run.id,
            on_lost=self._lost,
            options=WriterOptions(
                revisit=self.config.revisit,
                patience=self.crawler.settings.getfloat("STORE_PATIENCE"),
                expects_more=self._expects_more,
            ),
        )
        self.beating = asyncio.ensure_future(self._beat())
        self.memory = StoredMemory(self.store, patience=self.crawler.settings.getfloat("STORE_PATIENCE"))
        self.state.earlier_crawls, self.state.correct = self.memory, self.writer.correct
        self.state.address = _address(self.store)
        self.state.crawl_id, self.state.aborted = self.run.id, self.run.aborted

    def _refuse(self, error: Exception) -> NoReturn:
        """Close a crawl that has not begun; no run is noted.

        Raises:
            CloseSpider: always.
        """
        if self.store is not None:
            self.store.close()
            self.store = None
        reason = finish_reason(error)
        self.state.quality, self.state.why = "failed", [Message(STOPPED, reason=reason)]
        raise CloseSpider(reason) from error

    async def open_store(self) -> str:
        """Open the store before the run is noted.

        Returns: its database as workers of one crawl compare it, which tells a restored copy from it, too.

        Raises:
            KolcrawlError: the store cannot be used.
        """
        store = await self._patiently(self._open_once)
        digest = sha256(f"{store.id} {store.collection}".encode()).hexdigest()
        return f"{store.db.name} (id {digest[:8]})"

    def _expects_more(self) -> bool:
        """Return whether pages are under way, and none is kept from it by those that wait to be written."""
        return count_downloading(self.crawler) > 0 and not is_scraper_full(self.crawler)

    async def _patiently(self, step: Callable[[], _Answer]) -> _Answer:
        """Do a step at the start, in a thread; a database that does not answer is waited for.

        Raises:
            StoreUnavailableError: it did not answer within STORE_PATIENCE, or it refuses the login.
            KolcrawlError: the store cannot be used.
        """
        patience = self.crawler.settings.getfloat("STORE_PATIENCE")
        backoff: Backoff | None = None
        while True:
            try:
                return await asyncio.to_thread(step)
            except StoreRefusedError:
                raise
            except StoreUnavailableError as error:
                first, backoff = backoff is None, backoff or Backoff(doubling_pauses(FIRST_PAUSE, LONGEST_PAUSE))
                pause = backoff.next_pause(patience - backoff.elapsed)
                if pause is None:
                    raise
                if first:
                    logger.warning("%s; waiting up to %g s for it (STORE_PATIENCE)", error, patience)
                await asyncio.sleep(pause)

    def _open_once(self) -> Store:
        if self.store is None:
            self.store = open_configured_store(self.config)
        return self.store

    def _start_once(self) -> Run:
        """Note the start of the run."""
        store = self._open_once()
        try:
            return start_run(store, run_id=self.run_id, **self._run_facts())
        except BaseException:  # also a cancelled start: no connection is left open
            store.close()
            self.store = None
            raise

    async def process_item(self, item: object) -> object:
        """Write a story; returns when the database, or the disk in its place, has acknowledged it."""
        if isinstance(item, StoryItem):
            result = await self.writer.write(item)
            if result.refused:
                item.outcome, item.reason = "failed", "refused"
            self.state.counts.add(item)
            self.stats.inc_value(f"kolcrawl/outcome/{item.outcome}")
            if item.reason:
                self.stats.inc_value(f"kolcrawl/reason/{item.reason}")
        return item

    async def close_spider(self) -> None:
        """Write what is waiting."""
        if self.run:
            self.beating.cancel()
            await self.writer.close()
            await self._retract(self.store)

    async def _retract(self, store: Store | None) -> None:
        """Take back what was read as stories, and shown to be notices by pages that came later."""
        notices = self.spider.learning.retracted
        if store is None or self.writer.lost or not notices:
            return
        try:
            await asyncio.to_thread(retract_crawl_readings, store, self.run_id, list(notices), "no_article")
        except StoreError as error:
            logger.error("%s", error)
            return
        for site in notices.values():
            self.state.counts.take_back(site, "no_article")

    async def finish(self, spider: Spider, reason: str) -> None:
        """Judge the run and note its end."""
        if not self.store or not self.run:
            return
        state, counts = self.state, self.state.counts
        state.new_links = self.writer.stats.new_links
        state.address = _address(self.store)  # an embedded server that was started again has another port
        try:
            past, past_crawls = ({}, {}) if self.writer.lost else await asyncio.to_thread(self._past, self.store)
            ended = STORE_LOST if self.writer.lost else reason
            taken_up = self.stats.get_value("frontier/resumed") is not None
            missing = self.unfinished + self.stats.get_value("frontier/damaged", 0)
            state.quality, state.why = judge(
                counts, past, ended, past_crawls=past_crawls, unfinished=missing, taken_up=taken_up
            )
            state.notes = counts.foreign.notes(state.args.get("about"))
            told = state.quality, state.why, state.notes
            state.seconds = await asyncio.to_thread(self.run.finish, reason, counts, self.writer.stats, *told)
            if not self.writer.lost:
                state.changes = await asyncio.to_thread(self._changes, self.store)
        except KolcrawlError as error:
            logger.error("%s", error)
        finally:
            self.store.close()

    def _changes(self, store: Store) -> list[StoryChange]:
        """Find which stories this crawl found changed.

        Raises:
            StoreError: the database failed.
        """
        network = Network(store.db, shown=store.uri_shown)
        with explained_errors(network):
            return changed_stories(network, crawl=self.run_id)

    def _past(self, store: Store) -> tuple[dict[str, Shares], Shares]:
        """Read the shares of earlier crawls: by site, and of whole crawls from the same seeds."""
        return (
            past_shares(store, list(self.state.counts.sites)),
            past_crawl_shares(store, self.spider.name, self.state.seeds),
        )

    def _broke(self) -> None:
        """Count a page on which a pipeline or the spider failed: Scrapy logs it, and goes on as if it were whole."""
        self.unfinished += 1

    async def _beat(self) -> None:
        while self.run and not self.writer.lost:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await asyncio.to_thread(self.run.heartbeat, self.state.counts, self.writer.stats)
            except StoreError as error:
                logger.warning("%s", error)

    def _lost(self, reason: str) -> None:
        """Stop the crawl, since its database is given up; what is in flight goes to the spool."""
        self.memory.given_up = True  # else each page under way would wait for an answer
        engine = self.crawler.engine
        if engine is not None:
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=STORE_LOST))

    def _run_facts(self) -> dict[str, Any]:
        settings, args = self.crawler.settings, self.spider.args
        return {
            "spider": self.spider.name,
            "job": self.state.job,
            "seeds": list(args.seeds),
            "about": args.about,
            "args": args.shown(),
            "settings": {name: settings.get(name) for name in SHAPING},
        }


def _address(store: Store) -> StoreAddress:
    server = running(store.data_dir) if store.embedded else None
    return StoreAddress(
        uri=store.uri_shown,
        database=store.db.name,
        embedded=store.embedded,
        data_dir=store.data_dir,
        idle_minutes=server.options.idle_minutes if server else 0.0,
    )
