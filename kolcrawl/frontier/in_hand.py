"""The requests that the engine has: which of them left the downloader, and which were processed. `RequestsInHand`.

When has a request been processed? Scrapy says so nowhere in its public interface. It has been when neither the
downloader nor the scraper holds it (`kolcrawl.net.scrapy_private`): the engine passes a
request from one to the other without a turn of the event loop in between, and the scraper holds it until the callback
is exhausted and every item has gone through the pipelines. So a pipeline must return when its item is stored, not
before. Should Scrapy tell a scheduler one day, `look` is the one place to change.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from scrapy import signals
from scrapy.exceptions import CloseSpider

from kolcrawl.net.scrapy_private import requests_in_downloader, requests_in_scraper

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

_Lease = TypeVar("_Lease")


@dataclass(slots=True)
class Held(Generic[_Lease]):
    """A request that the engine has."""

    lease: _Lease
    host: str
    in_flight: bool = True
    """The downloader has it; after that it costs the host nothing."""


@dataclass(slots=True)
class Looked(Generic[_Lease]):
    """What has changed since the last look."""

    left: list[Held[_Lease]] = field(default_factory=list)
    """Requests that the downloader has no more."""
    processed: list[tuple[Request, _Lease]] = field(default_factory=list)


class RequestsInHand(Generic[_Lease]):
    """Requests that were handed to the engine, each with its lease."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._held: dict[Request, Held[_Lease]] = {}
        self._in_flight: Counter[str] = Counter()
        self.failed: set[Request] = set()
        """Those that a pipeline or the spider failed on, if `note_failures` was called."""

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, request: object) -> bool:
        return request in self._held

    def note_failures(self) -> None:
        """Begin to note on which requests a pipeline or the spider fails."""
        self._crawler.signals.connect(self._item_failed, signals.item_error)
        self._crawler.signals.connect(self._page_failed, signals.spider_error)

    def take(self, request: Request, lease: _Lease, host: str) -> None:
        """Note a request that goes to the engine."""
        self._held[request] = Held(lease, host)
        self._in_flight[host] += 1

    def in_flight(self, host: str) -> int:
        """Count the requests to a host that the downloader has."""
        return self._in_flight[host]

    def leases(self) -> list[_Lease]:
        """List the leases of what the engine has."""
        return [held.lease for held in self._held.values()]

    def look(self) -> Looked[_Lease]:
        """Look what the engine has done since the last look; what was processed is in hand no more."""
        found: Looked[_Lease] = Looked()
        if not self._held:
            return found
        downloading, scraping = requests_in_downloader(self._crawler), requests_in_scraper(self._crawler)
        for request, held in list(self._held.items()):
            if request in downloading:
                continue
            if held.in_flight:
                held.in_flight = False
                found.left.append(held)
                self._in_flight[held.host] -= 1
                if not self._in_flight[held.host]:
                    del self._in_flight[held.host]
            if request not in scraping:
                del self._held[request]
                found.processed.append((request, held.lease))
        return found

    def _item_failed(self, response: Response | Failure | None) -> None:
        if (request := getattr(response, "request", None)) in self._held:
            self.failed.add(request)

    def _page_failed(self, response: Response | Failure | None, failure: Failure) -> None:
        if not isinstance(failure.value, CloseSpider):
            self._item_failed(response)
