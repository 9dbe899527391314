"""The extension: a database or receiver that hangs does not silence it, and nothing undelivered is lost."""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.utils.test import get_crawler

from kolcrawl.notify.notifier import Notifier
from kolcrawl.report.counts import CrawlCounts
from kolcrawl.report.crawl_state import CrawlState
from spiders.related import RelatedSpider
from tests.notify.receivers import Hook, soon
from tests.ports import free_port

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

RUN = "20261122-100000-abcdef"


def crawler_with(settings: dict[str, Any], **state: Any) -> Crawler:
    """A crawler whose spider has come to this state."""
    crawler = get_crawler(settings_dict=settings)
    spider = RelatedSpider(url="https://news.example/1.html")
    spider.crawl_state = CrawlState(**state)
    crawler.spider = spider
    return crawler


def test_a_database_that_hangs_does_not_silence_the_notification() -> None:
    """That the crawl failed is notified while the database is still being waited for, and that more may be missing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"mongodb://127.0.0.1:{silent.getsockname()[1]}/?serverSelectionTimeoutMS=20000"
        settings = {"MONGO_URI": uri, "NOTIFY_COMMAND": "true", "NOTIFY_ON": "crawl_failed,new_story"}
        settings |= {"NOTIFY_ABOVE": 0.5, "NOTIFY_SECONDS": 1}
        crawler = crawler_with(settings, crawl_id=RUN, quality="failed", why=["database lost"])
        notifier = Notifier(crawler)
        state = CrawlState(crawl_id=RUN, quality="failed", why=["database lost"])
        notification = notifier.composer.crawl_ended("related", state, "finished", {"0" * 32: True}, {})
        assert any(thread.name == "notify-stories" for thread in threading.enumerate())
    assert [event.event for event in notification.events] == ["crawl_failed"]
    assert notification.left_out


def test_a_notification_counts_as_the_report_does() -> None:
    """Its `skipped` are all stories that were seen and not read, not only those whose requests were dropped."""
    crawler = crawler_with({"NOTIFY_COMMAND": "true", "NOTIFY_ON": "crawl_failed"})
    counts = CrawlCounts(outcomes=Counter(fetched=3, skipped=1), skip_reasons=Counter(robots=1))
    for key in ("1" * 32, "2" * 32):
        counts.link_cuts.cut(key, "depth", "related")
    state = CrawlState(quality="ok", counts=counts)
    notification = Notifier(crawler).composer.crawl_ended("related", state, "finished", {}, {})
    assert notification.counts == {"fetched": 3, "skipped": 3}
    assert sum(counts.skipped.values()) == 3


def test_an_earlier_notification_that_hangs_does_not_hold_up_the_crawls_own(tmp_path: Path) -> None:
    """While the notification of a killed crawl waits for its channel, the crawl's own is sent, and the end is kept."""
    file = tmp_path / "notification"
    settings = {"NOTIFY_COMMAND": f"tee {file}", "NOTIFY_ON": "crawl_failed", "NOTIFY_SECONDS": 2}
    notifier = Notifier(crawler_with(settings, quality="failed", why=["no story was fetched"]))
    over = threading.Event()
    notifier.earlier = threading.Thread(target=over.wait, args=(60,), daemon=True)
    notifier.earlier.start()
    notifier.send(soon(2))
    assert notifier.earlier.is_alive()
    over.set()
    assert json.loads(file.read_bytes())["quality"] == "failed"


def test_what_was_not_delivered_is_sent_by_the_next_crawl(hook: Hook, tmp_path: Path) -> None:
    """A receiver that was down gets each notification once, with its id, from the very next crawl."""
    values = {"NOTIFY_ON": "crawl_failed", "NOTIFY_SECONDS": 2, "KOLCRAWL_DATA_DIR": str(tmp_path)}

    def notifier(url: str) -> Notifier:
        settings = values | {"NOTIFY_WEBHOOK": url, "NOTIFY_COMMAND": "true"}
        return Notifier(crawler_with(settings, quality="failed", why=["no story was fetched"], job="watch-1"))

    down = f"http://127.0.0.1:{free_port()}/T0K3N"
    first = notifier(down)
    first.send(soon(1))
    (stored,) = (file.name for file in first.options.outbox.iterdir() if file.suffix == ".json")
    assert stored.startswith("webhook-")  # the command has taken its own
    notifier(down).notify_earlier(())
    for _ in range(2):
        notifier(hook.url).notify_earlier(())
    ((headers, body),) = hook.got
    assert headers["webhook-id"] == stored.removeprefix("webhook-")[:32]
    sent = json.loads(body)
    assert (sent["id"], sent["job"]) == (headers["webhook-id"], "watch-1")
    assert sent["events"][0]["detail"] == ["no story was fetched"]
