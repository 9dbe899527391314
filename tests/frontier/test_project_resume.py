"""The project's own crawl, with its spider, pipelines and a real store, killed and taken up again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from pymongo import MongoClient

from kolcrawl.sample import SiteServer, grow
from kolcrawl.store.server.embedded import ensure_server
from tests.crawling import FAST, ROOT, Stored, drop, read_stored, scrapy
from tests.small_web import HoldingServer

if TYPE_CHECKING:
    from pathlib import Path


def edges(stored: Stored) -> set[tuple[str, str, str]]:
    """The links as the contract identifies them."""
    return {(link["from"], link["to"], link["kind"]) for link in stored.links}


def test_same_network(data_dir: Path, tmp_path: Path) -> None:
    """A crawl that was killed twice ends with the stories and links of one that was not."""
    site = grow(60)
    seed = next(iter(site.truth))

    with HoldingServer(site, pages=len(site.truth) * 2) as web:
        clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment = clean | web.environment | {"KOLCRAWL_DATA_DIR": str(data_dir), "PYTHONUTF8": "1"}

        def start(database: str, *options: str) -> subprocess.Popen[str]:
            arguments = ["-a", f"url={seed}", "-a", "depth=20", "-a", "scope=any", "-a", "follow_below=0"]
            options = ("-s", f"MONGO_DATABASE={database}", *FAST, *options)
            return subprocess.Popen(
                [sys.executable, "-m", "scrapy", "crawl", "related", *arguments, *options],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )

        def end(process: subprocess.Popen[str]) -> str:
            log = process.communicate(timeout=240)[1]
            assert process.returncode in (0, 3), log[-3000:]
            return log

        end(start("resume_whole"))
        job = ("-s", f"JOBDIR={tmp_path / 'job'}")
        client: MongoClient[dict[str, object]]
        with MongoClient(ensure_server(data_dir)) as client:
            for visits, pages in ((5, 12), (25, 34)):
                web.hold(pages)
                process = start("resume_killed", *job)
                until = time.monotonic() + 120
                while client.resume_killed.visits.count_documents({}) < visits:
                    assert time.monotonic() < until, "the crawl does not get on"
                    time.sleep(0.02)
                process.send_signal(signal.SIGKILL)
                process.communicate()
        web.go_on.set()
        assert "going on with" in end(start("resume_killed", *job))
        whole, killed = read_stored(data_dir, "resume_whole"), read_stored(data_dir, "resume_killed")
        assert len(whole.fetched()) > 30
        assert killed.fetched() == whole.fetched()
        assert edges(killed) == edges(whole)
        assert {s["_id"]: s["status"] for s in killed.stories.values()} == {
            s["_id"]: s["status"] for s in whole.stories.values()
        }
        for database in ("resume_whole", "resume_killed"):
            drop(data_dir, database)


def test_damaged_requests_are_missing(data_dir: Path, tmp_path: Path) -> None:
    """Rows of a stopped crawl's JOBDIR are no requests any more: the next start names each in one line, stores the
    rest, and ends with exit code 3 and the number of pages that are missing; no traceback is shown."""
    site = grow(40)
    seed = next(iter(site.truth))
    job = tmp_path / "job"
    with SiteServer(site) as web:
        run = ("crawl", "related", "-a", f"url={seed}", "-a", "depth=20", "-a", "scope=any", *FAST, "-L", "WARNING",
               "-s", f"JOBDIR={job}", "-s", "MONGO_DATABASE=damaged_rows")  # fmt: skip
        stopped = scrapy(
            *run, "-s", "CLOSESPIDER_PAGECOUNT=3", "-s", "CONCURRENT_REQUESTS=1", data_dir=data_dir, through=web
        )
        assert stopped.returncode in (0, 3), stopped.stderr
        with sqlite3.connect(job / "frontier.db") as db:
            pending = [number for (number,) in db.execute("SELECT id FROM requests ORDER BY id")]
            assert len(pending) > 2
            db.execute("UPDATE requests SET request = substr(request, 1, 20) WHERE id = ?", pending[:1])
            db.execute("UPDATE requests SET request = x'fffe' WHERE id = ?", pending[1:2])
        db.close()
        again = scrapy(*run, data_dir=data_dir, through=web)
        assert again.returncode == 3, again.stderr
        assert "Traceback" not in again.stderr
        for number in pending[:2]:
            assert again.stderr.count(f"request {number} is damaged") == 1
        assert "2 pages could not be wholly stored or followed" in again.stdout
    drop(data_dir, "damaged_rows")
