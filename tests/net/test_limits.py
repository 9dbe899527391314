"""Hostile and broken servers, by one real crawl each way: bounded, with a reason, and without noise."""

from __future__ import annotations

import gzip
import itertools
import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.net.minicrawl import Crawl, Server, crawl, page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("hostile servers")  # one crawl for all of them
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
BOMB = gzip.compress(b"\0" * 30_000_000)


def slowly(head: bytes, body: bytes) -> Iterator[bytes]:
    """A server that keeps the connection alive, byte by byte."""
    yield head
    for byte in body:
        time.sleep(0.2)
        yield bytes([byte])


def endless(head: bytes, piece: bytes) -> Iterator[bytes]:
    """A server that never stops."""
    return itertools.chain([head], itertools.repeat(piece))


ANSWERS: dict[str, tuple[Any, str]] = {
    # sizes
    "announced": (lambda: page(b"x" * 3_000_000), "too_large"),
    "chunked": (lambda: endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n%4096d\r\n" % 0), "too_large"),
    "unannounced": (lambda: endless(HEAD.replace(b"1.1", b"1.0") + b"\r\n", b"x" * 4096), "too_large"),
    "bomb": (lambda: page(BOMB, Content_Encoding="gzip"), "too_large"),
    "bomb_in_bomb": (lambda: page(gzip.compress(BOMB), Content_Encoding="gzip, gzip"), "too_large"),
    "headers": (lambda: endless(HEAD, b"X-%s: y\r\n" % (b"x" * 1000)), "too_large"),
    "header_line": (lambda: endless(HEAD + b"X: ", b"y" * 1000), "connection"),
    # times
    "slow_body": (lambda: slowly(HEAD + b"Content-Length: 100\r\n\r\n", b"x" * 100), "timeout"),
    "slow_head": (lambda: slowly(b"", HEAD), "timeout"),
    # redirects
    "circle": (lambda: page(status="302 Found", Location=f"/circle?{time.monotonic()}"), "redirect_loop"),
    # what is no page
    "pdf": (lambda: endless(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n", b"x" * 4096), "not_html"),
    "film": (lambda: page(b"x" * 100, Content_Type="video/mp4"), "not_html"),
    # what is no HTTP
    "cut": (lambda: iter([HEAD + b"Content-Length: 100\r\n\r\nshort"]), "incomplete"),
    "bad_gzip": (lambda: page(b"nonsense" * 10, Content_Encoding="gzip"), "bad_response"),
    "bad_deflate": (lambda: page(b"nonsense" * 10, Content_Encoding="deflate"), "bad_response"),
    "bad_brotli": (lambda: page(b"nonsense" * 10, Content_Encoding="br"), "bad_response"),
    "bad_zstd": (lambda: page(b"nonsense" * 10, Content_Encoding="zstd"), "bad_response"),
    "no_http": (lambda: iter([b"SSH-2.0-server\r\n\r\n\r\n"]), "bad_response"),
    "bad_status": (lambda: iter([b"HTTP/1.1 abc OK\r\n\r\n"]), "bad_response"),
    "bad_chunks": (lambda: iter([HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nfoo\r\n"]), "incomplete"),
    "silent": (lambda: iter([]), "connection"),
    # plain statuses
    "missing": (lambda: page(status="404 Not Found"), "http_404"),
    "broken": (lambda: page(status="500 Oops"), "http_500"),
    "forbidden": (page, "robots"),
}


@pytest.fixture(scope="module")
def hostile() -> tuple[Crawl, str]:
    """One crawl over all of them, with the address of the server."""

    def answer(path: str) -> Any:
        if path == "/robots.txt":
            return page("User-agent: *\nDisallow: /forbidden", Content_Type="text/plain")
        return ANSWERS[path.strip("/").partition("?")[0]][0]()

    with Server(answer) as server:
        done = crawl(
            [server.url(f"/{name}") for name in ANSWERS] + ["http://127.0.0.1:1/", "http://nosuch.invalid/"],
            {
                "ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"],
                "DOWNLOAD_MAXSIZE": 2_000_000,
                "DOWNLOAD_TIMEOUT": 6,
                "REDIRECT_MAX_TIMES": 4,
                "ROBOTSTXT_OBEY": True,
                "RETRY_TIMES": 0,
                "SITE_FAILURES": 1000,
                "CONCURRENT_REQUESTS": 32,
                "CONCURRENT_REQUESTS_PER_DOMAIN": 32,
            },
        )
        return done, server.url("")


@pytest.mark.parametrize("name", ANSWERS)
def test_reason(name: str, hostile: tuple[Crawl, str]) -> None:
    """Each fails with its own stable reason."""
    done, url = hostile
    assert done.reasons()[f"{url}/{name}"] == ANSWERS[name][1]


def test_all_ended(hostile: tuple[Crawl, str]) -> None:
    """No server held up the crawl, which ended by itself, and none brought a traceback into the log."""
    done, _ = hostile
    assert done.pages() == []
    assert done.reasons()["http://127.0.0.1:1/"] == "connection"
    assert done.reasons()["http://nosuch.invalid/"] == "dns"
    assert "Traceback" not in done.log
    # the kernel's high-water mark begins with that of the process that started this one, hence the difference
    assert done.stats["memusage/max"] - done.stats["memusage/startup"] < 150_000_000


def test_not_html_is_stopped() -> None:
    """The body of what is no page is not fetched."""
    sent = 0

    def answer(_: str) -> Iterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: 100000000\r\n\r\n"
        for _ in range(1000):
            sent += 1
            yield b"x" * 100_000

    with Server(answer) as server:
        url = server.url("/archive.zip")
        done = crawl([url], {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"], "DOWNLOAD_MAXSIZE": 0})
        assert done.reasons() == {url: "not_html"}
        assert sent < 500


def test_tls(certificate: Path) -> None:
    """Where certificates are verified, one that nobody vouches for is a failure of its own kind, and not retried."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(lambda _: page(), tls=context) as server:
        url = server.url("/", "localhost")
        settings: dict[str, Any] = {
            "ALLOWED_PRIVATE_HOSTS": ["localhost"],
            "ROBOTSTXT_OBEY": True,
            "DOWNLOAD_VERIFY_CERTIFICATES": True,
        }
        done = crawl([url], settings)
        assert done.reasons() == {url: "tls"}
        assert server.hits == []
        assert "Traceback" not in done.log
        assert crawl([url], settings | {"DOWNLOAD_VERIFY_CERTIFICATES": False}).pages() == [url]


def test_tls_guarded(certificate: Path) -> None:
    """The guard stands before https connections as well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(lambda _: page(), tls=context) as server:
        url = server.url("/", "localhost")
        done = crawl([url], {"DOWNLOAD_VERIFY_CERTIFICATES": False, "ROBOTSTXT_OBEY": True})
        assert done.reasons() == {url: "private_address"}
        assert server.hits == []
