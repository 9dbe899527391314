"""One measured crawl, in a process of its own; `crawl.py` runs many. Prints one JSON object.

The stock spiders read in `truth.jsonl` which links are those of the story network; those of this project find out.
What is counted runs from the opening of the spider to its closing:
processor time of this process with all its threads, wall time, pages, peak memory, commands sent to MongoDB.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).parents[1]))

from pymongo import MongoClient, UpdateOne, monitoring
from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings

from benchmarks.ledger import Ledger
from benchmarks.processes import spent

BATCH = 100
"""Stories in a bulk write of the afternoon's spider."""
YARDSTICK = 10
"""Pages of a long crawl between two readings of one and the same page, which say how fast the machine is just then."""
STEPS = {
    "reading": {},
    "duplicates": {"clean": 100, "validate": 200, "fingerprint": 300},
    "storage": {"clean": 100, "validate": 200, "store": 800},
    "everything": {"clean": 100, "validate": 200, "fingerprint": 300, "store": 800},
}
STEPS |= {f"{run}-beside": STEPS[run] for run in ("duplicates", "everything")}
"""The pipelines of this project that are switched on, by name of the run."""
READERS = {"duplicates-beside": 1, "everything-beside": 1}
"""Processes beside the crawler's own that read pages."""


class Commands(monitoring.CommandListener):
    """Counts what is sent to MongoDB."""

    sent = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count one, unless it belongs to the connection."""
        if event.command_name not in ("hello", "ping", "endSessions"):
            Commands.sent += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Do nothing."""


class Meter:
    """A Scrapy extension that writes what the crawl cost to METER_FILE, and its course each METER_EVERY pages."""

    def __init__(self, crawler: Any) -> None:
        if not crawler.settings.get("METER_FILE"):
            raise NotConfigured
        self.file = Path(crawler.settings["METER_FILE"])
        self.every = crawler.settings.getint("METER_EVERY")
        self.pages = 0
        self.readers: dict[int, float] = {}
        self.same: Any = None
        self.yards, self.yard = 0, 0.0
        self.course: list[dict[str, float]] = []
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.had, signals.response_received)
        crawler.signals.connect(self.write, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Any) -> Meter:
        """Make it."""
        return cls(crawler)

    def opened(self) -> None:
        """Begin to count."""
        self.cpu, self.wall, self.sent = time.process_time(), time.time(), Commands.sent

    def had(self, response: Any, spider: Any) -> None:
        """Count a page."""
        if response.status == 200 and not response.url.endswith("/robots.txt"):
            self.pages += 1
            if reader := getattr(spider, "page_reader", None):
                self.readers |= {pid: spent(pid) for pid in reader.workers.pids}
            if self.every and self.pages % YARDSTICK == 0:
                self.measure(response)
            if self.every and self.pages % self.every == 0:
                self.course.append(self.now())
                self.write()  # a long crawl can be looked at, or broken off

    def measure(self, response: Any) -> None:
        """Read the same page once more; what it costs is no part of the crawl's time."""
        from kolcrawl.page import read_page

        self.same = self.same or response
        began = time.thread_time()
        read_page(self.same.body, self.same.url)
        self.yard += time.thread_time() - began
        self.yards += 1

    def now(self) -> dict[str, float]:
        """Tell where the crawl stands."""
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return {
            "pages": self.pages,
            "cpu": time.process_time() - self.cpu - self.yard,
            "yard": self.yard,
            "yards": self.yards,
            "readers": sum(self.readers.values()),
            "wall": time.time() - self.wall,
            "commands": Commands.sent - self.sent,
            "mb": resident / 1e6,
        }

    def write(self) -> None:
        """Write."""
        # not ru_maxrss, which begins with what the parent had at the fork
        peak = int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) * 1024 / 1e6
        self.file.write_text(json.dumps(self.now() | {"peak_mb": peak, "course": self.course}))


class GivenLinks(Spider):
    """Stock Scrapy that only follows the links it is given: the engine alone."""

    name = "given"
    related: ClassVar[dict[str, list[str]]] = {}

    async def start(self) -> Any:
        """Yield the requests for the seeds."""
        for url in self.seeds:  # type: ignore[attr-defined]
            yield Request(url)

    def parse(self, response: Any) -> Iterator[Any]:
        """Follow."""
        for url in self.related.get(response.url, ()):
            yield Request(url)


class Null(GivenLinks):
    """Stock Scrapy that only follows links, which it finds by a selector."""

    name = "null"

    def parse(self, response: Any) -> Iterator[Any]:
        """Follow those of the story network."""
        for url in self.found(response):
            yield Request(url)

    def found(self, response: Any) -> list[str]:
        """List the links of the page that belong to the story network."""
        related = set(self.related.get(response.url, ()))
        links = map(response.urljoin, response.css("a::attr(href)").getall())
        return [url for url in links if url in related]


class Afternoon(Null):
    """Scrapy, trafilatura and bulk writes: what one writes in an afternoon."""

    name = "afternoon"

    def parse(self, response: Any) -> Iterator[Any]:
        """Read the page by trafilatura, and follow."""
        import trafilatura

        related = list(dict.fromkeys(self.found(response)))
        read = trafilatura.bare_extraction(response.text, url=response.url, with_metadata=True)
        yield {**(read.as_dict() if read else {}), "url": response.url, "related": related, "body": None}
        for url in related:
            yield Request(url)


STOCK = {spider.name: spider for spider in (GivenLinks, Null, Afternoon)}


class BulkPipeline:
    """Upserts of stories and links, a hundred stories at a time."""

    def __init__(self, uri: str) -> None:
        self.client: MongoClient[dict[str, Any]] = MongoClient(uri)
        self.db = self.client["afternoon"]
        self.stories: list[Any] = []
        self.links: list[Any] = []

    @classmethod
    def from_crawler(cls, crawler: Any) -> BulkPipeline:
        """Make it."""
        return cls(crawler.settings["AFTERNOON_URI"])

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Collect, and write when there are enough."""
        fields = ("title", "author", "date", "text", "sitename", "language")
        story = {"url": item["url"]} | {name: item.get(name) for name in fields}
        self.stories.append(UpdateOne({"_id": item["url"]}, {"$set": story}, upsert=True))
        for place, url in enumerate(item["related"]):
            link = {"_id": f"{item['url']} {url}"}
            self.links.append(UpdateOne(link, {"$set": {"from": item["url"], "to": url, "at": place}}, upsert=True))
        if len(self.stories) >= BATCH:
            self.write()
        return item

    def write(self) -> None:
        """Write what was collected."""
        if self.stories:
            self.db["stories"].bulk_write(self.stories, ordered=False)
            if self.links:
                self.db["links"].bulk_write(self.links, ordered=False)
            self.stories, self.links = [], []

    def close_spider(self) -> None:
        """Write the rest."""
        self.write()
        self.client.close()


class Stop:
    """Ends a stock crawl at its number of pages: CLOSESPIDER_PAGECOUNT counts robots.txt as well."""

    def __init__(self, crawler: Any) -> None:
        self.crawler, self.left = crawler, crawler.settings.getint("METER_PAGES")

    @classmethod
    def from_crawler(cls, crawler: Any) -> Stop:
        """Make it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let as many pass as there are."""
        self.left -= 1
        if self.left < 0:
            raise IgnoreRequest


def stock_settings(given: argparse.Namespace) -> Settings:
    """Start Scrapy's own, quiet."""
    settings = Settings({"LOG_LEVEL": "ERROR", "DOWNLOAD_DELAY": 0, "METER_PAGES": given.pages})
    settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", given.concurrency)
    settings.set("CONCURRENT_REQUESTS", given.concurrency)
    settings.set("TELNETCONSOLE_ENABLED", False)
    settings.set("DOWNLOADER_MIDDLEWARES", {Stop: 10})
    if given.what == "afternoon":
        settings.set("ITEM_PIPELINES", {BulkPipeline: 300})
        settings.set("AFTERNOON_URI", given.uri)
    return settings


def project_settings(given: argparse.Namespace) -> Settings:
    """Read the project's settings, without pauses between requests, since the server is ours."""
    settings = get_project_settings()
    settings.set("LOG_LEVEL", "ERROR")
    settings.set("DOWNLOAD_DELAY", 0)
    settings.set("AUTOTHROTTLE_ENABLED", False)
    settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", given.concurrency)
    settings.set("CONCURRENT_REQUESTS", given.concurrency)
    steps = {f"pipelines.{name}.{name.title()}Pipeline": place for name, place in STEPS[given.what].items()}
    settings.set("ITEM_PIPELINES", steps)
    settings.set("READ_PROCESSES", READERS.get(given.what, 0))
    if given.uri:
        settings.set("MONGO_URI", given.uri)
    return settings


def main() -> None:
    """Run one crawl."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*STOCK, *STEPS])
    parser.add_argument("--site", type=Path, required=True, help="folder with truth.jsonl and seeds.txt")
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--uri", help="of the database; without it the embedded server")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--every", type=int, default=0, help="note the course each so many pages")
    parser.add_argument("-s", action="append", default=[], metavar="NAME=VALUE", help="a setting")
    parser.add_argument("-a", action="append", default=[], metavar="NAME=VALUE", help="an argument of the spider")
    parser.add_argument("--ledger", type=Path, help="take down the server's commands by kind in this file")
    parser.add_argument("--server", type=int, help="process of the server, for the ledger")
    given = parser.parse_args()
    monitoring.register(Commands())
    ledger = None
    if given.ledger:
        ledger = Ledger(given.server, given.ledger)
        monitoring.register(ledger)
    stock = given.what in STOCK
    settings = stock_settings(given) if stock else project_settings(given)
    settings.set("METER_FILE", str(given.out))
    settings.set("METER_EVERY", given.every)
    settings.set("EXTENSIONS", {**settings.getdict("EXTENSIONS"), Meter: 0})
    for pair in given.s:
        name, _, value = pair.partition("=")
        settings.set(name, value)
    process = AsyncCrawlerProcess(settings)
    if stock:
        rows = [json.loads(line) for line in (given.site / "truth.jsonl").read_text("utf-8").splitlines()]
        GivenLinks.related = {row["url"]: row["related"] for row in rows}
        seeds = (given.site / "seeds.txt").read_text("utf-8").split()
        process.crawl(STOCK[given.what], seeds=seeds)
    else:
        arguments = dict(pair.split("=", 1) for pair in given.a)
        process.crawl(
            "related", urls=str(given.site / "seeds.txt"), depth="50", max_pages=str(given.pages), **arguments
        )
    process.start()
    if ledger:
        ledger.write()


if __name__ == "__main__":
    main()
