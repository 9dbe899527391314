"""Jobs on a real Scrapyd: the same network as a plain crawl, cancelled and taken up again, several at once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kolcrawl.sample import SiteServer, grow
from tests.crawling import FAST, Stored, faults, read_stored, scrapy
from tests.scrapyd.servers import Scrapyd, until
from tests.small_web import HoldingServer

pytestmark = pytest.mark.xdist_group("scrapyd")  # one Scrapyd for all of them
SETTINGS = dict(option.split("=") for option in FAST if option != "-s")
PAGES = 60


@pytest.fixture(scope="module")
def web() -> Iterator[SiteServer]:
    """A grown web."""
    with SiteServer(grow(PAGES, seed=11)) as server:
        yield server


@pytest.fixture
def held_web() -> Iterator[HoldingServer]:
    """The same web, which holds back what lies beyond the middle of the way."""
    with HoldingServer(grow(PAGES, seed=11), pages=24) as server:
        yield server


@pytest.fixture(scope="module")
def plain(web: SiteServer, data_dir: Path) -> Stored:
    """What a plain `scrapy crawl` from the first seed leaves."""
    where = ("-a", f"url={web.site.seeds[0]}", "-a", "depth=30", "-a", "max_pages=0", "-s", "MONGO_DATABASE=plain")
    done = scrapy("crawl", "related", *where, *FAST, data_dir=data_dir, through=web)
    assert done.returncode == 0, done.stderr
    return read_stored(data_dir, "plain")


def network(stored: Stored) -> tuple[dict[str, object], set[tuple[object, ...]]]:
    """Stories and links without times."""
    stories: dict[str, object] = {
        key: (doc["url"], doc["status"], doc["title"], doc["content_hash"]) for key, doc in stored.stories.items()
    }
    fields = ("from", "to", "kind", "heading", "position", "anchor")
    return stories, {tuple(link[name] for name in fields) for link in stored.links}


def settings(web: SiteServer, database: str) -> dict[str, str]:
    """Settings of a job."""
    return SETTINGS | {"PROXY": web.proxy, "MONGO_DATABASE": database}


def whole(web: SiteServer) -> dict[str, str]:
    """Arguments that lead to every page from the first seed."""
    return {"url": web.site.seeds[0], "depth": "30", "max_pages": "0"}


def test_the_spiders_are_listed(node: Scrapyd) -> None:
    """The deployed egg shows its spiders."""
    assert {"related", "sample"} <= set(node.get("listspiders", project="kolcrawl")["spiders"])


def test_a_job_finds_what_a_plain_crawl_finds(node: Scrapyd, web: SiteServer, plain: Stored, data_dir: Path) -> None:
    """Stories and links are equal; the run keeps the job id, and `scrapy crawls` finds it by that."""
    node.schedule("equal-1", settings=settings(web, "equal"), **whole(web))
    log = node.finished("equal-1")
    assert "stories fetched" in (node.folder / "scrapyd.out").read_text()
    assert "Traceback" not in log
    assert network(read_stored(data_dir, "equal")) == network(plain)
    assert len(plain.fetched()) > PAGES / 2
    shown = scrapy("crawls", "equal-1", "--json", "-s", "MONGO_DATABASE=equal", data_dir=data_dir)
    assert shown.returncode == 0, shown.stderr
    assert '"job": "equal-1"' in shown.stdout


def test_cancelled_and_taken_up_again(node: Scrapyd, held_web: HoldingServer, plain: Stored, data_dir: Path) -> None:
    """A cancelled job stores all that it fetched; scheduled again with its jobid, it ends with the same network."""
    node.schedule("again-1", settings=settings(held_web, "again"), **whole(held_web))
    until(lambda: len(held_web.log) > 20, 60, "some fetching")
    node.post("cancel", project="kolcrawl", job="again-1")
    held_web.go_on.set()
    log = node.finished("again-1")
    assert "shutdown" in log
    first = read_stored(data_dir, "again")
    answered = {url for url, statuses in held_web.asked().items() if 200 in statuses}
    assert 10 < len(first.visits) < len(plain.visits)
    assert {visit["url"] for visit in first.visits} == answered
    node.schedule("again-1", settings=settings(held_web, "again"), **whole(held_web))
    until(lambda: node.ends("again-1") == 2, 240, "the second end")
    assert network(read_stored(data_dir, "again")) == network(plain)


def test_a_killed_job_is_marked_by_the_next(node: Scrapyd, held_web: HoldingServer, data_dir: Path) -> None:
    """After SIGKILL the run has no end; the next start in the database marks it as aborted."""
    node.schedule("killed-1", settings=settings(held_web, "killed"), **whole(held_web))
    until(lambda: len(held_web.log) > 5, 60, "some fetching")
    pid = next(job["pid"] for job in node.get("listjobs")["running"] if job["id"] == "killed-1")
    os.kill(pid, signal.SIGKILL)
    held_web.go_on.set()
    node.finished("killed-1")
    node.schedule("killed-2", settings=settings(held_web, "killed"), url=held_web.site.seeds[0], depth="0")
    node.finished("killed-2")
    shown = scrapy("crawls", "killed-1", "--json", "-s", "MONGO_DATABASE=killed", data_dir=data_dir)
    assert '"finish_reason": "aborted"' in shown.stdout, shown.stderr


def test_four_jobs_at_once(node: Scrapyd, web: SiteServer, plain: Stored, data_dir: Path) -> None:
    """Overlapping seeds, one embedded server, four processes: each story and link once, and check-store is content."""
    seeds = list(web.site.seeds)
    for n in range(4):
        args = whole(web) | {"url": f"{seeds[0]} {seeds[n % len(seeds)]}"}
        node.schedule(f"four-{n}", settings=settings(web, "four"), **args)
    for n in range(4):
        assert "Traceback" not in node.finished(f"four-{n}", 240)
    stored = read_stored(data_dir, "four")
    edges = Counter((link["from"], link["to"], link["kind"]) for link in stored.links)
    assert edges
    assert max(edges.values()) == 1
    assert network(plain)[1] <= network(stored)[1]
    assert faults(data_dir, "four") == []


def test_history_survives_a_restart(node: Scrapyd) -> None:
    """Scrapyd still lists finished jobs after it was stopped and started."""
    node.schedule("kept-1", "sample")
    node.finished("kept-1")
    node.stop()
    node.start()
    assert node.state("kept-1") == "finished"
