"""The outbox: what it sends, in which order, and what it deletes."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from kolcrawl.notify.outbox import MAX_AGE_SECONDS, MAX_STORED, send_stored, store_notification
from tests.notify.receivers import NOTIFICATION


def test_the_outbox_is_bounded(tmp_path: Path) -> None:
    """Notifications that are too many, too old or damaged are deleted; a channel that fails is not tried again."""
    stored = [
        store_notification(tmp_path, "webhook", replace(NOTIFICATION, job=f"job-{n}")) for n in range(MAX_STORED + 5)
    ]
    for n, path in enumerate(stored):
        os.utime(path, (time.time() - 9000 + n,) * 2)
    stored[7].write_bytes(b'{"id": "')
    os.utime(stored[7], (time.time() - 8993,) * 2)
    sent: list[str | None] = []
    send_stored(tmp_path, lambda _channel, notification: bool(sent.append(notification.job)), sending_seconds=0)
    assert sent == ["job-5"]
    left = {path.name for n, path in enumerate(stored) if n > 4 and n != 7}
    assert {path.name for path in tmp_path.glob("*.json")} == left
    os.utime(stored[5], (time.time() - MAX_AGE_SECONDS - 60,) * 2)
    send_stored(tmp_path, lambda _channel, notification: sent.append(notification.job) or True, sending_seconds=0)
    assert sent[:2] == ["job-5", "job-6"]
    assert list(tmp_path.glob("*.json")) == []


def test_what_its_own_crawl_may_be_sending_is_left_to_it(tmp_path: Path) -> None:
    """A notification is sent by another crawl only when it is older than its own crawl takes."""
    path = store_notification(tmp_path, "webhook", NOTIFICATION)
    sent: list[str] = []
    send_stored(tmp_path, lambda channel, _notification: sent.append(channel) or True)
    assert (sent, path.exists()) == ([], True)
