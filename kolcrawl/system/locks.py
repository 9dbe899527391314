"""Locks between processes, on files; a lock is released when its holder ends, also by a kill (`filelock`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self


class HeldLock:
    """A lock that this process holds, until `release` or the end of a `with` block."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def release(self) -> None:
        """Let another process take the lock. May be called twice."""
        self._lock.release(force=True)


def try_lock(path: Path, wait: float = 0.0) -> HeldLock | None:
    """Take the lock on a file, which is created if it is missing and must hold nothing else.

    Args:
        path: the lock file.
        wait: seconds to wait for another process that holds the lock.

    Returns: the lock; None if another process holds it.

    Raises:
        OSError: the file cannot be opened.
    """
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        return None
    return HeldLock(lock)
