"""Receivers of notifications on loopback, and a notification to send them."""

from __future__ import annotations

import socketserver
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kolcrawl.notify.notifications import CrawlEvent, Notification

SECRET = "whsec_YmV0d2VlbiB1cyBhbmQgdGhlIGdhdGVwb3N0Lg=="
NOTIFICATION = Notification(
    crawl="20261122-100000-abcdef",
    spider="related",
    job="affair-20261122T100000Z",
    schedule="affair",
    at=datetime(2026, 11, 22, 10, 5, tzinfo=UTC),
    reason="finished",
    quality="degraded",
    events=(
        CrawlEvent(event="crawl_degraded", detail=("a.example: 9 of 10 pages failed",)),
        CrawlEvent(event="new_story", url="https://a.example/1", title="某品牌回应", relevance=0.8),
    ),
    counts={"fetched": 4},
)


def soon(seconds: float = 30) -> float:
    """A moment by which a channel must be done."""
    return time.monotonic() + seconds


class Hook:
    """A webhook that answers with the statuses it is given, at once or when it is released, and keeps what it got."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answered = 0
        self.released = threading.Event()
        self.released.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                hook.released.wait(60)
                hook.answered += 1
                self.send_response(hook.statuses.pop(0) if hook.statuses else 204)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_given: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/T0K3N"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def hold(self) -> None:
        """Answer nobody until `released` is set."""
        self.released.clear()

    def close(self) -> None:
        """Answer who waits, and end."""
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class MailServer:
    """A mail server without TLS, which keeps the lines it got."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        server = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                server.serve(self)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def serve(self, session: socketserver.StreamRequestHandler) -> None:
        """Speak just enough of SMTP."""
        session.wfile.write(b"220 mail\r\n")
        in_message = False
        while line := session.rfile.readline():
            text = line.decode().rstrip("\r\n")
            self.lines.append(text)
            if in_message:
                in_message = text != "."
                if in_message:
                    continue
            elif text.upper() == "DATA":
                in_message = True
                session.wfile.write(b"354 go on\r\n")
                continue
            if text.upper() == "QUIT":
                session.wfile.write(b"221 bye\r\n")
                return
            session.wfile.write(b"250 well\r\n")

    def close(self) -> None:
        """End."""
        self.server.shutdown()
        self.server.server_close()
