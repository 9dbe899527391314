"""A real Redis of a test's own, on a free port: `RedisProcess`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import redis

from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path


def redis_program() -> str:
    """Find redis-server, or the program that REDIS_SERVER names, such as a valkey-server.

    Without it, skip the test, or fail it where it must be there.
    """
    program = shutil.which(os.environ.get("REDIS_SERVER", "redis-server"))
    if program is None:
        if os.environ.get("TOOLS_ARE_THERE"):
            pytest.fail("redis-server is not installed, though .ci/run installs it")
        pytest.skip("redis-server is not installed (apt install redis-server): a shared frontier cannot be tested")
    return program


class RedisProcess:
    """A redis-server that writes every second, as in docs/scale.md."""

    def __init__(self, folder: Path, *options: str, tls: bool = False) -> None:
        self.folder, self.options, self.port = folder, options, free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *ready: str) -> None:
        """Start it, or start it again on its data; return when it answers."""
        command = [
            redis_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
            "--appendonly", "yes", "--save", "", *self.options,
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        with self.client() as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.AuthenticationError:
                    return
                except redis.ConnectionError:
                    if time.monotonic() > deadline or self._process.poll() is not None:
                        self.stop()
                        raise AssertionError("redis-server did not start") from None
                    time.sleep(0.02)

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
