"""Telling processes apart, with real ones."""

from __future__ import annotations

import subprocess
import sys

from kolcrawl.system.processes import birth_of, command_line_of, is_alive, this_process


def test_who_is_alive() -> None:
    """A process is alive until it ends, also before its parent asks for it; one of another host cannot be known."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        record = {**this_process(), "pid": child.pid, "born": birth_of(child.pid)}
        assert is_alive(this_process())
        assert is_alive(record)
        assert is_alive({**record, "host": "another.example"}) is None
        assert is_alive({**record, "born": "1"}) is False
        assert "input()" in command_line_of(child.pid)
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
        while birth_of(child.pid) is not None:  # ended, and not yet waited for
            pass
        assert is_alive(record) is False
        assert command_line_of(child.pid) == []
