"""A story's depth on a shared frontier, where one worker finds a shorter way while another one reads the story."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kolcrawl.frontier.shared.redis_frontier import FP_BYTES, RedisFrontier
from kolcrawl.frontier.shared.worker_words import WorkerWords
from kolcrawl.sample import SiteServer
from kolcrawl.urls import story_key
from tests.crawling import drop, read_stored
from tests.frontier.shared.test_steps import Bench, bench, fp, texts
from tests.frontier.shared.test_workers import Workers
from tests.small_web import SmallWeb, article

if TYPE_CHECKING:
    from pathlib import Path

    from tests.frontier.shared.servers import RedisProcess

__all__ = ["bench"]
CHAIN = [f"http://{letter}.example/news/2026/03/{n}.html" for n, letter in enumerate("abcde", start=1000)]


async def find_shorter_way(server: RedisProcess, url: str, depth: int) -> None:
    """Join the crawl, push a story, and leave."""
    with server.client() as client:
        terms = client.hget("{affair}:about", "args").decode()  # type: ignore[union-attr]
    worker = RedisFrontier(server.address, "affair")
    await worker.enter("related", terms, "{}")
    words = WorkerWords()
    host = urlsplit(url).netloc
    words.push(bytes.fromhex(story_key(url))[:FP_BYTES], host, host, 0, depth, "{}", again=False)
    assert (await worker.settle(words.head(1))).known == 1
    await worker.leave(0)
    await worker.close()


def test_a_shorter_way_is_found_while_the_page_is_fetched(
    redis_server: RedisProcess, data_dir: Path, tmp_path: Path
) -> None:
    """The last page that `depth` lets through is asked for; before it answers, a worker finds it two steps nearer.
    It is stored with the nearer depth, and its link, which would have been cut, is followed from there."""
    titles = [f"Report {n} on the affair of the season in town {n}" for n in range(5)]
    web = SmallWeb()
    for n, url in enumerate(CHAIN):
        links = [(CHAIN[n + 1], titles[n + 1])] if n + 1 < len(CHAIN) else []
        web.pages[url] = article(titles[n], links, seed=n)
    page = web.pages[CHAIN[3]]

    def late(_: Any) -> Any:
        asyncio.run(find_shorter_way(redis_server, CHAIN[3], 1))
        return page

    web.pages[CHAIN[3]] = late
    with SiteServer(web) as site:  # type: ignore[arg-type]
        workers = Workers(redis_server, site, data_dir, tmp_path, CHAIN[0])
        workers.options = ("-a", "depth=3", "-s", "MONGO_DATABASE=nearer")
        try:
            workers.start(1)
            assert workers.started[0].wait(timeout=240) == 0, workers.log(0)
        finally:
            workers.stop_all()
    stories = read_stored(data_dir, "nearer").stories
    assert [stories[story_key(url)]["depth"] for url in CHAIN] == [0, 1, 2, 1, 2]
    assert stories[story_key(CHAIN[4])]["status"] == "fetched"
    drop(data_dir, "nearer")


def test_the_least_depth_is_told(bench: Bench) -> None:
    """Who asks is told the least depth of each story that any worker has found."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1, depth=5)
    bench.push(two, 1, depth=2)
    assert bench.run(one.least_depths([fp(1), fp(9)])) == [2, None]


def test_a_story_followed_from_its_nearer_depth_is_not_followed_again(bench: Bench) -> None:
    """A worker that was told of the shorter way in time says so, and nothing is left to be done."""
    worker = bench.worker()
    bench.push(worker, 1, depth=5)
    lease = bench.pop(worker).requests[0]
    bench.push(worker, 1, depth=2)
    bench.tell(worker, lambda words: words.done_with(lease, 2))
    assert bench.pop(worker).pending == 0


def test_a_shorter_way_to_another_key(bench: Bench) -> None:
    """A story was read under one key while a nearer request of another of its keys waited: its links are followed from
    the nearer depth, and the request need not be made."""
    worker = bench.worker()
    bench.push(worker, 1, depth=5)
    lease = bench.pop(worker).requests[0]
    bench.push(worker, 2, host="b.example", depth=2)
    bench.tell(worker, lambda words: words.also_read(fp(2), 5))
    bench.tell(worker, lambda words: words.done_with(lease))
    popped = bench.pop(worker)
    assert [(one.verdict, one.depth) for one in popped.requests] == [("follow", 2), ("elsewhere", 2)]
    assert texts(popped) == ["request 2", "request 2"]
