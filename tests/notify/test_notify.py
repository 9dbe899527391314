"""Being told: what is worth it, to which sinks, signed, tried again, in bounded time, and without a secret in a log."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.test import get_crawler

from kolcrawl.errors import ConfigError
from kolcrawl.network import open_network
from kolcrawl.notify.channels import SinkError, mail, run_command, sinks_from, webhook
from kolcrawl.notify.notifications import Event, Notice, blocked_events, crawl_events, signature, story_event
from kolcrawl.notify.notifier import Notify, story_events
from kolcrawl.notify.outbox import KEPT, MOST, keep, send_left
from kolcrawl.report.counts import CrawlCounts, SiteCounts
from kolcrawl.report.crawl_state import CrawlState
from kolcrawl.sample import SiteServer, Weather, grow
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.system.http_client import ServiceError, call
from spiders.related import RelatedSpider
from tests.crawling import FAST, ROOT, read_stored, scrapy
from tests.scrapyd.servers import free_port
from tests.store.visiting import at, visit

SECRET = "between us"
NOTICE = Notice(
    crawl="20261122-100000-abcdef",
    spider="related",
    job="affair-20261122T100000Z",
    schedule="affair",
    at=datetime(2026, 11, 22, 10, 5, tzinfo=UTC),
    reason="finished",
    quality="degraded",
    events=(
        Event(event="crawl_degraded", detail=("a.example: 9 of 10 pages failed",)),
        Event(event="new_story", url="https://a.example/1", title="某品牌回应", relevance=0.8),
    ),
    counts={"fetched": 4},
)


def spider(**state: Any) -> RelatedSpider:
    """The spider of a crawl that has come to this state."""
    found = RelatedSpider(url="https://news.example/1.html")
    found.crawl_state = CrawlState(**state)
    return found


class Hook:
    """A webhook on loopback that answers as it is told and keeps what it got."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.slow = 0.0
        self.got: list[tuple[dict[str, str], bytes]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                time.sleep(hook.slow)
                self.send_response(hook.answers.pop(0) if hook.answers else 204)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_given: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/T0K3N"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook."""
    hook = Hook()
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


def soon(seconds: float = 10) -> float:
    """A moment by which a sink must be done."""
    return time.monotonic() + seconds


def test_the_webhook_gets_signed_json(hook: Hook) -> None:
    """The receiver can check the signature with nothing but the secret and what it got."""
    webhook(NOTICE, soon(), hook.url, SECRET)
    headers, body = hook.got[0]
    message = headers["x-kolcrawl-timestamp"].encode() + b"." + body
    wanted = "sha256=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
    assert headers["x-kolcrawl-signature"] == wanted == signature(SECRET, headers["x-kolcrawl-timestamp"], body)
    assert abs(int(headers["x-kolcrawl-timestamp"]) - time.time()) < 60
    told = json.loads(body)
    assert (told["schedule"], told["quality"]) == ("affair", "degraded")
    assert [event["event"] for event in told["events"]] == ["crawl_degraded", "new_story"]


def test_a_webhook_that_fails_is_tried_again(hook: Hook) -> None:
    """A server error is tried again with the same id; what is refused, or sent elsewhere, is not."""
    hook.answers = [503, 204]
    webhook(NOTICE, soon(), hook.url, "")
    assert [headers["x-kolcrawl-id"] for headers, _ in hook.got] == [NOTICE.id] * 2
    for status in (403, 302):
        hook.answers = [status]
        with pytest.raises(SinkError, match=f"answers {status}") as error:
            webhook(NOTICE, soon(), hook.url, SECRET)
        assert "T0K3N" not in str(error.value)
        assert SECRET not in str(error.value)
    assert len(hook.got) == 4


def test_a_webhook_that_hangs_is_left_in_time(hook: Hook) -> None:
    """The end is kept, whatever the receiver does."""
    hook.slow = 3.0
    began = time.monotonic()
    with pytest.raises(SinkError):
        webhook(NOTICE, soon(0.6), hook.url, SECRET)
    assert time.monotonic() - began < 2.5


def test_no_secret_in_an_error_of_the_library() -> None:
    """Where an address cannot be asked for, http.client quotes it whole: that is not told."""
    with pytest.raises(ServiceError) as error:
        call("http://127.0.0.1:9/hooks/T0K3N x")
    assert str(error.value) == "http://127.0.0.1:9 does not answer (InvalidURL)"


def test_an_answer_that_trickles_is_left_in_time() -> None:
    """A service that sends a byte now and then holds up nobody for longer than the timeout, or twice that."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(9999)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                for _ in range(100):
                    connection.sendall(b".")
                    time.sleep(0.1)

        threading.Thread(target=trickle, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(ServiceError, match="timed out"):
            call(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=0.5)
    assert time.monotonic() - began < 3


class Mailbox(socketserver.StreamRequestHandler):
    """Just enough of SMTP, without TLS."""

    def handle(self) -> None:
        """One session."""
        said: list[str] = self.server.said  # type: ignore[attr-defined]
        self.wfile.write(b"220 mail\r\n")
        data = False
        while line := self.rfile.readline():
            text = line.decode().rstrip("\r\n")
            said.append(text)
            if data:
                data = text != "."
                if data:
                    continue
            elif text.upper() == "DATA":
                data = True
                self.wfile.write(b"354 go on\r\n")
                continue
            if text.upper() == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 well\r\n")


@pytest.fixture
def mailbox() -> Iterator[Any]:
    """A mail server on loopback."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    server.said = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_mail_is_sent(mailbox: Any) -> None:
    """It names the schedule and the events in its subject, and the story in its text."""
    server = f"smtp://127.0.0.1:{mailbox.server_address[1]}"
    mail(NOTICE, soon(), server, "kolcrawl@example.com", ["desk@example.com", "night@example.com"])
    assert "rcpt TO:<night@example.com>" in mailbox.said
    assert "Subject: kolcrawl affair: 1 crawl degraded, 1 new story" in mailbox.said
    assert "Date: Sun, 22 Nov 2026 10:05:00 +0000" in mailbox.said
    assert f"Message-ID: <{NOTICE.id}@kolcrawl.invalid>" in mailbox.said
    assert "Auto-Submitted: auto-generated" in mailbox.said  # so that no absence note answers it


def test_a_password_is_not_sent_in_the_clear(mailbox: Any) -> None:
    """A server without TLS does not get the login, and the error does not show it."""
    server = f"smtp://me:hunter2@127.0.0.1:{mailbox.server_address[1]}"
    with pytest.raises(SinkError, match="offers no TLS") as error:
        mail(NOTICE, soon(), server, "a@example.com", ["b@example.com"])
    assert "hunter2" not in str(error.value) + "".join(mailbox.said)


def test_a_command_gets_the_notice(tmp_path: Path) -> None:
    """On its standard input, as JSON; one that fails or hangs is told by its name alone."""
    run_command(NOTICE, soon(), ["tee", str(tmp_path / "got")])
    assert json.loads((tmp_path / "got").read_bytes())["id"] == NOTICE.id
    with pytest.raises(SinkError, match="command false: ended with 1"):
        run_command(NOTICE, soon(), ["false", "--token=x"])
    with pytest.raises(SinkError, match="took too long"):
        run_command(NOTICE, soon(0.1), ["sleep", "30"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"NOTIFY_WEBHOOK": "https://u:hunter2@h/x"},
        {"NOTIFY_WEBHOOK": "file:///hunter2"},
        {"NOTIFY_MAIL": "hunter2"},
        {"NOTIFY_MAIL": "a@b.example", "NOTIFY_SMTP": "http://u:hunter2@h"},
        {"NOTIFY_MAIL": "a@b.example", "NOTIFY_SMTP": "smtps://me:12#hunter2@h"},  # 12 would pass for a port
        {"NOTIFY_WEBHOOK": "https://hooks.example/hunter2 x"},
        {"NOTIFY_COMMAND": "run 'hunter2"},
    ],
)
def test_a_wrong_sink_is_named_without_its_value(wrong: dict[str, str]) -> None:
    """The setting is named; what it holds may be a secret."""
    with pytest.raises(ConfigError, match="NOTIFY_") as error:
        sinks_from(wrong)
    assert "hunter2" not in str(error.value)


def test_what_is_worth_telling() -> None:
    """Crawls that did not go well; sites that refuse several pages, or all of them, not those with one dead page."""
    assert crawl_events("ok", []) == []
    assert [event.event for event in crawl_events("failed", ["no story was fetched"])] == ["crawl_failed"]
    counts = CrawlCounts(sites={"open.example": SiteCounts(pages=40), "shut.example": SiteCounts(failed=1)})
    told = blocked_events({"open.example": 2, "shut.example": 1}, counts)
    assert [event.site for event in told] == ["shut.example"]
    assert [event.site for event in blocked_events({"open.example": 3}, counts)] == ["open.example"]


def test_hostile_titles_are_tamed() -> None:
    """No line of a mail can be forged by a page's title, nor its reading direction turned."""
    event = story_event("title_changed", {"title": "a\r\nBcc: x@y\x1b[2J\u202eb" + "c" * 999}, "old\ntitle")
    assert event.title is not None
    assert event.title.startswith("a Bcc: x@y [2J b")
    assert len(event.title) == 300
    notice = replace(NOTICE, events=(event,), schedule="x\r\nBcc: y")
    assert "\n" not in notice.subject()
    assert "\nBcc" not in notice.text()


def test_crawls_tell_what_is_new_changed_and_gone(hook: Hook, data_dir: Path, tmp_path: Path) -> None:
    """The first crawl tells the stories it found; the next the one whose title changed and the one that is gone.

    A slow receiver holds up the end no longer than NOTIFY_SECONDS; no secret is in the log; the metrics tell the end.
    """
    web = grow(12, seed=3)
    first, second = [url for url in web.truth if "xinwen" in url][:2]
    crawl = ["crawl", "related", "-a", f"url={first} {second}", "-a", "depth=0", *FAST]
    crawl += ["-s", "MONGO_DATABASE=told", "-s", "KOLCRAWL_SCHEDULE=watch"]
    secrets = {"NOTIFY_WEBHOOK": hook.url, "NOTIFY_SECRET": SECRET, "METRICS_FOLDER": str(tmp_path)}
    with SiteServer(web) as server:
        done = scrapy(*crawl, data_dir=data_dir, through=server, **secrets)
        log = done.stderr
        told = json.loads(hook.got.pop()[1])
        assert {event["url"] for event in told["events"] if event["event"] == "new_story"} == {first, second}
        assert told["schedule"] == "watch"
        figures = (tmp_path / "kolcrawl_watch.prom").read_text()
        assert 'kolcrawl_crawl_visits{outcome="fetched",schedule="watch",spider="related"} 2.0' in figures
        assert 'kolcrawl_crawl_running{schedule="watch",spider="related"} 0.0' in figures
        scrapy(*crawl, data_dir=data_dir, through=server, **secrets)
        assert hook.got == []  # nothing happened, nothing is told
        old = web.truth[first].title
        web.truth[first] = replace(web.truth[first], title="全新的标题：品牌终于道歉", paragraphs=("新的内容。" * 30,))
        web.changed[first] = datetime(2026, 11, 22, tzinfo=UTC)
        web._pages.clear()
        web.titles[second] = web.truth.pop(second).title
        web.gone[second] = 410
        hook.slow = 8.0
        began = time.monotonic()
        done = scrapy(*crawl, "-s", "NOTIFY_SECONDS=3", data_dir=data_dir, through=server, **secrets)
        assert time.monotonic() - began < 30
    log += done.stderr
    told = json.loads(hook.got.pop()[1])
    events = {event["event"]: event for event in told["events"]}
    assert events["title_changed"]["before"] == old
    assert events["story_gone"]["url"] == second
    assert "notify:" in log
    assert "T0K3N" not in log
    assert SECRET not in log


def test_a_failed_crawl_is_told(hook: Hook, data_dir: Path) -> None:
    """A crawl whose database cannot be reached still tells so."""
    crawl = [
        "crawl",
        "related",
        "-a",
        "url=http://xinwen.example/1",
        "-s",
        "MONGO_URI=mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300",
    ]
    done = scrapy(*crawl, data_dir=data_dir, NOTIFY_WEBHOOK=hook.url)
    assert done.returncode == 1, done.stderr
    told = json.loads(hook.got[0][1])
    assert [event["event"] for event in told["events"]] == ["crawl_failed"]
    assert told["crawl"] is None


def test_a_job_that_cannot_begin_is_told(hook: Hook, data_dir: Path) -> None:
    """On a server nobody sees the standard error: the log says why, and a notice; at a terminal neither repeats it."""
    crawl = ["crawl", "related", "-a", "url=http://xinwen.example/1", "-a", "depth=deep"]
    done = scrapy(*crawl, data_dir=data_dir, NOTIFY_WEBHOOK=hook.url)
    assert (done.returncode, len(done.stderr.splitlines()), hook.got) == (2, 1, [])
    for wrong in ("NOTIFY_ON=new_stories", "NOTIFY_SECONDS=long"):  # else a typo would silence the notices for good
        done = scrapy(*crawl[:-2], "-s", wrong, data_dir=data_dir)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert wrong.partition("=")[0] in done.stderr
    schedule = ["-s", "KOLCRAWL_SCHEDULE=watch"]
    done = scrapy(*crawl, "-a", "_job=watch-1", *schedule, data_dir=data_dir, NOTIFY_WEBHOOK=hook.url)
    assert done.returncode == 2
    assert "ERROR: depth='deep'" in done.stderr
    told = json.loads(hook.got[0][1])
    assert (told["job"], told["schedule"], told["reason"]) == ("watch-1", "watch", "not_started")
    assert told["events"][0]["event"] == "crawl_failed"
    assert "depth='deep'" in told["events"][0]["detail"][0]


def test_a_killed_crawl_is_told_by_the_next(hook: Hook, data_dir: Path) -> None:
    """The next start tells in its place, at once and once: that it was killed, and the new stories it had read."""
    web = grow(30, seed=5)
    job = "watch-20261122T100000Z"
    crawl = ["crawl", "related", "-a", f"url={web.seeds[0]}", *FAST, "-s", "MONGO_DATABASE=slain"]
    crawl += ["-s", "KOLCRAWL_SCHEDULE=watch", "-s", "NOTIFY_ABOVE=0"]
    with SiteServer(web, Weather(latency=0.2)) as server:
        environment = os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir)}
        command = [sys.executable, "-m", "scrapy", *crawl, "-a", f"_job={job}"]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet) as victim:
            until = soon(60)
            while len(read_stored(data_dir, "slain").fetched()) < 3:
                assert time.monotonic() < until
                time.sleep(0.1)
            victim.send_signal(signal.SIGKILL)
        again = [*crawl, "-a", "depth=0", "-a", "_job=watch-20261122T110000Z"]
        for _ in range(2):
            done = scrapy(*again, data_dir=data_dir, through=server, NOTIFY_WEBHOOK=hook.url)
            assert done.returncode == 0, done.stderr
    read = read_stored(data_dir, "slain").fetched()
    notices = [json.loads(body) for _, body in hook.got]
    assert [notice["job"] for notice in notices] == [job]
    assert (notices[0]["schedule"], notices[0]["reason"]) == ("watch", "aborted")
    failed, *new = notices[0]["events"]
    assert failed["event"] == "crawl_failed"
    assert "killed" in failed["detail"][0]
    assert {event["url"] for event in new if event["event"] == "new_story"} == read
    assert notices[0]["counts"]["fetched"] == len(read)


def test_a_story_that_failed_at_first_is_new_when_it_is_read(data_dir: Path) -> None:
    """Only a page that was had before makes a story an old one."""
    store = open_store(None, "late_reading", data_dir)
    first = start_run(store, spider="related")
    apply_visits(store.db, [visit_document(visit("a", 0, outcome="failed"), first.id)])
    apply_visits(store.db, [visit_document(visit("b", 0), first.id)])
    store.db["crawls"].update_one({"_id": first.id}, {"$set": {"started_at": at(0)}})
    second = start_run(store, spider="related")
    store.db["crawls"].update_one({"_id": second.id}, {"$set": {"started_at": at(1)}})
    apply_visits(store.db, [visit_document(visit(name, 2), second.id) for name in ("a", "b")])
    with open_network(None, "late_reading", data_dir) as network:
        noted = {story["_id"]: True for story in network.stories()}
        told = list(story_events(network, second.id, noted))
    store.close()
    assert [(event.event, event.key) for event in told] == [("new_story", visit("a", 2).key)]


def test_a_database_that_hangs_does_not_silence_the_notice() -> None:
    """That the crawl failed is told in time, without what became of the stories, and says that there may be more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"mongodb://127.0.0.1:{silent.getsockname()[1]}/"
        values = {"MONGO_URI": uri, "NOTIFY_COMMAND": "true", "NOTIFY_ON": "crawl_failed,new_story"}
        crawler = get_crawler(settings_dict=values | {"NOTIFY_ABOVE": 0.5, "NOTIFY_SECONDS": 20})
        crawler.spider = spider(crawl_id="20261122-100000-abcdef", quality="failed", why=["database lost"])
        notify = Notify(crawler)
        notify.noted = {"0" * 32: True}
        began = time.monotonic()
        notice = notify.notice(soon(0.5))
    assert time.monotonic() - began < 2
    assert [event.event for event in notice.events] == ["crawl_failed"]
    assert notice.left_out


def test_an_earlier_notice_that_hangs_does_not_hold_up_the_own(tmp_path: Path) -> None:
    """While a notice of a killed crawl waits for its sink, the crawl's own is sent."""
    told = tmp_path / "told"
    crawler = get_crawler(
        settings_dict={"NOTIFY_COMMAND": f"tee {told}", "NOTIFY_ON": "crawl_failed", "NOTIFY_SECONDS": 2}
    )
    crawler.spider = spider(quality="failed", why=["no story was fetched"])
    notify = Notify(crawler)
    notify.earlier = threading.Thread(target=time.sleep, args=(5,), daemon=True)
    notify.earlier.start()
    began = time.monotonic()
    notify.tell(soon(2))
    assert time.monotonic() - began < 4
    assert json.loads(told.read_bytes())["quality"] == "failed"


def test_what_was_not_delivered_is_sent_by_the_next_crawl(hook: Hook, tmp_path: Path) -> None:
    """A receiver that was down gets each notice once, with its id; what another process may send is left to it."""
    values = {"NOTIFY_ON": "crawl_failed", "NOTIFY_SECONDS": 2, "KOLCRAWL_DATA_DIR": str(tmp_path)}

    def notify(url: str) -> Notify:
        crawler = get_crawler(settings_dict=values | {"NOTIFY_WEBHOOK": url, "NOTIFY_COMMAND": "true"})
        crawler.spider = spider(quality="failed", why=["no story was fetched"], job="watch-1")
        return Notify(crawler)

    down = f"http://127.0.0.1:{free_port()}/T0K3N"
    notify(down).tell(soon(1))
    kept = [file.name for file in (tmp_path / "notices").iterdir() if file.suffix == ".json"]
    assert [name.partition("-")[0] for name in kept] == ["webhook"]  # the command has taken its own
    notify(hook.url).tell_earlier(())
    assert hook.got == []
    os.utime(tmp_path / "notices" / kept[0], (time.time() - 200, time.time() - 200))
    notify(down).tell_earlier(())
    for _ in range(2):
        notify(hook.url).tell_earlier(())
    assert [headers["x-kolcrawl-id"] for headers, _ in hook.got] == [kept[0].removeprefix("webhook-")[:32]]
    told = json.loads(hook.got[0][1])
    assert (told["id"], told["job"]) == (hook.got[0][0]["x-kolcrawl-id"], "watch-1")
    assert told["events"][0]["detail"] == ["no story was fetched"]


def test_the_outbox_is_bounded(tmp_path: Path) -> None:
    """Notices that are too many, too old or half written are dropped, and a sink that fails is not asked again."""
    assert Notice.from_json(NOTICE.to_json()) == NOTICE
    names = [keep(tmp_path, "webhook", replace(NOTICE, job=f"job-{n}")) for n in range(MOST + 5)]
    for n, path in enumerate(names):
        os.utime(path, (time.time() - 9000 + n,) * 2)
    names[7].write_bytes(b'{"id": "')
    os.utime(names[7], (time.time() - 8993,) * 2)
    asked: list[str | None] = []
    send_left(tmp_path, lambda _sink, notice: bool(asked.append(notice.job)), settle=0)
    assert asked == ["job-5"]
    left = {path.name for n, path in enumerate(names) if n > 4 and n != 7}
    assert {path.name for path in tmp_path.glob("*.json")} == left
    os.utime(names[5], (time.time() - KEPT - 60,) * 2)
    send_left(tmp_path, lambda _sink, notice: asked.append(notice.job) or True, settle=0)
    assert asked[:2] == ["job-5", "job-6"]
    assert list(tmp_path.glob("*.json")) == []
