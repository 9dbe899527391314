"""The scheduler: hands out the best request of a host that is ready, and forgets it when its page was processed.

Door: `FrontierScheduler` (SCHEDULER), in the place of Scrapy's scheduler, queues and dupefilter. With a JOBDIR a crawl
can be taken up again after any end, SIGKILL included: no page is lost, and none is asked for twice but those that were
in flight. Without one the frontier ends with the process.

Order: the highest priority first among the hosts that are ready, the older first among equals. A host is ready if it
does not rest (`net.site_health`) and has fewer requests in flight than its downloader slot takes at once; so one
slow host cannot fill the downloader, as it can with Scrapy's own queues.

When is a request done? Scrapy says so nowhere in its public interface. It is done when neither the downloader
(`engine.downloader.active`) nor the scraper (`engine.scraper.slot.active`) holds it: the engine passes a request from
one to the other without a turn of the event loop in between, and the scraper holds it until the callback is exhausted
and every item has gone through the pipelines. So a pipeline must return when its item is stored, not before. New
requests of the callback, a redirect or a retry are in the frontier by then, and are committed before or together with
the end of the request they come from. What a pipeline or callback failed on stays owed, for the next start.
"""

from __future__ import annotations

import logging
import math
import sqlite3
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.exceptions import CloseSpider
from scrapy.utils.asyncio import call_later
from scrapy.utils.defer import deferred_from_coro

from kolcrawl.frontier.queues import HostQueues
from kolcrawl.frontier.request_store import DiskStore, JobDirError, MemoryStore, Store
from kolcrawl.net.exceptions import STAYS_OWED
from kolcrawl.net.politeness import PolitenessMiddleware

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.utils.asyncio import CallLaterResult
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)

MAX_TRIES = 5
"""Starts of a crawl that may die on the same request before it is given up as the cause (reason `crash`)."""
_TICK = 0.01
"""Seconds after which what happened is committed, if the engine has not asked for a request before."""
_UNKEPT = 2**62
"""Ids from here on are of requests that are in memory only."""


@dataclass(slots=True)
class _Lease:
    number: int
    host: str
    loading: bool = True
    """The downloader has it; after that it costs the host nothing."""


class State:
    """Notes of the spider that live and die with the frontier: what is noted is durable with the requests around it.

    Values are plain data (JSON). Each note is written whole: what grows is better kept as many small ones.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, name: str, default: Any = None) -> Any:
        """The note of that name."""
        value = self._store.get(name)
        return default if value is None else value

    def starting(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """The notes whose names begin so: the rest of the name, and the value."""
        return self._store.notes(prefix)

    def __setitem__(self, name: str, value: Any) -> None:
        self._store.note(name, value)


class FrontierScheduler(BaseScheduler):
    """See the module. Reads JOBDIR and FRONTIER_IN_HAND."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._stats = crawler.stats
        self._fingerprint = crawler.request_fingerprinter.fingerprint
        self._jobdir: str | None = crawler.settings.get("JOBDIR")
        self._in_hand = crawler.settings.getint("FRONTIER_IN_HAND", 150)
        self._store: Store = MemoryStore()
        self._queues = HostQueues()
        self._held: dict[Request, _Lease] = {}
        self._in_flight: Counter[str] = Counter()
        self._failed: set[Request] = set()
        self._unkept: dict[int, Request] = {}
        self._unkept_seen: set[bytes] = set()
        self._numbers = count(_UNKEPT)
        self._tick: CallLaterResult | None = None
        self._alarm: CallLaterResult | None = None
        self._rest = math.inf
        self._resumed = self._broken = False
        self._kind = "memory"

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def state(self) -> State:
        """Notes of the spider."""
        return State(self._store)

    def __len__(self) -> int:
        """Requests that wait; those under way not counted."""
        return len(self._queues)

    # --- Scrapy's interface

    def open(self, spider: Spider) -> None:
        """Take up the JOBDIR, if there is one; one that cannot be used closes the crawl with one line of log."""
        self._spider = spider
        self._downloader = self._crawler.engine.downloader
        polite = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        self._sites = polite.sites if polite is not None else None
        if not self._jobdir:
            self._store = MemoryStore(spider)
            return
        try:
            self._open_jobdir(Path(self._jobdir))
        except JobDirError as error:
            logger.error("%s", error)
            self._broken = True
            self._close_when_open(error.reason)
            return
        connect = self._crawler.signals.connect
        connect(self._item_failed, signals.item_error)
        connect(self._page_failed, signals.spider_error)

    def has_pending_requests(self) -> bool:
        """Whether requests wait."""
        return len(self._queues) > 0 and not self._broken

    def enqueue_request(self, request: Request) -> bool:
        """Take a request, unless it was asked for before.

        A redirect always passes: the page it comes from would be left without any outcome otherwise, and that two
        addresses lead to one story is worth knowing. REDIRECT_MAX_TIMES ends circles, with a reason.
        """
        if self._broken:
            return False
        try:
            return self._enqueue(request)
        except sqlite3.Error as error:
            self._break(error)
            return False

    def next_request(self) -> Request | None:
        """The best request of a host that is ready."""
        if self._broken:
            return None
        try:
            self._settle()
            self._store.commit()
            if self._in_hand <= len(self._held):
                return None
            self._rest = math.inf
            found = self._queues.pop(self._ready)
            if found is None:
                self._wake_when_rested()
                return None
            return self._lease(*found)
        except sqlite3.Error as error:
            self._break(error)
            return None

    def close(self, reason: str) -> None:
        """All that was in flight has been processed; what still waits stays in the JOBDIR."""
        for timer in (self._tick, self._alarm):
            if timer is not None:
                timer.cancel()
        if not self._broken:
            try:
                self._settle()
                self._store.close()
            except sqlite3.Error as error:
                logger.error("JOBDIR=%s: %s", self._jobdir, error)
        if self._failed:
            logger.warning(
                "%d pages were fetched but not stored; start again with JOBDIR=%s to fetch them again",
                *(len(self._failed), self._jobdir),
            )

    # --- in and out

    def _enqueue(self, request: Request) -> bool:
        seen_before = not self._see(request)
        if seen_before and not self._again(request):
            self._stats.inc_value("dupefilter/filtered")
            return False
        host = self._downloader.get_slot_key(request)
        try:
            number = self._store.put(request, host)
        except ValueError as error:
            number = self._keep_in_memory(request, error)
        self._queues.push(host, request.priority, number)
        self._stats.inc_value("scheduler/enqueued")
        self._stats.inc_value(f"scheduler/enqueued/{self._kind}")
        self._commit_soon()
        return True

    def _see(self, request: Request) -> bool:
        fingerprint = self._fingerprint(request)
        return fingerprint not in self._unkept_seen and self._store.see(fingerprint)

    def _again(self, request: Request) -> bool:
        """Whether a request that was asked for before may be asked for again."""
        if request.dont_filter:
            # start() runs anew when a crawl is taken up; its requests were made by the first run.
            return not (self._resumed and request.meta.get("is_start_request") and "retry_times" not in request.meta)
        return "redirect_times" in request.meta

    def _keep_in_memory(self, request: Request, error: ValueError) -> int:
        if not self._unkept_seen:
            logger.error("%s cannot be kept in the JOBDIR, and is lost if the crawl dies: %s", request, error)
        self._stats.inc_value("scheduler/unserializable")
        fingerprint = self._fingerprint(request)
        self._store.forget(fingerprint)
        self._unkept_seen.add(fingerprint)
        number = next(self._numbers)
        self._unkept[number] = request
        return number

    def _ready(self, host: str) -> bool:
        limit = None
        if self._sites is not None:
            if rest := self._sites.rest(host):
                self._rest = min(self._rest, rest)
                return False
            limit = self._sites.limit(host)
        if limit is None:
            slot = self._downloader.slots.get(host)
            limit = slot.concurrency if slot is not None else self._new_slot_concurrency(host)
        return self._in_flight[host] < limit

    def _new_slot_concurrency(self, host: str) -> int:
        special = self._downloader.per_slot_settings.get(host, {})
        return int(special.get("concurrency", self._downloader.domain_concurrency))

    def _lease(self, host: str, number: int) -> Request:
        tries = 0
        if number >= _UNKEPT:
            request = self._unkept.pop(number)
        else:
            request, tries = self._store.take(number)
        if tries >= MAX_TRIES:
            logger.error("%s is given up: the crawl died on it %d times", request, tries)
            request.meta["give_up"] = "crash"
        self._held[request] = _Lease(number, host)
        self._in_flight[host] += 1
        self._stats.inc_value("scheduler/dequeued")
        self._stats.inc_value(f"scheduler/dequeued/{self._kind}")
        return request

    def _wake_when_rested(self) -> None:
        """Have the engine ask again when the first of the hosts has rested; by itself it looks every 5 seconds."""
        if self._rest == math.inf:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = call_later(self._rest, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        slot = self._crawler.engine._slot  # Scrapy has no public way to ask it for the next request
        if slot is not None and slot.closing is None:
            slot.nextcall.schedule()

    # --- what is done

    def _settle(self) -> None:
        """Let go of the requests that were processed."""
        if not self._held:
            return
        downloading = self._downloader.active
        scraping = slot.active if (slot := self._crawler.engine.scraper.slot) is not None else ()
        for request, lease in list(self._held.items()):
            if request in downloading:
                continue
            if lease.loading:
                lease.loading = False
                self._in_flight[lease.host] -= 1
                if not self._in_flight[lease.host]:
                    del self._in_flight[lease.host]
            if request in scraping:
                continue
            del self._held[request]
            if lease.number < _UNKEPT and request not in self._failed:
                settle = self._store.put_back if request.meta.get(STAYS_OWED) else self._store.done
                settle(lease.number)

    def _commit_soon(self) -> None:
        """The engine asks for no request while it is busy: then the clock commits."""
        if self._kind == "disk" and self._tick is None:
            self._tick = call_later(_TICK, self._on_tick)

    def _on_tick(self) -> None:
        self._tick = None
        if self._broken:
            return
        try:
            self._settle()
            self._store.commit()
        except sqlite3.Error as error:
            self._break(error)
        if self._held:
            self._commit_soon()

    def _item_failed(self, response: Response | Failure | None) -> None:
        if (request := getattr(response, "request", None)) in self._held:
            self._failed.add(request)

    def _page_failed(self, response: Response | Failure | None, failure: Failure) -> None:
        if not isinstance(failure.value, CloseSpider):
            self._item_failed(response)

    # --- the job directory

    def _open_jobdir(self, directory: Path) -> None:
        store = DiskStore(directory, self._spider)
        self._store, self._kind, self._resumed = store, "disk", store.resumed
        for host, priority, number in store.waiting():
            self._queues.push(host, priority, number)
        if not store.resumed:
            return
        self._stats.set_value("frontier/resumed", len(self._queues))
        if len(self._queues):
            logger.info("JOBDIR=%s: going on with %d requests of %d", directory, len(self._queues), store.asked())
            self._stats.inc_value("scheduler/enqueued", len(self._queues))  # so that less those dequeued is what waits
        else:
            logger.warning("JOBDIR=%s: that crawl was finished; remove the directory to crawl anew", directory)

    def _break(self, error: sqlite3.Error) -> None:
        """The disk is full, or the file is gone: what was committed stands; the crawl ends."""
        if self._broken:
            return
        self._broken = True
        logger.error("JOBDIR=%s cannot be written: %s; the crawl stops, and can be taken up again", self._jobdir, error)
        deferred_from_coro(self._crawler.engine.close_spider_async(reason="jobdir_failed"))

    def _close_when_open(self, reason: str) -> None:
        # Raised from open() it would leave the pipelines half open, with tracebacks.
        def close() -> None:
            raise CloseSpider(reason)

        self._on_open = close  # signals keep weak references
        self._crawler.signals.connect(close, signals.spider_opened)
