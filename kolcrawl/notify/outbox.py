"""Notifications on disk until they are delivered, so that neither a receiver that is down nor a kill loses one.

A notification is stored before it is sent, once for each channel, and deleted when the channel has delivered it. The
next crawl with the same data folder sends what is left: at once what a channel has refused, and what was cut off in the
middle when it is two minutes old. A receiver may get one twice, and knows it by its `id`.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Final

from kolcrawl.notify.notifications import Notification
from kolcrawl.system.files import write_atomically
from kolcrawl.system.locks import try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

SENDING_SECONDS: Final = 120.0  # for which a notification is left to the crawl that may still be sending it
MAX_AGE_SECONDS: Final = 3 * 86400.0  # what nobody took for so long is no longer news
MAX_STORED: Final = 200  # of more notifications, the oldest are deleted


def store_notification(folder: Path, channel: str, notification: Notification) -> Path:
    """Write a notification to disk.

    Args:
        channel: name of the channel that is to send it.

    Returns: its file.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{channel}-{notification.id}.json"
    write_atomically(path, notification.to_json())
    return path


def release_stored(path: Path) -> None:
    """Leave a notification to the next crawl at once, since its own has stopped trying."""
    with contextlib.suppress(OSError):
        written = path.stat().st_mtime - SENDING_SECONDS
        os.utime(path, (written, written))


def remove_stored(folder: Path, database: str, crawls: Collection[str]) -> int:
    """Delete what waits to be sent of a database that is removed.

    Args:
        folder: of the notifications.
        database: its name.
        crawls: ids of its runs; a notification of an earlier version names its run alone.

    Returns: how many were deleted.

    Raises:
        OSError: the folder cannot be read, or a file not be deleted.
    """
    removed = 0
    for path in folder.glob("*-*.json"):
        try:
            notification = Notification.from_json(path.read_bytes())
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            continue
        if notification.crawl in crawls or (notification.crawl is None and notification.database == database):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def send_stored(
    folder: Path, send: Callable[[str, Notification], bool], *, sending_seconds: float = SENDING_SECONDS
) -> None:
    """Send what earlier crawls could not deliver, oldest first. One process at a time does so; others skip it.

    Args:
        send: sends a notification by the channel of this name, and returns whether it was delivered; after a failure
            the channel is not tried again.
        sending_seconds: age of a notification, in seconds, before it is no longer left to its own crawl.

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
        for path, channel, notification in _stored(folder, sending_seconds):
            if channel in failed:
                continue
            if send(channel, notification):
                path.unlink(missing_ok=True)
            else:
                failed.add(channel)


def _stored(folder: Path, sending_seconds: float) -> Iterator[tuple[Path, str, Notification]]:
    """Read what is to be sent, oldest first; delete what is too old, too much or cannot be read.

    Yields: the file, the channel's name, the notification.
    """
    now = time.time()
    written = {}
    for path in folder.glob("*-*.*"):
        with contextlib.suppress(FileNotFoundError):
            written[path] = path.stat().st_mtime
    oldest_first = sorted(written, key=lambda path: (written[path], path.name))
    too_many = set(oldest_first[:-MAX_STORED])
    for path in oldest_first:
        age = now - written[path]
        abandoned_draft = path.suffix != ".json" and age > sending_seconds
        if age > MAX_AGE_SECONDS or path in too_many or abandoned_draft:
            path.unlink(missing_ok=True)
        elif path.suffix == ".json" and age >= sending_seconds:
            try:
                notification = Notification.from_json(path.read_bytes())
            except (FileNotFoundError, ValueError, KeyError, TypeError):
                path.unlink(missing_ok=True)  # delivered meanwhile, or damaged
            else:
                yield path, path.name.partition("-")[0], notification
