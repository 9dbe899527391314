"""Notices on disk until they are delivered, so that a receiver that is down, or a crawl that is killed, loses none.

A notice is kept before it is sent, once for each sink, and dropped when the sink has taken it. The next crawl with the
same data folder sends what is left. A receiver may get one twice, and knows it by its `id`.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from kolcrawl.notify.notifications import Notice
from kolcrawl.system.files import write_atomically
from kolcrawl.system.locks import try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SETTLE = 120.0  # seconds in which a notice's own crawl may still be sending it
KEPT = 3 * 86400.0  # seconds; what nobody took for so long is news no more
MOST = 200
"""Notices kept at most; of more, the oldest are dropped."""


def keep(folder: Path, sink: str, notice: Notice) -> Path:
    """Put a notice on disk.

    Raises:
        OSError: it cannot be.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{sink}-{notice.id}.json"
    write_atomically(path, notice.to_json())
    return path


def send_left(folder: Path, send: Callable[[str, Notice], bool], *, settle: float = SETTLE) -> None:
    """Send what earlier crawls could not, oldest first. One process at a time does; others leave it to that one.

    Args:
        send: given a sink's name and a notice, whether it was delivered; after a failure no more go to that sink.
        settle: seconds for which a notice is left to its own crawl.

    Raises:
        OSError: the folder cannot be read.
    """
    if not folder.is_dir():
        return
    lock = try_lock(folder / ".lock")
    if lock is None:
        return
    with lock:
        failed: set[str] = set()
        for path, sink, notice in _left(folder, settle):
            if sink in failed:
                continue
            if send(sink, notice):
                path.unlink(missing_ok=True)
            else:
                failed.add(sink)


def _left(folder: Path, settle: float) -> Iterator[tuple[Path, str, Notice]]:
    """Path, sink and notice of what is to be sent; what is too old, too much or unreadable is dropped."""
    now = time.time()
    written = {}
    for path in folder.glob("*-*.*"):
        with contextlib.suppress(FileNotFoundError):
            written[path] = path.stat().st_mtime
    oldest_first = sorted(written, key=lambda path: (written[path], path.name))
    for path in oldest_first:
        age = now - written[path]
        if age > KEPT or path in oldest_first[:-MOST] or (path.suffix != ".json" and age > settle):
            path.unlink(missing_ok=True)
        elif path.suffix == ".json" and age >= settle:
            try:
                notice = Notice.from_json(path.read_bytes())
            except (FileNotFoundError, ValueError, KeyError, TypeError):
                path.unlink(missing_ok=True)  # delivered meanwhile, or half written when the power went
            else:
                yield path, path.name.partition("-")[0], notice
