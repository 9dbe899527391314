"""A crawl of stories that is stopped or killed and taken up again equals one that was left in peace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from kolcrawl.sample import SiteServer, Weather, grow
from kolcrawl.store.server.embedded import ensure_server
from tests.crawling import FAST, ROOT, Stored, read_stored, scrapy
from tests.small_web import HoldingServer, SmallWeb, article, html

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.sample import SampleWeb
    from kolcrawl.sample.web import Answer

PAGES = 90
IN_HAND = 20
"""Pages under way at once, from the frontier to the store's acknowledgement."""


def edges(stored: Stored) -> set[tuple[str, str, str]]:
    """The links by URL and kind."""
    url = {key: story["url"] for key, story in stored.stories.items()}
    return {(url[link["from"]], url[link["to"]], link["kind"]) for link in stored.links}


def last_crawl(data_dir: Path, database: str) -> dict[str, Any]:
    """The document of the latest crawl."""
    client: MongoClient[dict[str, Any]]
    with MongoClient(ensure_server(data_dir)) as client:
        found = client[database].crawls.find_one(sort=[("started_at", -1)])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def site() -> SampleWeb:
    """A grown web."""
    return grow(PAGES, seed=11)


def whole(site: SampleWeb) -> tuple[str, ...]:
    """The command that reads it from its first seed on."""
    seed = ("-a", f"url={site.seeds[0]}", "-a", "depth=6", "-a", "max_pages=0")
    return ("crawl", "related", *seed, *FAST, "-L", "WARNING")


@pytest.fixture(scope="module")
def quiet(site: SampleWeb, data_dir: Path) -> Stored:
    """What a crawl leaves that nobody stops."""
    with SiteServer(site) as server:
        done = scrapy(*whole(site), "-s", "MONGO_DATABASE=quiet", data_dir=data_dir, through=server)
    assert done.returncode in (0, 3), done.stderr
    return read_stored(data_dir, "quiet")


@pytest.mark.xdist_group("stopped")  # one quiet crawl for both
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_stopped_and_taken_up_again(
    tmp_path: Path, data_dir: Path, site: SampleWeb, quiet: Stored, how: signal.Signals
) -> None:
    """Stopped in the middle and started again with its JOBDIR, a crawl finds what a quiet one finds.

    No page is lost, none is fetched twice but those that were in flight at a kill, and stories and links are the same.
    """
    name = f"stopped_{how.name}"
    own = ("-s", f"MONGO_DATABASE={name}", "-s", f"JOBDIR={tmp_path / 'job'}", "-s", f"FRONTIER_IN_HAND={IN_HAND}")
    job = (*whole(site), *own)
    with HoldingServer(site, Weather(latency=0.03), pages=PAGES // 2) as server:
        environment = os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir), "PYTHONUTF8": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", *job], cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
        )
        while len(server.log) < PAGES // 3:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(how)
        server.go_on.set()
        told = process.communicate(timeout=120)[0]
        before = len(server.log)
        if how is signal.SIGINT:
            assert process.returncode == 3
            assert "(ended early: shutdown)" in told
            assert "the same command goes on from here" in told
            assert "the crawl was stopped before its end" in told
            assert last_crawl(data_dir, name)["finish_reason"] == "shutdown"
            assert last_crawl(data_dir, name)["quality"]["state"] == "degraded"
        assert before < PAGES
        again = scrapy(*job, data_dir=data_dir, through=server)
        assert again.returncode in (0, 3), again.stderr
        asked = Counter(line.url for line in server.log if not line.url.endswith("/robots.txt"))
    second = read_stored(data_dir, name)
    assert second.fetched() == quiet.fetched()
    assert edges(second) == edges(quiet)
    twice = sum(n - 1 for n in asked.values())
    assert twice <= (IN_HAND if how is signal.SIGKILL else 0), asked.most_common(5)


def test_taken_up_with_a_larger_budget(tmp_path: Path, data_dir: Path) -> None:
    """What a budget cut waits in the JOBDIR: nothing is done while it is spent, and a larger one goes on, best first.

    In the end all that was in reach was fetched once, and the finished crawl, started again, says so and exits with 0.
    """
    site = grow(40, seed=12)
    job = (
        "crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "depth=9", *FAST, "-L", "WARNING",
        "-s", "MONGO_DATABASE=budgets", "-s", f"JOBDIR={tmp_path / 'job'}",
    )  # fmt: skip

    with SiteServer(site) as server:

        def crawl(max_pages: int) -> tuple[int, str]:
            done = scrapy(*job, "-a", f"max_pages={max_pages}", data_dir=data_dir, through=server)
            assert done.returncode in (0, 3), done.stdout + done.stderr
            return len(read_stored(data_dir, "budgets").fetched()), done.stdout

        assert crawl(8)[0] == 8
        fetched, told = crawl(8)
        assert fetched == 8
        assert "nothing to do: the budget of the crawl" in told
        assert "raise max_pages" in told
        reachable = set(site.reachable(depth=9))
        assert crawl(0)[0] == len(reachable) > 8
        asked = Counter(line.url for line in server.log if not line.url.endswith("/robots.txt"))
        again = scrapy(*job, "-a", "max_pages=0", data_dir=data_dir, through=server)
        assert again.returncode == 0
        assert "nothing to do" in again.stdout
        assert "was finished" in again.stdout
        assert "that crawl was finished" in again.stderr
        assert Counter(line.url for line in server.log if not line.url.endswith("/robots.txt")) == asked
    waiting = [
        story["url"] for story in read_stored(data_dir, "budgets").stories.values() if story["reason"] == "budget"
    ]
    assert waiting == []


def test_budget_holds_over_many_stops(tmp_path: Path, data_dir: Path) -> None:
    """Pages that the site puts off count once: after three stops and a quiet end, `max_pages` were fetched."""
    seed, busy = "http://www.budget-news.example/a/50001.html", True
    title = "Harbour council decision number {} divides the old town"
    links = [(f"/a/{50001 + n}.html", title.format(1 + n)) for n in range(1, 60)]

    def answer(url: str) -> Answer:
        if busy and url != seed:
            return html("busy", status=503, Retry_After="120")
        return article(title.format(int(url[-10:-5]) - 50000), links)

    job = (
        "crawl", "related", "-a", f"url={seed}", "-a", "depth=1", "-a", "max_pages=10", *FAST, "-L", "WARNING",
        "-s", "MONGO_DATABASE=stops", "-s", f"JOBDIR={tmp_path / 'job'}", "-s", "STOP_SECONDS=1",
        "-s", "RETRY_TIMES=10",
    )  # fmt: skip
    with SiteServer(SmallWeb(otherwise=answer)) as server:  # type: ignore[arg-type]
        environment = os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir), "PYTHONUTF8": "1"}
        for _ in range(3):
            before = len(server.log)
            process = subprocess.Popen(
                [sys.executable, "-m", "scrapy", *job], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
            )
            while not any(line.status == 503 for line in server.log[before:]):
                assert process.poll() is None
                time.sleep(0.01)
            time.sleep(0.5)  # the site rests by now
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 3
        busy = False
        done = scrapy(*job, data_dir=data_dir, through=server)
    assert done.returncode in (0, 3), done.stderr
    stored = read_stored(data_dir, "stops")
    assert len(stored.fetched()) == 10
    assert [story["reason"] for story in stored.stories.values()].count("budget") == 50
