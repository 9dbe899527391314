"""Read pages made to hurt, the whole way of a page in a crawl: no exception but PageError, bounded time and memory.

    python benchmarks/fuzz_pages.py [--corpus DIR] --seed N --pages N [--only K] [--save DIR] [--times FILE]
        [--processes N]

Half of the pages are mutations of those in DIR (`*.html` and `*.html.gz`, in any folder below it), the others are
generated (`hostile_pages.py`). Each is read in a process of its own, forked from one that is warm: `read_page`,
`story_from_page`, `clean_story`, `validate_story`, `fingerprint_story`, the document of the visit as BSON, and the
story as JSON in UTF-8. Printed are exceptions, pages over 2 s of processor time (4 s over 5 MB) and pages that needed
more than 400 MB above what the process had, each with its number, by which `--only` makes it again and `--save` keeps
it; `--times` writes what each page took, as TSV. Ends with 1 when there are any. Needs Linux (/proc).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import trafilatura

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.hostile_pages import HostilePage, make_page
from kolcrawl.errors import PageError
from kolcrawl.page import read_page
from kolcrawl.page.related.site_memory import SiteMemory
from kolcrawl.store.write.documents import visit_document
from kolcrawl.story.clean import clean_story
from kolcrawl.story.fingerprint import fingerprint_story
from kolcrawl.story.from_page import story_from_page
from kolcrawl.story.validate import validate_story

MAX_SECONDS, MAX_SECONDS_LARGE = 2.0, 4.0
LARGE = 5_000_000  # bytes
MAX_MEMORY = 400  # MB
KILLED_AFTER = 60  # seconds of processor time
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ORDINARY = (
    b"<html lang=en><head><title>Headline of it</title></head><body><h1>Headline of it</h1><p>"
    + b"Some sentence of a story that goes on for a while, and then it ends. " * 20
    + b"</p><h2>Related</h2><ul><li><a href=/n/2.html>Another story of the same affair</a></ul></body></html>"
)


def whole_way(page: HostilePage) -> tuple[str, float]:
    """Take a page all the way to what is stored and printed.

    Returns: the outcome, or its reason; and the processor time after the reading, in seconds: a crawl's own process
        takes that for every page.
    """
    try:
        read = read_page(page.body, page.url, page.headers, now=NOW, memory=SiteMemory())
    except PageError as error:
        if error.__cause__ and error.trace:
            raise error.__cause__ from None  # what a crawl survives is a fault here
        return error.reason, 0.0
    began = time.process_time()
    item = story_from_page(read, requested_url=page.url, visited_at=NOW)
    item = clean_story(item)
    list(validate_story(item))
    fingerprint_story(item)
    bson.encode(visit_document(item, "fuzz"))
    json.dumps(item.to_json(), ensure_ascii=False).encode()
    json.dumps([[link.url, link.heading, link.anchor] for link in read.links], ensure_ascii=False).encode()
    return item.reason or item.outcome, time.process_time() - began


def measured(page: HostilePage) -> dict[str, Any]:
    """Take a page all the way in a process of its own; give its outcome, processor time and memory."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reader)
            os.write(writer, json.dumps(_in_child(page)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    status = os.waitpid(child, 0)[1]
    return (
        json.loads(answer)
        if answer
        else {"error": f"ended with status {status}", "seconds": 0.0, "after": 0.0, "memory": 0.0}
    )


def _in_child(page: HostilePage) -> dict[str, Any]:
    resource.setrlimit(resource.RLIMIT_CPU, (KILLED_AFTER, KILLED_AFTER + 5))
    before, started = _memory("VmRSS"), time.process_time()
    outcome = error = ""
    after = 0.0
    try:
        outcome, after = whole_way(page)
    except BaseException as failure:
        last = traceback.extract_tb(failure.__traceback__)[-1]
        error = f"{type(failure).__name__}: {str(failure)[:200]!a} at {last.filename.rsplit('/', 2)[-1]}:{last.lineno}"
    seconds = time.process_time() - started
    return {
        "outcome": outcome,
        "error": error,
        "seconds": seconds,
        "after": after,
        "memory": _memory("VmHWM") - before,
    }


def _memory(name: str) -> float:
    """Read a line of the process's status, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/self/status has no {name}")


def corpus_pages(folder: Path) -> list[tuple[bytes, str]]:
    """Read all pages below a folder; their addresses are made of their names."""
    pages = []
    for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.html.gz")]):
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        pages.append((body, f"https://www.example.org/2026/03/02/{path.name.split('.')[0]}.html"))
    return pages


def main() -> int:
    """Run the fuzzer; 0 when no page broke a bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--only", type=int, help="the number of one page")
    parser.add_argument("--save", type=Path, help="folder for the pages that broke a bound")
    parser.add_argument("--times", type=Path, help="file for a line a page: number, seconds, MB, bytes, outcome, how")
    parser.add_argument("--processes", type=int, default=1, help="pages at a time")
    args = parser.parse_args()
    corpus = corpus_pages(args.corpus) if args.corpus else []
    whole_way(HostilePage(ORDINARY, "https://a.example/n/1.html", {}, ""))  # tables and models are loaded once
    whole_way(HostilePage(ORDINARY.replace(b" lang=en", b""), "https://a.example/n/1.html", {}, ""))
    trafilatura.bare_extraction(ORDINARY, fast=True)
    outcomes: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    slowest = largest = after = 0.0

    def one(number: int) -> tuple[int, HostilePage, dict[str, Any]]:
        page = make_page(random.Random(f"{args.seed}:{number}"), corpus)
        return number, page, measured(page)

    numbers = range(args.pages) if args.only is None else [args.only]
    times = (args.times or Path(os.devnull)).open("w", encoding="utf-8")
    with ThreadPoolExecutor(args.processes) as pool, times:
        for number, page, result in pool.map(one, numbers):
            outcomes[result.get("outcome") or "error"] += 1
            slowest, largest = max(slowest, result["seconds"]), max(largest, result["memory"])
            after = max(after, result["after"])
            columns = (number, f"{result['seconds']:.3f}", f"{result['memory']:.0f}", len(page.body))
            print(*columns, result.get("outcome") or "error", page.how, sep="\t", file=times, flush=True)
            bound = MAX_SECONDS_LARGE if len(page.body) > LARGE else MAX_SECONDS
            faults = [result["error"]] if result["error"] else []
            faults += [f"{result['seconds']:.1f} s of processor time"] if result["seconds"] > bound else []
            faults += [f"{result['memory']:.0f} MB"] if result["memory"] > MAX_MEMORY else []
            broken.update(kind for kind in ("error",) if result["error"])
            for fault in faults:
                print(f"page {number}: {fault}; {len(page.body):,} bytes; {page.how}", flush=True)
            if faults and args.save:
                args.save.mkdir(parents=True, exist_ok=True)
                (args.save / f"{args.seed}-{number}.html").write_bytes(page.body)
            broken["pages"] += bool(faults)
    counted = ", ".join(f"{count} {name}" for name, count in outcomes.most_common())
    print(f"seed {args.seed}, {len(numbers)} pages: {counted}")
    print(
        f"slowest {slowest:.2f} s, {after:.2f} s after reading, largest {largest:.0f} MB; "
        f"{broken['pages']} broke a bound, {broken['error']} raised"
    )
    return 1 if broken["pages"] else 0


if __name__ == "__main__":
    sys.exit(main())
