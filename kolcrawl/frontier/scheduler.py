"""The scheduler: leases the best request of a host that is ready, and removes it when its page was processed.

Entry point: `FrontierScheduler` (SCHEDULER), in the place of Scrapy's scheduler, queues and dupefilter. With a JOBDIR a
crawl can be resumed after any end, SIGKILL included: no page is lost, and none is asked for twice but those that were
in flight. Without a JOBDIR the frontier ends with the process.

Order: the highest priority first among the hosts that are ready, the older first among equals. A host is ready if it
does not rest (`net.site_health`) and has fewer requests in flight than its downloader slot takes at once; so one
slow host cannot fill the downloader, as it can with Scrapy's own queues.

A request is acknowledged when it has been processed (`kolcrawl.frontier.in_hand`): its story is stored. New requests
of the callback, a redirect or a retry are in the frontier by then, and are committed before or together with the end
of the request they come from. A request that a pipeline or callback failed on stays pending, for the next start.
"""

from __future__ import annotations

import logging
import math
import sqlite3
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.utils.asyncio import call_later
from scrapy.utils.defer import deferred_from_coro

from kolcrawl.frontier.in_hand import RequestsInHand
from kolcrawl.frontier.interface import Frontier
from kolcrawl.frontier.queues import HostQueues
from kolcrawl.frontier.request_store import (
    DamagedRequestError,
    DiskRequestStore,
    JobDirError,
    MemoryRequestStore,
    RequestStore,
)
from kolcrawl.net.exceptions import KEEP_PENDING
from kolcrawl.net.politeness import PolitenessMiddleware
from kolcrawl.net.scrapy_private import slot_key, slot_limit, wake_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.utils.asyncio import CallLaterResult

logger = logging.getLogger(__name__)

DAMAGED_STAT = "frontier/damaged"
"""Name of the statistic that counts what cannot be read in the JOBDIR."""
MAX_DEADLY_TRIES = 5
"""Starts of a crawl that may die on the same request before it is given up as the cause (reason `crash`)."""
_COMMIT_SECONDS = 0.01
"""Seconds after which everything is committed, if the engine has not asked for a request before."""
_FIRST_MEMORY_ID = 2**62
"""Ids from here on are of requests that are in memory only."""


class SpiderNotes:
    """Notes of the spider that are kept with the frontier: a note is durable with the requests around it.

    Values are plain data (JSON). Each note is written whole: something that grows is better kept as many small notes.
    """

    def __init__(self, store: RequestStore) -> None:
        self._store = store

    def get(self, name: str, default: Any = None) -> Any:
        """Return the note of a name."""
        value = self._store.get_note(name)
        return default if value is None else value

    def starting(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """Yield the notes whose names have a prefix: the rest of the name, and the value."""
        return self._store.notes_with_prefix(prefix)

    def __setitem__(self, name: str, value: Any) -> None:
        self._store.set_note(name, value)


class FrontierScheduler(Frontier):
    """Schedules requests as the module says. Reads JOBDIR and FRONTIER_IN_HAND."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._stats = crawler.stats
        self._fingerprint = crawler.request_fingerprinter.fingerprint
        self._jobdir: str | None = crawler.settings.get("JOBDIR")
        self._max_leases = crawler.settings.getint("FRONTIER_IN_HAND", 150)
        self._store: RequestStore = MemoryRequestStore()
        self._queues = HostQueues()
        self._in_hand: RequestsInHand[int] = RequestsInHand(crawler)
        """The lease of a request is its id."""
        self._memory_only: dict[int, Request] = {}
        self._memory_only_seen: set[bytes] = set()
        self._memory_ids = count(_FIRST_MEMORY_ID)
        self._commit_timer: CallLaterResult | None = None
        self._wake_timer: CallLaterResult | None = None
        self._shortest_rest = math.inf
        self._resumed = self._broken = False
        self._kind = "memory"

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def notes(self) -> SpiderNotes:
        """Return the notes of the spider."""
        return SpiderNotes(self._store)

    def __len__(self) -> int:
        """Count the pending requests without those that are leased."""
        return len(self._queues)

    # --- Scrapy's interface

    def open(self, spider: Spider) -> None:
        """Open the JOBDIR, if there is one; one that cannot be used closes the crawl with one line of log."""
        self._spider = spider
        polite = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        self._sites = polite.sites if polite is not None else None
        if not self._jobdir:
            self._store = MemoryRequestStore(spider)
            return
        try:
            self._open_jobdir(Path(self._jobdir))
        except JobDirError as error:
            logger.error("%s", error)
            self._broken = True
            self._close_when_open(self._crawler, error.reason)
            return
        self._in_hand.note_failures()

    def has_pending_requests(self) -> bool:
        """Return whether requests are pending."""
        return len(self._queues) > 0 and not self._broken

    def enqueue_request(self, request: Request) -> bool:
        """Add a request, unless it was asked for before; return whether it was added.

        A redirect is always added: the page it comes from would be left without an outcome otherwise, and that two
        addresses lead to one story must be recorded. REDIRECT_MAX_TIMES ends circles, with a reason.
        """
        if self._broken:
            return False
        try:
            return self._enqueue(request)
        except sqlite3.Error as error:
            self._break(error)
            return False

    def next_request(self) -> Request | None:
        """Lease the best request of a host that is ready; return None if there is none."""
        if self._broken:
            return None
        try:
            self._ack_processed()
            self._store.commit()
            if self._max_leases <= len(self._in_hand):
                return None
            self._shortest_rest = math.inf
            while found := self._queues.pop(self._ready):
                if (request := self._lease(*found)) is not None:
                    return request
            self._wake_when_rested()
            return None
        except sqlite3.Error as error:
            self._break(error)
            return None

    def close(self, reason: str) -> None:
        """Close the store: everything in flight has been processed, and what is pending stays in the JOBDIR."""
        for timer in (self._commit_timer, self._wake_timer):
            if timer is not None:
                timer.cancel()
        if not self._broken:
            try:
                self._ack_processed()
                self._store.close()
            except sqlite3.Error as error:
                logger.error("JOBDIR=%s: %s", self._jobdir, error)
        if self._store.damaged:
            self._stats.set_value(DAMAGED_STAT, self._store.damaged)
        if self._in_hand.failed:
            logger.warning(
                "%d pages were fetched but not stored; start again with JOBDIR=%s to fetch them again",
                *(len(self._in_hand.failed), self._jobdir),
            )

    # --- adding and leasing

    def _enqueue(self, request: Request) -> bool:
        seen_before = not self._mark_seen(request)
        if seen_before and not self._may_repeat(request):
            self._stats.inc_value("dupefilter/filtered")
            return False
        host = slot_key(self._crawler, request)
        try:
            request_id = self._store.add(request, host)
        except ValueError as error:
            request_id = self._keep_in_memory(request, error)
        self._queues.push(host, request.priority, request_id)
        self._stats.inc_value("scheduler/enqueued")
        self._stats.inc_value(f"scheduler/enqueued/{self._kind}")
        self._commit_soon()
        return True

    def _mark_seen(self, request: Request) -> bool:
        fingerprint = self._fingerprint(request)
        return fingerprint not in self._memory_only_seen and self._store.mark_seen(fingerprint)

    def _may_repeat(self, request: Request) -> bool:
        """Return whether a request that was asked for before may be asked for again."""
        if request.dont_filter:
            # start() runs anew when a crawl is resumed; its requests were made by the first run.
            return not (self._resumed and request.meta.get("is_start_request") and "retry_times" not in request.meta)
        return "redirect_times" in request.meta

    def _keep_in_memory(self, request: Request, error: ValueError) -> int:
        if not self._memory_only_seen:
            logger.error("%s cannot be kept in the JOBDIR, and is lost if the crawl dies: %s", request, error)
        self._stats.inc_value("scheduler/unserializable")
        fingerprint = self._fingerprint(request)
        self._store.unmark_seen(fingerprint)
        self._memory_only_seen.add(fingerprint)
        request_id = next(self._memory_ids)
        self._memory_only[request_id] = request
        return request_id

    def _ready(self, host: str) -> bool:
        limit = None
        if self._sites is not None:
            if rest := self._sites.rest(host):
                self._shortest_rest = min(self._shortest_rest, rest)
                return False
            limit = self._sites.limit(host)
        if limit is None:
            limit = slot_limit(self._crawler, host)
        return self._in_hand.in_flight(host) < limit

    def _lease(self, host: str, request_id: int) -> Request | None:
        """Lease a request; return None if it is damaged, which the log has named."""
        tries = 0
        try:
            if request_id >= _FIRST_MEMORY_ID:
                request = self._memory_only.pop(request_id)
            else:
                request, tries = self._store.lease(request_id)
        except DamagedRequestError:
            return None
        if tries >= MAX_DEADLY_TRIES:
            logger.error("%s is given up: the crawl died on it %d times", request, tries)
            request.meta["give_up"] = "crash"
        self._in_hand.take(request, request_id, host)
        self._stats.inc_value("scheduler/dequeued")
        self._stats.inc_value(f"scheduler/dequeued/{self._kind}")
        return request

    def _wake_when_rested(self) -> None:
        """Have the engine ask again when the first of the hosts has rested; by itself it looks every 5 seconds."""
        if self._shortest_rest == math.inf:
            return
        if self._wake_timer is not None:
            self._wake_timer.cancel()
        self._wake_timer = call_later(self._shortest_rest, self._wake)

    def _wake(self) -> None:
        self._wake_timer = None
        wake_engine(self._crawler)

    # --- acknowledging

    def _ack_processed(self) -> None:
        """Acknowledge the leased requests that were processed."""
        for request, request_id in self._in_hand.look().processed:
            if request_id >= _FIRST_MEMORY_ID or request in self._in_hand.failed:
                continue
            if request.meta.get(KEEP_PENDING):
                self._store.release(request_id)
            else:
                self._store.ack(request_id)

    def _commit_soon(self) -> None:
        """Commit in a moment also if the engine asks for no request, as it does while it is busy."""
        if self._kind == "disk" and self._commit_timer is None:
            self._commit_timer = call_later(_COMMIT_SECONDS, self._commit)

    def _commit(self) -> None:
        self._commit_timer = None
        if self._broken:
            return
        try:
            self._ack_processed()
            self._store.commit()
        except sqlite3.Error as error:
            self._break(error)
        if self._in_hand:
            self._commit_soon()

    # --- the job directory

    def _open_jobdir(self, directory: Path) -> None:
        store = DiskRequestStore(directory, self._spider)
        self._store, self._kind, self._resumed = store, "disk", store.resumed
        for host, priority, request_id in store.pending():
            self._queues.push(host, priority, request_id)
        if not store.resumed:
            return
        self._stats.set_value("frontier/resumed", len(self._queues))
        if len(self._queues):
            logger.info("JOBDIR=%s: going on with %d requests of %d", directory, len(self._queues), store.count_seen())
            self._stats.inc_value("scheduler/enqueued", len(self._queues))  # less those dequeued: pending
        else:
            logger.warning("JOBDIR=%s: that crawl was finished; remove the directory to crawl anew", directory)

    def _break(self, error: sqlite3.Error) -> None:
        """End the crawl when the disk is full, or the file is gone or damaged; what was committed stands."""
        if self._broken:
            return
        self._broken = True
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            logger.error("JOBDIR=%s is damaged: %s; the crawl stops; remove it to start anew", self._jobdir, error)
        else:
            logger.error("JOBDIR=%s cannot be written: %s; the crawl stops, and can be resumed", self._jobdir, error)
        deferred_from_coro(self._crawler.engine.close_spider_async(reason="jobdir_failed"))
