"""Crawls that are killed at random moments, and whether they end as one that was left in peace.

    python benchmarks/kills.py [--kills 30] [--seed 1]

Each round has a data folder of its own, so that the embedded server is started by the crawl. At a random moment, from
the start of the command to its end, SIGKILL goes to the crawl, to its server, or to both. The same command is run again
until it ends by itself. Then stories and links are compared with those of a quiet crawl, `check_store` must find
nothing, and one server must be running. Prints a line a round, and exits with 1 if anything differs. Kinds of links are
not compared: they depend a little on the order in which pages are read, also without kills.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from kolcrawl.sample import SiteServer, Weather, grow
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.server import embedded
from kolcrawl.store.server.client import open_store
from kolcrawl.system.processes import own_processes
from tests.crawling import FAST, ROOT

PAGES = 40
TARGETS = ("crawl", "server", "both")
MAX_RUNS = 5
"""Times that the command is run again before a round counts as failed."""


def command(seed: str, job: Path) -> list[str]:
    """Return the crawl's command line."""
    arguments = ["-a", f"url={seed}", "-a", "depth=9", "-a", "max_pages=0", "-L", "WARNING"]
    return [sys.executable, "-m", "scrapy", "crawl", "related", *arguments, *FAST, "-s", f"JOBDIR={job}"]


def start(web: SiteServer, folder: Path, seed: str) -> subprocess.Popen[str]:
    """Start the crawl with a data folder and a job folder under `folder`."""
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment = clean | web.environment | {"KOLCRAWL_DATA_DIR": str(folder / "data"), "PYTHONUTF8": "1"}
    log = (folder / "log").open("a")
    with log:
        return subprocess.Popen(
            command(seed, folder / "job"), cwd=ROOT, env=environment, stdout=log, stderr=log, text=True
        )


def server_pids(folder: Path) -> list[int]:
    """Find the server's process by its command line."""
    return [pid for pid, line in own_processes() if str(folder / "data" / "data") in line]


def kill(process: subprocess.Popen[str], folder: Path, target: str) -> None:
    """Kill the crawl, its server, or both."""
    pids = ([process.pid] if target != "server" else []) + (server_pids(folder) if target != "crawl" else [])
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def result(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Read what a crawl left: what must not differ, and what is wrong with the database."""
    store = open_store(None, "kolcrawl", folder / "data")
    try:
        url = {story["_id"]: story["url"] for story in store.db.stories.find({}, {"url": 1})}
        stories = {
            story["url"]: (story["status"], story["reason"], story["title"], story["content_hash"])
            for story in store.db.stories.find()
        }
        links = {(url[link["from"]], url[link["to"]]): True for link in store.db.links.find({"active": True})}
        return {"stories": stories, "links": links}, [str(finding) for finding in check_store(store.db)]
    finally:
        store.close()


def print_difference(wanted: dict[Any, Any], found: dict[Any, Any]) -> None:
    """Print the first entries that differ."""
    keys = sorted({*wanted, *found}, key=str)
    for key in [key for key in keys if wanted.get(key) != found.get(key)][:4]:
        print(f"    {key}: {wanted.get(key)} in the quiet crawl, {found.get(key)} here", flush=True)


def play(web: SiteServer, folder: Path, seed: str, moment: float | None, target: str) -> int:
    """Run the crawl, killed once if there is a moment, until it ends by itself. Return how often it was run."""
    for run in range(1, MAX_RUNS + 1):
        process = start(web, folder, seed)
        if run == 1 and moment is not None:
            time.sleep(moment)
            kill(process, folder, target)
        if process.wait(timeout=180) in (0, 3) and (run > 1 or moment is None):
            return run
    raise SystemExit(f"the crawl does not end by itself; see {folder / 'log'}")


def main() -> None:
    """Kill so many crawls."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    site = grow(PAGES, seed=11)
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary, SiteServer(site, Weather(latency=0.02)) as web:
        quiet = Path(temporary) / "quiet"
        quiet.mkdir()
        began = time.monotonic()
        play(web, quiet, site.seeds[0], None, "")
        length = time.monotonic() - began
        wanted, faults = result(quiet)
        embedded.stop(quiet / "data")
        print(
            f"quiet: {len(wanted['stories'])} stories, {len(wanted['links'])} links, {length:.1f} s, {faults}",
            flush=True,
        )
        for number in range(given.kills):
            folder = Path(temporary) / str(number)
            folder.mkdir()
            moment, target = chance.uniform(0.0, length), chance.choice(TARGETS)
            runs = play(web, folder, site.seeds[0], moment, target)
            found, faults = result(folder)
            differing = [name for name, value in wanted.items() if found[name] != value]
            left = len(server_pids(folder))
            wrong += bool(differing or faults or left != 1)
            line = f"{runs} runs, {left} server, {differing or 'equal'} {faults}"
            print(f"{number:3} {target:6} at {moment:5.2f} s: {line}", flush=True)
            for name in differing:
                print_difference(wanted[name], found[name])
            embedded.stop(folder / "data")
    print(f"{given.kills} kills, {wrong} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
