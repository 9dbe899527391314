"""Back off when a site says so, try again later, and leave a site alone that keeps failing.

Entry point: `PolitenessMiddleware`, in the place of Scrapy's RetryMiddleware, which it extends. It judges each answer,
reports it to `SiteHealth`, and decides whether a request is tried again. Waiting is done in the frontier, which holds
back the requests of a resting host and so keeps the downloader free for others; with another scheduler they wait here.

A spider that finds a refusal which only shows in the text tells it by `sites.failure(host, "blocked", slow_down=True)`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.asyncio import sleep
from scrapy.utils.httpobj import urlparse_cached

from kolcrawl.net.block_pages import REFUSAL_STATUSES, is_block_page
from kolcrawl.net.exceptions import (
    KEEP_PENDING,
    BlockedError,
    CrawlStopsError,
    HostRestsError,
    IncompletePageError,
    RobotsUnavailableError,
    SitePausedError,
)
from kolcrawl.net.own_sites import UNTHROTTLED, own_hosts
from kolcrawl.net.reasons import reason_of
from kolcrawl.net.robots import RobotsMiddleware, is_robots_request, readable_part
from kolcrawl.net.site_health import SiteHealth

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

STOPPED_REASON = "stopped"
"""Reason why a robots.txt was not fetched: the crawl is being stopped."""
_LONGEST_SLEEP = 5.0  # seconds; a crawl that is being stopped waits no longer than this
_END_OF_PAGE = b"</html"
_TAIL = 4_000  # bytes at the end of a page in which its end is looked for; servers put comments and scripts behind it


class PolitenessMiddleware(RetryMiddleware):
    """Retries, back-off and pauses, by site.

    Reads RETRY_*, SITE_BACKOFF, SITE_BACKOFF_MAX, SITE_FAILURES, SITE_PAUSE and SITE_PROBES.
    """

    sites: SiteHealth
    own: frozenset[str]
    """The user's own hosts, which AutoThrottle is not to slow down."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = super().from_crawler(crawler)
        middleware.sites = SiteHealth.from_settings(crawler.settings, crawler.stats)
        middleware.own = own_hosts(crawler.settings)
        return middleware

    def process_request(self, request: Request) -> Awaitable[Request | None] | None:
        """Let a request pass, or wait.

        Raises:
            SitePausedError: its host is given up.
        """
        host = host_of(request)
        if host in self.own:
            request.meta[UNTHROTTLED] = True
        if self.sites.given_up(host):
            request.meta[KEEP_PENDING] = True
            raise SitePausedError(f"{host} failed too often")
        rest = self.sites.rest(host)
        return self._wait(request, rest) if rest else None

    async def _wait(self, request: Request, rest: float) -> Request | None:
        await sleep(min(rest, _LONGEST_SLEEP))
        # robots.txt is waited for by the page's request, which may wait longer and is told if it fails.
        return None if is_robots_request(request) else _unsent(request)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Judge an answer; give the request back if it is to be tried again.

        Raises:
            BlockedError: the site refuses robots, and has done so each time.
            IncompletePageError: the server broke off in the middle of the page, and has done so each time.
            RobotsUnavailableError: a robots.txt came with a server error.
        """
        if "cached" in response.flags:
            return response
        host, status = host_of(request), response.status
        robots = is_robots_request(request)
        if "dataloss" in response.flags and (robots or not _is_whole(response)):
            return self._broken_off(request)
        blocked = not robots and is_block_page(response)
        if not blocked and status < 500 and status not in REFUSAL_STATUSES:
            self.sites.success(host)
            return readable_part(response) if robots else response
        reason = "blocked" if blocked else f"http_{status}"
        wait = retry_after(response)
        slow_down = blocked or status in (429, 503) or wait is not None
        forbidden = status == 403 and not slow_down
        self.sites.failure(
            host, reason, wait=wait, slow_down=slow_down, again=_tried_before(request), forbidden=forbidden
        )
        if robots:
            if status >= 500 or status == 429:
                self._robots_unavailable(request, reason)
            return response
        if (blocked or status in self.retry_http_codes) and (again := self._again(request, reason)):
            return again
        if blocked:
            raise BlockedError(response)
        return response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:  # type: ignore[override]
        """Judge a failure; give the request back if it is to be tried again.

        Raises:
            RobotsUnavailableError: a robots.txt could not be had.
        """
        if isinstance(exception, CrawlStopsError) and is_robots_request(request):
            self._robots_unavailable(request, STOPPED_REASON)
        if isinstance(exception, HostRestsError | CrawlStopsError):
            self.crawler.stats.inc_value("politeness/postponed")
            return _unsent(request)
        if isinstance(exception, RobotsUnavailableError) and not is_robots_request(request):
            if exception.reason == STOPPED_REASON:
                return _unsent(request)
            return self._again(request, exception.reason)  # `SiteHealth` has been told of the robots.txt itself
        if isinstance(exception, IgnoreRequest):
            if is_robots_request(request) and (robots := self.crawler.get_downloader_middleware(RobotsMiddleware)):
                robots.refused(request)
            return None
        reason = reason_of(exception, request)
        transient = isinstance(exception, self.exceptions_to_retry)
        if transient:
            self.sites.failure(host_of(request), reason, again=_tried_before(request))
        if is_robots_request(request):
            # An IgnoreRequest, so that Scrapy's middleware does not log a traceback for every dead host.
            self._robots_unavailable(request, reason)
        # The same certificate will not do better next time.
        return self._again(request, reason) if transient and reason not in ("tls", "tls_version") else None

    def _broken_off(self, request: Request) -> Request:
        """Judge an answer that ended too early; give the request back to be tried again.

        Raises:
            IncompletePageError: it was tried often enough.
            RobotsUnavailableError: it was a robots.txt.
        """
        reason = IncompletePageError.reason
        self.sites.failure(host_of(request), reason, again=_tried_before(request))
        if is_robots_request(request):
            self._robots_unavailable(request, reason)
        if again := self._again(request, reason):
            return again
        raise IncompletePageError(f"{request.url} broke off")

    def _again(self, request: Request, reason: str) -> Request | None:
        if request.meta.get("dont_retry"):
            return None
        return get_retry_request(request, spider=self.crawler.spider, reason=reason)  # type: ignore[arg-type]

    def _robots_unavailable(self, request: Request, reason: str) -> None:
        if robots := self.crawler.get_downloader_middleware(RobotsMiddleware):
            robots.unavailable(request, reason)
        raise RobotsUnavailableError(reason)


def _is_whole(response: Response) -> bool:
    """Check whether a page has its end, though its length or its last chunk says otherwise."""
    return _END_OF_PAGE in response.body[-_TAIL:].lower()


def host_of(request: Request) -> str:
    """Return the name of a request's slot in Scrapy's downloader."""
    slot: str | None = request.meta.get("download_slot")
    return slot if slot is not None else urlparse_cached(request).hostname or ""


def retry_after(response: Response, now: datetime | None = None) -> float | None:
    """Read the seconds to wait off a Retry-After header, by number or by date (RFC 9110, 10.2.3); None without one."""
    value = (response.headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, OverflowError):  # no date, or one of another age of the world
        return None


def _tried_before(request: Request) -> bool:
    return bool(request.meta.get("retry_times"))


def _unsent(request: Request) -> Request:
    """Copy a request for the queue. It was never sent, so it was not tried, but it has been counted as asked for."""
    return request.replace(dont_filter=True, meta={"retry_times": 0} | request.meta)
