"""Whole crawls and their notifications: what is new, changed, gone; a failed, an impossible and a killed crawl."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from kolcrawl.sample import SiteServer, grow
from tests.crawling import FAST, ROOT, read_stored, scrapy
from tests.notify.receivers import SECRET, Hook
from tests.scrapyd.servers import until
from tests.small_web import HoldingServer


def test_crawls_notify_what_is_new_changed_and_gone(hook: Hook, data_dir: Path, tmp_path: Path) -> None:
    """The first crawl notifies the stories it found; a later one whose title changed, and which is gone.

    The crawl ends while a slow receiver still holds its answer back; no secret is in the log; the metrics show the end.
    """
    web = grow(12, seed=3)
    first, second = [url for url in web.truth if "xinwen" in url][:2]
    crawl = ["crawl", "related", "-a", f"url={first} {second}", "-a", "depth=0", *FAST]
    crawl += ["-s", "MONGO_DATABASE=notified", "-s", "KOLCRAWL_SCHEDULE=watch"]
    secrets = {"NOTIFY_WEBHOOK": hook.url, "NOTIFY_SECRET": SECRET, "METRICS_FOLDER": str(tmp_path)}
    with SiteServer(web) as server:
        log = scrapy(*crawl, data_dir=data_dir, through=server, **secrets).stderr
        sent = json.loads(hook.got.pop()[1])
        assert {event["url"] for event in sent["events"] if event["event"] == "new_story"} == {first, second}
        assert sent["schedule"] == "watch"
        metrics = (tmp_path / "kolcrawl_watch.prom").read_text()
        assert 'kolcrawl_crawl_visits{outcome="fetched",schedule="watch",spider="related"} 2.0' in metrics
        assert 'kolcrawl_crawl_running{schedule="watch",spider="related"} 0.0' in metrics
        scrapy(*crawl, data_dir=data_dir, through=server, **secrets)
        assert hook.got == []  # nothing happened, so nothing is sent
        old = web.truth[first].title
        web.change(first, title="全新的标题：品牌终于道歉", paragraphs=("新的内容。" * 30,))
        web.remove(second)
        answered = hook.answered
        hook.hold()
        log += scrapy(*crawl, "-s", "NOTIFY_SECONDS=3", data_dir=data_dir, through=server, **secrets).stderr
        assert hook.answered == answered
    sent = json.loads(hook.got.pop()[1])
    events = {event["event"]: event for event in sent["events"]}
    assert events["title_changed"]["before"] == old
    assert events["story_gone"]["url"] == second
    assert "notify:" in log
    assert "T0K3N" not in log
    assert SECRET not in log


def test_a_failed_crawl_is_notified(hook: Hook, data_dir: Path) -> None:
    """A crawl whose database cannot be reached notifies that it failed."""
    nowhere = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300"
    crawl = ["crawl", "related", "-a", "url=http://xinwen.example/1", "-s", f"MONGO_URI={nowhere}"]
    done = scrapy(*crawl, "-s", "STORE_PATIENCE=1", data_dir=data_dir, NOTIFY_WEBHOOK=hook.url)
    assert done.returncode == 1, done.stderr
    # what the receiver held back from an earlier crawl of this folder comes now, too
    (sent,) = (each for _, body in hook.got if (each := json.loads(body))["crawl"] is None)
    assert [event["event"] for event in sent["events"]] == ["crawl_failed"]


def test_a_job_that_cannot_start_is_notified(hook: Hook, data_dir: Path) -> None:
    """On a server nobody sees the standard error: log and notification say why. At a terminal neither repeats it."""
    crawl = ["crawl", "related", "-a", "url=http://xinwen.example/1", "-a", "depth=deep"]
    done = scrapy(*crawl, data_dir=data_dir, NOTIFY_WEBHOOK=hook.url)
    assert (done.returncode, len(done.stderr.splitlines()), hook.got) == (2, 1, [])
    for wrong in ("NOTIFY_ON=new_stories", "NOTIFY_SECONDS=long"):  # else a typo would silence notifications for good
        done = scrapy(*crawl[:-2], "-s", wrong, data_dir=data_dir)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert wrong.partition("=")[0] in done.stderr
    schedule = ["-s", "KOLCRAWL_SCHEDULE=watch"]
    done = scrapy(*crawl, "-a", "_job=watch-1", *schedule, data_dir=data_dir, NOTIFY_WEBHOOK=hook.url)
    assert done.returncode == 2
    assert "ERROR: depth='deep'" in done.stderr
    sent = json.loads(hook.got[0][1])
    assert (sent["job"], sent["schedule"], sent["reason"]) == ("watch-1", "watch", "not_started")
    assert sent["events"][0]["event"] == "crawl_failed"
    assert "depth='deep'" in sent["events"][0]["detail"][0]


def test_a_killed_crawl_is_notified_by_the_next(hook: Hook, data_dir: Path) -> None:
    """The next start notifies in its place, at once and once: that it was killed, and the new stories it had read."""
    web = grow(30, seed=5)
    job = "watch-20261122T100000Z"
    crawl = ["crawl", "related", "-a", f"url={web.seeds[0]}", *FAST, "-s", "MONGO_DATABASE=slain"]
    crawl += ["-s", "KOLCRAWL_SCHEDULE=watch", "-s", "NOTIFY_ABOVE=0"]
    with HoldingServer(web, pages=12) as server:
        environment = os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir)}
        command = [sys.executable, "-m", "scrapy", *crawl, "-a", f"_job={job}"]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet) as victim:
            until(lambda: len(read_stored(data_dir, "slain").fetched()) >= 3, what="reading three stories")
            victim.send_signal(signal.SIGKILL)
        server.go_on.set()
        again = [*crawl, "-a", "depth=0", "-a", "_job=watch-20261122T110000Z"]
        for _ in range(2):
            done = scrapy(*again, data_dir=data_dir, through=server, NOTIFY_WEBHOOK=hook.url)
            assert done.returncode == 0, done.stderr
    read = read_stored(data_dir, "slain").fetched()
    (sent,) = (json.loads(body) for _, body in hook.got)
    assert (sent["job"], sent["schedule"], sent["reason"]) == (job, "watch", "aborted")
    failed, *new = sent["events"]
    assert failed["event"] == "crawl_failed"
    assert "killed" in failed["detail"][0]
    assert {event["url"] for event in new if event["event"] == "new_story"} == read
    assert sent["counts"]["fetched"] == len(read)
