"""What processes have cost so far."""

from __future__ import annotations

import os
from pathlib import Path


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
