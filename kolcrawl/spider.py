"""The spider that joins reading and deciding, and the class that a site's spider subclasses.

It knows Scrapy and the doors of two rooms: `read_page` and the policy in `kolcrawl.crawl`. It knows no database:
what earlier crawls learnt reaches it through `memory`, which the store pipeline sets.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request, Spider
from scrapy.spidermiddlewares.httperror import HttpError

from kolcrawl.args import CrawlArgs, parse_args
from kolcrawl.errors import PageError
from kolcrawl.items import HttpFacts, LinkItem, Outcome, StoryItem
from kolcrawl.net.reasons import reason_of
from kolcrawl.page import SiteRules, read_page
from kolcrawl.page.sites import SiteMemory
from kolcrawl.story import story_from_page
from kolcrawl.urls import canonical_url, site_of, story_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from scrapy.http import Response
    from twisted.python.failure import Failure

GONE = (404, 410)


class StorySpider(Spider):
    """Reads stories from seeds on and follows their related links, breadth first, within depth and page limits.

    A site's spider sets `name`, `start_urls` and `rules`; it needs no code.
    """

    rules: ClassVar[SiteRules] = SiteRules()
    """How to read the pages of `domains`."""
    domains: ClassVar[tuple[str, ...]] = ()
    """Hosts (with their subdomains) that `rules` hold for, whichever spider reads them."""

    def __init__(self, **given: Any) -> None:
        """Args:
            given: the spider arguments as strings (`kolcrawl.args`).

        Raises:
            ArgumentError: an argument is unknown or cannot be used.
        """
        super().__init__()
        self.args: CrawlArgs = self.read_args(given)
        self.blocks = SiteMemory()
        self.asked = 0

    @classmethod
    def read_args(cls, given: Mapping[str, Any]) -> CrawlArgs:
        """Check the spider arguments without making a spider."""
        if not given.get("url") and not given.get("urls") and getattr(cls, "start_urls", None):
            given = {**given, "url": " ".join(cls.start_urls)}
        return parse_args(given, cls.name)

    async def start(self) -> AsyncIterator[Request]:
        """The seeds."""
        for seed in self.args.seeds:
            yield self.story_request(seed, story_key(seed), depth=0, found_on=None, kind="seed")

    def story_request(self, url: str, key: str, *, depth: int, found_on: str | None, kind: str) -> Request:
        """A request for one story; nearer ones go first."""
        return Request(
            url,
            callback=self.parse_story,
            errback=self.record_failure,
            priority=-depth,
            meta={"story": key},
            cb_kwargs={"depth": depth, "found_on": found_on, "kind": kind},
        )

    def parse_story(
        self, response: Response, depth: int, found_on: str | None, kind: str
    ) -> Iterator[StoryItem | Request]:
        """Read one page; yield its story with all links, then the requests for the links to follow."""
        visited_at = datetime.now(UTC)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in _last(response)}
        try:
            page = read_page(response.body, response.url, headers, self.rules, now=visited_at, memory=self.blocks)
        except PageError as error:
            self.logger.warning("%s", error)
            yield self.failed_story(response.request, "failed", error.reason, response)  # type: ignore[arg-type]
            return
        redirects = response.meta.get("redirect_urls", [])
        item = story_from_page(
            page,
            requested_url=redirects[0] if redirects else response.url,
            visited_at=visited_at,
            also_seen=redirects[1:],
        )
        item.depth, item.discovered_from, item.discovered_kind = depth, found_on, kind
        self._add_http(item, response)
        requests = [request for link in item.links if (request := self.follow(link, item))]
        yield item
        if item.outcome == "fetched":
            yield from requests

    def follow(self, link: LinkItem, story: StoryItem) -> Request | None:
        """The request for a link's target, or None with the reason noted on the link."""
        if link.kind not in self.args.kinds:
            return None
        if story.depth >= self.args.depth:
            link.skipped = "depth"
            return None
        return self.story_request(link.to_url, link.to, depth=story.depth + 1, found_on=story.key, kind=link.kind)

    def record_failure(self, failure: Failure) -> Iterator[StoryItem]:
        """A story that could not be had: say why."""
        response = failure.value.response if failure.check(HttpError) else None
        reason = reason_of(failure)
        outcome: Outcome = "failed"
        if response is not None and response.status in GONE:
            outcome = "gone"
        elif reason in ("robots", "budget"):
            outcome = "skipped"
        yield self.failed_story(failure.request, outcome, reason, response)  # type: ignore[attr-defined]

    def failed_story(self, request: Request, outcome: Outcome, reason: str, response: Response | None) -> StoryItem:
        """The item of a visit that gave no story."""
        asked = request.meta.get("redirect_urls", [request.url])[0]
        found = request.cb_kwargs
        item = StoryItem(
            key=request.meta["story"],
            url=canonical_url(asked),
            requested_url=asked,
            site=site_of(asked),
            outcome=outcome,
            reason=reason,
            visited_at=datetime.now(UTC),
            depth=found["depth"],
            discovered_from=found["found_on"],
            discovered_kind=found["kind"],
        )
        if response is not None:
            self._add_http(item, response)
        return item

    def _add_http(self, item: StoryItem, response: Response) -> None:
        item.http = HttpFacts(
            status=response.status,
            etag=_header(response, "ETag"),
            last_modified=_header(response, "Last-Modified"),
            final_url=response.url,
        )
        item.bytes = len(response.body)
        item.elapsed_ms = round(response.meta.get("download_latency", 0) * 1000)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1")[:500] if value else None


def _last(response: Response) -> Iterator[tuple[bytes, bytes]]:
    """The last value of each header."""
    for name, values in response.headers.items():
        if values:
            yield name, values[-1]
