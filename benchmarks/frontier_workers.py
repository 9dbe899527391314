"""Real workers on a real Redis, in the long form: one, two and three of them, misfortunes, and a slow host.

    python benchmarks/frontier_workers.py [--pages 600] [--stop 30] [--share .2]

One worker crawls a web of four hosts, then two, whose times for the middle half of all pages are compared (at the start
workers load their modules, at the end fewer hosts are left than workers could use). Hosts do not rest, so processors
and the database are the bound, and the ratio says little where there are fewer cores than processes. With `--share`
only that is measured, and each worker has no more than this share of a core, which leaves the database and the pages'
server theirs: two small machines beside one (Linux, needs root).

Then three crawl through a kill, a Redis that is stopped for half a minute, cut connections and a second kill: stories
and links must be those of the first crawl. Last, one host answers after two seconds: its time is compared with what its
own pages need.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import redis

sys.path.insert(0, str(Path(__file__).parents[1]))
from typing import TYPE_CHECKING

from benchmarks.processes import limited, spent
from kolcrawl.sample import SiteServer
from kolcrawl.sample.web import Answer
from kolcrawl.store.server.embedded import ensure_server, running, stop
from tests.crawl.test_two_crawls import network
from tests.crawling import read_stored
from tests.frontier.shared import test_workers as through
from tests.frontier.shared.servers import RedisProcess

if TYPE_CHECKING:
    from tests.small_web import SmallWeb

SLOW, LATENCY, DELAY = "d.example", 2.0, 0.3


@contextlib.contextmanager
def workers(
    data_dir: Path, site: SmallWeb, seed: str, database: str, *options: str
) -> Iterator[tuple[through.Workers, SiteServer]]:
    """Set workers of a database, a web and a Redis up."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisProcess(Path(folder))
        server.start()
        with SiteServer(site) as web:  # type: ignore[arg-type]
            made = through.Workers(server, web, data_dir, Path(folder), seed)
            made.options = ("-s", f"MONGO_DATABASE={database}", *options)
            try:
                yield made, web
            finally:
                made.stop_all()
                server.stop()


def finish(made: through.Workers) -> None:
    """Wait for the end of all that still run."""
    for n, process in enumerate(made.started):
        if process.wait() not in (0, -9):
            raise SystemExit(made.log(n))


def main() -> None:
    """Run the four parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--stop", type=float, default=30.0, help="seconds that Redis is stopped (default: 30)")
    parser.add_argument("--share", type=float, help="measure one and two workers, each with this share of a core")
    given = parser.parse_args()
    through.PAGES = given.pages
    site, seed = through.make_web()
    data_dir = Path(tempfile.mkdtemp(prefix="frontier-workers-"))
    ensure_server(data_dir)
    try:
        one_and_two(data_dir, site, seed, given.share)
        if given.share:
            return
        with workers(data_dir, site, seed, "misfortunes") as (made, web):
            made.start(3)
            made.until_pages(given.pages // 5, 600)
            killed = made.kill(0)
            made.until_pages(given.pages // 3, 600)
            with made.server.client() as client, contextlib.suppress(redis.ConnectionError):
                client.shutdown()
            made.server.wait()
            time.sleep(given.stop)
            made.server.start()
            through.cut_connections(made.server, 40)
            made.until_pages(given.pages * 2 // 3, 600)
            killed |= made.kill(1)
            finish(made)
            twice = sum(len(statuses) > 1 for statuses in web.asked().values())
            one, three = (network(read_stored(data_dir, name)) for name in ("workers1", "misfortunes"))
            same = through.without_depth(one) == through.without_depth(three)
            print(f"misfortunes: {len(web.asked())} pages, {twice} twice of {len(killed)} that killed workers held; "
                  f"least gap {min(through.gaps(web).values()):.2f} s of {through.DELAY}; same network: {same}",
                  flush=True)  # fmt: skip
        slow(data_dir)
    finally:
        stop(data_dir)


def one_and_two(data_dir: Path, site: SmallWeb, seed: str, share: float | None) -> None:
    """Compare two workers with one."""
    took = {}
    server = running(data_dir)
    assert server is not None
    for number in (1, 2):
        with contextlib.ExitStack() as ending:
            limit = ending.enter_context(limited(share)) if share else None
            made, web = ending.enter_context(
                workers(data_dir, site, seed, f"workers{number}", "-s", "DOWNLOAD_DELAY=0")
            )
            before, began = spent(server.pid), time.monotonic()
            made.start(number)
            for process in made.started if limit else ():
                limit(process.pid)
            finish(made)
            at = sorted(row.at for row in web.log)
            took[number] = at[len(at) * 3 // 4] - at[len(at) // 4]
            print(
                f"{number} workers: {took[number]:.1f} s for the middle half of {len(web.asked())} pages, database"
                f" {(spent(server.pid) - before) / (time.monotonic() - began):.2f} of a core",
                flush=True,
            )
    each = f", each with {share} of a core" if share else ""
    print(
        f"two workers{each}: {took[1] / took[2]:.2f} times as fast as one, on {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}",
        flush=True,
    )


def slow(data_dir: Path) -> None:
    """Crawl a web of which one host is slow."""
    through.PAGES = 80
    site, seed = through.make_web()

    def late(page: Answer) -> Answer:
        time.sleep(LATENCY)
        return page

    for url, page in site.pages.items():
        if urlsplit(url).netloc == SLOW and isinstance(page, Answer):
            site.pages[url] = lambda _, page=page: late(page)  # type: ignore[misc]
    with workers(data_dir, site, seed, "slow", "-s", f"DOWNLOAD_DELAY={DELAY}") as (made, web):
        made.start(3)
        finish(made)
        at = [row.at for row in web.log if urlsplit(row.url).netloc == SLOW]
        need = len(at) * (LATENCY + DELAY)
        print(f"a slow host: {max(at) - min(at):.0f} s for what needs {need:.0f} s: {(max(at) - min(at)) / need:.2f}")


if __name__ == "__main__":
    main()
