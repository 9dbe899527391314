"""How much memory and time an export takes.

    python benchmarks/export.py                       1 million links, rows generated, no database: the exporter alone
    python benchmarks/export.py --server --links 100000    the same network in a real embedded server, read from it

Every format is written by a process of its own, whose peak resident memory is what the kernel says of it. With
--server the process that reads is measured, not the server.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from kolcrawl.export import FORMATS, Part, Selection, export
from kolcrawl.network import open_network
from kolcrawl.store.server.client import open_store
from kolcrawl.store.server.embedded import stop

LINKS_A_PAGE = 10
START = datetime(2026, 3, 1, tzinfo=UTC)
TITLE = "某品牌回应与争议博主合作一事：相关内容已下架，正在核实"


def key(number: int) -> str:
    """Make a story key."""
    return sha256(str(number).encode()).hexdigest()[:32]


def story(number: int, pages: int) -> dict[str, Any]:
    """Make a story as it is stored.

    Of twice as many stories as pages every other one was read; one in ten of these is a copy.
    """
    read, own = number < pages, key(number)
    copy = read and number % 10 == 9
    leader = key(number - 1) if copy else own
    return {
        "_id": own,
        "schema": 1,
        "url": f"https://site{number % 97}.example.com/news/2026/03/{number}.html",
        "aliases": [],
        "site": f"site{number % 97}.example.com",
        "status": "fetched" if read else "stub",
        "title": f"{TITLE} {number}",
        "published_at": START + timedelta(minutes=number) if read else None,
        "published": None,
        "modified_at": None,
        "authors": ["记者甲"] if read else [],
        "origin": None,
        "lang": "zh" if read else None,
        "text": "正文。" * 400 if read else None,
        "excerpt": "正文。" * 60 if read else None,
        "text_chars": 1200 if read else 0,
        "tags": ["品牌", "博主"] if read else [],
        "content_hash": own * 2 if read else None,
        "copy_similarity": 0.95 if copy else None,
        "group": leader,
        "copy_of": leader if copy else None,
        "relevance": number % 100 / 100,
        "depth": number % 4,
        "discovered": {"crawl": "bench", "from": None, "kind": "seed", "at": START},
        "reason": None,
        "http": None,
        "first_seen": START + timedelta(minutes=number),
        "last_seen": START + timedelta(days=30),
        "fetched_at": START + timedelta(minutes=number) if read else None,
        "next_visit_at": None,
        "updated_at": START + timedelta(minutes=number),
        "visits": int(read),
        "revisions": 0,
    }


def links(number: int, pages: int, count: int = LINKS_A_PAGE) -> Iterator[dict[str, Any]]:
    """Make the links on the page of a story."""
    dice = random.Random(number)
    for place, other in enumerate(dice.sample(range(2 * pages), count), 1):
        yield {
            "_id": f"{number}-{place}",
            "schema": 1,
            "from": key(number),
            "to": key(other),
            "kind": "related",
            "heading": "相关内容",
            "position": place,
            "anchor": f"{TITLE} {other}",
            "relevance": 1 / place,
            "active": place < count,
            "first_seen": START + timedelta(minutes=number),
            "last_seen": START + timedelta(days=30),
            "updated_at": START + timedelta(days=30),
            "seen_count": 3,
            "crawl": "bench",
        }


class Generated:
    """A network, and its reader, whose rows are made on the way: the calls that an export makes."""

    moment = crawl_id = None
    db = SimpleNamespace(name="generated")

    def __init__(self, pages: int, links_a_page: int = LINKS_A_PAGE) -> None:
        self.pages = pages
        self.links_a_page = links_a_page
        self.numbers = {key(number): number for number in range(2 * pages)}

    def stories(self, where: object, *, with_text: bool) -> Iterator[dict[str, Any]]:
        return self.by_keys(sorted(self.numbers), with_text=with_text)

    def by_keys(self, keys: Iterable[str], *, with_text: bool) -> Iterator[dict[str, Any]]:
        return (story(self.numbers[one], self.pages) for one in keys)

    def links_out(self, keys: Iterable[str], kinds: object) -> Iterator[dict[str, Any]]:
        return (link for one in keys for link in links(self.numbers[one], self.pages, self.links_a_page))

    def first_titles(self) -> dict[str, str]:
        return {}

    def crawls(self) -> list[dict[str, Any]]:
        return []

    def begins(self) -> None:
        """No visits were removed."""

    def part(self, selection: Selection) -> Part:
        reader: Any = self
        return Part(reader, lambda *_: {}, selection)


def fill(data_dir: Path, pages: int) -> None:
    """Write the network straight into the collections."""
    store = open_store(None, "bench", data_dir)
    for low in range(0, 2 * pages, 1000):
        store.db.stories.insert_many([story(number, pages) for number in range(low, min(low + 1000, 2 * pages))])
    for low in range(0, pages, 500):
        numbers = range(low, min(low + 500, pages))
        store.db.links.insert_many([link for number in numbers for link in links(number, pages)])
    store.close()


def measure(form: str, pages: int, data_dir: str, *, collapse: bool, measures: str, picture: bool) -> None:
    """Export once in this process, and print what it took."""
    network: Any = open_network(None, "bench", data_dir) if data_dir else Generated(pages)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        began, worked = time.monotonic(), time.process_time()
        chosen, names = Selection(collapse_copies=collapse), tuple(filter(None, measures.split(",")))
        manifest = export(network, chosen, Path(folder) / f"net.{form}", measures=names, picture=picture)
        seconds, worked = time.monotonic() - began, time.process_time() - worked
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts = manifest["counts"]
    print(json.dumps([counts["nodes"], counts["edges"], seconds, worked, size / 1e6, before / 1024, peak / 1024]))


def main() -> None:
    """Measure each format in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--server", action="store_true", help="read from a real embedded server")
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--collapse", action="store_true", help="fold copies into their leaders")
    parser.add_argument("--measures", default="", help="compute these for the nodes, by commas")
    parser.add_argument("--picture", action="store_true", help="give the nodes places, sizes and colours")
    parser.add_argument("--data-dir", default="", help=argparse.SUPPRESS)
    args = parser.parse_args()
    pages = args.links // LINKS_A_PAGE
    if args.one:
        how = {"collapse": args.collapse, "measures": args.measures, "picture": args.picture}
        measure(args.one, pages, args.data_dir, **how)
        return
    with tempfile.TemporaryDirectory() as data_dir:
        if args.server:
            began = time.monotonic()
            fill(Path(data_dir), pages)
            print(f"filled the embedded server in {time.monotonic() - began:.0f} s")
        head = (
            f"{'format':<8} {'stories':>9} {'links':>9} {'seconds':>8} {'MB out':>7} {'MiB before':>10} {'MiB peak':>9}"
        )
        print(head)
        for form in args.formats.split(","):
            command = [sys.executable, __file__, "--one", form, "--links", str(args.links)]
            command += ["--data-dir", data_dir] if args.server else []
            command += ["--collapse"] if args.collapse else []
            command += ["--picture"] if args.picture else []
            command += ["--measures", args.measures]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            nodes, edges, seconds, worked, size, before, peak = json.loads(done.stdout)
            print(f"{form:<8} {nodes:>9,} {edges:>9,} {seconds:>8.1f} {worked:>6.1f} {size:>7.1f}", end="")
            print(f" {before:>11.0f} {peak:>9.0f}", flush=True)
        if args.server:
            stop(Path(data_dir))


if __name__ == "__main__":
    main()
