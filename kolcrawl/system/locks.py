"""A file as a lock between processes; it is released when the file closes, also by a kill."""

from __future__ import annotations

from typing import IO


def try_lock(file: IO[str]) -> bool:
    """Hold an open file for this process; False if another holds it. Where files cannot be locked, always True."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
