"""A crawl that is told to stop while sites are slow, by real crawls."""

from __future__ import annotations

import itertools
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.net.minicrawl import Server, crawl, finish, page, start_crawl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
SLOW = {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"], "DOWNLOAD_TIMEOUT": 600, "STOP_SECONDS": 1}


def trickle(head: bytes) -> Iterator[bytes]:
    """A body that comes byte by byte, and never ends."""
    yield head
    for _ in itertools.count():
        time.sleep(0.05)
        yield b"x"


def wait_for(what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(3000):
        if what():
            return
        time.sleep(0.02)
    pytest.fail("it never came to that")


@pytest.mark.parametrize("length", [b"Content-Length: 100000\r\n\r\n", b"Connection: close\r\n\r\n"])
def test_a_body_that_trickles_is_left(length: bytes, tmp_path: Path) -> None:
    """SIGTERM ends the crawl though a body never does; the page is no failure, and is fetched when it is resumed."""
    slow = True

    def answer(path: str) -> Any:
        return trickle(HEAD + length) if slow and path != "/quick" else page()

    with Server(answer) as server:
        urls = [server.url("/quick"), server.url("/slow")]
        settings = SLOW | {"JOBDIR": str(tmp_path)}
        process = start_crawl(urls, settings)
        wait_for(lambda: len(server.paths()) == 2)
        process.send_signal(signal.SIGTERM)
        first = finish(process, timeout=60)
        assert first.stats["finish_reason"] == "shutdown"
        assert (first.pages(), first.reasons()) == ([urls[0]], {})
        slow = False
        second = crawl(urls, settings)
        assert (second.pages(), second.reasons()) == ([urls[1]], {})
        assert server.paths().count("/quick") == 1


def test_requests_behind_a_delay_are_left(tmp_path: Path) -> None:
    """A crawl whose next request waits longer than this test ends at once, and asks for it when it is resumed."""
    with Server(lambda _: page()) as server:
        urls = [server.url(f"/{n}") for n in range(3)]
        settings = SLOW | {"JOBDIR": str(tmp_path)}
        process = start_crawl(urls, settings | {"DOWNLOAD_DELAY": 90})
        wait_for(lambda: len(server.paths()) == 1)
        time.sleep(1)  # the next is queued
        process.send_signal(signal.SIGTERM)
        first = finish(process, timeout=60)
        assert first.stats["finish_reason"] == "shutdown"
        assert (len(first.pages()), first.reasons()) == (1, {})
        second = crawl(urls, settings)
        assert sorted(first.pages() + second.pages()) == urls


def test_a_robots_txt_that_trickles_is_left(tmp_path: Path) -> None:
    """Pages that wait for a robots.txt that never ends stay pending, too."""
    slow = True

    def answer(path: str) -> Any:
        if path != "/robots.txt":
            return page()
        return trickle(HEAD + b"Content-Length: 100000\r\n\r\n") if slow else page(status="404 Not Found")

    with Server(answer) as server:
        urls = [server.url(f"/{n}") for n in range(3)]
        settings = SLOW | {"JOBDIR": str(tmp_path), "ROBOTSTXT_OBEY": True}
        process = start_crawl(urls, settings)
        wait_for(lambda: len(server.hits) == 1)
        process.send_signal(signal.SIGTERM)
        first = finish(process, timeout=60)
        assert (first.pages(), first.reasons()) == ([], {})
        slow = False
        assert sorted(crawl(urls, settings).pages()) == urls
