"""The project's own crawl, with its spider, pipelines and a real store, killed and taken up again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from pymongo import MongoClient

from kolcrawl.sample import SiteServer, grow
from kolcrawl.store.server.embedded import ensure_server
from tests.crawling import FAST, ROOT, Stored, drop, read_stored

if TYPE_CHECKING:
    from pathlib import Path


def edges(stored: Stored) -> set[tuple[str, str, str]]:
    """The links as the contract identifies them."""
    return {(link["from"], link["to"], link["kind"]) for link in stored.links}


def test_same_network(data_dir: Path, tmp_path: Path) -> None:
    """A crawl that was killed twice ends with the stories and links of one that was not."""
    site = grow(60)
    seed = next(iter(site.truth))

    with SiteServer(site) as web:
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
            log = process.communicate(timeout=120)[1]
            assert process.returncode in (0, 3), log[-3000:]
            return log

        end(start("resume_whole"))
        job = ("-s", f"JOBDIR={tmp_path / 'job'}")
        client: MongoClient[dict[str, object]]
        with MongoClient(ensure_server(data_dir)) as client:
            for visits in (5, 25):
                process = start("resume_killed", *job)
                until = time.monotonic() + 60
                while client.resume_killed.visits.count_documents({}) < visits and time.monotonic() < until:
                    time.sleep(0.02)
                process.send_signal(signal.SIGKILL)
                process.communicate()
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
