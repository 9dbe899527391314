"""What processes have cost so far."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

_CONTROL: Final = Path("/sys/fs/cgroup")
_PERIOD: Final = 100_000
"""Microseconds in which a process has its share of a core."""


def spent(pid: int) -> float:
    """Return the processor seconds of a process with all its threads (`/proc/PID/stat`, Linux); 0 once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processor_clock(pid: int) -> int:
    """Return the id of the clock that counts a process' processor time, all threads together (Linux)."""
    return (~pid << 3) | 2


@contextlib.contextmanager
def limited(share: float, name: str = "kolcrawl-benchmark") -> Iterator[Callable[[int], None]]:
    """Limit processes to a share of a core each, by control groups (Linux, version 1 or 2; needs root).

    Yields: what limits a process, given its id, with all that it starts from then on.

    Raises:
        SystemExit: this machine does not let us.
    """
    second = (_CONTROL / "cgroup.controllers").exists()
    parent = (_CONTROL if second else _CONTROL / "cpu") / f"{name}-{os.getpid()}"
    quota = int(share * _PERIOD)
    groups: list[Path] = []

    def limit(pid: int) -> None:
        group = parent / str(pid)
        group.mkdir()
        groups.append(group)
        (group / ("cpu.max" if second else "cpu.cfs_quota_us")).write_text(
            f"{quota} {_PERIOD}" if second else f"{quota}"
        )
        (group / "cgroup.procs").write_text(str(pid))

    try:
        if second:
            (_CONTROL / "cgroup.subtree_control").write_text("+cpu")
        parent.mkdir()
        if second:
            (parent / "cgroup.subtree_control").write_text("+cpu")
    except OSError as error:
        raise SystemExit(
            f"processes cannot be limited to a share of a core here (root and cgroups needed): {error}"
        ) from error
    try:
        yield limit
    finally:
        for group in (*groups, parent):
            _remove(group)


def _remove(group: Path) -> None:
    for _ in range(100):  # the kernel needs a moment to see that the last process is gone
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.05)
