"""Telling a process that wrote something from another that has its number today (`psutil`)."""

from __future__ import annotations

import math
import os
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
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


def age_of(pid: int) -> float:
    """Return the seconds since a process of this host was born; infinity if there is none."""
    try:
        return max(0.0, time.time() - psutil.Process(pid).create_time())
    except psutil.Error:
        return math.inf


def own_processes() -> Iterator[tuple[int, list[str]]]:
    """Yield number and command line of each process of this host and user."""
    user = os.getuid() if hasattr(os, "getuid") else None
    for process in psutil.process_iter():
        try:
            if user is None or process.uids().real == user:
                yield process.pid, process.cmdline()
        except psutil.Error:  # it ended meanwhile
            continue


def listens_on(pid: int, port: int) -> bool:
    """Return whether a process of this user listens on a TCP port; True where the system does not tell."""
    return _has_socket(pid, lambda at: at.status == psutil.CONN_LISTEN and at.laddr.port == port)


def has_clients(pid: int) -> bool:
    """Return whether anyone is connected to a server of this user; True where the system does not tell."""
    return _has_socket(pid, lambda at: at.status == psutil.CONN_ESTABLISHED)


def _has_socket(pid: int, is_wanted: Callable[[Any], bool]) -> bool:
    try:
        connections = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError):
        return True
    return any(map(is_wanted, connections))


def wait_for_end(pid: int, seconds: float) -> bool:
    """Wait until a process of this host has ended, or the time is over. Return whether it has ended."""
    if birth_of(pid) is None:
        return True
    try:
        handle = os.pidfd_open(pid)  # Linux
    except (AttributeError, OSError):
        time.sleep(min(seconds, 1.0))
        return birth_of(pid) is None
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
