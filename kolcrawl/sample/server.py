"""Serve a `SampleWeb` on loopback as a plain-HTTP forward proxy: `http://xinwen.example/...` works as it stands.

Through a proxy the stories keep their addresses, and with them their keys, on every run and every port; nothing has to
be resolved, and no other host is ever reached: what the site does not know is a 404.
"""

from __future__ import annotations

import threading
import time
import zlib
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from kolcrawl.sample.web import SampleWeb

BROKEN_OFF = 0
"""Status in the request log of a connection that was cut on purpose."""


class LoggedRequest(NamedTuple):
    """One line of the request log."""

    url: str
    status: int
    conditional: bool
    """Whether it came with If-None-Match or If-Modified-Since."""
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Delays and failures of the simulated network."""

    latency: float = 0.0
    """Seconds before each answer."""
    failures: float = 0.0
    """Share of requests, 0 to 1, of which half get a 503 and half a connection cut short; robots.txt never fails."""
    seed: int = 1
    """The same seed fails the same requests: the first, second, third... for each URL."""

    def fails(self, url: str, time_asked: int) -> int | None:
        """Draw the status with which a request fails; None where it does not."""
        draw = zlib.crc32(f"{self.seed} {time_asked} {url}".encode()) / 2**32
        if draw >= self.failures:
            return None
        return 503 if draw < self.failures / 2 else BROKEN_OFF


class SiteServer:
    """A server of a web, as a context manager or from `start` to `stop`, on a free port unless one is given."""

    def __init__(self, site: SampleWeb, weather: Weather | None = None, port: int = 0) -> None:
        self.site = site
        self.weather = weather or Weather()
        self.log: list[LoggedRequest] = []
        """Every request in the order of the answers."""
        self._times: dict[str, int] = {}
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="sample web", daemon=True)

    @property
    def proxy(self) -> str:
        """URL for `http_proxy` or `request.meta["proxy"]`."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that send a subprocess through this proxy."""
        return {"http_proxy": self.proxy, "https_proxy": "", "no_proxy": ""}

    def start(self) -> Self:
        """Start to serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop, and close all connections."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def asked(self) -> dict[str, list[int]]:
        """Collect the statuses by URL from the log, without robots.txt."""
        found: dict[str, list[int]] = {}
        for row in list(self.log):
            if not row.url.endswith("/robots.txt"):
                found.setdefault(row.url, []).append(row.status)
        return found

    def log_request(self, url: str, status: int, conditional: bool) -> None:
        """Add a request to the log."""
        with self._lock:
            self.log.append(LoggedRequest(url, status, conditional, time.time()))

    def planned_failure(self, url: str) -> int | None:
        """Draw the failure of a request, counting how often its URL was asked for; None where it is answered."""
        if not self.weather.failures or url.endswith("/robots.txt"):
            return None
        with self._lock:
            self._times[url] = n = self._times.get(url, 0) + 1
        return self.weather.fails(url, n)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client that keeps its connection open must not hold up the end
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: SiteServer) -> None:
        super().__init__(address, _Handler)
        self.owner = owner

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that breaks off."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sample"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet
    timeout = 60
    server: _Listener

    def do_GET(self) -> None:
        """Answer for the host in the request line, or for that of the Host header."""
        owner = self.server.owner
        url = self.path if "://" in self.path else f"http://{self.headers.get('Host', '')}{self.path}"
        if owner.weather.latency:
            time.sleep(owner.weather.latency)
        asked = {name.lower(): value for name, value in self.headers.items()}
        conditional = "if-none-match" in asked or "if-modified-since" in asked
        failure = owner.planned_failure(url)
        if failure == BROKEN_OFF:
            owner.log_request(url, BROKEN_OFF, conditional)
            self.close_connection = True
            return
        if failure:
            status, headers, body = failure, {"Content-Type": "text/plain"}, b"try again"
        else:
            answer = owner.site.answer(url, asked)
            status, headers, body = answer.status, answer.headers, answer.body
        owner.log_request(url, status, conditional)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name of the base class)
        """Print nothing; the log is `SiteServer.log`."""
