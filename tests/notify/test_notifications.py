"""Notifications: they are read back as they were written, and hostile titles cannot forge a line."""

from __future__ import annotations

from dataclasses import replace

from kolcrawl.notify.events import story_event
from kolcrawl.notify.notifications import Notification
from tests.notify.receivers import NOTIFICATION


def test_a_notification_is_read_back() -> None:
    """JSON holds all of it, so what waits in the outbox is sent as it was."""
    assert Notification.from_json(NOTIFICATION.to_json()) == NOTIFICATION
    assert Notification.from_json(NOTIFICATION.to_json()).id == NOTIFICATION.id


def test_hostile_titles_are_tamed() -> None:
    """No line of a mail can be forged by a page's title, nor its reading direction turned."""
    event = story_event("title_changed", {"title": "a\r\nBcc: x@y\x1b[2J\u202eb" + "c" * 999}, "old\ntitle")
    assert event.title is not None
    assert event.title.startswith("a Bcc: x@y [2J b")
    assert len(event.title) == 300
    notification = replace(NOTIFICATION, events=(event,), schedule="x\r\nBcc: y")
    assert "\n" not in notification.subject()
    assert "\nBcc" not in notification.text()
