"""What the frontier costs a page: processor time of its scheduler beside Scrapy's, in memory and with a JOBDIR.

    python benchmarks/frontier.py [--pages 2000] [--urls 1000000]

A page here is what the engine does with one: take a request, offer ten links of which three are new, finish. The
requests are those of the project's spider (story key, callbacks by name, a few keyword arguments); nothing is fetched,
and the time to make the requests themselves is taken off. With a JOBDIR each finished page is committed.

With `--urls`, the memory instead that so many waiting stories take, without a JOBDIR: in the frontier, and
in the spider's paths.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from scrapy import Request, Spider
from scrapy.utils.misc import build_from_crawler, load_object
from scrapy.utils.reactor import install_reactor
from scrapy.utils.test import get_crawler

sys.path.insert(0, str(Path(__file__).parents[1]))

from kolcrawl.crawl.paths import CrawlPaths, Step
from kolcrawl.frontier.queues import HostQueues
from kolcrawl.frontier.request_store import MemoryRequestStore

SCRAPY = {"SCHEDULER": "scrapy.core.scheduler.Scheduler"}
# The downloader-aware queue of Scrapy wants a real downloader; this one is its plainer and faster half.
SCRAPY |= {"SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.ScrapyPriorityQueue"}
OURS = {"SCHEDULER": "kolcrawl.frontier.scheduler.FrontierScheduler"}
BY_KEY = {"REQUEST_FINGERPRINTER_CLASS": "kolcrawl.frontier.fingerprinter.StoryFingerprinter"}
LINKS, NEW = 10, 3


class BenchSpider(Spider):
    """Callbacks to be named."""

    name = "bench"

    def parse_story(self, response: Any, **_: Any) -> None:
        """Do nothing, as a callback."""

    def failed(self, failure: Any) -> None:
        """Do nothing, as an errback."""


def story(spider: BenchSpider, number: int) -> Request:
    """Make a request as the project's spider does."""
    key = f"{number * 2654435761 % 2**128:032x}"
    return Request(
        f"http://host{number % 50}.example/news/2026/11/{number}.html",
        spider.parse_story,
        errback=spider.failed,
        priority=number % 97,
        meta={"story": key, "handle_httpstatus_list": [304]},
        cb_kwargs={"found_on": key, "kind": "related", "depth": 3, "path": 0.123456},
    )


def measure(settings: dict[str, Any], pages: int) -> tuple[float, float]:
    """Return the milliseconds of processor time a page, and of wall time to close."""
    crawler = get_crawler(BenchSpider, settings)
    spider = crawler.spider = BenchSpider.from_crawler(crawler)
    active: set[Request] = set()
    crawler.engine = SimpleNamespace(  # type: ignore[assignment]
        downloader=SimpleNamespace(
            active=active,
            slots={},
            per_slot_settings={},
            domain_concurrency=1000,
            get_slot_key=lambda request: request.url.split("/")[2],
            middleware=SimpleNamespace(middlewares=[]),
        ),
        scraper=SimpleNamespace(slot=SimpleNamespace(active=set())),
    )
    scheduler = build_from_crawler(load_object(settings["SCHEDULER"]), crawler)
    scheduler.open(spider)
    began = time.process_time()
    for number in range(pages):
        story(spider, number)
    making = (time.process_time() - began) / pages
    began, known = time.process_time(), 1
    scheduler.enqueue_request(story(spider, 0))
    for page in range(pages):
        request = scheduler.next_request()
        active.add(request)
        for link in range(LINKS):
            if link < NEW:
                scheduler.enqueue_request(story(spider, known))
                known += 1
            else:
                scheduler.enqueue_request(story(spider, (page * 7 + link) % known))
        active.discard(request)
    scheduler.next_request()
    spent = time.process_time() - began - making * pages * LINKS
    began = time.perf_counter()
    scheduler.close("finished")
    return spent / pages * 1000, (time.perf_counter() - began) * 1000


def hold(urls: int) -> None:
    """Print what waiting stories weigh."""
    spider = BenchSpider()
    store, queues, paths = MemoryRequestStore(spider), HostQueues(), CrawlPaths()
    for number in range(urls):
        if number % (urls // 10) == 0:
            print(f"{number:9} stories {_resident():6.0f} MB", flush=True)
        request = story(spider, number)
        key = request.meta["story"]
        paths.first(Step(key=key, url=request.url, depth=3, found_on=None, kind="related", path=0.1))
        store.mark_seen(bytes.fromhex(key))
        queues.push(f"host{number % 50}.example", request.priority, store.add(request, ""))
    print(f"{urls:9} stories {_resident():6.0f} MB")


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main() -> None:
    """Print one line a scheduler."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--urls", type=int)
    given = parser.parse_args()
    pages = given.pages
    if given.urls:
        hold(given.urls)
        return
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    with tempfile.TemporaryDirectory() as folder:
        for name, settings in {
            "Scrapy, memory, fingerprint by URL": SCRAPY,
            "Scrapy, memory": SCRAPY | BY_KEY,
            "Scrapy, JOBDIR": SCRAPY | BY_KEY | {"JOBDIR": f"{folder}/scrapy"},
            "frontier, memory": OURS | BY_KEY,
            "frontier, JOBDIR": OURS | BY_KEY | {"JOBDIR": f"{folder}/frontier"},
        }.items():
            spent, closing = measure(settings, pages)
            print(f"{name:36} {spent:6.3f} ms a page    {closing:5.0f} ms to close")


if __name__ == "__main__":
    main()
