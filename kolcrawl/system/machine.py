"""The machine: how many cores a process may use, and whether a database runs on it."""

from __future__ import annotations

import os
import re
from pathlib import Path

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Processor time that a control group of version 2 allows: microseconds and the period, or `max` and the period."""
_LOCAL_HOST = r"(?:localhost|127\.[\d.]+|\[::1\]|%2[fF][^/?,:]*)(?::\d+)?"
_LOCAL_URI = re.compile(rf"mongodb://(?:[^/]*@)?{_LOCAL_HOST}(?:,{_LOCAL_HOST})*(?:[/?].*)?")


def cores() -> int:
    """Count the processor cores that this process may use; of a container's quota whole ones, at least one."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = map(int, CGROUP_QUOTA.read_text().split())
    except (OSError, ValueError):  # no control group of version 2, or one without a quota ("max")
        return count
    return max(1, min(count, quota // period))


def is_local(mongo_uri: str) -> bool:
    """Check whether all servers of a MongoDB URI are on this machine."""
    return _LOCAL_URI.fullmatch(mongo_uri) is not None
