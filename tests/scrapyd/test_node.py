"""`scrapy schedule` and a real Scrapyd: what a node says, how it refuses, and two nodes of which one is down."""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from kolcrawl.schedule.plan import NodeAddress, Schedule
from kolcrawl.schedule.scrapyd_node import ScrapydNode
from kolcrawl.system.http_client import ServiceError
from tests.crawling import read_stored, scrapy
from tests.ports import free_port
from tests.scrapyd.servers import PASSWORD, USER, Scrapyd, until

pytestmark = pytest.mark.xdist_group("scrapyd")

HOUR = timedelta(hours=1)


def address(node: Scrapyd, password: str = PASSWORD) -> NodeAddress:
    """The node's address with a login."""
    return NodeAddress(url=node.url, username=USER, password=password)


def test_a_schedule_starts_a_job(node: Scrapyd, data_dir: Path) -> None:
    """The job runs under its id with the arguments and settings of the schedule, and is listed also after its end."""
    settings = {"MONGO_DATABASE": "by_schedule"}
    schedule = Schedule(name="affair", every=HOUR, spider="sample", args={"depth": "0"}, settings=settings)
    there = ScrapydNode(address(node))
    there.start(schedule, "affair-20261122T100000Z")
    assert "affair-20261122T100000Z" in there.jobs().active | there.jobs().finished
    node.finished("affair-20261122T100000Z")
    assert "affair-20261122T100000Z" in there.jobs().finished
    assert len(read_stored(data_dir, "by_schedule").fetched()) == 1  # the seed alone, as depth is 0
    assert "sample" in there.spiders("kolcrawl")


def test_refusals_are_told_apart_from_silence(node: Scrapyd) -> None:
    """A wrong password, an unknown project or spider: refused, with one line; no server: surely not sent."""
    schedule = Schedule(name="a", every=HOUR, spider="sample")
    with pytest.raises(ServiceError, match="set SCRAPYD_USERNAME") as error:
        ScrapydNode(address(node, "wrong word")).jobs()
    assert error.value.status == 401
    assert "wrong word" not in str(error.value)
    there = ScrapydNode(address(node))
    for wrong in (Schedule(name="a", every=HOUR, project="nothing"), Schedule(name="a", every=HOUR, spider="nobody")):
        with pytest.raises(ServiceError, match=r"refuses: .*(nothing|nobody).* not found") as error:
            there.start(wrong, "refused-1")
        assert error.value.status is not None
        assert "\n" not in str(error.value)
    with pytest.raises(ServiceError, match="does not answer") as error:
        ScrapydNode(NodeAddress(url=f"http://127.0.0.1:{free_port()}")).start(schedule, "unsent-1")
    assert (error.value.status, error.value.sent) == (None, False)


def test_the_command_with_one_node_down(node: Scrapyd, tmp_path: Path) -> None:
    """`run --once` passes by the node that is down and starts the due run on the other; `check` names it."""
    file = tmp_path / "schedules.toml"
    nodes = f'[[node]]\nurl = "http://127.0.0.1:{free_port()}"\n[[node]]\nurl = "{node.url}"\n'
    rest = 'spider = "sample"\nevery = "1m"\nargs = { depth = 0 }\nsettings = { MONGO_DATABASE = "by_command" }\n'
    file.write_text(f'{nodes}[[schedule]]\nname = "minutely"\n{rest}')
    login = {"SCRAPYD_USERNAME": USER, "SCRAPYD_PASSWORD": PASSWORD}
    options = ("--file", str(file), "--state", str(tmp_path / "state.sqlite"))
    checked = scrapy("schedule", "check", *options, data_dir=tmp_path, **login)
    assert checked.returncode == 1
    assert "does not answer" in checked.stdout
    assert f"{node.url}: up" in checked.stdout

    def started() -> str | None:
        done = scrapy("schedule", "run", "--once", *options, data_dir=tmp_path, **login)
        assert done.returncode == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if f"started on {node.url}" in line]
        return lines[0].split()[1].rstrip(":") if lines else None

    assert started() is None  # new: its first time is to come
    set_back(tmp_path / "state.sqlite")
    job = until(started, what="the due start")
    node.finished(job)
    wrong = scrapy("schedule", "check", "--file", str(tmp_path / "none.toml"), data_dir=tmp_path)
    assert wrong.returncode == 1
    assert wrong.stderr.strip().startswith(f"scrapy schedule: {tmp_path}{os.sep}none.toml: cannot be read")


def set_back(journal: Path) -> None:
    """Make a scheduler's journal as if it had looked two minutes ago."""
    with sqlite3.connect(journal) as db:
        db.execute("UPDATE schedules SET seen = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', '-2 minutes')")
    db.close()


class OldNode(BaseHTTPRequestHandler):
    """A Scrapyd with a project of long ago."""

    def do_GET(self) -> None:
        """Answer every service at once."""
        body = b'{"status": "ok", "pending": [], "running": [], "finished": [], "spiders": ["sample"]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given: object) -> None:
        """Nothing."""


def test_check_names_a_node_with_an_old_project(tmp_path: Path) -> None:
    """A node that answers, but has no such spider, would refuse each run: `check` says what to do."""
    with HTTPServer(("127.0.0.1", 0), OldNode) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        node = f"http://127.0.0.1:{server.server_address[1]}"
        file = tmp_path / "schedules.toml"
        rest = f'[[schedule]]\nname = "a"\nevery = "1h"\n[[node]]\nurl = "{node}"\n'
        codes = {}
        for spider in ("sample", "udn"):
            file.write_text(
                rest.replace("every", f'spider = "{spider}"\nargs = {{ url = "https://a.example/1" }}\nevery')
            )
            done = scrapy("schedule", "check", "--file", str(file), data_dir=tmp_path)
            codes[spider] = done.returncode
        server.shutdown()
    assert codes == {"sample": 0, "udn": 1}
    assert f"{node}: its kolcrawl has no spider 'udn'; deploy it there again" in done.stdout
