"""robots.txt, by RFC 9309 where Scrapy's middleware is lenient, and with its crawl-delay.

Scrapy obeys the rules of whatever body it gets, and takes a robots.txt that cannot be had as a permission, for good.
Here a robots.txt that cannot be had (429, a server error, no connection) means that the page is not fetched now; the
request goes back to the queue and robots.txt is asked for again when the site has rested. As in the RFC, another
client error (404 and the like) means that there are no rules.
"""

from __future__ import annotations

import codecs
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from kolcrawl.net.exceptions import RobotsUnavailableError
from kolcrawl.net.scrapy_private import OpenRobotsTxtMiddleware, set_slot_delay, slot_key

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

logger = logging.getLogger(__name__)

MAX_PARSED = 512_000
"""Bytes of a robots.txt that are read; RFC 9309 asks for 500 KiB at least. Parsing more could hold up the crawl."""
MAX_REDIRECTS = 5
"""Redirects of a robots.txt that are followed, as RFC 9309 (2.3.1.2) says; after more it counts as not there."""


def is_robots_request(request: Request) -> bool:
    """Tell whether this is the request for a robots.txt, or what it was redirected to."""
    return request.callback is NO_CALLBACK and bool(request.meta.get("dont_obey_robotstxt"))


def readable_part(response: Response) -> Response:
    """Cut a robots.txt to what is read of it, at the end of a line; one in UTF-16 is turned into UTF-8."""
    body = response.body
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = body.decode("utf-16", "replace").encode()
    if len(body) > MAX_PARSED:
        body = body[:MAX_PARSED].rpartition(b"\n")[0]
    return response if body is response.body else response.replace(body=body)


class RobotsMiddleware(OpenRobotsTxtMiddleware):
    """Scrapy's robots.txt middleware, patient and obedient; takes its place (100).

    Reads ROBOTSTXT_OBEY, ROBOTSTXT_USER_AGENT and CRAWL_DELAY_MAX.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unavailable: dict[str, str] = {}
        self._refused: set[str] = set()
        self._delayed: set[str] = set()
        self._longest_delay = crawler.settings.getfloat("CRAWL_DELAY_MAX", 120)
        crawler.signals.connect(self.set_crawl_delay, signals.robots_parsed)

    async def process_request(self, request: Request) -> Response | None:  # type: ignore[override]
        """Ask for robots.txt first; end the redirects of a robots.txt that go on and on.

        Returns: an empty answer for a robots.txt that was redirected too often.

        Raises:
            RobotsUnavailableError: robots.txt cannot be fetched now.
            IgnoreRequest: robots.txt forbids the page.
        """
        if is_robots_request(request) and request.meta.get("redirect_times", 0) > MAX_REDIRECTS:
            logger.warning(
                "%s: its robots.txt is redirected more than %d times; it counts as not there (RFC 9309)",
                *(_asked_netloc(request), MAX_REDIRECTS),
            )
            self._stats.inc_value("robotstxt/redirected_too_often")
            return Response(request.url, status=404)
        await super().process_request(request)
        return None

    def unavailable(self, request: Request, reason: str) -> None:
        """Note that a request for a robots.txt failed; the politeness middleware says so."""
        self._unavailable[_asked_netloc(request)] = reason

    def refused(self, request: Request) -> None:
        """Note that the politeness middleware let no request for a robots.txt be made; nor will one for the page be."""
        self._refused.add(_asked_netloc(request))

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Return the rules for a request.

        Raises:
            RobotsUnavailableError: they cannot be had now; the next request asks again.
        """
        netloc = urlparse_cached(request).netloc
        parser = await super().robot_parser(request) or self.known_parser(netloc)
        if self._delayed and slot_key(self.crawler, request) in self._delayed:
            request.meta["autothrottle_dont_adjust_delay"] = True
        if parser is not None or netloc in self._refused:
            return parser
        self.forget_failure(netloc)
        # A robots.txt that came and could not be decoded has no reason noted.
        raise RobotsUnavailableError(self._unavailable.get(netloc, "bad_response"))

    def set_crawl_delay(self, robotparser: RobotParser, request: Request) -> None:
        """Space the requests to a site as its robots.txt asks, whatever AutoThrottle thinks."""
        try:
            asked = robotparser.crawl_delay(self.agent_of(request))
        except ValueError:  # not a number
            return
        if not asked or asked <= 0:
            return
        host = slot_key(self.crawler, request)
        delay = max(min(asked, self._longest_delay), self.crawler.settings.getfloat("DOWNLOAD_DELAY"))
        if asked > self._longest_delay:
            logger.warning("%s asks for a crawl delay of %.0f seconds; it gets %.0f", host, asked, delay)
        self._stats.inc_value("politeness/crawl_delays")
        self._delayed.add(host)
        set_slot_delay(self.crawler, host, delay)


def _asked_netloc(request: Request) -> str:
    first = request.meta.get("redirect_urls")
    return urlsplit(first[0]).netloc if first else urlparse_cached(request).netloc
