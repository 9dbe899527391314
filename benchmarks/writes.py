"""What a page costs the database server, by collection and kind of command: the same web crawled once, then once more.

    python benchmarks/writes.py [--corpus-site FOLDER] [--pages 150] [--sent]

The second time the server of the pages answers that all are unchanged; with `--sent` it sends them again, the same.
Each crawl is a process of its own, with everything switched on, on a server of its own. The columns are, for a page:
documents that are written, commands, kilobytes sent, index entries of what is inserted or updated (counted by
the collection's indexes, each of a document's keys one), and processor milliseconds of the server between the moment a
command is sent and that of its answer. The server's whole time and its disk stand below; the time of what it does
beside commands is in neither row.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.crawl import grow_site, served
from benchmarks.processes import processor_clock
from kolcrawl.store.server.embedded import ensure_server, running, stop

HERE = Path(__file__).parent
COLUMNS = ("documents", "commands", "kB", "entries", "ms")


def crawl(site: Path, env: dict[str, str], folder: Path, pages: int, *more: str) -> tuple[dict[str, Any], float, float]:
    """Crawl once. Return the ledger's rows with those of the meter, the server's seconds, and those of the crawler."""
    server = running(folder / "data")
    assert server is not None
    meter, ledger = folder / "meter.json", folder / "ledger.json"
    command = [sys.executable, str(HERE / "one_crawl.py"), "everything", "--site", str(site), "--out", str(meter)]
    command += ["--pages", str(pages), "--ledger", str(ledger), "--server", str(server.pid), *more]
    began = time.clock_gettime(processor_clock(server.pid))
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    spent = time.clock_gettime(processor_clock(server.pid)) - began
    rows = json.loads(ledger.read_text())
    pages = rows["visits insert"]["documents"]
    return rows, spent / pages, json.loads(meter.read_text())["cpu"] / pages


def table(rows: Mapping[str, Mapping[str, float]], pages: int) -> Iterator[str]:
    """Write rows as lines of a Markdown table, dearest first; what is under 0.05 ms a page is one row."""
    yield f"| collection, kind | {' | '.join(COLUMNS)} |"
    yield "|---|" + "---|" * len(COLUMNS)
    rest: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for name, row in sorted(rows.items(), key=lambda pair: -pair[1].get("ms", 0)):
        total.update(row)
        if row.get("ms", 0) / pages < 0.05:
            rest.update(row)
        else:
            yield _line(name, row, pages)
    yield _line("others", rest, pages)
    yield _line("all", total, pages)


def _line(name: str, row: Mapping[str, float], pages: int) -> str:
    kilobytes = row.get("bytes", 0) / pages / 1000
    cells = [row.get("documents", 0) / pages, row.get("commands", 0) / pages, kilobytes]
    cells += [row.get("entries", 0) / pages, row.get("ms", 0) / pages]
    return f"| {name} | {' | '.join(f'{cell:.2f}' for cell in cells)} |"


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus-site", type=Path, help="folder of a site; without it, one is grown")
    parser.add_argument("--pages", type=int, default=150)
    parser.add_argument("--sent", action="store_true", help="send the pages the second time, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
        folder = Path(name)
        site = given.corpus_site or folder / "site"
        if given.corpus_site is None:
            grow_site(site, given.pages + 200)
        ensure_server(folder / "data")
        ending.callback(stop, folder / "data")
        env = ending.enter_context(served(site, *([] if given.sent else ["--etags"]))) | {
            "KOLCRAWL_DATA_DIR": str(folder / "data")
        }
        env.pop("MONGO_URI", None)
        print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}\n")
        for what, more in (("first crawl", ()), ("again", ("-a", "refresh=all"))):
            rows, server, crawler = crawl(site, env, folder, given.pages, *more)
            pages = int(rows["visits insert"]["documents"])
            print(f"{what}: {pages} pages; ms a page: server {1000 * server:.1f}, crawler {1000 * crawler:.1f}")
            print("\n".join(table(rows, pages)), end="\n\n", flush=True)
        size = sum(file.stat().st_size for file in (folder / "data").rglob("*") if file.is_file())
        print(f"disk: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
