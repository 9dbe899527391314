"""A real Redis of a test's own, on a free port: `RedisProcess`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import redis

from tests.missing import skip_without
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path


def redis_program() -> str:
    """Find redis-server, or the program that REDIS_SERVER names, such as a valkey-server.

    Without it, skip the test, or fail it where it must be there.
    """
    program = shutil.which(os.environ.get("REDIS_SERVER", "redis-server"))
    if program is None:
        skip_without("redis-server (apt install redis-server), by which a shared frontier is tested,")
    return program


class RedisProcess:
    """A redis-server that writes every second, as in docs/scale.md."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options = folder, options
        self._process: subprocess.Popen[bytes] | None = None
        self._take_port()

    def start(self) -> None:
        """Start it, or start it again on its data; return when it answers."""
        is_new = self._process is None
        for _ in range(5):
            if self._answers_in_time():
                return
            self.stop()
            if not is_new:
                break
            self._take_port()  # somebody else took the port, or that of a cluster's bus, in the meantime
        raise AssertionError("redis-server did not start")

    def _take_port(self) -> None:
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"

    def _answers_in_time(self) -> bool:
        command = [
            redis_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
            "--appendonly", "yes", "--save", "", *self.options,
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        with self.client() as client:
            while time.monotonic() < deadline and self._process.poll() is None:
                try:
                    client.ping()
                except redis.AuthenticationError:
                    return True
                except redis.ConnectionError:
                    time.sleep(0.02)
                else:
                    return self._process.poll() is None
        return False

    def client(self) -> redis.Redis:
        """Open a plain client."""
        return redis.Redis(port=self.port)

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP and SIGCONT to hang it."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> None:
        """Wait for its end."""
        assert self._process is not None
        self._process.wait(timeout=30)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None
