"""What crawling a site again costs when nothing has changed: requests, bytes and documents of a second and third crawl.

    python benchmarks/recrawl.py [--pages 300] [--seed 1]

A web of its own is grown and served on loopback, and crawled three times by `scrapy crawl related`: for the first time,
then with `refresh=all`, then with the default, `refresh=due`. Prints a row a crawl, and fails if a second crawl
asks for more than it should, or stores anything but visits and its own document.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient

sys.path.insert(0, str(Path(__file__).parents[1]))

from kolcrawl.sample import SampleWeb, SiteServer, grow
from kolcrawl.store.server.embedded import ensure_server, stop

ROOT = Path(__file__).parents[1]
OPTIONS = [
    "-s",
    "AUTOTHROTTLE_ENABLED=0",
    "-s",
    "DOWNLOAD_DELAY=0",
    "-s",
    "CONCURRENT_REQUESTS_PER_DOMAIN=16",
    "-L",
    "WARNING",
]
OWN = ("visits", "crawls")
"""Collections to which a crawl adds documents when it finds nothing new."""


def crawl(site: SampleWeb, data_dir: Path, refresh: str) -> dict[str, Any]:
    """Crawl once; what was asked for, and how long it took."""
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with SiteServer(site) as server:
        began, spent = time.perf_counter(), _children()
        done = subprocess.run(
            [
                sys.executable, "-m", "scrapy", "crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "depth=50",
                "-a", "max_pages=0", "-a", f"refresh={refresh}", *OPTIONS,
            ],
            cwd=ROOT,
            env=clean | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir)},
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
        )  # fmt: skip
        took, cpu = time.perf_counter() - began, _children() - spent
        asked = [line for line in server.log if not line.url.endswith("/robots.txt")]
    report = [line for line in done.stdout.splitlines() if "unchanged" in line or "not due" in line]
    return {
        "asked": len(asked),
        "conditional": sum(line.conditional for line in asked),
        "unchanged": sum(line.status == 304 for line in asked),
        "seconds": took,
        "cpu": cpu,
        "report": report,
    }


def documents(data_dir: Path) -> dict[str, set[Any]]:
    """Read the ids of all documents, by collection."""
    client: MongoClient[dict[str, Any]]
    with MongoClient(ensure_server(data_dir)) as client:
        names = client.kolcrawl.list_collection_names()
        return {name: {row["_id"] for row in client.kolcrawl[name].find({}, {"_id": 1})} for name in names}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    site = grow(given.pages, seed=given.seed)
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        ensure_server(data_dir)
        try:
            before: dict[str, set[Any]] = {}
            print("crawl        asked  conditional  304s  new documents                       seconds  of processor")
            for name, refresh in (("first", "all"), ("refresh=all", "all"), ("refresh=due", "due")):
                row, after = crawl(site, data_dir, refresh), None
                after = documents(data_dir)
                new = {kind: len(ids - before.get(kind, set())) for kind, ids in sorted(after.items())}
                shown = ", ".join(f"{count} {kind}" for kind, count in new.items() if count)
                print(
                    f"{name:11} {row['asked']:6} {row['conditional']:12} {row['unchanged']:5}  {shown:34}"
                    f" {row['seconds']:8.1f} {row['cpu']:13.1f}"
                )
                print(
                    *(f"    the report: {line}" for line in row["report"]), sep="\n", end="\n" if row["report"] else ""
                )
                if name != "first":
                    wrong += [f"{name}: {count} new {kind}" for kind, count in new.items() if count and kind not in OWN]
                    wrong += [f"{name}: an unconditional request"] * (row["conditional"] != row["asked"])
                before = after
        finally:
            stop(data_dir)
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
