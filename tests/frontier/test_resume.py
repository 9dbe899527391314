"""Stop and go on, by real crawls that are interrupted or killed: no page lost, none fetched twice but in flight."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from kolcrawl.frontier.scheduler import MAX_DEADLY_TRIES
from tests.net.minicrawl import Crawl, Server, crawl, finish, page, start_crawl

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

CONCURRENT = 8


class Site:
    """A site of linked pages on two hosts: page n links to its children and to random others."""

    def __init__(self, pages: int, seconds: float) -> None:
        self.pages, self.seconds = pages, seconds
        self.servers: list[Server] = []
        self.pick = random.Random(7)
        self.gate = threading.Event()
        self.gate.set()
        self.most = 0
        self._asked = 0

    def url(self, n: int) -> str:
        return self.servers[n % 2].url(f"/{n}")

    def answer(self, path: str) -> bytes:
        time.sleep(self.seconds)
        n = int(path.strip("/"))
        self._asked += 1
        if n and self._asked > self.most:
            self.gate.wait(120)
        linked = [m for m in range(3 * n + 1, 3 * n + 4) if m < self.pages]
        linked += [self.pick.randrange(self.pages) for _ in range(5)]
        return page("".join(f'<a href="{self.url(m)}">{m}</a>' for m in linked))

    def hold_beyond(self, most: int) -> None:
        """Answer so many requests from the first on, and the others when `gate` is set: a crawl cannot end before."""
        self.most = most
        self.gate.clear()

    def hits(self) -> Counter[str]:
        """How often each page was asked for."""
        return Counter(f"{server.host}{path}" for server in self.servers for path in server.paths())

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "ALLOWED_PRIVATE_HOSTS": ["127.0.0.0/8"],
            "CONCURRENT_REQUESTS": CONCURRENT,
            "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENT,
        }


@contextmanager
def site(pages: int, seconds: float = 0.01) -> Iterator[Site]:
    """Run a site."""
    made = Site(pages, seconds)
    with ExitStack() as stack:
        made.servers = [stack.enter_context(Server(made.answer, host=f"127.0.0.{n}")) for n in (11, 12)]
        yield made


def wait_for_hits(made: Site, number: int) -> None:
    """Until the servers were asked so often."""
    until = time.monotonic() + 120
    while sum(made.hits().values()) < number:
        assert time.monotonic() < until, "the crawl does not get on"
        time.sleep(0.005)


def kill(process: subprocess.Popen[str]) -> Crawl:
    """Send SIGKILL, and return what was printed till then."""
    process.send_signal(signal.SIGKILL)
    return finish(process)


def test_killed_often(tmp_path: Path) -> None:
    """Killed at any moments, a crawl that is started again each time ends with every page stored; a page is asked for
    again only if it was in flight at a kill, or was stored in the moment of the kill.
    """
    with site(200) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job")}
        stored: list[str] = []
        kills = 0
        for at in (1, 60, 140):
            made.hold_beyond(at + 2 * CONCURRENT)
            process = start_crawl([made.url(0)], settings, follow=True)
            wait_for_hits(made, at)
            stored += kill(process).pages()
            kills += 1
            made.gate.set()
        last = crawl([made.url(0)], settings, follow=True)
        stored += last.pages()
        assert last.stats["finish_reason"] == "finished"
        assert "going on with" in last.log
        assert set(stored) == {made.url(n) for n in range(200)}
        # At a kill so many pages are being fetched, some are being processed, and some were stored a moment ago.
        assert sum(made.hits().values()) - 200 <= kills * 2 * CONCURRENT
        assert len(stored) - 200 <= kills * CONCURRENT


def test_slow_store(tmp_path: Path) -> None:
    """While the store is slow no more pages are fetched than may be in hand, so a kill costs no more than these."""
    with site(200, 0) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job"), "FRONTIER_IN_HAND": 20}
        process = start_crawl([made.url(0)], settings | {"STORE_SECONDS": 1}, follow=True)
        wait_for_hits(made, 21)
        time.sleep(0.5)
        asked = sum(made.hits().values())
        stored = len(kill(process).pages())
        assert asked - stored <= 20
        last = crawl([made.url(0)], settings, follow=True)
        assert len(last.pages()) >= 200 - stored
        assert sum(made.hits().values()) <= 200 + 20


def test_interrupted(tmp_path: Path) -> None:
    """After Ctrl-C what is in flight is finished and stored, and nothing at all is fetched twice."""
    with site(120, 0.02) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job")}
        made.hold_beyond(60)
        process = start_crawl([made.url(0)], settings, follow=True)
        wait_for_hits(made, 40)
        process.send_signal(signal.SIGINT)
        made.gate.set()
        first = finish(process)
        assert first.stats["finish_reason"] == "shutdown"
        assert len(first.pages()) == sum(made.hits().values())
        second = crawl([made.url(0)], settings, follow=True)
        assert len(second.pages()) == 120 - len(first.pages())
        assert set(made.hits().values()) == {1}


def test_finished(tmp_path: Path) -> None:
    """A crawl that was finished has nothing left to do, and says so; a new seed is still crawled."""
    with site(5) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job")}
        assert len(crawl([made.url(0)], settings, follow=True).pages()) == 5
        again = crawl([made.url(0)], settings, follow=True)
        assert again.pages() == []
        assert "that crawl was finished" in again.log
        assert crawl([made.url(0), made.url(7)], settings).pages() == [made.url(7)]


def test_killed_before_its_first_page(tmp_path: Path) -> None:
    """A JOBDIR in which nothing was asked for yet, as a kill in the first second leaves it, is no finished crawl."""
    with site(3) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job")}
        assert crawl([], settings).pages() == []
        first = crawl([made.url(0)], settings, follow=True)
        assert "that crawl was finished" not in first.log
        assert len(first.pages()) == 3


def test_two_at_once(tmp_path: Path) -> None:
    """A second crawl on the same JOBDIR is refused in one line, and does the first no harm."""
    with site(60) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job")}
        made.gate.clear()
        first = start_crawl([made.url(0)], settings, follow=True)
        wait_for_hits(made, 2)
        second = crawl([made.url(0)], settings, follow=True)
        made.gate.set()
        assert second.stats["finish_reason"] == "jobdir_in_use"
        assert second.pages() == []
        assert next(line for line in second.log.splitlines() if "ERROR" in line).endswith("name another directory")
        assert "Traceback" not in second.log
        assert len(finish(first).pages()) == 60


def test_unusable(tmp_path: Path) -> None:
    """A JOBDIR that is damaged ends the crawl with one line that names it; nothing is fetched."""
    with site(5) as made:
        job = tmp_path / "job"
        job.mkdir()
        (job / "frontier.db").write_bytes(os.urandom(50_000))
        done = crawl([made.url(0)], made.settings | {"JOBDIR": str(job)})
        assert done.stats["finish_reason"] == "jobdir_unusable"
        errors = [line for line in done.log.splitlines() if "ERROR" in line]
        assert len(errors) == 1
        assert f"JOBDIR={job} is damaged" in errors[0]
        assert "Traceback" not in done.log
        assert not made.hits()


def test_not_stored_stays_pending(tmp_path: Path) -> None:
    """A page that a pipeline or a callback failed on is fetched again by the next start."""
    with site(20) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job")}
        first = crawl([made.url(0)], settings | {"FAIL_ON": ["/3", "/6"]}, follow=True)
        assert len(first.pages()) == 18
        assert "2 pages were fetched but not stored" in first.log
        second = crawl([made.url(0)], settings, follow=True)
        assert sorted(second.pages()) == sorted([made.url(3), made.url(6)])
        assert len(crawl([made.url(0)], settings, follow=True).pages()) == 0


def test_killer_page(tmp_path: Path) -> None:
    """A page on which the process dies each time is given up with a reason, and the others are fetched."""
    with site(6) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job"), "DIE_ON": ["/2"], "CONCURRENT_REQUESTS": 1}
        rows = []
        for tries in (1, MAX_DEADLY_TRIES):
            process = start_crawl([made.url(0)], settings, follow=True)
            rows += finish(process).rows
            assert process.returncode == -signal.SIGKILL
            with sqlite3.connect(tmp_path / "job" / "frontier.db") as db:
                assert db.execute("SELECT max(tries) FROM requests").fetchone() == (tries,)
                db.execute(
                    "UPDATE requests SET tries = ? WHERE tries = 1", (MAX_DEADLY_TRIES - 1,)
                )  # as if it had died often
            db.close()
        last = crawl([made.url(0)], settings, follow=True)
        assert last.reasons() == {made.url(2): "crash"}
        stored = {row["asked"] for row in rows + last.rows if "status" in row}
        assert stored == {made.url(n) for n in (0, 1, 3, 4, 5)}


def test_secrets_stay_out(tmp_path: Path) -> None:
    """The password of the user's proxy is not written to the JOBDIR, though retried requests carry it."""
    with Server(lambda _: page(status="500 Oops")) as proxy:
        address = f"http://user:hunter2@127.0.0.1:{proxy.port}"
        job = tmp_path / "job"
        retried, until = False, time.monotonic() + 120
        while not retried:  # a kill that comes before a page is put off once more finds none
            assert time.monotonic() < until, "no request that is put off waits in the JOBDIR"
            before = len(proxy.hits)
            process = start_crawl(
                ["http://news.example/1", "http://news.example/2"],
                {"JOBDIR": str(job), "RETRY_TIMES": 50, "SITE_FAILURES": 2, "SITE_PAUSE": 60},
                env={"http_proxy": address},
            )
            while len(proxy.hits) < before + 2 and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(0.3)
            kill(process)
            with sqlite3.connect(job / "frontier.db") as db:
                waiting = db.execute("SELECT request FROM requests").fetchall()
            db.close()
            retried = any(json.loads(text).get("meta", {}).get("retry_times") for (text,) in waiting)
        assert all("proxy-authorization" in hit.headers for hit in proxy.hits)
        held = b"".join(path.read_bytes() for path in job.iterdir())
        for secret in (b"hunter2", b"dXNlcjpodW50ZXIy", b"Proxy-Authorization"):
            assert secret not in held


def test_state(tmp_path: Path) -> None:
    """The spider's notes are as durable as the requests: after a kill the count is that of the pages stored."""
    with site(80) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job")}
        made.hold_beyond(60)
        process = start_crawl([made.url(0)], settings, follow=True)
        wait_for_hits(made, 40)
        kill(process)
        made.gate.set()
        last = crawl([made.url(0)], settings, follow=True)
        assert last.stats["counted"] >= 80
        assert last.stats["counted"] <= 80 + CONCURRENT


def test_disk_full(tmp_path: Path) -> None:
    """When the JOBDIR cannot be written any more, the crawl ends with a clear line, and can be taken up again."""
    with site(200) as made:
        job = {"JOBDIR": str(tmp_path / "job")}
        first = crawl([made.url(0)], made.settings | job | {"DISK_PAGES": 12}, follow=True)
        assert first.stats["finish_reason"] == "jobdir_failed"
        assert "cannot be written" in first.log
        assert "Traceback" not in first.log
        second = crawl([made.url(0)], made.settings | job, follow=True)
        assert {*first.pages(), *second.pages()} == {made.url(n) for n in range(200)}


def test_redirects_have_an_outcome() -> None:
    """Two pages that lead to a third one, one that leads to itself, and a circle: each ends with a page or a reason."""

    def answer(path: str) -> bytes:
        to = {"/1": "/3", "/2": "/3", "/self": "/self", "/a": "/b", "/b": "/a"}.get(path)
        return page(status="302 Found", Location=to) if to else page()

    with Server(answer) as server:
        urls = [server.url(path) for path in ("/3", "/1", "/2", "/self", "/a")]
        done = crawl(urls, {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"], "REDIRECT_MAX_TIMES": 3})
        assert sorted(done.pages()) == sorted(urls[:3])
        assert done.reasons() == dict.fromkeys(urls[3:], "redirect_loop")


def test_unkept(tmp_path: Path) -> None:
    """Requests that cannot be kept are made all the same, once, and that they cannot be kept is logged once."""
    with site(20) as made:
        settings = made.settings | {"JOBDIR": str(tmp_path / "job"), "UNKEPT": True}
        done = crawl([made.url(0)], settings, follow=True)
        assert len(done.pages()) == 20
        assert set(made.hits().values()) == {1}
        assert done.log.count("cannot be kept in the JOBDIR") == 1
        assert done.stats["scheduler/unserializable"] == 20


def test_pages_of_a_site_that_was_down(tmp_path: Path) -> None:
    """What was not asked for because its site was given up waits in the JOBDIR and is fetched later."""
    down = threading.Event()
    down.set()
    with Server(lambda _: iter([]) if down.is_set() else page()) as server:
        urls = [server.url(f"/{n}") for n in range(30)]
        settings = {
            "ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"], "JOBDIR": str(tmp_path / "job"),
            "SITE_FAILURES": 2, "SITE_PAUSE": 0.1, "SITE_PROBES": 1,
        }  # fmt: skip
        first = crawl(urls, settings)
        paused = [url for url, reason in first.reasons().items() if reason == "site_paused"]
        assert len(paused) > 20
        down.clear()
        again = crawl(urls, settings)
        assert sorted(again.pages()) == sorted(paused)
        assert "that crawl was finished" in crawl(urls, settings).log
