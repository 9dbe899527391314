"""Items of visits that gave no page to read, and what an answer tells besides its page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scrapy.spidermiddlewares.httperror import HttpError

from kolcrawl.errors import PageError, UrlError
from kolcrawl.items import HttpFacts, StoryItem
from kolcrawl.net.exceptions import KEEP_PENDING, CrawlStopsError
from kolcrawl.net.reasons import reason_of
from kolcrawl.urls import canonical_url, site_of, story_key

if TYPE_CHECKING:
    from logging import Logger, LoggerAdapter

    from scrapy import Request
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from kolcrawl.crawl.paths import CrawlPaths
    from kolcrawl.items import Outcome

GONE_STATUSES = (404, 410)
CUT_REASONS = frozenset({"robots", "budget", "site_budget", "endless"})
"""Reasons of requests that were never made because of us or the site's wish: the story is skipped, not failed."""
WALL_REASONS = frozenset({"paywall", "blocked"})
"""Pages in front of a story that a redirect leads to; any other page there says nothing of the story."""
MAX_HEADER = 500
"""Characters kept of a header."""


def unread_item(
    request: Request, outcome: Outcome, reason: str | None, response: Response | None, depth: int
) -> StoryItem:
    """Make the item of a visit that gave no page to read.

    Args:
        request: the one that was answered, or failed, last: that of the redirect's target where there was one.
        response: the answer; None where there was none.
        depth: link steps from a seed.
    """
    asked = request.meta.get("redirect_urls", [request.url])[0]
    item = StoryItem(
        key=request.meta["story"],
        url=canonical_url(asked),
        requested_url=asked,
        site=site_of(asked),
        outcome=outcome,
        reason=reason,
        visited_at=datetime.now(UTC),
        depth=depth,
        discovered_from=request.cb_kwargs["found_on"],
        discovered_kind=request.cb_kwargs["kind"],
        redirected_to=redirect_target(request),
    )
    if response is not None:
        add_http(item, response)
    return item


def failed_item(failure: Failure, paths: CrawlPaths) -> StoryItem:
    """Make the item of a story that could not be fetched, which says why."""
    request: Request = failure.request  # type: ignore[attr-defined]
    response = failure.value.response if isinstance(failure.value, HttpError) else None
    reason = reason_of(failure, request)
    gone = response is not None and response.status in GONE_STATUSES
    outcome: Outcome = "gone" if gone else "skipped" if reason in CUT_REASONS else "failed"
    depth = paths.depth(request.meta["story"], request.cb_kwargs["depth"])
    return unread_item(request, outcome, reason, response, depth)


def unreadable_item(
    error: Exception, response: Response, request: Request, depth: int, logger: Logger | LoggerAdapter[Any]
) -> StoryItem | None:
    """Make the item of a page that could not be read, and log why; None where the next start is to read it."""
    if isinstance(error, CrawlStopsError):
        request.meta[KEEP_PENDING] = True
        return None
    if isinstance(error, PageError):
        logger.warning("%s", error)
        if error.trace:
            logger.error("%s", error.trace)
        return unread_item(request, "failed", error.reason, response, depth)
    logger.error("%s: could not be read; please report it", response.url, exc_info=error)
    return unread_item(request, "failed", "unreadable", response, depth)


def as_unread(item: StoryItem, request: Request) -> None:
    """Make the item of a page that is no story one of the story that was asked for, in place.

    What is no story says nothing of where its story is: a front, a login, a gate.
    """
    key = request.meta["story"]
    asked = request.meta.get("redirect_urls", [request.url])[0]
    item.redirected_to = redirect_target(request)
    if item.redirected_to and item.reason not in WALL_REASONS and key not in item.known_as:
        item.outcome, item.reason = "failed", "redirected"
    item.key, item.url, item.requested_url = key, canonical_url(asked), asked
    item.site, item.aliases, item.known_as, item.proofs = site_of(item.url), [], [], {}


def redirect_target(request: Request) -> str | None:
    """Return the address to which a request was redirected; None where that is still the story's own."""
    if "redirect_urls" not in request.meta:
        return None
    try:
        return None if story_key(request.url) == request.meta["story"] else canonical_url(request.url)
    except UrlError:
        return None


def add_http(item: StoryItem, response: Response) -> None:
    """Note on an item what the server answered, and whether it was asked about a known story."""
    asked = response.request.meta if response.request is not None else {}
    item.is_known, item.known_key = "same_as" in asked, asked.get("known_key")
    item.http = HttpFacts(
        status=response.status,
        etag=header(response, "ETag"),
        last_modified=header(response, "Last-Modified"),
        final_url=response.url,
    )
    item.bytes = len(response.body)
    item.elapsed_ms = round(response.meta.get("download_latency", 0) * 1000)


def header(response: Response, name: str) -> str | None:
    """Return a header's value, cut at `MAX_HEADER`; None where it is missing."""
    value = response.headers.get(name)
    return value.decode("latin-1")[:MAX_HEADER] if value else None


def is_conditional(request: Request) -> bool:
    """Tell whether a request asks for the page only if it changed."""
    return "If-None-Match" in request.headers or "If-Modified-Since" in request.headers
