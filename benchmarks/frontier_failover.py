"""Real workers on a Redis of several nodes whose primary is lost: a cluster, and a primary that Sentinels watch.

    python benchmarks/frontier_failover.py [--pages 300] [--workers 2] [--form cluster|sentinel] [--times 1]

`cluster` is three masters, the one of the crawl's hash slot with a replica; `sentinel` a primary with a replica, and
three Sentinels. Workers crawl a generated web. After a third of the pages the primary is killed with SIGKILL and its
replica takes over; the old primary comes back as a replica, and after two thirds takes over again, this time on demand.
Stories and links must be those of one worker without Redis. Said are pages asked for twice, the longest time without a
page around each change, the least time between two requests to a host, and how long a reactor was held at most.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import redis

sys.path.insert(0, str(Path(__file__).parents[1]))
from kolcrawl.sample import SiteServer
from kolcrawl.store.server.embedded import ensure_server, stop
from tests.crawl.test_two_crawls import network
from tests.crawling import FAST, drop, read_stored, scrapy
from tests.frontier.shared import test_workers as through
from tests.ports import free_port

DELAY = 0.3
WATCHED = "benchmarks.watched_settings"
NODE_TIMEOUT = 2000  # milliseconds after which a node is taken for dead
PRIMARY = "affairs"
"""The name by which Sentinels know the primary."""


class Node:
    """A redis-server, or a Sentinel."""

    def __init__(self, folder: Path, *options: str, sentinel: bool = False) -> None:
        self.port, self.sentinel = free_port(), sentinel
        self.folder = folder / str(self.port)
        self.folder.mkdir()
        program = shutil.which("redis-server")
        if program is None:
            raise SystemExit("redis-server is not installed (apt install redis-server)")
        config = self.folder / "node.conf"
        config.write_text("".join(f"{line}\n" for line in (f"port {self.port}", f"dir {self.folder}", *options)))
        self.command = [program, str(config), *(["--sentinel"] if sentinel else [])]
        self.client = redis.Redis(port=self.port)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        until(self.answers)

    def answers(self) -> bool:
        """Tell whether it answers."""
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()

    def is_primary(self) -> bool:
        """Tell whether it takes writes."""
        with contextlib.suppress(redis.ConnectionError):
            return bool(self.client.info("replication")["role"] == "master")
        return False

    def follows(self) -> bool:
        """Tell whether it is a replica that has all that its primary has."""
        with contextlib.suppress(redis.ConnectionError):
            said = self.client.info("replication")
            return bool(said["role"] == "slave" and said["master_link_status"] == "up")
        return False


def until(what: Callable[[], object], seconds: float = 120) -> None:
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.02)


class Form(ABC):
    """Nodes of which one is the primary of the crawl, and another one its replica."""

    address: str
    nodes: list[Node]
    pair: list[Node]

    def primary(self) -> Node:
        """Find the node that the crawl is on."""
        until(lambda: any(node.is_primary() for node in self.pair))
        return next(node for node in self.pair if node.is_primary())

    def hand_over(self, replica: Node) -> None:
        """Have a replica take over."""
        for _ in range(12):
            with contextlib.suppress(redis.ResponseError):  # another change is still under way
                self.ask_for(replica)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                if sum(node.is_primary() for node in self.pair) == 1 and replica.is_primary():
                    return
                time.sleep(0.02)
        raise SystemExit("the replica did not take over")

    @abstractmethod
    def ask_for(self, replica: Node) -> None:
        """Ask that a replica takes over."""

    def client(self) -> redis.Redis:
        """Open a client of the node that the crawl is on."""
        return redis.Redis(port=self.primary().port)


class ClusterForm(Form):
    """Three masters of a Redis Cluster, and a replica of the one that has the crawl's slot."""

    def __init__(self, folder: Path) -> None:
        self.nodes = [
            Node(folder, "cluster-enabled yes", f"cluster-node-timeout {NODE_TIMEOUT}", "appendonly yes", 'save ""')
            for _ in range(4)
        ]
        first = self.nodes[0].client
        for node in self.nodes[1:]:
            first.execute_command("CLUSTER", "MEET", "127.0.0.1", node.port)
        slot = int(first.execute_command("CLUSTER", "KEYSLOT", "{affair}"))
        for n, node in enumerate(self.nodes[:3]):
            start, end = n * 16384 // 3, (n + 1) * 16384 // 3 - 1
            node.client.execute_command("CLUSTER", "ADDSLOTSRANGE", start, end)
            if start <= slot <= end:
                self.pair = [node, self.nodes[3]]
        until(lambda: all(len(self.known_by(node)) == 4 for node in self.nodes))
        owner = self.pair[0].client.execute_command("CLUSTER", "MYID")
        until(lambda: owner in self.known_by(self.nodes[3]))
        self.nodes[3].client.execute_command("CLUSTER", "REPLICATE", owner)
        until(self.nodes[3].follows)
        until(lambda: all(self.is_ok(node) for node in self.nodes))
        other = next(
            node for node in self.nodes[:3] if node not in self.pair
        )  # workers are told of one without the slot
        self.address = f"redis://127.0.0.1:{other.port}/0"

    @staticmethod
    def is_ok(node: Node) -> bool:
        """Tell whether a node says that the cluster can be used."""
        return b"cluster_state:ok" in node.client.execute_command("CLUSTER", "INFO")

    @staticmethod
    def known_by(node: Node) -> set[bytes]:
        """List the ids of the nodes that a node knows."""
        rows = [line.split() for line in node.client.execute_command("CLUSTER", "NODES").splitlines()]
        return {row[0] for row in rows if b"handshake" not in row[2]}

    def ask_for(self, replica: Node) -> None:
        replica.client.execute_command("CLUSTER", "FAILOVER")


class SentinelForm(Form):
    """A primary and its replica, and three Sentinels that watch them."""

    def __init__(self, folder: Path) -> None:
        options = ("appendonly yes", 'save ""')
        first = Node(folder, *options)
        second = Node(folder, *options, f"replicaof 127.0.0.1 {first.port}")
        self.pair = [first, second]
        until(second.follows)
        watch = (f"sentinel monitor {PRIMARY} 127.0.0.1 {first.port} 2",
                 f"sentinel down-after-milliseconds {PRIMARY} {NODE_TIMEOUT}",
                 f"sentinel failover-timeout {PRIMARY} 10000")  # fmt: skip
        self.sentinels = [Node(folder, *watch, sentinel=True) for _ in range(3)]
        self.nodes = [*self.pair, *self.sentinels]
        until(lambda: all(self.sees_all(sentinel) for sentinel in self.sentinels))
        self.address = f"redis://127.0.0.1:{self.sentinels[0].port}/0?sentinel={PRIMARY}"

    @staticmethod
    def sees_all(sentinel: Node) -> bool:
        """Tell whether a Sentinel knows the others, and the replica."""
        state = sentinel.client.sentinel_masters()[PRIMARY]
        return bool(state["num-other-sentinels"] == 2 and state["num-slaves"] == 1)

    def ask_for(self, replica: Node) -> None:
        self.sentinels[1].client.execute_command("SENTINEL", "FAILOVER", PRIMARY)


@contextlib.contextmanager
def form_of(name: str) -> Iterator[Form]:
    """Start the nodes of a form, and end them."""
    with tempfile.TemporaryDirectory() as folder:
        form = {"cluster": ClusterForm, "sentinel": SentinelForm}[name](Path(folder))
        try:
            yield form
        finally:
            for node in form.nodes:
                node.kill()


def longest_pause(web: SiteServer, since: float) -> float:
    """Seconds without a page, at most, since a moment of the web's clock."""
    at = sorted(row.at for row in web.log if row.at >= since)
    return max((later - earlier for earlier, later in zip([since, *at], at, strict=False)), default=0.0)


def held_in(log: str) -> str:
    """Read from a worker's log for how long its reactor was held."""
    return "reactor held" + log.split("reactor was held")[1].split("\n", 1)[0]


def crawl(name: str, pages: int, number: int, data_dir: Path) -> str:
    """Crawl over two changes of the primary. Returns: what is said of it."""
    through.PAGES = pages
    site, seed = through.make_web()
    with form_of(name) as form, tempfile.TemporaryDirectory() as folder, SiteServer(site) as web:  # type: ignore[arg-type]
        workers = through.Workers(form, web, data_dir, Path(folder), seed)  # type: ignore[arg-type]
        workers.environment["SCRAPY_SETTINGS_MODULE"] = WATCHED
        workers.options = ("-s", f"MONGO_DATABASE={name}", "-s", f"DOWNLOAD_DELAY={DELAY}", "-s", "FRONTIER_LEASE=30")
        try:
            workers.start(number)
            workers.until_pages(pages // 3, 600)
            old = form.primary()
            killed_at = web.log[-1].at
            old.kill()
            form.primary()
            workers.until_pages(len(web.asked()) + 10, 600)
            first_pause = longest_pause(web, killed_at)
            old.start()
            until(old.follows)
            workers.until_pages(pages * 2 // 3, 600)
            handed_at = web.log[-1].at
            form.hand_over(old)
            workers.until_pages(min(len(web.asked()) + 10, pages), 600)
            second_pause = longest_pause(web, handed_at)
            for n, process in enumerate(workers.started):
                if process.wait() != 0:
                    raise SystemExit(workers.log(n))
            held = [held_in(workers.log(n)) for n in range(number)]
        finally:
            workers.stop_all()
        twice = sum(len(statuses) > 1 for statuses in web.asked().values())
        least = min(through.gaps(web).values())
        asked = len(web.asked())
    one, many = read_stored(data_dir, "quiet"), read_stored(data_dir, name)
    same = through.without_depth(network(one)) == through.without_depth(network(many))
    doubled = sum(n > 1 for n in Counter(visit["story"] for visit in many.visits).values())
    drop(data_dir, name)
    return (f"{name}: {asked} of {pages} pages, {twice} asked for twice, {doubled} with two visits; same network: "
            f"{same}; without a page for {first_pause:.1f} s at the kill, {second_pause:.1f} s at the handing over; "
            f"least gap {least:.2f} s of {DELAY}; {'; '.join(held)}")  # fmt: skip


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--form", choices=("cluster", "sentinel"), help="one of the two only")
    parser.add_argument("--times", type=int, default=1)
    given = parser.parse_args()
    through.PAGES = given.pages
    data_dir = Path(tempfile.mkdtemp(prefix="frontier-failover-"))
    ensure_server(data_dir)
    try:
        site, seed = through.make_web()
        with SiteServer(site) as web:  # type: ignore[arg-type]
            quiet = scrapy("crawl", "related", "-a", f"url={seed}", *through.WORKER[:4], *FAST,
                           "-s", "MONGO_DATABASE=quiet", "-s", f"DOWNLOAD_DELAY={DELAY}", data_dir=data_dir,
                           through=web, timeout=1200, SCRAPY_SETTINGS_MODULE=WATCHED)  # fmt: skip
        if quiet.returncode != 0:
            raise SystemExit(quiet.stderr)
        print(f"one worker without Redis: {held_in(quiet.stderr)}", flush=True)
        for _ in range(given.times):
            for name in [given.form] if given.form else ["cluster", "sentinel"]:
                print(crawl(name, given.pages, given.workers, data_dir), flush=True)
    finally:
        stop(data_dir)


if __name__ == "__main__":
    main()
