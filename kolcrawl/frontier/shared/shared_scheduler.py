"""The scheduler of a worker on a shared frontier: `SharedScheduler`, which SCHEDULER names where FRONTIER_URL is set.

Scrapy asks a scheduler without waiting, so nothing here waits for Redis: requests that were leased lie ready, what is
to be told waits in the outbox, and one task exchanges both with Redis. While that is away, the engine gets nothing new.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, cast

from scrapy import signals
from scrapy.utils.defer import deferred_from_coro

from kolcrawl.errors import KolcrawlError, finish_reason
from kolcrawl.frontier.in_hand import RequestsInHand
from kolcrawl.frontier.interface import REFUND, VERDICT, Frontier, SharingSpider
from kolcrawl.frontier.scheduler import FrontierScheduler
from kolcrawl.frontier.shared.frontier_answers import Leased, LeaseWish, Popped
from kolcrawl.frontier.shared.frontier_errors import FrontierAwayError, FrontierError
from kolcrawl.frontier.shared.frontier_figures import about_this_worker
from kolcrawl.frontier.shared.own_hosts import OwnHosts
from kolcrawl.frontier.shared.patience import RedisPatience
from kolcrawl.frontier.shared.redis_frontier import FP_BYTES, MAX_OPERATIONS, RedisFrontier
from kolcrawl.frontier.shared.request_text import read_request, write_request
from kolcrawl.frontier.shared.story_depths import StoryDepths
from kolcrawl.frontier.shared.worker_words import WorkerWords
from kolcrawl.net.exceptions import KEEP_PENDING
from kolcrawl.net.politeness import PolitenessMiddleware
from kolcrawl.net.robots import is_robots_request
from kolcrawl.net.scrapy_private import (
    count_downloading,
    is_stopping,
    restart_slot_clock,
    slot_key,
    slot_pace,
    wake_engine,
)
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.05  # between two looks at what the engine has done
_GATHER_SECONDS = 0.005  # what happens within goes to Redis together
_NEW_HOSTS_SECONDS = 0.05  # after which hosts that were just found are asked for
_POP_SECONDS = 0.05  # between two steps that lease: hosts that are due within are taken together
_FIGURES_SECONDS = 1.0  # between two steps that bring figures


class SharedScheduler(Frontier):
    """Schedules requests that all workers of a crawl share. Reads FRONTIER_* , REDIS_PARAMS and CONCURRENT_REQUESTS."""

    shared = True

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._stats = crawler.stats
        self._most = settings.getint("CONCURRENT_REQUESTS")
        self._most_in_hand = settings.getint("FRONTIER_IN_HAND", 150)
        self._patience = RedisPatience(settings.getfloat("FRONTIER_PATIENCE", 120))
        self._delay = settings.getfloat("DOWNLOAD_DELAY")
        self._in_hand: RequestsInHand[tuple[Leased, float]] = RequestsInHand(crawler)
        """A lease, and the monotonic time at which it came."""
        self._ready: deque[tuple[Request, Leased, float]] = deque()
        self._outbox = WorkerWords()
        self._depths = StoryDepths()
        self._following: dict[asyncio.Task[None], Leased] = {}
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._own_hosts = OwnHosts()
        self._pending = 0
        self._seeds_noted = self._seeds_known = 0
        self._next_pop = self._next_renewal = self._next_figures = 0.0
        self._ended = self._broken = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Frontier:  # type: ignore[override]
        """Make it; for a spider that cannot share, as in `scrapy fetch`, the project's own."""
        return cls(crawler) if hasattr(crawler.spider, "crawl_terms") else FrontierScheduler(crawler)

    def __len__(self) -> int:
        """Count the requests of all workers that wait or are leased, as known by now."""
        return self._pending

    # --- Scrapy's interface

    def open(self, spider: Spider) -> Deferred[None]:
        """Join the crawl; if that cannot be done, the crawl is closed with one line of log."""
        self._spider = cast("SharingSpider", spider)
        polite = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        self._sites = polite.sites if polite is not None else None
        return deferred_from_coro(self._open())

    def has_pending_requests(self) -> bool:
        """Return whether any worker may still find something to do."""
        return not self._ended and not self._broken

    def enqueue_request(self, request: Request) -> bool:
        """Take a request to be pushed; only Redis knows whether it was asked for before."""
        if self._broken:
            return False
        meta = request.meta
        try:
            text = write_request(request, cast("Spider", self._spider))
            fp = bytes.fromhex(meta["story"])[:FP_BYTES]
        except (KeyError, ValueError) as error:
            logger.error("%s cannot be shared between workers, and is left out: %s", request, error)
            self._stats.inc_value("scheduler/unserializable")
            return False
        again = request.dont_filter or "redirect_times" in meta
        host, depth = slot_key(self._crawler, request), request.cb_kwargs.get("depth", 0)
        self._outbox.push(fp, host, site_of(request.url), request.priority, depth, text, again=again)
        self._stats.inc_value("scheduler/enqueued")
        return True

    def next_request(self) -> Request | None:
        """Hand out a request that was leased; None if there is none yet."""
        self._look()
        if not self._ready or self._broken:
            self._event.set()
            return None
        request, lease, since = self._ready.popleft()
        self._in_hand.take(request, (lease, since), lease.host)
        self._stats.inc_value("scheduler/dequeued")
        return request

    def close(self, reason: str) -> Deferred[None]:
        """Say what was processed, and give back everything else."""
        return deferred_from_coro(self._close())

    def seeds_are_in(self) -> None:
        self._outbox.seeds_are_in()

    def note_seed(self, text: str) -> None:
        self._outbox.note_seed(f"{self._frontier.worker} {text}")

    def note_read(self, request: Request, keys: Collection[str], depth: int) -> None:
        self._depths.note_read(request, keys, depth)

    async def least_depth(self, request: Request, depth: int) -> int:
        return await self._depths.least(request, depth)

    async def _open(self) -> None:
        settings, spider = self._crawler.settings, self._spider
        self._in_hand.note_failures()
        lease = settings.getfloat("FRONTIER_LEASE", 30)
        try:
            self._frontier = RedisFrontier(
                settings["FRONTIER_URL"], spider.crawl_name, params=settings.getdict("REDIS_PARAMS"), lease=lease
            )
            await self._patience.ask(self._frontier.check)
            terms = await spider.crawl_terms()
            entered = await self._patience.ask(lambda: self._frontier.enter(spider.name, terms, about_this_worker()))
        except KolcrawlError as error:
            logger.error("%s", error)
            self._broken = True
            spider.note_refusal(error)
            self._close_when_open(self._crawler, finish_reason(error))
            return
        self.wants_seeds = not entered.seeded
        self._pending = entered.pending
        self._stats.set_value("frontier/resumed", entered.pending)  # nothing to do is no failure of this worker
        spider.note_joined(entered.began_at)
        logger.info("%s the crawl %s in the Redis at %s", entered.how, spider.crawl_name, self._frontier.shown)
        self._crawler.signals.connect(self._hurry, signals.request_left_downloader)
        self._crawler.signals.connect(self._rest_after_robots, signals.response_downloaded)
        self._task = asyncio.ensure_future(self._work())

    async def _close(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, *self._following, return_exceptions=True)
        try:
            if not self._broken:
                self._look()
                for lease in self._following.values():
                    self._outbox.give_back(lease, 0)
                self._give_back_ready()
                await self._send()
                await self._frontier.leave(
                    self._delay, [(lease.id, lease.token) for lease, _ in self._in_hand.leases()]
                )
        except FrontierError as error:
            logger.warning("%s; what this worker holds goes to others in %g s", error, self._frontier.lease)
        finally:
            await self._frontier.close()

    # --- the exchange with Redis

    async def _work(self) -> None:
        """Exchange what there is with Redis, again and again."""
        while not self._broken:
            try:
                if await self._exchange() and self._patience.note_answer():
                    self._next_renewal = 0.0
                await self._rest()
            except FrontierAwayError as error:
                if too_long := await self._patience.wait(error):
                    self._break(too_long)
            except FrontierError as error:
                self._break(error)
            except Exception as error:  # any: the crawl must not stand still in silence
                logger.exception("the exchange with Redis failed; please report it")
                self._break(FrontierError("the exchange with Redis failed: {error}", error=error))

    async def _rest(self) -> None:
        """Wait until something happens, or it is time to look."""
        now = time.monotonic()
        seconds = max(min(self._next_pop if not self._ended else now + 1, self._next_renewal) - now, 0.0)
        if self._in_hand or self._outbox or self._following:
            seconds = min(seconds, _LOOK_SECONDS)
        try:
            await asyncio.wait_for(self._event.wait(), max(seconds, _GATHER_SECONDS))
            await asyncio.sleep(_GATHER_SECONDS)
        except TimeoutError:
            pass
        self._event.clear()

    async def _exchange(self) -> bool:
        """Ask Redis for what is to be asked now. Returns: whether anything was."""
        self._look()
        if is_stopping(self._crawler):
            self._give_back_ready()
        if renews := time.monotonic() >= self._next_renewal:
            await self._renew()
        asked = await self._depths.settle(self._frontier.least_depths)
        wish = self._wish()
        in_hand = self._in_hand or self._ready or self._following
        must_say = not in_hand or is_stopping(self._crawler) or self._outbox.is_due()
        if asks := wish is not None or (must_say and len(self._outbox) > 0):
            await self._send(wish)
        await self._learn_seeds()
        return renews or asked or asks

    def _wish(self) -> LeaseWish | None:
        """Say what is to be leased now; None for nothing."""
        now = time.monotonic()
        if now < self._next_pop or self._ended or is_stopping(self._crawler) or self._crawler.engine is None:
            return None
        if (want := self._wanted()) <= 0:
            return None
        own = tuple(self._own_hosts.name(now, want))
        return LeaseWish(want, *self._spider.page_limits, own, figures=now >= self._next_figures)

    async def _send(self, wish: LeaseWish | None = None) -> None:
        """Say what there is to say, and lease in the same step as the first of it."""
        if wish is not None and not self._outbox:
            self._take_in(await self._frontier.pop(wish), wish)
            wish = None
        while self._outbox:
            batch = self._outbox.head(MAX_OPERATIONS)
            settled, popped = await self._frontier.exchange(batch, wish)
            self._outbox.done()
            if wish is not None and popped is not None:
                self._take_in(popped, wish)
                wish = None
            for name, number in (("dupefilter/filtered", settled.known), ("frontier/leases_lost", settled.lost)):
                if number:
                    self._stats.inc_value(name, number)
            if settled.added:
                self._next_pop = min(self._next_pop, time.monotonic() + _NEW_HOSTS_SECONDS)

    async def _renew(self) -> None:
        leases = [lease for lease, _ in self._in_hand.leases()]
        leases += [lease for _, lease, _ in self._ready] + list(self._following.values())
        if lost := await self._frontier.renew((lease.id, lease.token) for lease in leases):
            self._stats.inc_value("frontier/leases_lost", lost)
        self._next_renewal = time.monotonic() + self._frontier.lease / 3

    def _wanted(self) -> int:
        """Count the requests that the engine could take."""
        if self._crawler.engine.needs_backout():
            return 0
        in_hand = len(self._in_hand) + len(self._ready) + len(self._following)
        free = self._most - count_downloading(self._crawler) - len(self._ready)
        return min(free, self._most_in_hand - in_hand)

    def _take_in(self, popped: Popped, wish: LeaseWish) -> None:
        now = time.monotonic()
        if wish.figures:
            self._next_figures = now + _FIGURES_SECONDS
            popped.figures.publish(self._stats)
            self._seeds_noted = popped.figures.seeds_noted
            self._spider.note_spent(popped.figures.spent)
        self._own_hosts.take(wish, popped)
        soonest = 0.0 if len(popped.requests) == wish.want else self._own_hosts.soonest(popped, now)
        self._next_pop = max(soonest, now + _POP_SECONDS)
        self._pending = popped.pending
        self._stats.set_value("frontier/pending", popped.pending)
        self._stats.set_value("frontier/paused", int(popped.state == "paused"))
        for lease in popped.requests:
            self._take_one(lease, now)
        self._ended = popped.state == "ended"
        if popped.requests or self._ended:
            wake_engine(self._crawler)

    def _take_one(self, lease: Leased, now: float) -> None:
        try:
            request = read_request(lease.text, cast("Spider", self._spider))
        except ValueError as error:
            logger.error("a request of %s cannot be used: %s; it is a dead letter now", lease.host, error)
            self._stats.inc_value("frontier/unreadable")
            self._outbox.bury(lease, f"cannot be used: {error}")
            return
        request.cb_kwargs["depth"] = lease.depth
        if lease.verdict == "follow":
            task = asyncio.ensure_future(self._follow(request, lease))
            self._following[task] = lease
            return
        if lease.verdict == "crash":
            logger.error("%s is given up: its worker died on it %d times", request, lease.kills)
            request.meta["give_up"] = "crash"
        request.meta[VERDICT] = "" if lease.verdict == "crash" else lease.verdict
        self._ready.append((request, lease, now))

    async def _follow(self, request: Request, lease: Leased) -> None:
        """Follow the links of a story once more, to which a shorter way was found."""
        try:
            async for onward in self._spider.follow_again(request):
                self.enqueue_request(onward)
        except Exception as error:  # any: the request is tried again, and a dead letter in the end
            logger.exception("the links of %s could not be followed", request.url)
            self._outbox.failed(lease, f"its links could not be followed: {error}")
        else:
            self._outbox.done_with(lease)
        self._following.pop(cast("asyncio.Task[None]", asyncio.current_task()))
        self._event.set()

    async def _learn_seeds(self) -> None:
        noted = self._seeds_noted
        if noted <= self._seeds_known:
            return
        texts = [text.decode("utf-8", "replace") for text in await self._frontier.seeds_noted(self._seeds_known)]
        self._seeds_known += len(texts)
        own = f"{self._frontier.worker} "
        self._spider.learn_seeds(text.partition(" ")[2] for text in texts if not text.startswith(own))

    # --- what the engine has done

    def _look(self) -> None:
        """Note what has left the downloader, and what was processed."""
        looked = self._in_hand.look()
        for held in looked.left:
            self._free_host(*held.lease)
        for request, (lease, _) in looked.processed:
            read_from = self._depths.done_with(request)
            if request in self._in_hand.failed:
                self._in_hand.failed.discard(request)
                self._outbox.failed(lease, "the spider or a pipeline failed on it; the worker's log says how")
            elif request.meta.get(KEEP_PENDING) and is_stopping(self._crawler):
                self._outbox.give_back(lease, 0)
            else:
                for fp in read_from.other_keys:
                    self._outbox.also_read(fp, read_from.other_depth)
                self._outbox.done_with(lease, read_from.depth, refund=bool(request.meta.get(REFUND)))

    def _free_host(self, lease: Leased, since: float) -> None:
        """Let a host be asked again when it has rested: by its delay, AutoThrottle's word, or its own wish."""
        if lease.verdict:
            return
        last, delay = slot_pace(self._crawler, lease.host)
        rest = delay if last >= since else 0.0  # else nothing was sent
        if self._sites is not None:
            rest = max(rest, self._sites.rest(lease.host))
        self._outbox.free_host(lease, rest)
        self._next_pop = min(self._next_pop, self._own_hosts.free(lease.host, time.monotonic() + rest))

    def _give_back_ready(self) -> None:
        while self._ready:
            self._outbox.give_back(self._ready.popleft()[1], 0)

    def _hurry(self, request: Request) -> None:
        if request in self._in_hand:
            self._depths.ask(request)
        self._event.set()

    def _rest_after_robots(self, request: Request) -> None:
        """Count the delay to the page from the answer to robots.txt: a host held is asked for one thing at a time."""
        if is_robots_request(request):
            restart_slot_clock(self._crawler, slot_key(self._crawler, request))

    def _break(self, error: FrontierError) -> None:
        """End the crawl of this worker; what it holds goes to others when its leases have run out."""
        if self._broken:
            return
        self._broken = True
        logger.error("%s; this worker stops", error)
        deferred_from_coro(self._crawler.engine.close_spider_async(reason=error.reason))
