"""What a page costs a crawl, beside Scrapy itself: interleaved runs on one site, ratios with medians and spread.

    python benchmarks/crawl.py [--corpus-site FOLDER] [--pages 1000] [--rounds 3]

The site is a folder with `index.jsonl`, gzipped pages, `truth.jsonl` (`url`, `related`) and `seeds.txt`; without one, a
web is grown from the project's own templates. It is served over loopback by a process of its own; its https addresses
are fetched over TLS. Each run is a process of its own (`one_crawl.py`):

- given: stock Scrapy that asks for the links it is given: the engine alone;
- null: stock Scrapy that finds the same links by a selector, and does nothing else;
- afternoon: the same with trafilatura and bulk writes;
- reading: this project, storing nothing; then with fingerprints of duplicates; with storage; with everything;
- duplicates-beside, everything-beside: the same with pages read in a process beside the crawler's (READ_PROCESSES=1).

A round runs each of them once. `times null` is the median over the rounds of the ratio of pages a processor second
to those of null in the same round, with the least and the greatest: 2 is twice as fast; `times afternoon` the same.
Processor time is that of the crawler with all its threads, from the opening of the spider to its end; that of the
database server and that of the reading process are on their own; `all ms` is their sum, and the column after it says
how many times as fast as the afternoon's spider, its server included, a run is by that sum.

`--profile` then says where the time of a crawl with everything goes (needs py-spy); `--course` runs one long crawl and
prints how cost and memory move with it, also against a yardstick (`course`); `--start` takes the time from the command
to the first request.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import platform
import random
import re
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.processes import spent
from kolcrawl.sample import SampleStory, grow
from kolcrawl.store.server.embedded import ensure_server, running, stop

HERE = Path(__file__).parent

OURS = ("reading", "duplicates", "storage", "everything", "duplicates-beside", "everything-beside")
HEADS = ("pages/s", "commands a page", "server ms", "readers ms", "all ms", "all, times afternoon", "peak MB")
RUNS = ("given", "null", "afternoon", *OURS)
STORING = {"afternoon", "storage", "everything", "everything-beside"}
PARTS = {  # the innermost of these decides whose time it is
    "text (trafilatura)": r"trafilatura/|justext|readability",
    "related": r"kolcrawl/page/(related/|outline|lexicon|topic|body_span|page_identity)",
    "parse": r"kolcrawl/page/(document|encoding|bounds)\.py",
    "text": r"kolcrawl/page/facts/(body_text|paragraphs|boilerplate|text_density)\.py",
    "facts": r"kolcrawl/(page/|text/(dates|zones|author|titles|languages))|py3langid|dateparser",
    "cleaning": r"kolcrawl/(story/clean|text/)|pipelines/clean",
    "urls": r"kolcrawl/urls/|tldextract/|w3lib/",
    "relevance": r"kolcrawl/policy/",
    "duplicates": r"kolcrawl/story/fingerprint|kolcrawl/store/copies/|rensa",
    "store": r"kolcrawl/store/|pipelines/store|pymongo/|bson/",
    "frontier": r"kolcrawl/frontier/",
    "download": r"kolcrawl/net/|scrapy/core/downloader|twisted/|OpenSSL|asyncio/|scrapy/(downloader|http/)",
    "spider": r"kolcrawl/(crawl/|spider/|story/|items)|spiders/",
    "terminal": r"kolcrawl/(report|notify|cli)/",
    "engine": r"scrapy/",
}


def grow_site(folder: Path, pages: int) -> None:
    """Write a grown web in the form in which a site folder is read."""
    site = grow(pages)
    for url, story in site.truth.items():
        site.truth[url] = _unlike(story)
    (folder / "pages").mkdir(parents=True)
    index, truth = [], []
    for number, (url, story) in enumerate(site.truth.items()):
        answer = site.answer(url, {})
        (folder / f"pages/{number:06}.html.gz").write_bytes(gzip.compress(answer.body))
        kind = answer.headers.get("Content-Type", "")
        charset = kind.partition("charset=")[2] or "utf-8"
        index.append({"url": url, "file": f"pages/{number:06}.html.gz", "charset": charset})
        truth.append({"url": url, "related": list(story.related)})
    for name, rows in (("index", index), ("truth", truth)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "seeds.txt").write_text("".join(f"{url}\n" for url in site.seeds))


def _unlike(story: SampleStory) -> SampleStory:
    """Write a story with four times its text in sentences of no language.

    Being put together from few sentences, grown stories share a tenth of their shingles, real ones a hundredth.
    """
    rng = random.Random(story.copy_of or story.url)  # a copy stays one
    text = " ".join(story.paragraphs)
    spaced = text.count(" ") > len(text) / 20
    words, glue, stop, most = _vocabulary(spaced), " " if spaced else "", ". " if spaced else "。", 25 if spaced else 40
    left = 4 * (len(text.split()) if spaced else len(text) // 2)
    paragraphs = []
    while left > 0:
        lengths = [rng.randint(5, most) for _ in range(rng.randint(2, 5))]
        paragraphs.append("".join(glue.join(rng.choices(words, k=length)) + stop for length in lengths).strip())
        left -= sum(lengths)
    return replace(story, paragraphs=(*story.paragraphs, *paragraphs))


@cache
def _vocabulary(spaced: bool) -> list[str]:
    """Make 20,000 words of no language, written with spaces or without."""
    rng = random.Random(1)
    if spaced:
        return ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9))) for _ in range(20_000)]
    return ["".join(chr(rng.randint(0x4E00, 0x6FFF)) for _ in range(2)) for _ in range(20_000)]


@contextlib.contextmanager
def served(site: Path, *more: str) -> Iterator[dict[str, str]]:
    """Serve a site. Yields: the environment that sends a crawl there."""
    command = [sys.executable, str(HERE / "page_server.py"), "--site", str(site), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            proxy = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            yield {**os.environ, "http_proxy": proxy, "https_proxy": proxy, "no_proxy": ""}
        finally:
            server.kill()


def crawl(what: str, site: Path, env: dict[str, str], folder: Path, *more: str, before: tuple[str, ...] = ()) -> Any:
    """Run one crawl in a process of its own. Return what the meter wrote, with the processor seconds of the server."""
    out = folder / "meter.json"
    out.unlink(missing_ok=True)
    command = [*before, sys.executable, str(HERE / "one_crawl.py"), what, "--site", str(site), "--out", str(out), *more]
    server = running(folder / "data")
    if what == "afternoon" and server:
        command += ["--uri", server.uri]
    began = spent(server.pid) if server else 0.0
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    found = json.loads(out.read_text())
    found["server"] = spent(server.pid) - began if server else 0.0
    return found


def rounds(site: Path, env: dict[str, str], folder: Path, pages: int, count: int) -> list[dict[str, Any]]:
    """Run everything in turns."""
    found = []
    for number in range(count):
        row: dict[str, Any] = {}
        for what in RUNS:
            own = {**env, "MONGO_DATABASE": f"bench_{number}_{what}"}
            row[what] = crawl(what, site, own, folder, "--pages", str(pages))
            print(f"round {number + 1} {what:18} {_each(row[what]):6.2f} ms a page", file=sys.stderr)
        found.append(row)
    return found


def _each(run: dict[str, Any]) -> float:
    return 1000 * float(run["cpu"]) / max(1, run["pages"])


def _all(run: dict[str, Any]) -> float:
    """Return the processor milliseconds a page of all processes: crawler, server, and those that read pages."""
    return 1000 * float(run["cpu"] + run["server"] + run["readers"]) / max(1, run["pages"])


def table(found: list[dict[str, Any]]) -> str:
    """Write the rounds as a Markdown table."""
    lines = [
        f"| run | ms a page | times null | times afternoon | {' | '.join(HEADS)} |",
        "|---" * (len(HEADS) + 4) + "|",
    ]
    for what in RUNS:
        runs = [row[what] for row in found]
        pages = [max(1, run["pages"]) for run in runs]
        cells = [f"{statistics.median(map(_each, runs)):.2f}"]
        for base in ("null", "afternoon"):
            ratios = [_each(row[base]) / _each(row[what]) for row in found]
            cells.append(f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
        cells.append(f"{statistics.median(n / run['wall'] for run, n in zip(runs, pages, strict=True)):.0f}")
        cells.append(f"{statistics.median(run['commands'] / n for run, n in zip(runs, pages, strict=True)):.2f}")
        server = statistics.median(1000 * run["server"] / n for run, n in zip(runs, pages, strict=True))
        cells.append(f"{server:.1f}" if what in STORING else "–")
        readers = statistics.median(1000 * run["readers"] / n for run, n in zip(runs, pages, strict=True))
        cells.append(f"{readers:.1f}" if readers else "–")
        cells.append(f"{statistics.median(map(_all, runs)):.1f}")
        times = [_all(row["afternoon"]) / _all(row[what]) for row in found]
        cells.append(f"{statistics.median(times):.2f} ({min(times):.2f} to {max(times):.2f})")
        cells.append(f"{max(run['peak_mb'] for run in runs):.0f}")
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def profile(site: Path, env: dict[str, str], folder: Path, pages: int) -> str:
    """Tell where the processor time of a crawl with everything goes, as a Markdown table.

    What is sampled is who holds the interpreter; time in libraries that let go of it (the parser of libxml2, TLS) is
    shared out in proportion.
    """
    stacks = folder / "stacks.txt"
    spy = (
        str(Path(sys.executable).parent / "py-spy"),
        "record",
        "--gil",
        "-r",
        "250",
        "-f",
        "raw",
        "-o",
        str(stacks),
        "--",
    )
    own = {**env, "MONGO_DATABASE": "bench_profile"}
    run = crawl("everything", site, own, folder, "--pages", str(pages), before=spy)
    shares: Counter[str] = Counter()
    for line in stacks.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        if "importlib" not in stack:
            shares[_part_of(stack.split(";"))] += int(count)
    each, total = _each(run), sum(shares.values())
    lines = ["| part | share | ms a page |", "|---|---|---|"]
    lines += [f"| {part} | {n / total:.1%} | {each * n / total:.2f} |" for part, n in shares.most_common()]
    return "\n".join(lines)


def _part_of(frames: list[str]) -> str:
    for frame in reversed(frames):
        for part, pattern in PARTS.items():
            if re.search(pattern, frame):
                return part
    return "rest"


def course(what: str, site: Path, env: dict[str, str], folder: Path, pages: int) -> str:
    """Tell how cost and memory move with a long crawl, as a Markdown table.

    A process that waits between its pages, for the database say, needs more time for the same work. So one page is read
    again and again in between, as a yardstick, and the cost is also given as a multiple of that.
    """
    every = max(1, pages // 100)
    own = {**env, "MONGO_DATABASE": "bench_course"}
    run = crawl(what, site, own, folder, "--pages", str(pages), "--every", str(every))
    lines = [
        "| pages | ms a page | yardstick, ms | times the first row | commands a page | pages/s | MB |",
        "|---|---|---|---|---|---|---|",
    ]
    before = {"pages": 0, "cpu": 0.0, "commands": 0, "wall": 0.0, "yard": 0.0, "yards": 0}
    first = 0.0
    rows = [row for row in run["course"] if row["pages"] == every or row["pages"] % (5 * every) == 0]
    for row in rows:
        n = row["pages"] - before["pages"]
        each, sent = 1000 * (row["cpu"] - before["cpu"]) / n, (row["commands"] - before["commands"]) / n
        speed = n / (row["wall"] - before["wall"])
        yard = 1000 * (row["yard"] - before["yard"]) / (row["yards"] - before["yards"])
        first = first or each / yard
        times = each / yard / first
        cells = [f"{row['pages']:,}", f"{each:.1f}", f"{yard:.1f}", f"{times:.2f}", f"{sent:.2f}", f"{speed:.0f}"]
        lines.append(f"| {' | '.join(cells)} | {row['mb']:.0f} |")
        before = row
    return "\n".join(lines)


def starting(site: Path, folder: Path) -> float:
    """Measure the seconds from `scrapy crawl` to its first request, the embedded server running: the median of five."""
    seed = (site / "seeds.txt").read_text().split()[0]
    taken = []
    for _ in range(5):
        first = folder / "first"
        first.unlink(missing_ok=True)
        with served(site, "--first", str(first)) as env:
            command = [str(Path(sys.executable).parent / "scrapy"), "crawl", "related", "-a", f"url={seed}"]
            command += ["-a", "max_pages=1", "-s", "LOG_LEVEL=ERROR"]
            own = {**env, "KOLCRAWL_DATA_DIR": str(folder / "data")}
            began = time.time()
            subprocess.run(command, env=own, check=False, cwd=HERE.parent, stdout=subprocess.DEVNULL)
            taken.append(first.stat().st_mtime - began)
    return statistics.median(taken)


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus-site", type=Path, help="folder of a site; without it, one is grown")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--course", type=int, metavar="PAGES")
    parser.add_argument("--course-of", choices=OURS, default="everything", help="default: %(default)s")
    parser.add_argument("--start", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = given.corpus_site
        if site is None:
            site = folder / "site"
            grow_site(site, max(given.pages, given.course or 0) + 200)
        ensure_server(folder / "data")
        os.environ["KOLCRAWL_DATA_DIR"] = str(folder / "data")
        os.environ.pop("MONGO_URI", None)
        size = statistics.median(len(gzip.decompress(f.read_bytes())) for f in list((site / "pages").iterdir())[:300])
        when = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
        print(f"{when}, Python {platform.python_version()}; pages of {size / 1000:.0f} KB (median)\n")
        try:
            with served(site) as env:
                if given.rounds:
                    print(table(rounds(site, env, folder, given.pages, given.rounds)) + "\n", flush=True)
                if given.profile:
                    print(profile(site, env, folder, given.pages) + "\n", flush=True)
                if given.course:
                    print(course(given.course_of, site, env, folder, given.course) + "\n", flush=True)
            if given.start:
                print(f"from `scrapy crawl` to the first request: {starting(site, folder):.2f} s")
        finally:
            stop(folder / "data")


if __name__ == "__main__":
    main()
