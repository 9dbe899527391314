"""What a Redis carries as the frontier of 10, 100 and 1,000 workers: the crawl's own steps, on a clock that is moved.

    python benchmarks/frontier_cluster.py                   the table of docs/scale.md, some minutes
    python benchmarks/frontier_cluster.py --workers 100 --hosts 1000 --urls 20000
    python benchmarks/frontier_cluster.py --memory 1000000  bytes a URL that is known

Workers are simulated, one redis-server is real. A page takes .2 to .8 s and as long as READING to be read, its host
rests for a second, and it has 44 links, 8 of them new as long as there are any. In each virtual minute a tenth of the
workers dies without a word and is replaced; half-way, Redis is stopped and started, and half of the workers die at
once. The clock is virtual, so politeness costs no waiting; Redis's CPU time and the waiting for an answer are real.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from random import Random
from statistics import median, quantiles

import redis

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.frontier_fill import TEXT, fill
from kolcrawl.frontier.shared.frontier_answers import Leased, LeaseWish, Popped
from kolcrawl.frontier.shared.frontier_errors import FrontierAwayError
from kolcrawl.frontier.shared.own_hosts import OwnHosts
from kolcrawl.frontier.shared.redis_frontier import FP_BYTES, MAX_OPERATIONS, RedisFrontier
from kolcrawl.frontier.shared.worker_words import GATHER_SECONDS, WorkerWords

DELAY, LEASE, AT_ONCE = 1.0, 30.0, 16
LINKS, NEW_LINKS = 44, 8
READING, READ = 0.05, b"read"  # seconds from a page's arrival to its end, and the mark of that event
DEATHS = 0.1 / 60  # of a worker, a second


class Redis:
    """A redis-server on a free port, with an AOF that goes to the disk every second, or none."""

    def __init__(self, aof: str = "yes") -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise SystemExit("redis-server is not installed (apt install redis-server)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix="frontier-cluster-")
        self.command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder,
                        "--appendonly", aof, "--save", "", "--maxclients", "5000"]  # fmt: skip
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)
        self.cpu_before = 0.0
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)

    def cpu(self) -> float:
        """CPU seconds that it has used, over restarts."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return self.cpu_before + (int(fields[11]) + int(fields[12])) / 100

    def restart(self) -> None:
        """Stop it in order, and start it again on its data."""
        before = self.cpu()
        self.process.terminate()
        self.process.wait()
        self.cpu_before = 0.0
        self.start()
        self.cpu_before = before - self.cpu()  # to read its data again is not a page's cost

    def end(self) -> None:
        """End it and remove its data."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Worker:
    """A simulated worker."""

    frontier: RedisFrontier
    words: WorkerWords
    in_flight: dict[bytes, Leased] = field(default_factory=dict)
    alive: bool = True
    renewed: float = 0.0
    next_pop: float = 0.0
    woken_at: float = 0.0
    asked: list[bytes] = field(default_factory=list)
    """Fingerprints of pages that have come, whose least depths are asked for."""
    hosts: OwnHosts = field(default_factory=OwnHosts)
    known: set[int] = field(default_factory=set)
    """URLs that it has pushed: a crawl's paths know them, so they do not go to Redis again."""


@dataclass
class Seen:
    """What a run has shown."""

    done: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    pops: list[float] = field(default_factory=list)
    settles: list[float] = field(default_factory=list)
    last_asked: dict[str, float] = field(default_factory=dict)
    least_gap: float = 1e9
    deaths: int = 0
    held_by_dead: int = 0
    waiting: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By host, URLs that were pushed and not leased."""
    ready_at: dict[str, float] = field(default_factory=dict)
    late: list[float] = field(default_factory=list)
    """Seconds that a host (but for the giant) had something to give, was due, and was not asked."""


class Cluster:
    """A crawl of so many workers, hosts and URLs."""

    def __init__(
        self, server: Redis, workers: int, hosts: int, urls: int, seconds: float, giant: bool, pages: int = 0
    ) -> None:
        self.pages = pages or urls
        self.server, self.hosts, self.urls, self.seconds, self.giant = server, hosts, urls, seconds, giant
        self.now, self.next_url, self.draw = 1_000_000.0, 0, Random(1)
        self.events: list[tuple[float, int, Worker, bytes]] = []
        self.numbers = count()
        self.size = workers
        self.seen = Seen()
        self.storms = 0

    def url_of(self, n: int) -> tuple[bytes, str, str]:
        """Fingerprint, host and text of a URL."""
        host = "giant.example" if self.giant and n % 2 else f"site{n % self.hosts}.example"
        fp = (n * 2654435761 % 2**32).to_bytes(4, "big") + n.to_bytes(FP_BYTES - 4, "big")
        return fp, host, TEXT % (f"{host}/news/2026/11/30/{n}.html", fp.hex() + "00000000")

    async def enter(self) -> Worker:
        """Have a worker join."""
        frontier = RedisFrontier(self.server.url, "cluster", lease=LEASE, clock=lambda: self.now)
        worker = Worker(frontier, WorkerWords(lambda: self.now))
        await worker.frontier.enter("related", "", "{}")
        worker.renewed = self.now
        heappush(self.events, (self.now + self.draw.random(), next(self.numbers), worker, b""))
        return worker

    async def patiently(self, ask, times: list[float] | None = None):  # type: ignore[no-untyped-def]
        """Ask again where the connection was lost."""
        while True:
            began = time.perf_counter()
            try:
                answer = await ask()
            except FrontierAwayError:
                await asyncio.sleep(0.01)
                continue
            if times is not None:
                times.append(time.perf_counter() - began)
            return answer

    def push(self, worker: Worker, n: int) -> None:
        """Push a URL, unless the worker knows it."""
        if n in worker.known:
            return
        worker.known.add(n)
        fp, host, text = self.url_of(n)
        if n == self.next_url:
            self.next_url += 1
            self.seen.waiting[host] += 1
            if self.seen.waiting[host] == 1:
                self.seen.ready_at[host] = max(self.now, self.seen.ready_at.get(host, 0.0))
        worker.words.push(fp, host, host, self.draw.randrange(-40, 40), 1, text, again=False)

    def arrive(self, worker: Worker, lease: Leased) -> None:
        """Take a page as there: its host is free, and its least depth is asked for."""
        worker.words.free_host(lease, DELAY)
        worker.asked.append(lease.id[:FP_BYTES])
        worker.next_pop = min(worker.next_pop, worker.hosts.free(lease.host, self.now + DELAY))
        self.seen.ready_at[lease.host] = self.now + DELAY
        heappush(self.events, (self.now + READING, next(self.numbers), worker, READ + lease.id))

    def process(self, worker: Worker, lease: Leased) -> None:
        """Take a page as processed: its links, then the word that it is done."""
        del worker.in_flight[lease.id]
        for _ in range(LINKS - NEW_LINKS):
            self.push(worker, self.draw.randrange(self.next_url))
        for _ in range(NEW_LINKS):
            if self.next_url < self.urls:
                self.push(worker, self.next_url)
        worker.words.done_with(lease)
        self.seen.done[lease.id] += 1
        heappush(self.events, (self.now + GATHER_SECONDS, next(self.numbers), worker, b""))

    async def step(self, worker: Worker) -> None:
        """Say what there is, and lease what can be taken in the same step."""
        if self.now - worker.renewed > LEASE / 3:
            held = [(lease.id, lease.token) for lease in worker.in_flight.values()]
            await self.patiently(lambda: worker.frontier.renew(held))
            worker.renewed = self.now
        if worker.asked:
            await self.patiently(partial(worker.frontier.least_depths, worker.asked))
            worker.asked = []
        want = AT_ONCE - len(worker.in_flight)
        wish = None
        if want and self.now >= worker.next_pop:
            wish = LeaseWish(want, own_hosts=tuple(worker.hosts.name(self.now, want)), figures=False)
        if wish is not None or not worker.in_flight or worker.words.is_due():
            await self.say(worker, wish)
        want = AT_ONCE - len(worker.in_flight)
        if want and worker.woken_at != worker.next_pop:
            worker.woken_at = max(worker.next_pop, self.now + 0.005)
            heappush(self.events, (worker.woken_at, next(self.numbers), worker, b""))

    async def say(self, worker: Worker, wish: LeaseWish | None = None) -> None:
        """Exchange what a worker has to say for what it wishes."""
        if wish is not None and not worker.words:
            self.take(worker, wish, await self.patiently(partial(worker.frontier.pop, wish), self.seen.pops))
            wish = None
        while worker.words:
            ask = partial(worker.frontier.exchange, worker.words.head(MAX_OPERATIONS), wish)
            settled, popped = await self.patiently(ask, self.seen.settles if wish is None else self.seen.pops)
            worker.words.done()
            if wish is not None:
                self.take(worker, wish, popped)
                wish = None
            if settled.added:
                worker.next_pop = min(worker.next_pop, self.now + 0.05)

    def take(self, worker: Worker, wish: LeaseWish, popped: Popped) -> None:
        """Begin the requests that a worker has leased."""
        worker.hosts.take(wish, popped)
        for lease in popped.requests:
            before = self.seen.last_asked.get(lease.host)
            if before is not None:
                self.seen.least_gap = min(self.seen.least_gap, self.now - before)
            self.seen.last_asked[lease.host] = self.now
            self.seen.waiting[lease.host] -= 1
            if lease.host != "giant.example" and not lease.kills:
                self.seen.late.append(self.now - self.seen.ready_at[lease.host])
            worker.in_flight[lease.id] = lease
            when = self.now + self.draw.choice((0.2, 0.4, 0.8))
            heappush(self.events, (when, next(self.numbers), worker, lease.id))
        worker.next_pop = max(worker.hosts.soonest(popped, self.now), self.now + 0.05)

    async def die(self, worker: Worker) -> None:
        """Kill a worker; another one takes its place."""
        worker.alive = False
        self.seen.deaths += 1
        self.seen.held_by_dead += len(worker.in_flight)
        await worker.frontier.close()
        self.workers[self.workers.index(worker)] = await self.enter()

    async def run(self) -> None:
        """Crawl until all is done, or the time is over."""
        self.workers = [await self.enter() for _ in range(self.size)]
        for _ in range(min(self.hosts, self.urls)):
            self.push(self.workers[0], self.next_url)
        self.workers[0].words.seeds_are_in()
        await self.say(self.workers[0])
        self.began, cpu = time.perf_counter(), self.server.cpu()
        next_deaths = self.now + 1
        while self.events and time.perf_counter() - self.began < self.seconds:
            at, _, worker, id_ = heappop(self.events)
            self.now = max(self.now, at)
            if self.now >= next_deaths:
                next_deaths = self.now + 1
                await self.misfortunes()
            lease = worker.in_flight.get(id_.removeprefix(READ))
            if not worker.alive or (id_ and lease is None):
                continue
            if lease is not None:
                (self.process if id_.startswith(READ) else self.arrive)(worker, lease)
            await self.step(worker)
            if self.giant and self.next_url >= self.urls and self.small_done():
                break
            if len(self.seen.done) >= self.pages < self.urls:
                break
            if len(self.seen.done) >= self.urls and not any(w.in_flight for w in self.workers):
                break
        self.cpu = self.server.cpu() - cpu
        for worker in self.workers:
            await worker.frontier.close()

    async def misfortunes(self) -> None:
        """Kill workers by chance; half-way, stop and start Redis, and kill half of them."""
        for one in list(self.workers):
            if self.draw.random() < DEATHS:
                await self.die(one)
        if not self.storms and len(self.seen.done) > self.urls / 2:
            self.storms = 1
            self.server.restart()
            for one in self.workers[: self.size // 2]:
                await self.die(one)

    def small_done(self) -> bool:
        """Tell whether only the giant has something left."""
        return not any(n > 0 for host, n in self.seen.waiting.items() if host != "giant.example")

    def report(self) -> str:
        """Write a row of the table."""
        seen = self.seen
        pages = sum(seen.done.values())
        lost = f"{self.next_url - len(seen.done)}" if len(seen.done) >= self.urls else "–"  # not at its end
        whole = "all" if len(seen.done) >= self.urls else f"{len(seen.done):,}"
        hosts = f"{self.hosts:,}" + (" and a giant" if self.giant else "")
        pops, late = quantiles(seen.pops, n=100), quantiles(seen.late, n=100)
        return (
            f"| {self.size:,} | {hosts} | {self.urls:,} | {whole} | {self.cpu / pages * 1000:.3f} |"
            f" {pages / self.cpu:,.0f} | {median(seen.pops) * 1000:.2f} / {pops[98] * 1000:.2f} |"
            f" {seen.least_gap:.2f} | {late[49]:.2f} / {late[98]:.2f} | {seen.deaths} | {lost} /"
            f" {sum(n - 1 for n in seen.done.values())} of {seen.held_by_dead} |"
        )


HEAD = """\
| workers | hosts | URLs | fetched | Redis CPU a page, ms | pages a second a core | pop, ms, median / p99 \
| least gap of 1 s | a host waits beyond its delay, s, median / p99 | killed | lost / again of held by killed |
|---|---|---|---|---|---|---|---|---|---|---|"""


def simulate(
    workers: int, hosts: int, urls: int, seconds: float, *, giant: bool = False, pages: int = 0, aof: str = "yes"
) -> None:
    """Run one row and print it."""
    server = Redis(aof)
    try:
        cluster = Cluster(server, workers, hosts, urls, seconds, giant, pages)
        asyncio.run(cluster.run())
        print(cluster.report(), flush=True)
    finally:
        server.end()


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--hosts", type=int, default=1_000)
    parser.add_argument("--urls", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="real seconds that a row may take (default: 60)")
    parser.add_argument("--giant", action="store_true", help="half of all URLs are of one host more")
    parser.add_argument("--pages", type=int, default=0, help="stop after so many pages, to compare two versions")
    parser.add_argument(
        "--no-aof", action="store_true", help="a Redis without AOF, for --pages of less than half of all"
    )
    parser.add_argument("--memory", type=int, metavar="URLS", help="measure bytes a URL instead")
    given = parser.parse_args()
    if given.memory:
        server = Redis()
        try:
            asyncio.run(fill(server.url, server.client, given.memory))
        finally:
            server.end()
        return
    print(HEAD)
    if given.workers:
        aof = "no" if given.no_aof else "yes"
        simulate(given.workers, given.hosts, given.urls, given.seconds, giant=given.giant, pages=given.pages, aof=aof)
        return
    for workers, hosts, urls in ((10, 1_000, 20_000), (100, 1_000, 20_000), (1_000, 1_000, 20_000),
                                 (100, 100_000, 200_000), (1_000, 100_000, 200_000)):  # fmt: skip
        simulate(workers, hosts, urls, given.seconds)
    simulate(100, 1_000, 20_000, given.seconds, giant=True)


if __name__ == "__main__":
    main()
