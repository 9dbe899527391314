"""Real workers on a real Redis, through kills, stops and cut connections: the network is that of one quiet crawl."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import redis

from kolcrawl.frontier.shared.redis_frontier import NO_FIELD
from kolcrawl.sample import SiteServer
from kolcrawl.urls import story_key
from tests.crawl.test_two_crawls import network
from tests.crawling import FAST, ROOT, drop, read_stored, scrapy
from tests.frontier.shared.servers import RedisProcess
from tests.small_web import HoldingServer, SmallWeb, article

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES = 100
HOSTS = ("a.example", "b.example", "c.example", "d.example")
DELAY = 0.15
WORKER = (
    "-a", "depth=60", "-a", "max_pages=0", "-a", "crawl=affair", "-s", "AUTOTHROTTLE_ENABLED=0",
    "-s", f"DOWNLOAD_DELAY={DELAY}", "-s", "READ_PROCESSES=0", "-s", "FRONTIER_LEASE=120", "-s", "STOP_SECONDS=30",
    "-s", "MONGO_DATABASE=many_workers",
)  # fmt: skip


def page_url(n: int) -> str:
    """The address of a page."""
    return f"http://{HOSTS[n % 4]}/news/2026/03/{1000 + n}.html"


def draw_links() -> list[list[int]]:
    """The pages that each page leads to: the next, and five others."""
    draw = Random(23)
    return [[to for to in ((n + 1) % PAGES, *draw.sample(range(PAGES), 5)) if to != n] for n in range(PAGES)]


def make_web() -> tuple[SmallWeb, str]:
    """Pages of four hosts. Returns: the web and its first page."""
    draw = Random(24)
    titles = [f"Report {n} on the affair of the season in town {draw.randrange(10**6)}" for n in range(PAGES)]
    web = SmallWeb()
    for n, links in enumerate(draw_links()):
        web.pages[page_url(n)] = article(titles[n], [(page_url(to), titles[to]) for to in links], seed=n)
    return web, page_url(0)


def steps_from_seed() -> dict[str, int]:
    """The fewest steps from the first page to each, by story key."""
    links, steps, reached = draw_links(), {0: 0}, [0]
    for n in reached:
        for to in links[n]:
            if to not in steps:
                steps[to] = steps[n] + 1
                reached.append(to)
    return {story_key(page_url(n)): number for n, number in steps.items()}


class Workers:
    """Processes that crawl one web on one Redis."""

    def __init__(self, server: RedisProcess, web: SiteServer, data_dir: Path, folder: Path, seed: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        own = {"KOLCRAWL_DATA_DIR": str(data_dir), "PYTHONUTF8": "1", "FRONTIER_URL": server.address}
        self.environment = clean | web.environment | own
        self.web, self.server, self.folder, self.seed = web, server, folder, seed
        self.started: list[subprocess.Popen[bytes]] = []
        self.options: tuple[str, ...] = ()
        """Options of all workers to come, stronger than `WORKER`."""

    def start(self, number: int) -> None:
        """Start so many more."""
        for _ in range(number):
            log = self.folder / f"worker{len(self.started)}.log"
            command = [sys.executable, "-m", "scrapy", "crawl", "related", "-a", f"url={self.seed}", *WORKER]
            command += self.options
            with log.open("wb") as file:
                self.started.append(subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=file, stderr=file))

    def log(self, n: int) -> str:
        """What a worker has logged."""
        return (self.folder / f"worker{n}.log").read_text(encoding="utf-8", errors="replace")

    def until(self, what: Callable[[], bool], seconds: float = 240) -> None:
        """Wait for something."""
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, [self.log(n)[-2000:] for n in range(len(self.started))]
            time.sleep(0.02)

    def until_pages(self, number: int, seconds: float = 240) -> None:
        """Wait until so many pages have been asked for."""
        self.until(lambda: len(self.web.asked()) >= number, seconds)

    def leases(self) -> dict[str, set[str]]:
        """The beginnings of the keys of the stories that each worker holds, as Redis knows."""
        found = defaultdict(set)
        with self.server.client() as client:
            for key in client.keys("{affair}:*:held"):
                for number, lease in client.hgetall(key).items():
                    if number == NO_FIELD:
                        continue
                    found[lease.split(b".")[0].decode()].add(number[:12].hex())
        return found

    def worker_of(self, n: int) -> str:
        """The name in Redis of a process."""
        with self.server.client() as client:
            for key in client.keys("{affair}:*:who"):
                for name, about in client.hgetall(key).items():
                    if f'"pid": {self.started[n].pid},'.encode() in about:
                        return str(name.decode())
        return ""

    def kill(self, n: int) -> set[str]:
        """Kill a worker, and let its leases run out at once. Returns: what it held at that moment.

        That leases run out by the clock is shown in `test_steps`. Here they are long, so that none of a worker that
        lives runs out, however busy the machine is.
        """
        name = self.worker_of(n).encode()
        self.started[n].send_signal(signal.SIGSTOP)
        held = set()
        self.started[n].kill()
        self.started[n].wait()
        with self.server.client() as client:
            for key in client.keys("{affair}:*:held"):
                for number, lease in client.hgetall(key).items():
                    if lease.startswith(name):
                        client.zadd(key.replace(b":held", b":leases"), {number: 1}, xx=True)
                        held.add(number[:12].hex())
        return held

    def stop_all(self) -> None:
        """End what still runs, after a failure."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()


def without_depth(found: dict[str, Any]) -> dict[str, Any]:
    """A network but for depths: a story keeps that of the shortest way that was known when its page came, which depends
    on the order in which pages answer, in two crawls of one worker, too. What does not is compared apart: that nothing
    is cut off by `depth` which some way brings within it, and that no depth is less than the fewest steps."""
    return {key: {name: value for name, value in row.items() if name != "depth"} for key, row in found.items()}


def cut_connections(server: RedisProcess, times: int) -> None:
    """Cut all connections to Redis, again and again."""
    for _ in range(times):
        with server.client() as client, contextlib.suppress(redis.ConnectionError):
            client.client_kill_filter(_type="normal", skipme=True)
        time.sleep(0.05)


def gaps(web: SiteServer) -> dict[str, float]:
    """The least seconds between two requests to each host, robots.txt included, by the log of the web."""
    at = defaultdict(list)
    for row in web.log:
        at[urlsplit(row.url).netloc].append(row.at)
    return {
        host: min(later - earlier for earlier, later in zip(sorted(times), sorted(times)[1:], strict=False))
        for host, times in at.items()
    }


def test_nothing_lost_and_nothing_twice(data_dir: Path, tmp_path: Path) -> None:
    """Three workers; one is killed, Redis hangs, its connections are cut, it is stopped and started, one worker is told
    to stop, the last one is killed, and two new ones finish. Stories and links are those of one crawl without Redis,
    though `depth` lets through only who is reached by the shortest way, and others were known before; a
    page is fetched twice only if a killed worker held it; the one that was told to stop gives back all it has; hosts
    are never asked faster than their delay; the last two end together."""
    site, seed = make_web()
    steps = steps_from_seed()
    depth = ("-a", f"depth={max(steps.values())}")
    with SiteServer(site) as web:  # type: ignore[arg-type]
        quiet = scrapy("crawl", "related", "-a", f"url={seed}", *WORKER[:4], *depth, *FAST,
                       "-s", "MONGO_DATABASE=one_worker", data_dir=data_dir, through=web)  # fmt: skip
        assert quiet.returncode == 0, quiet.stdout + quiet.stderr
        assert len(web.asked()) == PAGES
    server = RedisProcess(tmp_path)
    server.start()
    with HoldingServer(site, pages=PAGES * 4 // 5) as web:
        workers = Workers(server, web, data_dir, tmp_path, seed)
        workers.options = depth
        try:
            workers.start(3)
            workers.until(lambda: len(workers.leases()) >= 2)
            workers.until_pages(15)
            killed = workers.kill(0)
            workers.until_pages(30)
            server.send(signal.SIGSTOP)
            time.sleep(1.5)
            server.send(signal.SIGCONT)
            cut_connections(server, 20)
            workers.until_pages(40)
            with server.client() as client, contextlib.suppress(redis.ConnectionError):
                client.shutdown()
            server.wait()
            time.sleep(1.0)
            server.start()
            workers.until_pages(60)
            name = workers.worker_of(1)
            workers.started[1].send_signal(signal.SIGTERM)
            web.hold(PAGES * 9 // 10 - len(web.asked()))
            assert workers.started[1].wait(timeout=240) == 3, workers.log(1)
            assert not workers.leases()[name]
            workers.until_pages(75)
            killed |= workers.kill(2)
            web.go_on.set()
            workers.start(2)
            for n in (3, 4):
                assert workers.started[n].wait(timeout=240) == 0, workers.log(n)
        finally:
            workers.stop_all()
            server.stop()
        asked, least = web.asked(), gaps(web)
    many, one = read_stored(data_dir, "many_workers"), read_stored(data_dir, "one_worker")
    assert len(asked) == PAGES
    repeated = {story_key(url)[:24] for url, statuses in asked.items() if len(statuses) > 1}
    assert repeated <= killed
    assert {len(statuses) for statuses in asked.values()} <= {1, 2}
    assert without_depth(network(many)) == without_depth(network(one))
    for found in (one, many):
        assert all(steps[key] <= story["depth"] for key, story in found.stories.items())
    assert min(least.values()) >= 0.9 * DELAY, least
    assert "Redis is back" in workers.log(1)
    doubled = Counter(visit["story"] for visit in many.visits)
    assert {key[:24] for key, n in doubled.items() if n > 1} <= killed
    for database in ("one_worker", "many_workers"):
        drop(data_dir, database)
