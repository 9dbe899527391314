"""The embedded server: started once by whoever comes first, found by the others, back where it was after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from kolcrawl.errors import EmbeddedServerError
from kolcrawl.store.server import embedded
from kolcrawl.store.server.idle import end_when_idle
from kolcrawl.system.processes import birth_of, own_processes


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose server ends with the test."""
    yield tmp_path / "data"
    embedded.stop(tmp_path / "data")


STARTER = """
import pathlib, sys
from kolcrawl.store.server.embedded import ensure_server
print(ensure_server(pathlib.Path(sys.argv[1])))
"""


def test_many_at_once_share_one(folder: Path) -> None:
    """Four processes that need the server at the same moment get one and the same; it outlives them."""
    starters = [
        subprocess.Popen([sys.executable, "-c", STARTER, str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    uris = {starter.communicate(timeout=240)[0].strip() for starter in starters}
    assert len(uris) == 1
    server = embedded.running(folder)
    assert server is not None
    assert server.uri in uris


def test_after_a_kill_it_is_back_where_it_was(folder: Path) -> None:
    """Killed with SIGKILL, the server is found to be gone at once and comes back on its port; stopped, as well."""
    uri = embedded.ensure_server(folder)
    server = embedded.running(folder)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    assert embedded.ensure_server(folder) == uri
    assert embedded.stop(folder)
    assert embedded.running(folder) is None
    assert not embedded.stop(folder)
    assert embedded.ensure_server(folder) == uri


def test_a_stranger_with_its_number_is_left_alone(folder: Path) -> None:
    """The process number in `server.json` belongs to another program by now: it is neither used nor ended."""
    folder.mkdir()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (folder / "server.json").write_text(json.dumps({"pid": stranger.pid, "port": 9}))
        assert embedded.running(folder) is None
        assert not embedded.stop(folder)
        embedded.ensure_server(folder)
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


def test_a_spoilt_state_file(folder: Path) -> None:
    """A `server.json` cut short by a crash does no harm."""
    folder.mkdir()
    (folder / "server.json").write_text('{"pid": 12')
    assert embedded.ensure_server(folder)


def test_a_configuration_in_the_working_directory_is_not_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `secantusd.toml` lying about, which asks for an open address, changes nothing: loopback only."""
    (tmp_path / "secantusd.toml").write_text('host = "0.0.0.0"\n')
    monkeypatch.chdir(tmp_path)
    assert embedded.ensure_server(folder).startswith("mongodb://127.0.0.1:")
    server = embedded.running(folder)
    assert server is not None
    if Path("/proc/net/tcp").exists():
        sockets = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        mine = [address for address in sockets if int(address.partition(":")[2], 16) == server.port]
        assert {address.partition(":")[0] for address in mine} == {"0100007F"}


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """A file where the data folder should be: one line that names it and the remedy."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedServerError, match=r"file.*KOLCRAWL_DATA_DIR"):
        embedded.ensure_server(tmp_path / "file" / "data")


def test_data_that_another_program_holds(folder: Path, tmp_path: Path) -> None:
    """A server that kolcrawl did not start holds the data: one line that says so, and it is left alone."""
    embedded.ensure_server(folder)
    embedded.stop(folder)
    program = str(Path(sys.executable).parent / embedded.SERVER_PROGRAM)
    command = [program, "--port", "0", "--storage-path", str(folder / "data"), "--config", str(tmp_path / "none.toml")]
    (tmp_path / "none.toml").touch()
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as stranger:
        try:
            until(lambda: "isten" in (tmp_path / "log").read_text())
            with pytest.raises(EmbeddedServerError, match="open in another program, which kolcrawl did not start"):
                embedded.ensure_server(folder)
            assert stranger.poll() is None
        finally:
            stranger.kill()


def until(true: Callable[[], object]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.002)


def servers(folder: Path) -> list[int]:
    """The processes whose command line names the data of a folder."""
    return [pid for pid, command in own_processes() if str(folder / "data") in command]


def starter(folder: Path, before: str = "") -> subprocess.Popen[str]:
    """A process that starts the server, caught when the server's process is there; `before` is run first."""
    process = subprocess.Popen(
        [sys.executable, "-c", before + STARTER, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(lambda: servers(folder))
    return process


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.3, 0.8])
def test_a_kill_while_the_server_starts(folder: Path, moment: float) -> None:
    """Whoever starts the server is killed at a moment of the start: the next process finds the one server that is on
    the data, or starts one, and `stop` ends it."""
    process = starter(folder)
    time.sleep(moment)
    process.kill()
    process.communicate()
    uri = embedded.ensure_server(folder)
    server = embedded.running(folder)
    assert server is not None
    assert server.uri == uri
    assert servers(folder) == [server.pid]
    assert embedded.stop(folder)
    assert servers(folder) == []


def test_an_orphan_that_no_file_names(folder: Path) -> None:
    """A server whose `server.json` is gone is joined where it listens; another is ended by `stop`."""
    uri = embedded.ensure_server(folder)
    (folder / "server.json").unlink()
    assert embedded.running(folder) is None
    assert embedded.ensure_server(folder) == uri
    (folder / "server.json").unlink()
    assert embedded.stop(folder)
    assert servers(folder) == []


def test_an_orphan_that_hangs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An orphan that does not answer is ended, and a new server takes its place."""
    embedded.ensure_server(folder)
    server = embedded.running(folder)
    assert server is not None
    (folder / "server.json").unlink()
    os.kill(server.pid, signal.SIGSTOP)
    monkeypatch.setattr(embedded, "START_TIMEOUT", 5.0)
    monkeypatch.setattr(embedded, "STOP_TIMEOUT", 0.2)
    assert embedded.join_or_end(folder) is None
    monkeypatch.undo()
    embedded.ensure_server(folder)
    after = embedded.running(folder)
    assert after is not None
    assert servers(folder) == [after.pid] != [server.pid]


def test_ctrl_c_while_the_server_starts(folder: Path, tmp_path: Path) -> None:
    """Ctrl-C while the server starts, here one that never comes to answer, leaves no server."""
    program = tmp_path / embedded.SERVER_PROGRAM
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(600)\n")
    program.chmod(0o755)
    here = f"import pathlib, kolcrawl.store.server.embedded as e\ne._program = lambda: pathlib.Path({str(program)!r})"
    process = starter(folder, here)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=120)[1]
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    assert servers(folder) == []


def test_a_port_that_another_server_has(folder: Path, tmp_path: Path) -> None:
    """The port that the server had before is another folder's by now: that server is not taken for this folder's."""
    other = tmp_path / "other"
    try:
        uri = embedded.ensure_server(other)
        folder.mkdir()
        (folder / "server.json").write_text(json.dumps({"pid": 0, "port": int(uri.split(":")[2].split("/")[0])}))
        assert embedded.ensure_server(folder) != uri
        assert len(servers(folder)) == len(servers(other)) == 1
    finally:
        embedded.stop(other)


def test_its_options(folder: Path) -> None:
    """By default there is no log of operations; with it, change streams work. Who starts it next runs it the same."""
    with MongoClient[dict[str, Any]](embedded.ensure_server(folder)) as client:
        assert "setName" not in client.admin.command("hello")
    embedded.stop(folder)
    wanted = embedded.ServerOptions(change_streams=True, idle_minutes=7)
    for options in (wanted, None):
        with (
            MongoClient[dict[str, Any]](embedded.ensure_server(folder, options)) as client,
            client.x.things.watch(max_await_time_ms=10_000) as stream,
        ):
            client.x.things.insert_one({"_id": 1 if options else 2})
            assert next(stream)["operationType"] == "insert"
        server = embedded.running(folder)
        assert server is not None
        assert server.options == wanted
        embedded.stop(folder)


def test_it_ends_when_nobody_uses_it(folder: Path) -> None:
    """The server stays while a client is connected, though the time is over; without one, it ends."""
    uri = embedded.ensure_server(folder)
    server = embedded.running(folder)
    assert server is not None
    ended: list[bool] = []
    watch = threading.Thread(target=lambda: ended.append(end_when_idle(folder, server.pid, 0.0, look_seconds=0.01)))
    with MongoClient[dict[str, Any]](uri) as client:
        client.admin.command("ping")
        watch.start()
        watch.join(0.5)
        assert watch.is_alive()
        client.admin.command("ping")
    watch.join(60)
    assert ended == [True]
    assert servers(folder) == []


def test_the_watch_goes_with_its_server(folder: Path) -> None:
    """The process that watches over a server is started with it, and gone after it."""
    embedded.ensure_server(folder)
    server = embedded.running(folder)
    assert server is not None
    watches = [pid for pid, command in own_processes() if command[-3:-1] == [str(folder), str(server.pid)]]
    assert len(watches) == 1
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: birth_of(watches[0]) is None)


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server is not installed: one line with the command that installs it, and the other way."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    with pytest.raises(EmbeddedServerError, match=r'-m pip install "SecantusDB==.*MONGO_URI'):
        embedded.ensure_server(tmp_path / "data")
    assert not (tmp_path / "data").exists()
