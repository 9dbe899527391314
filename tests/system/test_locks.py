"""Locks between real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kolcrawl.system.locks import try_lock

HOLDER = """
import pathlib, sys
from kolcrawl.system.locks import try_lock
lock = try_lock(pathlib.Path(sys.argv[1]))
print("held" if lock else "busy", flush=True)
input()
"""


def test_a_kill_releases_the_lock(tmp_path: Path) -> None:
    """A lock that another process holds cannot be taken; when that process is killed, or the block ends, it can."""
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert try_lock(path) is None
        holder.kill()
    lock = try_lock(path, wait=10.0)
    assert lock is not None
    with lock:
        assert try_lock(path) is None
    again = try_lock(path)
    assert again is not None
    again.release()
