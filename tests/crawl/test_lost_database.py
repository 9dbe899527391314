"""A crawl whose database goes away in the middle: for good, and for a while."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pymongo import MongoClient

from kolcrawl.sample import SiteServer, Weather, grow
from kolcrawl.store.server.embedded import stop
from tests.crawling import FAST, ROOT, read_stored, scrapy
from tests.ports import free_port
from tests.small_web import HoldingServer

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = 50
PATIENCE = "8"
"""Seconds until a crawl gives its database up: one on a busy machine may be silent for some before it is killed."""
LIMITED = """
import os, resource, subprocess, sys

sys.path[0] = os.getcwd()
from scrapy.cmdline import execute

import kolcrawl.store.server.embedded as embedded
age_of = embedded.age_of
embedded.age_of = lambda pid: age if (age := age_of(pid)) < 5 else age + 60  # a young server is given time to get well

class Limited(subprocess.Popen):
    def __init__(self, *args, **options):
        limits = (resource.RLIMIT_FSIZE, (600_000, 600_000))
        super().__init__(*args, preexec_fn=lambda: resource.setrlimit(*limits), **options)

subprocess.Popen = Limited
sys.argv[0] = "scrapy"
execute()
"""
"""`scrapy` with a limit, in bytes, on the files of every process it starts."""


class Database:
    """A server of the user's own, at a fixed address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "empty.toml").touch()
        self.port = free_port()
        self.uri = f"mongodb://127.0.0.1:{self.port}/"

    def start(self) -> None:
        program = Path(sys.executable).with_name("secantusd-py")
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--storage-path", str(self.folder / "data")]
        self.process = subprocess.Popen(
            [program, "--config", str(self.folder / "empty.toml"), *place],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with MongoClient(self.uri, serverSelectionTimeoutMS=120_000) as client:
            client.admin.command("ping")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def fetched(self, database: str) -> set[str]:
        with MongoClient(self.uri) as client:
            return {story["url"] for story in client[database].stories.find({"status": "fetched"})}


def interrupted(
    database: Database,
    server: HoldingServer,
    data_dir: Path,
    name: str,
    patience: str,
    then: Callable[[], None],
    *more: str,
) -> tuple[int, str]:
    """Crawl; a third through, kill the database and do what comes `then`. Exit code and log."""
    environment = os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir), "PYTHONUTF8": "1"}
    options = ["-s", f"MONGO_URI={database.uri}", "-s", f"MONGO_DATABASE={name}", "-s", f"STORE_PATIENCE={patience}"]
    seed = ["-a", f"url={server.site.seeds[0]}", "-a", "depth=9", "-a", "max_pages=0"]
    crawl = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "related", *seed, *FAST, *options, *more, "-L", "WARNING"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        encoding="utf-8",
    )
    while len(server.log) < PAGES // 3:
        assert crawl.poll() is None, crawl.communicate()[1]
        time.sleep(0.01)
    database.kill()
    server.go_on.set()
    then()
    _, log = crawl.communicate(timeout=240)
    return crawl.returncode, log


def test_gone_for_good_and_back_at_the_next_start(tmp_path: Path) -> None:
    """The crawl stops with a clear reason and exit code 1; all it fetched is in the database after the next start."""
    site, database = grow(PAGES, seed=31), Database(tmp_path / "db")
    database.start()
    with HoldingServer(site, Weather(latency=0.05), pages=PAGES // 3) as server:
        code, log = interrupted(database, server, tmp_path / "own", "gone", PATIENCE, lambda: None)
        assert code == 1, log
        assert "no database answers at" in log
        assert "Traceback" not in log
        had = {line.url for line in server.log if line.status == 200 and "robots.txt" not in line.url}
        assert had < set(site.truth)
        database.start()
        flushed = scrapy(
            "flush-spool", "-s", f"MONGO_URI={database.uri}", "-s", "MONGO_DATABASE=gone", data_dir=tmp_path / "own"
        )
        assert flushed.returncode == 0, flushed.stderr
        assert database.fetched("gone") == had
        check = scrapy(
            "check-store", "-s", f"MONGO_URI={database.uri}", "-s", "MONGO_DATABASE=gone", data_dir=tmp_path / "own"
        )
        assert check.returncode == 0, check.stdout
    database.kill()


def test_not_there_yet(tmp_path: Path) -> None:
    """A database that starts after the crawl is waited for, which the log says at once; the crawl is a good one."""
    site, database = grow(20, seed=34), Database(tmp_path / "db")
    log = tmp_path / "log"
    with SiteServer(site) as server, log.open("w") as written:
        environment = os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(tmp_path / "own"), "PYTHONUTF8": "1"}
        seed = ["-a", f"url={site.seeds[0]}", "-a", "depth=9", "-a", "max_pages=0"]
        crawl = subprocess.Popen(
            [
                sys.executable, "-m", "scrapy", "crawl", "related", *seed, *FAST, "-L", "WARNING",
                "-s", f"MONGO_URI={database.uri}", "-s", "MONGO_DATABASE=early",
            ],
            cwd=ROOT, env=environment, stderr=written, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        while "waiting up to 60 s for it (STORE_PATIENCE)" not in log.read_text():
            assert crawl.poll() is None, log.read_text()
            time.sleep(0.05)
        database.start()
        assert crawl.wait(240) == 0, log.read_text()
    assert database.fetched("early") == set(site.reachable(depth=9))
    database.kill()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stopped_while_it_waits(how: signal.Signals, tmp_path: Path) -> None:
    """A crawl that waits for its database can be stopped."""
    log = tmp_path / "log"
    port = free_port()
    with log.open("w") as written:
        crawl = subprocess.Popen(
            [
                sys.executable, "-m", "scrapy", "crawl", "related", "-a", "url=http://news.example/1.html",
                "-s", f"MONGO_URI=mongodb://127.0.0.1:{port}/", "-s", "STORE_PATIENCE=3600",
            ],
            cwd=ROOT, env=os.environ | {"KOLCRAWL_DATA_DIR": str(tmp_path / "own")}, stderr=written, stdout=written,
        )  # fmt: skip
        while "(STORE_PATIENCE)" not in log.read_text():
            assert crawl.poll() is None, log.read_text()
            time.sleep(0.05)
        crawl.send_signal(how)
        assert crawl.wait(240) == 3, log.read_text()
    assert "Traceback" not in log.read_text()


def test_away_for_a_while(tmp_path: Path) -> None:
    """A database that comes back within the patience costs nothing: the crawl goes on to its end."""
    site, database = grow(PAGES, seed=32), Database(tmp_path / "db")
    database.start()

    def come_back() -> None:
        time.sleep(1)
        database.start()

    with HoldingServer(site, Weather(latency=0.05), pages=PAGES // 3) as server:
        code, log = interrupted(database, server, tmp_path / "own", "back", "60", come_back)
        assert code in (0, 3), log
    wanted = set(site.reachable(depth=9))
    asked = {line.url: line.status for line in server.log}
    had = database.fetched("back")
    assert had == wanted, {url: asked.get(url) for url in wanted - had}
    database.kill()


def test_full_disk(tmp_path: Path) -> None:
    """When the embedded server cannot write any more, the log says where to look, and nothing that was fetched is lost.

    A limit on the size of files stands for the disk: the server is run under it, and fails as on a full disk; the crawl
    and its spool are not, as where they have a disk of their own.
    """
    site, own = grow(100, seed=33), tmp_path / "own"
    limited = tmp_path / "limited.py"
    limited.write_text(LIMITED)
    with SiteServer(site) as server:
        done = subprocess.run(
            [
                sys.executable, str(limited), "crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "depth=9",
                "-a", "max_pages=0", *FAST, "-s", "STORE_PATIENCE=4", "-L", "WARNING",
            ],
            cwd=ROOT,
            env=os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(own), "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            timeout=240,
            check=False,
        )  # fmt: skip
        had = {line.url for line in server.log if line.status == 200 and "robots.txt" not in line.url}
    stop(own)  # the limit ends with the process
    try:
        assert done.returncode == 1
        assert "no database answers" not in done.stderr
        assert f"see {own / 'server.log'}" in done.stderr
        assert f"what is fetched is kept in {own / 'spool'}" in done.stderr
        assert "Traceback" not in done.stderr
        flushed = scrapy("flush-spool", data_dir=own)
        assert flushed.returncode == 0, flushed.stderr
        assert {site.redirects.get(url, url) for url in had} == read_stored(own, "kolcrawl").fetched()
    finally:
        stop(own)


def test_neither_database_nor_disk(tmp_path: Path) -> None:
    """What no disk takes is told once, without tracebacks, and stays owed in the JOBDIR: the next start has it.

    A file in the place of the spool's folder stands for a disk that cannot be written any more.
    """
    site, database, own = grow(PAGES, seed=34), Database(tmp_path / "db"), tmp_path / "own"
    database.start()
    own.mkdir()
    job = ("-s", f"JOBDIR={tmp_path / 'job'}")
    with HoldingServer(site, Weather(latency=0.05), pages=PAGES // 3) as server:
        code, log = interrupted(database, server, own, "neither", PATIENCE, (own / "spool").touch, *job)
        assert code == 1
        assert log.count("stories are neither written nor kept: make room") == 1, log
        assert "Traceback" not in log
        lost = re.findall(r"(\d+) stories were fetched, but neither written nor kept", log)
        assert lost == re.findall(r"(\d+) pages were fetched but not stored; start again with JOBDIR=", log) != []
        (own / "spool").unlink()
        database.start()
        again = scrapy(
            "crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "depth=9", "-a", "max_pages=0", *FAST, *job,
            "-s", f"MONGO_URI={database.uri}", "-s", "MONGO_DATABASE=neither", "-L", "WARNING",
            data_dir=own, through=server,
        )  # fmt: skip
        assert again.returncode in (0, 3), again.stderr
    assert database.fetched("neither") == set(site.reachable(depth=9))
    database.kill()
