"""A live crawl over a site whose pages are made to hurt, and the end of a crawl whatever page is being read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kolcrawl.sample import SiteServer
from kolcrawl.sample.web import Answer
from tests.crawling import FAST, ROOT, drop, read_stored
from tests.small_web import SmallWeb, article

SITE = "http://news.example"
PAGES = 30
EVERY = 10
"""One page in so many is hostile."""
HANGS = "a page on which the reader hangs"
FAULT = "a page on which the reader fails"
MARKS = "\u0300\u0327" * 200_000
HOSTILE = {
    "marks": f"<p>{MARKS}</p>",
    "nested links": "<a href=/n/1><div>" * 30_000,
    "hang": HANGS,
    "fault": FAULT,
    "surrogate": '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Half \\ud83d"}</script>',
    "attributes": ("<p " + " ".join(f"a{n}" for n in range(127)) + ">x") * 12_000,
}
# Read by every Python that is started: the crawl, and the processes that read its pages.
FAULTS = f"""
import os, re
import kolcrawl.page.read as reader
wrapped = reader._read
def read(body, *rest):
    if b"{HANGS}" in body and not os.environ.get("KOLCRAWL_TEST_MENDED"):
        open(os.environ["KOLCRAWL_TEST_HANGS"], "a").close()
        re.match("(?:a|aa)+$", "a" * 60 + "b")
    if b"{FAULT}" in body:
        raise LookupError("nobody foresaw this")
    return wrapped(body, *rest)
reader._read = read
"""
TICKS = """
import asyncio, json, os, time
from scrapy import signals
class Ticks:
    def __init__(self, crawler):
        self.longest = self.number = 0
        crawler.signals.connect(self.begin, signals.engine_started)
        crawler.signals.connect(self.end, signals.spider_closed)
    @classmethod
    def from_crawler(cls, crawler):
        return cls(crawler)
    def begin(self):
        self.task = asyncio.ensure_future(self.tick())
    async def tick(self):
        before = time.thread_time()
        while True:
            await asyncio.sleep(0.01)
            now = time.thread_time()
            self.longest, self.number, before = max(self.longest, now - before), self.number + 1, now
    def end(self):
        self.task.cancel()
        with open(os.environ["KOLCRAWL_TEST_TICKS"], "w") as file:
            json.dump([self.longest, self.number], file)
"""
SETTINGS = """
from kolcrawl.settings import *
EXTENSIONS = EXTENSIONS | {"ticks.Ticks": 1}
"""


def url(number: int) -> str:
    """Address of a page."""
    return f"{SITE}/a/{4000 + number}.html"


def site(hostile: list[str]) -> SmallWeb:
    """Stories in a row, each linking to the next ones, some with a hostile part."""
    web = SmallWeb()
    for number in range(PAGES):
        links = [(url(n), f"Harbour council decision number {n}") for n in range(number + 1, min(PAGES, number + 4))]
        answer = article(f"Harbour council decision number {number}", links)
        if number % EVERY == EVERY // 2 and hostile:
            name = hostile[number // EVERY % len(hostile)]
            answer = Answer(
                200, answer.headers, answer.body.replace(b"</article>", f"{HOSTILE[name]}</article>".encode())
            )
        web.pages[url(number)] = answer
    return web


def start(
    web: SiteServer, folder: Path, data_dir: Path, database: str, *options: str, **more: str
) -> subprocess.Popen[str]:
    """Start a crawl whose reader has faults."""
    for name, text in (("sitecustomize", FAULTS), ("ticks", TICKS), ("faulty_settings", SETTINGS)):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment = (
        clean
        | web.environment
        | {
            "KOLCRAWL_DATA_DIR": str(data_dir),
            "MONGO_DATABASE": database,
            "PYTHONUTF8": "1",
            "PYTHONPATH": f"{folder}:{ROOT}",
            "SCRAPY_SETTINGS_MODULE": "faulty_settings",
            "KOLCRAWL_TEST_TICKS": str(folder / "ticks.json"),
            "KOLCRAWL_TEST_HANGS": str(folder / "hangs"),
        }
    )
    arguments = ["-a", f"url={url(0)}", "-a", "depth=60", *FAST, *options]
    return subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "related", *arguments],
        cwd=ROOT, env=environment | more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


@pytest.mark.parametrize("processes", ["0", "1"])
def test_hostile_pages_cost_themselves_alone(processes: str, data_dir: Path, tmp_path: Path) -> None:
    """Every tenth page hangs its reader, fails in it or is made to hurt: all others are stored, with and without
    processes for reading, each failed one is named in a line, and the crawl's loop is never held long."""
    hostile = {"0": ["hang", "fault", "marks"], "1": ["nested links", "fault", "attributes"]}[processes]
    database = f"hostile_{processes}"
    with SiteServer(site(hostile)) as web:  # type: ignore[arg-type]
        options = ("-s", f"READ_PROCESSES={processes}", "-s", "READ_SECONDS=10")
        crawl = start(web, tmp_path, data_dir, database, *options)
        _, log = crawl.communicate(timeout=300)
    assert crawl.returncode in (0, 3), log
    stored = read_stored(data_dir, database)
    drop(data_dir, database)
    status = {number: stored.of(url(number))["status"] for number in range(PAGES)}
    bad = dict(zip(range(EVERY // 2, PAGES, EVERY), hostile, strict=True))
    assert {number for number in status if status[number] != "fetched"} <= set(bad)
    for number, name in bad.items():
        lines = [line for line in log.splitlines() if url(number) in line and "WARNING" in line]
        expected = {"hang": "unreadable", "fault": "unreadable", "attributes": "too_large"}.get(name)
        assert stored.of(url(number))["reason"] == expected, name
        assert len(lines) == (expected is not None), lines
    assert ("nobody foresaw this" in log) == ("fault" in hostile)
    longest, ticks = json.loads((tmp_path / "ticks.json").read_text())
    assert ticks > PAGES
    assert longest < 3  # seconds of processor time, which other work on the machine does not lengthen


def test_stop_does_not_wait_for_a_page_that_hangs(data_dir: Path, tmp_path: Path) -> None:
    """SIGTERM ends the crawl while a page is read that would take ten minutes; the next start reads that page."""
    database = "hanging"
    settings = ("-s", "READ_PROCESSES=0", "-s", "READ_SECONDS=600", "-s", "STOP_SECONDS=1")
    options = (*settings, "-s", f"JOBDIR={tmp_path / 'job'}")
    with SiteServer(site(["hang"])) as web:  # type: ignore[arg-type]
        crawl = start(web, tmp_path, data_dir, database, *options)
        while not (tmp_path / "hangs").exists() and crawl.poll() is None:
            time.sleep(0.1)
        time.sleep(3)  # the crawl's own process has given the page up
        crawl.send_signal(signal.SIGTERM)
        _, log = crawl.communicate(timeout=60)
        assert crawl.returncode in (0, 3), log
        assert "Traceback" not in log
        before = read_stored(data_dir, database)
        assert not [story["url"] for story in before.stories.values() if story["status"] == "failed"]
        again = start(web, tmp_path, data_dir, database, *options, KOLCRAWL_TEST_MENDED="1")
        _, log = again.communicate(timeout=300)
    assert again.returncode == 0, log
    stored = read_stored(data_dir, database)
    drop(data_dir, database)
    assert stored.fetched() == {url(number) for number in range(PAGES)}
