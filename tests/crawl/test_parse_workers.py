"""Reading in processes of its own: the same result as in the crawl's, and what a page can do to its reader."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy.utils.test import get_crawler

from kolcrawl.config import read_processes
from kolcrawl.crawl.parse_workers import ParseWorkers
from kolcrawl.errors import PageError
from kolcrawl.page import Page, SiteRules, read_page
from kolcrawl.sample import SiteServer, sample_web
from spiders.related import RelatedSpider
from tests.crawling import FAST, ROOT, drop, read_stored, scrapy

NOW = datetime(2026, 3, 5, tzinfo=UTC)
URL = "http://xinwen.example/a/20260302/100021.shtml"


@contextlib.contextmanager
def one_reader(patience: float = 30.0) -> Iterator[ParseWorkers]:
    """One process, which is ended."""
    readers = ParseWorkers(1, patience)
    try:
        yield readers
    finally:
        readers.close()


def pid(readers: ParseWorkers) -> int:
    """Of the only process."""
    (found,) = readers.pids
    return found


def test_crawl_with_readers_finds_the_same(data_dir: Path) -> None:
    """A crawl whose pages are read by two other processes stores the same stories, texts and links."""
    found = []
    with SiteServer(sample_web()) as server:
        for processes in ("0", "2"):
            name = f"readers_{processes}"
            done = scrapy(
                "crawl", "related", "-a", f"url={URL}", "-a", "depth=3", "-s", f"READ_PROCESSES={processes}",
                "-s", "CONCURRENT_REQUESTS=1", *FAST,  # one after another: what a site teaches depends on the order
                data_dir=data_dir, through=server, MONGO_DATABASE=name,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert "no process can be started" not in done.stderr
            stored = read_stored(data_dir, name)
            stories = {key: (s["status"], s["title"], s["text"]) for key, s in stored.stories.items()}
            links = {(e["from"], e["to"], e["kind"], e["position"], e["anchor"]) for e in stored.links}
            found.append((stories, links))
            drop(data_dir, name)
    assert found[0] == found[1]
    assert sum(status == "fetched" for status, *_ in found[0][0].values()) > 15


@pytest.mark.parametrize(
    ("cores", "uri", "processes"),
    [
        (1, None, 0), (2, None, 0), (3, None, 1), (64, None, 1),
        (1, "mongodb://db.example/kol", 0), (2, "mongodb://db.example/kol", 1), (2, "mongodb+srv://db.example", 1),
        (2, "mongodb://localhost:27017", 0), (3, "mongodb://localhost:27017", 1), (2, "mongodb://127.0.0.1/?w=1", 0),
        (2, "mongodb://u:p%40@127.0.0.1:27017,[::1]:27018/kol", 0), (2, "mongodb://%2Ftmp%2Fmongodb-27017.sock", 0),
        (2, "mongodb://localhost:27017,db.example:27017/kol", 1), (2, "mongodb://localhost.example", 1),
        (2, "mongodb://localhost:secret@db.example", 1),
    ],
)  # fmt: skip
def test_a_reader_has_a_core_of_its_own(
    cores: int, uri: str | None, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default a process reads beside the crawl's where crawl, reader and a database on this machine each have a
    core; a number that is set holds anywhere, and under Scrapyd, which runs several crawls, there is none."""
    monkeypatch.setattr("kolcrawl.config.cores", lambda: cores)
    assert read_processes({"READ_PROCESSES": None, "MONGO_URI": uri}) == processes
    assert read_processes({"READ_PROCESSES": "3", "MONGO_URI": uri}) == 3
    assert read_processes({"READ_PROCESSES": 0, "MONGO_URI": uri}) == 0
    assert read_processes({"READ_PROCESSES": None, "MONGO_URI": uri}, scheduled=True) == 0
    assert read_processes({"READ_PROCESSES": "3", "MONGO_URI": uri}, scheduled=True) == 3


def untaught(pages: Iterable[Page | BaseException]) -> list[Page | BaseException]:
    """The pages without what they taught of their site's blocks, which a page read for itself does not tell."""
    return [replace(page, lessons=[]) if isinstance(page, Page) else page for page in pages]


def test_scrapyd_job_has_no_reader() -> None:
    """Scrapyd hands its job's id to the spider, by which its crawls are known: they read their pages themselves."""
    settings = {"READ_PROCESSES": None, "MONGO_URI": "mongodb://db.example", "KOLCRAWL_DATA_DIR": ".kolcrawl"}
    settings["ADDONS"] = {"kolcrawl.frontier.shared.addon.FrontierAddon": 2}
    for given, expected in (({}, True), ({"_job": "6487ec79947edab3"}, False)):
        crawler = get_crawler(RelatedSpider, settings)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("kolcrawl.config.cores", lambda: 64)
            spider = RelatedSpider.from_crawler(crawler, url=URL, **given)
        assert spider.page_reader.is_beside == expected


def test_reader_that_dies_or_hangs_costs_one_page() -> None:
    """A killed reader and one that exceeds its time give `unreadable` for that page; the next page is read."""
    body = sample_web().answer(URL, {}).body

    async def read() -> None:
        with one_reader() as readers:
            page = await readers.read(body, URL, {}, SiteRules(), now=NOW)
            assert page == read_page(body, URL, {}, now=NOW)
            reader = readers._workers[0]
            before = pid(readers)
            os.kill(before, signal.SIGSTOP)
            reader._patience = 0.3
            with pytest.raises(PageError, match="not read within") as caught:
                await readers.read(body, URL, {}, SiteRules(), now=NOW)
            assert caught.value.reason == "unreadable"
            reader._patience = 30.0
            assert (await readers.read(body, URL, {}, SiteRules(), now=NOW)).story.title == page.story.title
            assert pid(readers) != before
            os.kill(pid(readers), signal.SIGKILL)
            with pytest.raises(PageError, match="died"):
                await readers.read(body, URL, {}, SiteRules(), now=NOW)
            assert (await readers.read(body, URL, {}, SiteRules(), now=NOW)).story.title == page.story.title

    asyncio.run(read())


@pytest.mark.parametrize(
    ("program", "said"),
    [("/no/such/python", "No such file or directory"), ("/bin/false", "it did not answer")],
)
def test_crawl_reads_itself_where_no_process_can_be_started(
    program: str, said: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What keeps a reader from starting costs no page; it is said once."""
    monkeypatch.setattr("sys.executable", program)
    site = sample_web()
    urls = [url for url in site.truth if site.answer(url, {}).status == 200][:6]
    pages = [(site.answer(url, {}).body, url) for url in urls]

    async def read() -> list[Page]:
        with one_reader() as readers:
            return await asyncio.gather(*(readers.read(*page, {}, SiteRules(), now=NOW) for page in pages))

    assert untaught(asyncio.run(read())) == [read_page(*page, {}, now=NOW) for page in pages]
    (line,) = (record.getMessage() for record in caplog.records if record.name == "kolcrawl.crawl.parse_workers")
    assert said in line


def test_script_that_starts_a_crawl_is_run_once(data_dir: Path, tmp_path: Path) -> None:
    """A script of a few lines, as Scrapy's documentation shows it, without a guard: its readers do not run it again."""
    script = tmp_path / "crawl.py"
    script.write_text(
        "print('begun')\n"
        "from scrapy.crawler import AsyncCrawlerProcess\n"
        "from scrapy.utils.project import get_project_settings\n"
        "settings = get_project_settings()\n"
        "settings.set('READ_PROCESSES', 1)\n"
        "process = AsyncCrawlerProcess(settings)\n"
        f"process.crawl('related', url={URL!r}, depth='1')\n"
        "process.start()\n"
    )
    with SiteServer(sample_web()) as server:
        done = subprocess.run(
            [sys.executable, str(script)], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120, check=False,
            env=os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir), "MONGO_DATABASE": "script"},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("begun") == 1
    assert "no process can be started" not in done.stderr
    stored = read_stored(data_dir, "script")
    drop(data_dir, "script")
    assert sum(story["status"] == "fetched" for story in stored.stories.values()) > 3


@pytest.mark.parametrize(("sign", "said"), [(signal.SIGKILL, "died"), (signal.SIGSTOP, "not read within 2 s")])
def test_pages_behind_one_that_ends_its_reader_are_read(sign: signal.Signals, said: str) -> None:
    """Of the pages that a reader has when it dies or hangs, only the one that it reads is lost."""
    site = sample_web()
    urls = [url for url in site.truth if site.answer(url, {}).status == 200][:6]
    pages = [(site.answer(url, {}).body, url) for url in urls]

    async def read() -> list[Page | BaseException]:
        with one_reader() as readers:
            await readers.read(*pages[0], {}, SiteRules(), now=NOW)
            readers._workers[0]._patience = 2.0
            os.kill(pid(readers), signal.SIGSTOP)
            asked = [asyncio.ensure_future(readers.read(*page, {}, SiteRules(), now=NOW)) for page in pages]
            await asyncio.sleep(0.1)
            os.kill(pid(readers), sign)
            return await asyncio.gather(*asked, return_exceptions=True)

    first, *others = asyncio.run(read())
    assert isinstance(first, PageError)
    assert said in str(first)
    assert untaught(others) == [read_page(*page, {}, now=NOW) for page in pages[1:]]


def test_reader_whose_crawl_was_killed_ends_by_itself(tmp_path: Path) -> None:
    """A reader that hangs when its crawl is killed ends when the page's time is over, and holds no output open."""
    script = tmp_path / "crawl.py"
    script.write_text(
        "import asyncio, os, signal, time\n"
        "from datetime import UTC, datetime\n"
        "from kolcrawl.page import SiteRules\n"
        "from kolcrawl.crawl.parse_workers import ParseWorkers\n"
        "class Slow(str):\n"
        "    def __reduce__(self):\n"
        "        return time.sleep, (60,)\n"  # the reader sleeps where it takes the question apart
        "async def main():\n"
        "    readers = ParseWorkers(1, 1.0)\n"
        "    now = datetime.now(UTC)\n"
        "    asyncio.ensure_future(readers.read(b'', Slow('http://a.example/'), {}, SiteRules(), now=now))\n"
        "    await asyncio.sleep(0)\n"
        "    while not readers.pids:\n"
        "        await asyncio.sleep(0.01)\n"
        "    print(*readers.pids, flush=True)\n"
        "    await asyncio.sleep(0.7)\n"
        "    pids = ('self', *readers.pids)\n"
        "    print(*(os.readlink(f'/proc/{pid}/fd/{n}') for n in (1, 2) for pid in pids), sep='\\n', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, str(script)], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == -signal.SIGKILL
    reader, own_output, its_output, own_errors, its_errors = done.stdout.splitlines()
    assert {own_output, own_errors}.isdisjoint((its_output, its_errors))
    deadline = time.monotonic() + 20
    while Path(f"/proc/{reader}").exists() and "State:\tZ" not in Path(f"/proc/{reader}/status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("patience", [0, 1e12])
def test_reader_outlives_sigterm_and_odd_paths(patience: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """What systemd sends to all processes is the crawl's to heed; what Python passes over in sys.path is, here, too."""
    monkeypatch.setattr("sys.path", [Path("/no/such"), *sys.path])
    body = sample_web().answer(URL, {}).body

    async def read() -> None:
        with one_reader(patience) as readers:  # any time
            await readers.read(body, URL, {}, SiteRules(), now=NOW)
            begun = pid(readers)
            os.kill(begun, signal.SIGTERM)
            await asyncio.sleep(0.2)
            assert (await readers.read(body, URL, {}, SiteRules(), now=NOW)).story.title
            assert pid(readers) == begun

    asyncio.run(read())


def test_page_that_hangs_when_nobody_waits_for_it_holds_up_nothing() -> None:
    """Who is cancelled takes a page with it that may hang: those behind it are read by a new process."""
    body = sample_web().answer(URL, {}).body

    async def read() -> None:
        with one_reader() as readers:
            await readers.read(body, URL, {}, SiteRules(), now=NOW)
            os.kill(pid(readers), signal.SIGSTOP)
            asked = [asyncio.ensure_future(readers.read(body, URL, {}, SiteRules(), now=NOW)) for _ in range(4)]
            await asyncio.sleep(0.1)
            asked[0].cancel()
            asked[1].cancel()
            found = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 20.0)
            assert [isinstance(page, asyncio.CancelledError) for page in found] == [True, True, False, False]
            assert all(isinstance(page, Page) for page in found[2:])

    asyncio.run(read())


def test_beginning_that_is_cancelled_leaves_nothing_behind() -> None:
    """Who stops waiting while a reader starts leaves no half-started one to the next page."""

    async def read() -> Page:
        with one_reader() as readers:
            left = asyncio.ensure_future(readers.read(b"<p>1", URL, {}, SiteRules(), now=NOW))
            while not readers.pids:
                await asyncio.sleep(0)
            begun = pid(readers)
            left.cancel()
            with pytest.raises(asyncio.CancelledError):
                await left
            assert not readers.pids
            body = sample_web().answer(URL, {}).body
            page = await asyncio.wait_for(readers.read(body, URL, {}, SiteRules(), now=NOW), 20.0)
            assert pid(readers) != begun
            return page

    assert asyncio.run(read()).story.title


def test_answer_that_nobody_waits_for_is_not_the_next_pages() -> None:
    """Who stops waiting for a page leaves its answer behind; the next page gets its own."""
    site = sample_web()
    other = next(url for url in site.truth if url != URL and site.truth[url].title != site.truth[URL].title)

    async def read() -> None:
        with one_reader() as readers:
            await readers.read(site.answer(URL, {}).body, URL, {}, SiteRules(), now=NOW)
            os.kill(pid(readers), signal.SIGSTOP)  # so that the answer cannot come before
            left = asyncio.ensure_future(readers.read(site.answer(URL, {}).body, URL, {}, SiteRules(), now=NOW))
            await asyncio.sleep(0.05)
            left.cancel()
            with pytest.raises(asyncio.CancelledError):
                await left
            page = await readers.read(site.answer(other, {}).body, other, {}, SiteRules(), now=NOW)
            assert page == read_page(site.answer(other, {}).body, other, {}, now=NOW)

    asyncio.run(read())


def test_errors_of_a_page_come_back() -> None:
    """A page that cannot be read gives the same reason as without readers."""

    async def read() -> str:
        with one_reader() as readers:
            with pytest.raises(PageError) as caught:
                await readers.read(b"", URL, {}, SiteRules(), now=NOW)
            return caught.value.reason

    assert asyncio.run(read()) == "empty"
