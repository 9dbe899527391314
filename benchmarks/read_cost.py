"""What reading a page costs beside another checkout of the project, page by page in one run.

    git worktree add --detach ../before COMMIT
    python benchmarks/read_cost.py --corpus DIR --before ../before

DIR is as for `stories.py`; of each publisher of `labelled` the first page is read. Both checkouts run in a process of
their own with this Python, and take turns: a page is read by both before the next one, in alternating order, so that
the rest of the machine's work weighs on both alike. Printed are the sums of processor time, and their ratio: of the
first reading of each page, when no class, anchor or address of its site was met before, and of the best of three
readings in a row, which is what a page costs whose site was met. Nothing is fetched.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

READINGS = 3  # in a row of each page
WORKER = "--worker"


def work() -> None:
    """Read the pages named on standard input, a JSON list of path and URL a line; write the seconds of each reading."""
    from kolcrawl.errors import PageError
    from kolcrawl.page import read_page

    now = datetime(2026, 11, 30, tzinfo=UTC)
    for line in sys.stdin:
        path, url = json.loads(line)
        body = gzip.decompress(Path(path).read_bytes())
        seconds = []
        for _ in range(READINGS):
            start = time.process_time()
            with suppress(PageError):
                read_page(body, url, now=now)
            seconds.append(time.process_time() - start)
        print(json.dumps(seconds), flush=True)


def first_pages(corpus: Path) -> list[tuple[str, str]]:
    """Return path and URL of the first page of each publisher."""
    found: dict[str, tuple[str, str]] = {}
    for line in (corpus / "labelled" / "index.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = corpus / "labelled" / "pages" / f"{row['id']}.html.gz"
        found.setdefault(row["publisher"], (str(path), row["url"]))
    return list(found.values())


def start_worker(checkout: Path) -> subprocess.Popen[str]:
    """Start this file in a checkout, so that it imports that checkout's code."""
    return subprocess.Popen(
        [sys.executable, __file__, WORKER],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def read_by(worker: subprocess.Popen[str], page: tuple[str, str]) -> list[float]:
    """Let a worker read a page; return the seconds of each reading.

    Raises:
        RuntimeError: the worker ended; its traceback stands above.
    """
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(json.dumps(page) + "\n")
    worker.stdin.flush()
    answer = worker.stdout.readline()
    if not answer:
        raise RuntimeError(f"the reader of {page[1]} ended: see its traceback above")
    seconds: list[float] = json.loads(answer)
    return seconds


def main() -> None:
    """Read the pages with both checkouts and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--before", type=Path, required=True, help="the other checkout")
    args = parser.parse_args()
    workers = [start_worker(args.before.resolve()), start_worker(Path(__file__).resolve().parent.parent)]
    pages = first_pages(args.corpus)
    firsts, bests = [0.0, 0.0], [0.0, 0.0]
    for number, page in enumerate(pages):
        for place in (0, 1) if number % 2 else (1, 0):
            seconds = read_by(workers[place], page)
            firsts[place] += seconds[0]
            bests[place] += min(seconds)
    for worker in workers:
        worker.communicate()
    for name, (before, here) in (("first reading", firsts), (f"best of {READINGS}", bests)):
        print(f"{name:>14}: before {before:.2f} s, here {here:.2f} s, ratio {here / before:.3f} ({len(pages)} pages)")


if __name__ == "__main__":
    if WORKER in sys.argv[1:]:
        work()
    else:
        main()
