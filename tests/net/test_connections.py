"""Connections that serve many pages."""

from __future__ import annotations

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from kolcrawl.net.scrapy_private import HEADERS_MAXSIZE
from tests.crawling import FAST, scrapy

if TYPE_CHECKING:
    from pathlib import Path

PAGE = b"<html><body><h1>A page</h1>" + b"<p>Some words.</p>" * 3_000 + b"</body></html>"


def test_a_connection_serves_many_pages(tmp_path: Path) -> None:
    """Pages that each fit one packet from the kernel are asked for once, however many come over one connection.

    The limit on headers counts those of one answer, not whole answers that follow each other.
    """
    asked: Counter[str] = Counter()

    class Web(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked[self.path] += 1
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *args: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        pages = 3 * HEADERS_MAXSIZE // len(PAGE)
        urls = [f"http://127.0.0.1:{server.server_address[1]}/{n}.html" for n in range(pages)]
        done = scrapy("extract", *urls, "-s", "ALLOWED_PRIVATE_HOSTS=127.0.0.1", *FAST, data_dir=tmp_path)
        server.shutdown()
    assert len(done.stdout.splitlines()) == pages, done.stderr
    assert asked.pop("/robots.txt") == 1
    assert set(asked.values()) == {1}
