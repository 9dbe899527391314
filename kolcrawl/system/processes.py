"""Telling a process that wrote something from another that has its number today (`psutil`)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

import psutil

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def this_process() -> dict[str, Any]:
    """Identify the calling process: host, process number, and when the process was born."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "born": birth_of(os.getpid())}


def is_alive(process: Mapping[str, Any] | None) -> bool | None:
    """Return whether a process still runs.

    Args:
        process: what `this_process` returned in it.

    Returns: None when it is of another host, so that nothing can be known.
    """
    if not process or process.get("host") != socket.gethostname() or not process.get("pid"):
        return None
    born = birth_of(process["pid"])
    return born is not None and born == process.get("born")


def birth_of(pid: int) -> str | None:
    """Return when a process of this host was born, in clock ticks since the host started; None if there is none.

    The host's own count is not moved by setting its clock. A process that has ended and waits for its parent is none.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return str(round((process.create_time() - psutil.boot_time()) * _TICKS_PER_SECOND))
    except psutil.NoSuchProcess:
        return None


def command_line_of(pid: int) -> list[str]:
    """Return the program and arguments of a process of this host; empty if there is none, or it has ended."""
    try:
        return psutil.Process(pid).cmdline()  # of a process that waits for its parent: empty
    except psutil.Error:
        return []
