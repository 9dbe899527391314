"""docs/scrapyd.md, run: from starting Scrapyd to an hourly crawl with a notice."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kolcrawl.store.server.embedded import stop
from tests.crawling import ROOT
from tests.ports import free_port
from tests.scrapyd.servers import clean_environment, until

pytestmark = pytest.mark.xdist_group("scrapyd")

BLOCKS = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs/scrapyd.md").read_text(), re.DOTALL | re.MULTILINE)


class Shell:
    """One bash, as a reader has it: what a block exports holds for the next."""

    def __init__(self, folder: Path, home: Path, port: int) -> None:
        self.port = port
        path = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
        self.process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=clean_environment(PATH=path, HOME=str(home), SCRAPYD_HTTP_PORT=str(port)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, block: str) -> str:
        """Run a block; every line must succeed. Returns: what it printed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"set -e\n{block.replace('6800', str(self.port))}\nset +e; echo; echo END-OF-BLOCK\n")
        self.process.stdin.flush()
        printed = []
        for line in self.process.stdout:
            if line == "END-OF-BLOCK\n":
                return "".join(printed)
            printed.append(line)
        raise AssertionError(f"failed:\n{block}\n{''.join(printed)}")

    def end(self) -> None:
        """End the shell with all that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home folder; the embedded server that the jobs start there ends with the test."""
    home = tmp_path / "home"
    home.mkdir()
    yield home
    stop(home / "data")


def test_the_whole_way(tree: Path, tmp_path: Path, home: Path) -> None:
    """Each `sh` block succeeds in order; the job is found, it notifies, and a due run is started hourly."""
    start, deploy, first, look, again, look_at_notifications, schedule, install = BLOCKS
    work = Path(shutil.copytree(tree, tmp_path / "project"))
    shell = Shell(work, home, free_port())
    conf = work / "deploy/scrapyd/scrapyd.conf"
    conf.write_text(conf.read_text().replace("poll_interval = 2.0", "poll_interval = 0.3"))  # seconds
    example = work / "deploy/scrapyd/schedules.toml"
    example.write_text(example.read_text().replace("6800", str(shell.port)))
    ask = 'curl -s -u "$SCRAPYD_USERNAME:$SCRAPYD_PASSWORD" "$SCRAPYD_URL/listjobs.json?project=kolcrawl"'

    def over(job: str, times: int = 1) -> bool:
        jobs = json.loads(shell.run(ask))
        return [row["id"] for row in jobs["finished"]].count(job) == times

    try:
        shell.run(start)
        until(
            lambda: '"ok"' in shell.run(ask.replace("listjobs.json?project=kolcrawl", "daemonstatus.json") + " || true")
        )
        assert "sample" in shell.run(deploy)
        assert '"first"' in shell.run(first)
        until(lambda: over("first"), 240, "the job's end")
        seen = shell.run(look)
        assert "Spider closed (finished)" in seen
        assert "stories" in seen
        assert '"status": "ok"' in shell.run(again)
        until(lambda: over("first", 2), 240, "the second end")
        seen = shell.run(look_at_notifications)
        assert '"event": "new_story"' in seen
        assert 'kolcrawl_crawl_running{schedule="",spider="sample"} 0.0' in seen
        seen = shell.run(schedule)
        assert "affair: good" in seen
        assert "up, 0 running" in seen
        state = home / "data" / "schedules.sqlite"
        with sqlite3.connect(state) as db:  # as if the scheduler had been looking since two hours ago
            ago = "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', '-2 hours')"
            db.execute(f"UPDATE schedules SET seen = {ago} WHERE name = 'affair'")  # the other has hours of its own
        db.close()
        began = until(lambda: re.search(r"(affair-\w+): started on", shell.run("scrapy schedule run --once")))
        until(lambda: over(began[1]), 240, "the scheduled crawl's end")
        notifications = [json.loads(line) for line in (home / "notifications.jsonl").read_text().splitlines()]
        assert ("affair", began[1]) in [
            (notification["schedule"], notification["job"]) for notification in notifications
        ]
        assert f"{began[1]} ended" in shell.run("scrapy schedule run --once; scrapy schedule list")
        seen = shell.run(install)
        assert seen.startswith("* * * * * cd ")
        line = seen.splitlines()[0].removeprefix("* * * * * ").replace("\\%", "%")
        shell.run(f"bash -c {json.dumps(line)}")
        verify_units(work / "units")
    finally:
        shell.end()


def verify_units(folder: Path) -> None:
    """The units are understood by systemd, where there is one."""
    assert sorted(unit.name for unit in folder.iterdir()) == ["kolcrawl-schedule.service", "kolcrawl-schedule.timer"]
    if shutil.which("systemd-analyze"):
        units = [str(unit) for unit in folder.iterdir()]
        done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
