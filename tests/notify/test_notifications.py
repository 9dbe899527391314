"""Notifications: they are read back as they were written, and hostile titles cannot forge a line."""

from __future__ import annotations

import json
from dataclasses import replace

from kolcrawl.locale import set_language
from kolcrawl.notify.events import story_event
from kolcrawl.notify.notifications import Notification
from tests.notify.receivers import NOTIFICATION


def test_a_notification_is_read_back() -> None:
    """JSON holds all of it, so what waits in the outbox is sent as it was."""
    assert Notification.from_json(NOTIFICATION.to_json()) == NOTIFICATION
    assert Notification.from_json(NOTIFICATION.to_json()).id == NOTIFICATION.id


def test_a_mail_is_in_the_language_of_its_reader() -> None:
    """Subject and text are in Chinese where the process speaks it, what was stored in English, too; the JSON is not."""
    told = replace(NOTIFICATION, database="affair", left_out=True)
    assert "\ndatabase affair\n" in told.text()
    set_language("zh")
    try:
        subject, text, stored = told.subject(), told.text(), told.to_json()
    finally:
        set_language(None)
    assert subject == "kolcrawl affair：1 次爬取不完整、1 篇新报道"
    assert text.splitlines()[:3] == ["爬取 20261122-100000-abcdef，不完整（完成）", "数据库 affair", "已读取 4"]
    assert "  a.example：10 页中有 9 页失败\n" in text
    assert "\n新报道：某品牌回应\n  https://a.example/1\n" in text
    assert stored == told.to_json()
    assert json.loads(stored)["database"] == "affair"


def test_a_notification_of_an_earlier_version() -> None:
    """One that was stored without the database's name is sent as it was."""
    fields = json.loads(NOTIFICATION.to_json())
    del fields["database"]
    assert Notification.from_json(json.dumps(fields).encode()) == NOTIFICATION
    assert "database" not in NOTIFICATION.text()


def test_hostile_titles_are_tamed() -> None:
    """No line of a mail can be forged by a page's title, nor its reading direction turned."""
    event = story_event("title_changed", {"title": "a\r\nBcc: x@y\x1b[2J\u202eb" + "c" * 999}, "old\ntitle")
    assert event.title is not None
    assert event.title.startswith("a Bcc: x@y [2J b")
    assert len(event.title) == 300
    notification = replace(NOTIFICATION, events=(event,), schedule="x\r\nBcc: y")
    assert "\n" not in notification.subject()
    assert "\nBcc" not in notification.text()
