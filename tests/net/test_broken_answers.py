"""Pages under wrong labels, and robots.txt files in circles, by real crawls."""

from __future__ import annotations

import itertools
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.net.minicrawl import Server, crawl, page

LOCAL = {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.1", "localhost"], "SITE_FAILURES": 100}
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\n"
WHOLE = (
    b"<!DOCTYPE html><html><body><h1>A story</h1>" + b"<p>Some words.</p>" * 200 + b"</body></html>\n<!-- cached -->"
)
BROKEN_OFF = WHOLE[:1000]
RECIPE = (Path(__file__).parents[2] / "docs" / "safety.md").read_text(encoding="utf-8").partition("`old-tls.cnf`")[2]


def chunks(body: bytes, *, end: bool) -> bytes:
    """A body in chunks, with or without the last one."""
    parts = [body[at : at + 500] for at in range(0, len(body), 500)]
    sent = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + sent + (b"0\r\n\r\n" if end else b"")


ANSWERS: dict[str, tuple[bytes, str | None]] = {
    "whole": (HEAD + b"Content-Length: %d\r\n\r\n" % len(WHOLE) + WHOLE, None),
    "too_long": (HEAD + b"Content-Length: 999999\r\n\r\n" + WHOLE, None),
    "no_last_chunk": (chunks(WHOLE, end=False), None),
    "all_chunks": (chunks(WHOLE, end=True), None),
    "too_long_and_broken_off": (HEAD + b"Content-Length: 999999\r\n\r\n" + BROKEN_OFF, "incomplete"),
    "chunk_missing": (chunks(BROKEN_OFF, end=False), "incomplete"),
}


def test_whole_pages_under_a_wrong_length_are_read() -> None:
    """A page with its end is read, whatever its length or its chunks say; one without is asked for again, and fails."""
    with Server(lambda path: iter([ANSWERS[path.strip("/")][0]])) as server:
        done = crawl([server.url(f"/{name}") for name in ANSWERS], LOCAL | {"RETRY_TIMES": 1})
        reasons = {name: done.reasons().get(server.url(f"/{name}")) for name in ANSWERS}
        assert reasons == {name: reason for name, (_, reason) in ANSWERS.items()}
        asked = {name: server.paths().count(f"/{name}") for name in ANSWERS}
        assert asked == {name: 2 if reason else 1 for name, (_, reason) in ANSWERS.items()}
        assert {row["size"] for row in done.rows if "size" in row} == {len(WHOLE)}


def test_part_of_a_robots_txt_is_no_permission() -> None:
    """A robots.txt that breaks off may miss its rules: nothing is fetched."""
    robots = HEAD + b"Content-Length: 999\r\n\r\nUser-agent: *\nAllow: /\n"

    def answer(path: str) -> Any:
        return iter([robots]) if path == "/robots.txt" else page()

    with Server(answer) as server:
        done = crawl([server.url("/a")], LOCAL | {"ROBOTSTXT_OBEY": True, "RETRY_TIMES": 1})
        assert done.reasons() == {server.url("/a"): "incomplete"}
        assert server.paths() == []


def test_robots_txt_in_a_circle_counts_as_missing() -> None:
    """A robots.txt that is redirected for ever is no rule (RFC 9309, 2.3.1.2), and the log says so, once."""
    times = itertools.count()

    def answer(path: str) -> Any:
        if path.startswith("/robots"):
            return page(status="302 Found", Location=f"/robots.txt?{next(times)}")
        return page()

    with Server(answer) as server:
        urls = [server.url(f"/{n}") for n in range(3)]
        done = crawl(urls, LOCAL | {"ROBOTSTXT_OBEY": True})
        assert sorted(done.pages()) == urls
        assert done.log.count("it counts as not there (RFC 9309)") == 1
        assert sum(hit.path.startswith("/robots") for hit in server.hits) == 6


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_robots_txt_with_a_byte_order_mark(encoding: str) -> None:
    """Rules are read in the encoding that a byte order mark names."""
    rules = "User-agent: *\nDisallow: /a\n".encode(encoding)

    def answer(path: str) -> Any:
        return page(rules, Content_Type="text/plain") if path == "/robots.txt" else page()

    with Server(answer) as server:
        done = crawl([server.url("/a"), server.url("/b")], LOCAL | {"ROBOTSTXT_OBEY": True})
        assert done.reasons() == {server.url("/a"): "robots"}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_named_and_can_be_allowed(certificate: Path, tmp_path: Path) -> None:
    """A site with TLS 1.1 only has a reason of its own; what docs/safety.md says makes it readable."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    lines = [line.strip() for line in RECIPE.partition("and start")[0].splitlines()]
    (tmp_path / "old-tls.cnf").write_text("\n".join(lines))
    with Server(lambda _: page(), tls=context) as server:
        urls = [server.url("/a", host="localhost")]
        assert crawl(urls, LOCAL).reasons() == {urls[0]: "tls_version"}
        allowed = {"OPENSSL_CONF": str(tmp_path / "old-tls.cnf")}
        assert crawl(urls, LOCAL | {"DOWNLOAD_TLS_MIN_VERSION": "TLSv1.0"}, env=allowed).pages() == urls
