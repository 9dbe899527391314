"""`scrapy frontier` on a real Redis: what it shows and steers, and one line where it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from kolcrawl.commands.frontier import Command
from kolcrawl.frontier.shared.overview import FrontierConsole
from tests.frontier.shared.servers import RedisProcess
from tests.frontier.shared.test_steps import Bench, bench, fp, texts

__all__ = ["bench"]
NAMELESS: dict[str, Any] = dict.fromkeys(("pause", "resume", "requeue_dead", "clear", "json"), False)


class Options:
    """Options of the command line."""

    def __init__(self, **given: bool) -> None:
        self.__dict__.update(NAMELESS | given)


def frontier(url: str | None, *names: str, **options: bool) -> int:
    """Run the command in this process. Returns: its exit code."""
    command = Command()
    command.settings = Settings({"FRONTIER_URL": url})
    command.run(list(names), Options(**options))  # type: ignore[arg-type]
    return command.exitcode


def test_what_is_shown(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Queues and leases by host, workers, counts, and dead letters with the reason, as text and as JSON."""
    worker = bench.worker("1 seeds, depth=2")
    bench.push(worker, 1, 2, 3)
    bench.push(worker, 4, host="b.example")
    popped = bench.pop(worker, 10, 200, 0)
    bench.tell(worker, lambda words: words.bury(popped.requests[0], "cannot be used: odd"))
    address = bench.server.address
    assert frontier(address, bench.name, json=True) == 0
    seen = json.loads(capsys.readouterr().out)
    assert (seen["state"], seen["spider"], seen["terms"]) == ("open", "related", "1 seeds, depth=2")
    assert (seen["pending"], seen["leased"], seen["spent"]) == (3, 1, 2)
    assert sum(row["queued"] for row in seen["hosts"]) == 2
    assert sum(row["leased"] for row in seen["hosts"]) == 1
    assert [row["leases"] for row in seen["workers"]] == [1]
    assert [letter["reason"] for letter in seen["dead"]] == ["cannot be used: odd"]
    assert frontier(address, bench.name) == 0
    shown = capsys.readouterr().out
    assert "3 pending, 1 of them leased" in shown
    assert "1 worker" in shown
    assert "1 dead letter" in shown
    assert frontier(address) == 0
    assert bench.name in capsys.readouterr().out.splitlines()


def test_steering(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """A paused crawl leases nothing until it goes on; dead letters come again; a removed crawl is gone."""
    worker = bench.worker()
    bench.push(worker, 1)
    address = bench.server.address
    assert frontier(address, bench.name, pause=True) == 0
    assert (bench.pop(worker).state, texts(bench.pop(worker))) == ("paused", [])
    assert frontier(address, bench.name, resume=True) == 0
    lease = bench.pop(worker).requests[0]
    bench.tell(worker, lambda words: words.bury(lease, "odd"))
    assert bench.pop(worker).pending == 0
    assert frontier(address, bench.name, requeue_dead=True) == 0
    again = bench.pop(worker)
    assert (texts(again), again.figures.dead) == (["request 1"], 0)
    capsys.readouterr()
    assert frontier(address, bench.name, clear=True) == 0
    assert "1 request that waited" in capsys.readouterr().out
    with bench.server.client() as client:
        assert client.keys(f"{{{bench.name}}}*") == []
    assert frontier(address, bench.name, pause=True) == 1
    assert "there is no crawl" in capsys.readouterr().err


def test_what_others_wrote(bench: Bench) -> None:
    """Values of another form in Redis are shown as nothing, not as a traceback."""
    worker = bench.worker()
    bench.push(worker, 1)
    with bench.server.client() as client:
        prefix = f"{{{bench.name}}}:{worker._id}:"
        client.hset(f"{prefix}who", worker.worker, b"\xff[")
        client.hset(f"{prefix}dead", fp(9), b"\xff\xfe")
    console = FrontierConsole(bench.server.address)
    seen = console.look(bench.name)
    console.close()
    assert (seen.workers[0].pid, len(seen.dead)) == (0, 1)


@pytest.mark.parametrize(
    ("url", "code", "line"),
    [
        (None, 2, "FRONTIER_URL is not set"),
        ("http://name:secret@localhost", 2, "is no address of a Redis"),
        ("redis://name:secret@127.0.0.1:1/0", 1, "the Redis at redis://127.0.0.1:1/0 does not answer"),
    ],
)
def test_one_line(url: str | None, code: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A setting that is missing or wrong, or no Redis there: one line, the exit code, and no password."""
    assert frontier(url, "affair") == code
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
    assert "secret" not in said
    with pytest.raises(UsageError):
        frontier("redis://localhost", "one", "two")


def test_login_and_full_memory(tmp_path: Path) -> None:
    """A wrong password is told without it; a Redis that would throw requests away is refused; a full one is told."""
    server = RedisProcess(tmp_path, "--requirepass", "opensesame")
    server.start()
    try:
        place = f"127.0.0.1:{server.port}/0"
        for login in ("", ":wrong@"):
            with pytest.raises(Exception, match="refuses the login") as refused:
                FrontierConsole(f"redis://{login}{place}").crawls()
            assert "wrong@" not in str(refused.value)
        server.address = f"redis://default:opensesame@{place}"
        bench = Bench(server, "full")
        worker = bench.worker()
        assert worker.shown == f"redis://{place}"
        bench.run(worker.client.config_set("maxmemory", "1"))
        with pytest.raises(Exception, match="is full: raise its maxmemory"):
            bench.push(worker, 1)
        bench.run(worker.client.config_set("maxmemory-policy", "allkeys-lru"))
        with pytest.raises(Exception, match="has maxmemory-policy allkeys-lru"):
            bench.run(worker.check())
        bench.run(worker.close())
        bench.loop.close()
    finally:
        server.stop()
