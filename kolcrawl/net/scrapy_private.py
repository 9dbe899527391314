"""All uses of private or undocumented API of Scrapy 2.19 and Twisted, each with its reason.

No other module touches what Scrapy or Twisted keep to themselves, so a new version of either is the work of this file.
`tests/net/test_scrapy_private.py` has a test of each use, named in its docstring here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.robotstxt import RobotParser
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer

from kolcrawl.net.exceptions import HeadersTooLargeError

if TYPE_CHECKING:
    from collections.abc import Container

    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

IGNORE_TEXTS = (
    ("Forbidden by robots.txt", "robots"),
    ("max redirections reached", "redirect_loop"),
    ("exceeded DOWNLOAD_MAXSIZE", "too_large"),
    ("offsite request", "off_site"),
)
"""Texts of Scrapy's `IgnoreRequest`s with our reason codes: Scrapy raises the bare exception for all of them, and only
the text tells them apart. Test: `test_texts_of_ignored_requests`."""

HEADERS_MAXSIZE = 262_144
"""Bytes that the head of one answer may have. Twisted limits the length of a header line, not the number of lines."""


# --- the engine, its downloader and its scraper


def requests_in_downloader(crawler: Crawler) -> Container[Request]:
    """Get the requests that wait in the downloader or are being downloaded.

    Private: `engine.downloader.active`. Scrapy says nowhere in its public interface when a request has been processed;
    the scheduler must know. Test: `test_requests_are_followed_through_the_engine`.
    """
    active: set[Request] = crawler.engine.downloader.active
    return active


def requests_in_scraper(crawler: Crawler) -> Container[Request]:
    """Get the requests whose pages are with the spider or the pipelines.

    Private: `engine.scraper.slot.active`, for the same reason. Test: `test_requests_are_followed_through_the_engine`.
    """
    slot = crawler.engine.scraper.slot
    return slot.active if slot is not None else ()


def count_downloading(crawler: Crawler) -> int:
    """Count the requests that wait in the downloader or are being downloaded, for the progress line; 0 at the start.

    Private: `engine.downloader.active`. Test: `test_requests_are_followed_through_the_engine`.
    """
    return len(crawler.engine.downloader.active) if crawler.engine is not None else 0


def is_scraper_full(crawler: Crawler) -> bool:
    """Tell whether the scraper holds so many pages that the engine downloads no more; true when no spider is open.

    Private: `engine.scraper.slot.needs_backout`: what waits to be written must not keep back the pages under way.
    Test: `test_requests_are_followed_through_the_engine`.
    """
    slot = crawler.engine.scraper.slot if crawler.engine is not None else None
    return slot is None or slot.needs_backout()


def slot_key(crawler: Crawler, request: Request) -> str:
    """Get the downloader slot of a request, which is its host or its `download_slot`.

    Private: `engine.downloader.get_slot_key`: the scheduler must count by the same key as the downloader.
    Test: `test_slots`.
    """
    return crawler.engine.downloader.get_slot_key(request)


def slot_limit(crawler: Crawler, host: str) -> int:
    """Get the number of requests that the downloader makes at once to a host.

    Private: `engine.downloader.slots`, `.per_slot_settings`, `.domain_concurrency`: a host that is full must not fill
    the downloader, whose queues would make others wait. Test: `test_slots`.
    """
    downloader = crawler.engine.downloader
    if (slot := downloader.slots.get(host)) is not None:
        return slot.concurrency
    special = downloader.per_slot_settings.get(host, {})
    return int(special.get("concurrency", downloader.domain_concurrency))


def set_slot_delay(crawler: Crawler, host: str, delay: float) -> None:
    """Make the downloader ask a host for one page at a time, with a delay in seconds between two.

    Private: `engine.downloader.per_slot_settings` for slots to come, `.slots` for the one that is there: a crawl delay
    is known only when robots.txt has come, and the setting DOWNLOAD_SLOTS is read at the start. Test: `test_slots`.
    """
    downloader = crawler.engine.downloader
    # Of new slots; Scrapy discards a slot that is idle for a minute.
    downloader.per_slot_settings[host] = {"concurrency": 1, "delay": delay, "jitter": 0.0}
    if slot := downloader.slots.get(host):
        slot.concurrency, slot.delay, slot.jitter = 1, delay, 0.0


def slot_pace(crawler: Crawler, host: str) -> tuple[float, float]:
    """Get when the downloader last asked a host (monotonic seconds, 0 for never), and its delay in seconds.

    Private: `engine.downloader.slots`, their `lastseen` and `download_delay`: workers of one crawl must keep the pace
    that each of them has learnt. Test: `test_slots`.
    """
    slot = crawler.engine.downloader.slots.get(host)
    return (slot.lastseen, slot.download_delay()) if slot is not None else (0.0, 0.0)


def restart_slot_clock(crawler: Crawler, host: str) -> None:
    """Have the downloader count the delay of a host from now on, in the place of when it last asked.

    Private: `engine.downloader.slots`, their `lastseen`: a host that answers late is to rest after its answer.
    Test: `test_slots`.
    """
    if (slot := crawler.engine.downloader.slots.get(host)) is not None:
        slot.lastseen = monotonic()


def wake_engine(crawler: Crawler) -> None:
    """Make the engine ask the scheduler for the next request now; by itself it looks every 5 seconds.

    Private: `engine._slot.nextcall`: a host whose rest is over makes a request ready without any event of Scrapy's.
    Test: `test_engine_is_woken`.
    """
    slot = crawler.engine._slot
    if slot is not None and slot.closing is None:
        slot.nextcall.schedule()


def is_spider_open(crawler: Crawler) -> bool:
    """Check whether the engine has not yet closed its spider.

    Private: `engine.spider`: after a Ctrl-C while a spider closes of itself, `engine_stopped` comes too early.
    Test: `test_spider_is_open_until_its_pipelines_are_closed`.
    """
    return crawler.engine.spider is not None


def is_stopping(crawler: Crawler) -> bool:
    """Check whether a running crawl was told to stop, by a signal or by Scrapyd.

    Private: `engine.running`: Scrapy sends no signal when the end begins, only when it is over.
    Test: `test_a_stop_is_seen`.
    """
    engine = crawler.engine
    return engine is not None and engine.spider is not None and not engine.running


def release_queued_requests(crawler: Crawler) -> None:
    """Hand all requests that are queued in the downloader to the download handler now, whatever the delay.

    Private: `engine.downloader.slots`, their `delay`, `jitter`, `concurrency`, `queue` and `latercall`, and
    `_process_queue`: a crawl that is being stopped would wait for the delays. Test: `test_a_stop_is_seen`.
    """
    downloader = crawler.engine.downloader
    for slot in downloader.slots.values():
        if slot.queue:
            slot.delay, slot.jitter, slot.concurrency = 0.0, 0.0, len(slot.queue) + len(slot.transferring)
            if slot.latercall:
                slot.latercall.cancel()
                slot.latercall = None
            downloader._process_queue(slot)


# --- robots.txt


class OpenRobotsTxtMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware, with access to the robots.txt files that it knows."""

    def known_parser(self, netloc: str) -> RobotParser | None:
        """Get the parsed robots.txt of a host; None while it is requested, and where it could not be fetched.

        Private: `_parsers`. Scrapy 2.19 lets many requests wait for one Deferred, and only the first gets its result:
        the others would pass as if there were no rules. Test: `test_robots_txt_for_all_that_wait`.
        """
        parser = self._parsers.get(netloc)
        return parser if isinstance(parser, RobotParser) else None

    def forget_failure(self, netloc: str) -> None:
        """Have the next request to a host ask for robots.txt again, if it could not be fetched.

        Private: `_parsers`. Scrapy keeps a failure for good, as a permission. All requests that waited for the same
        answer come by here, and a new answer may be under way already. Test: `test_robots_txt_is_requested_again`.
        """
        if self._parsers.get(netloc, self) is None:
            del self._parsers[netloc]

    def agent_of(self, request: Request) -> str | bytes:
        """Get the user agent by which the rules for a request are chosen.

        Private: `_robotstxt_useragent`, `_default_useragent`: the crawl delay must be that of the same agent.
        Test: `test_robots_txt_agent`.
        """
        return self._robotstxt_useragent or request.headers.get(b"User-Agent", self._default_useragent) or b""


# --- connections


class PooledDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler, whose connection pool can be replaced.

    Private: `_pool`, `_contextFactory`: Scrapy has no public hook below the download handler, and the check
    that counts sits where a connection is made. Test: `test_connections_are_made_by_the_replaced_pool`.
    """

    @property
    def tls_policy(self) -> Any:
        """Scrapy's TLS settings (a Twisted `IPolicyForHTTPS`)."""
        return self._contextFactory

    def replace_pool(self, pool: HTTPConnectionPool) -> None:
        """Use another connection pool, with as many idle connections a host as Scrapy's own."""
        pool.maxPersistentPerHost = self._pool.maxPersistentPerHost
        self._pool = pool

    def limit_heads(self) -> None:
        """Limit the head of each answer to `HEADERS_MAXSIZE`, with Scrapy's own pool."""
        self._pool._factory = BoundedFactory


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's HTTP client protocol, with a limit on the head of an answer.

    Private: the class itself, and Twisted's `_parser` and `_giveUp`: neither library bounds the number of headers, and
    a server that never stops sending them would fill the memory. Test: `test_heads_are_bounded`.
    """

    _head_bytes = 0

    def dataReceived(self, bytes: bytes) -> None:  # noqa: A002, N802 (Twisted's names)
        """Count the bytes of the head; end the connection when there are too many."""
        super().dataReceived(bytes)  # type: ignore[no-untyped-call]
        parser = self._parser
        if parser is None or parser.state not in ("STATUS", "HEADER"):
            self._head_bytes = 0  # the head has ended, perhaps with the whole answer: the connection may serve more
            return
        self._head_bytes += len(bytes)
        if self._head_bytes > HEADERS_MAXSIZE:
            error = HeadersTooLargeError(f"more than {HEADERS_MAXSIZE} bytes of headers")
            self._giveUp(Failure(error))  # type: ignore[no-untyped-call]


class BoundedFactory(_LenientHTTP11ClientFactory):
    """Makes `BoundedProtocol`s. Private: the class itself, and `_quiescentCallback`. Test: `test_heads_are_bounded`."""

    def buildProtocol(self, addr: Any) -> BoundedProtocol:  # noqa: N802 (Twisted's name)
        """Make the protocol of one connection."""
        return BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class ConnectionPool(HTTPConnectionPool, ABC):
    """A connection pool that opens each new connection by its own `connect`.

    Private: `_factory`, and the key of `getConnection`, where Twisted hands over what to connect to: scheme, host, port
    (`twisted.web.client.Agent.request`) and, added by Scrapy, the local address to bind to.
    Test: `test_connections_are_made_by_the_replaced_pool`.
    """

    _factory = BoundedFactory

    def __init__(self, reactor: Any) -> None:
        super().__init__(reactor, persistent=True)  # type: ignore[no-untyped-call]
        self.reactor = reactor

    def getConnection(self, key: Any, endpoint: Any) -> Deferred[Any]:  # noqa: N802 (Twisted's name)
        """Get an idle connection, or a new one by `connect`."""
        return super().getConnection(key, _PoolEndpoint(self, *key))  # type: ignore[arg-type]

    @abstractmethod
    def connect(self, scheme: bytes, host: bytes, port: int, bind: Any, factory: Any) -> Deferred[Any]:
        """Open a connection."""


@implementer(IStreamClientEndpoint)
class _PoolEndpoint:
    """Where to connect to; nothing is resolved or set up before a new connection is really needed."""

    def __init__(self, pool: ConnectionPool, scheme: bytes, host: bytes, port: int, bind: Any = None) -> None:
        self._pool, self._target = pool, (scheme, host, port, bind)

    def connect(self, factory: Any) -> Deferred[Any]:
        return self._pool.connect(*self._target, factory)
