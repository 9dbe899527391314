"""Telling a process that wrote something from one that has its number today."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def this_process() -> dict[str, Any]:
    """Who writes: host, process number, and when the process was born."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "born": _born(os.getpid())}


def is_alive(process: Mapping[str, Any] | None) -> bool | None:
    """Whether a process (from `this_process`) still runs; None when it is of another host."""
    if not process or process.get("host") != socket.gethostname() or not process.get("pid"):
        return None
    born = _born(process["pid"])
    return born is not None and born == process.get("born")


def _born(pid: int) -> str | None:
    """When a process of this host started, in the kernel's own count; None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        pass
    else:
        return None if fields[0] == "Z" else fields[19]  # state and starttime, fields 3 and 22 of proc(5)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "unknown"
