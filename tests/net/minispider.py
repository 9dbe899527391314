"""A crawl in a process of its own, for the tests: `python -m tests.net.minispider`, its task as JSON on stdin.

The spider knows the guard, the politeness and the frontier as any spider does, by settings, and nothing of pages but
`href="..."`. Each result is one JSON line on stdout, written at once; the last line holds the stats.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import warnings
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import AsyncCrawlerProcess
from twisted.internet.address import IPv4Address, IPv6Address

from kolcrawl import settings as project_settings
from kolcrawl.net.reasons import reason_of

# The project's settings, made quick: no test server needs to be spared.
QUICK = {
    "LOG_LEVEL": "INFO",
    "LOG_FORMATTER": "scrapy.logformatter.LogFormatter",
    "LOG_VERSIONS": [],
    "STATS_DUMP": False,
    "USER_AGENT": "kolcrawl-test",
    "COOKIES_ENABLED": False,
    "AUTOTHROTTLE_ENABLED": False,
    "ROBOTSTXT_OBEY": False,
    "DOWNLOAD_DELAY": 0,
    "DOWNLOAD_TIMEOUT": 10,
    "RETRY_TIMES": 1,
}


def tell(**row: Any) -> None:
    """One result line."""
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


class MiniSpider(Spider):
    """Asks for the seeds, follows links if `follow`, and tells what came of each."""

    name = "mini"

    def __init__(
        self,
        seeds: list[str],
        follow: bool = False,
        priorities: dict[str, int] | None = None,
        meta: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.seeds, self.follow, self.priorities, self.meta = seeds, follow, priorities or {}, meta or {}

    async def start(self):
        """The seeds."""
        for url in self.seeds:
            yield self.ask(url)

    def ask(self, url: str) -> Request:
        """A request as the project's spider makes it: callbacks by method, plain keyword arguments."""
        unkept = self.settings.getbool("UNKEPT")
        return Request(
            url,
            partial(self.parse) if unkept else self.parse,
            errback=self.failed,
            cb_kwargs={"asked": url},
            meta={"handle_httpstatus_list": [304], **self.meta},
            priority=self.priorities.get(url, 0),
        )

    def parse(self, response, asked: str):
        """A page came: hand it to the pipeline, then follow its links."""
        path = urlsplit(asked).path
        if path in self.settings.getlist("DIE_ON"):
            os.kill(os.getpid(), signal.SIGKILL)
        state = self.crawler.engine.scheduler.notes
        state["counted"] = state.get("counted", 0) + 1
        self.crawler.stats.set_value("counted", state.get("counted"))
        yield {"asked": asked, "url": response.url, "status": response.status, "size": len(response.body)}
        if self.follow:
            for href in re.findall(rb'href="([^"]+)"', response.body):
                yield self.ask(response.urljoin(href.decode()))

    def failed(self, failure):
        """No page came."""
        tell(asked=failure.request.cb_kwargs["asked"], reason=reason_of(failure))


class TellPipeline:
    """Stands for the store: takes a moment, then the page counts as stored."""

    def __init__(self, crawler: Any) -> None:
        self.fail_on = crawler.settings.getlist("FAIL_ON")
        self.disk_pages = crawler.settings.getint("DISK_PAGES")
        self.seconds = crawler.settings.getfloat("STORE_SECONDS", 0.002)
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> TellPipeline:
        return cls(crawler)

    def open_spider(self) -> None:
        """DISK_PAGES stands for a full disk: the frontier's file may not grow beyond so many pages."""
        if self.disk_pages:
            store = self.crawler.engine.scheduler._store
            store._db.execute(f"PRAGMA max_page_count={self.disk_pages}")

    async def process_item(self, item):
        """Write the item out."""
        if urlsplit(item["asked"]).path in self.fail_on:
            raise RuntimeError("cannot be stored")
        await asyncio.sleep(self.seconds)
        tell(**item)
        return item


class FakeResolver:
    """DNS as the test wants it: FAKE_DNS maps a name to the answers of the first, second, ... query."""

    def __init__(self, reactor: Any, answers: dict[str, list[list[str]]]) -> None:
        self.reactor, self.answers = reactor, answers

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> FakeResolver:
        return cls(reactor, crawler.settings.getdict("FAKE_DNS"))

    def install_on_reactor(self) -> None:
        self.reactor.installNameResolver(self)

    def resolveHostName(self, receiver: Any, name: str, portNumber: int = 0, *_: Any) -> Any:  # noqa: N802, N803
        answers = self.answers.get(name, [])
        addresses = (answers.pop(0) if len(answers) > 1 else answers[0]) if answers else []
        tell(resolved=name, to=addresses)
        receiver.resolutionBegan(receiver)
        for address in addresses:
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, portNumber))
        receiver.resolutionComplete()
        return receiver


def main() -> None:
    """Run the crawl that stdin describes."""
    task = json.load(sys.stdin)
    # Our own code must call nothing deprecated.
    warnings.filterwarnings("error", module=r"(kolcrawl|tests)\.")
    settings = {name: value for name, value in vars(project_settings).items() if name.isupper()}
    settings |= QUICK | {"ITEM_PIPELINES": {TellPipeline: 1}} | task["settings"]
    if settings.get("NO_HEARTBEAT"):
        ExecutionEngine._SLOT_HEARTBEAT_INTERVAL = 1e6  # seconds between the engine's own looks at the scheduler
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(MiniSpider)
    process.crawl(crawler, **task["spider"])
    process.start()
    tell(stats={key: value for key, value in crawler.stats.get_stats().items() if isinstance(value, int | float | str)})


if __name__ == "__main__":
    main()
