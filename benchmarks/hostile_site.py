"""A crawl over a site of which every tenth page is hostile, and crawls that are told to stop at random moments.

    python benchmarks/hostile_site.py [--pages 200] [--stops 6] [--seed 1] [--processes 0|1]

Hostile pages are those of the crawl's tests (one on which the reader hangs, one on which it fails, marks, nesting,
attributes, half an emoji) and, for the others, parts of `hostile_kinds.py`. Printed are: pages that are not hostile and
were not stored, the longest time for which the crawl's loop was held (processor time, by a task that ticks), and how
long each stop took from SIGTERM to the end of the process. Without --processes the crawls have the default. Exits with
1 where a page is missing, the loop was held for more than 3 s, or a stop took more than 10 s.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.hostile_kinds import KINDS
from benchmarks.hostile_pages import MAX_BYTES
from kolcrawl.sample import SiteServer
from kolcrawl.sample.web import Answer
from kolcrawl.store.server import embedded
from tests.crawl.test_hostile_site import EVERY, HOSTILE, start, url
from tests.crawling import read_stored
from tests.small_web import SmallWeb, article

MAX_HELD = 3.0  # seconds of processor time
MAX_STOP = 10.0  # seconds


def hostile_site(pages: int, rng: random.Random) -> tuple[SmallWeb, set[str]]:
    """Make the site; return it and the addresses of its hostile pages."""
    web, hostile = SmallWeb(), set()
    for number in range(pages):
        links = [(url(n), f"Harbour council decision number {n}") for n in range(number + 1, min(pages, number + 5))]
        answer = article(f"Harbour council decision number {number}", links)
        if number % EVERY == EVERY // 2:
            kind = number // EVERY
            part = [*HOSTILE.values()][kind] if kind < len(HOSTILE) else rng.choice(KINDS)(rng)
            body = answer.body.replace(b"</article>", part.encode("utf-8", "replace")[:MAX_BYTES] + b"</article>")
            answer = Answer(200, answer.headers, body)
            hostile.add(url(number))
        web.pages[url(number)] = answer
    return web, hostile


def stop_once(
    server: SiteServer, folder: Path, data: Path, options: tuple[str, ...], moment: float
) -> tuple[float, int]:
    """Start a crawl, tell it to stop after so many seconds; return the seconds it took, and its exit code."""
    folder.mkdir()
    with start(server, folder, data, "stopped", *options, "-s", f"JOBDIR={folder / 'job'}", "-L", "ERROR") as crawl:
        time.sleep(moment)
        told = time.monotonic()
        crawl.send_signal(signal.SIGTERM)
        crawl.communicate(timeout=120)
    return time.monotonic() - told, crawl.returncode


def main() -> int:
    """Crawl once, then stop so many crawls; 0 when all bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--stops", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, help="READ_PROCESSES of the crawls")
    given = parser.parse_args()
    rng = random.Random(given.seed)
    web, hostile = hostile_site(given.pages, rng)
    options = (
        "-s",
        "READ_SECONDS=10",
        *(() if given.processes is None else ("-s", f"READ_PROCESSES={given.processes}")),
    )
    broken = 0
    with tempfile.TemporaryDirectory() as temporary, SiteServer(web) as server:  # type: ignore[arg-type]  # as in the tests
        folder, data = Path(temporary), Path(temporary) / "data"
        began = time.monotonic()
        with start(server, folder, data, "whole", *options, "-a", "depth=999", "-L", "WARNING") as crawl:
            _, log = crawl.communicate(timeout=1800)
        length = time.monotonic() - began
        stored = read_stored(data, "whole")
        missing = sorted(set(web.pages) - hostile - stored.fetched())
        held, ticks = json.loads((folder / "ticks.json").read_text())
        outcomes = sorted(f"{stored.of(page)['status']} {stored.of(page)['reason'] or ''}".strip() for page in hostile)
        counted = ", ".join(f"{outcomes.count(name)} {name}" for name in dict.fromkeys(outcomes))
        print(f"{given.pages} pages in {length:.0f} s, exit code {crawl.returncode}; missing: {missing}", flush=True)
        print(f"{len(hostile)} hostile: {counted}; loop held for {held:.2f} s at most, {ticks} ticks", flush=True)
        if missing:
            print(log[-2_000:])
        broken += bool(missing) + (held > MAX_HELD)
        for number in range(given.stops):
            moment = rng.uniform(1.0, length)
            took, code = stop_once(server, folder / str(number), data, options, moment)
            print(f"told to stop after {moment:.1f} s: ended {took:.1f} s later, exit code {code}", flush=True)
            broken += took > MAX_STOP
        embedded.stop(data)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
