"""Local servers and real crawls against them, for the tests of `net` and `frontier`."""

from __future__ import annotations

import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def page(body: str | bytes = "<p>a page</p>", status: str = "200 OK", **headers: str) -> bytes:
    """An HTTP answer; header names with `_` for `-`."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: text/html; charset=utf-8"]
    if "Content_Type" in headers:
        lines.pop()
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Hit:
    """One request that reached a server."""

    at: float
    path: str
    headers: dict[str, str]


@dataclass
class Server:
    """A server on one loopback address, answering by `answer(path)`: bytes, or pieces that are sent one by one."""

    answer: Callable[[str], Any]
    host: str = "127.0.0.1"
    port: int = 0
    tls: Any = None
    hits: list[Hit] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def __enter__(self) -> Server:
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    if outer.tls is not None:
                        self.request = outer.tls.wrap_socket(self.request, server_side=True)
                        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
                    while self.one():
                        pass
                except OSError:
                    pass  # a client that goes away is no news
                except Exception as error:
                    outer.errors.append(error)
                finally:
                    self.request.close()

            def one(self) -> bool:
                line = self.rfile.readline(65536).split()
                if len(line) < 2:
                    return False
                headers = {}
                while header := self.rfile.readline(65536).decode("latin-1").strip():
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                path = line[1].decode("latin-1")
                outer.hits.append(Hit(time.monotonic(), path, headers))
                answer = outer.answer(path)
                if isinstance(answer, bytes):
                    self.wfile.write(answer)
                    return True
                for piece in answer:
                    self.wfile.write(piece)
                return False

        class Threads(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64
            address_family = socket.AF_INET6 if ":" in outer.host else socket.AF_INET

        self._server = Threads((self.host, self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        assert not self.errors, self.errors

    def url(self, path: str = "/", host: str | None = None) -> str:
        """The address of a page here, by the server's own address or another name."""
        return f"{'https' if self.tls else 'http'}://{host or self.host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """What was asked for, less robots.txt."""
        return [hit.path for hit in self.hits if hit.path != "/robots.txt"]


@dataclass
class Crawl:
    """What a crawl told."""

    rows: list[dict[str, Any]]
    log: str
    stats: dict[str, Any]

    def reasons(self) -> dict[str, str]:
        """Seed to reason, for those that failed."""
        return {row["asked"]: row["reason"] for row in self.rows if "reason" in row}

    def pages(self) -> list[str]:
        """The URLs whose pages were stored, in order."""
        return [row["asked"] for row in self.rows if "status" in row]


def start_crawl(
    seeds: list[str], settings: dict[str, Any] | None = None, env: dict[str, str] | None = None, **spider: Any
) -> subprocess.Popen[str]:
    """Start a crawl; the caller waits for it, or kills it."""
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.net.minispider"],
        cwd=ROOT,
        env=clean | (env or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"settings": settings or {}, "spider": {"seeds": seeds, **spider}}))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[str], timeout: float = 180) -> Crawl:
    """Wait for a crawl, and read what it told."""
    out, log = process.communicate(timeout=timeout)
    rows = [json.loads(line) for line in out.splitlines() if line.endswith("}")]
    stats = rows.pop()["stats"] if rows and "stats" in rows[-1] else {}
    return Crawl(rows, log, stats)


def crawl(seeds: list[str], settings: dict[str, Any] | None = None, timeout: float = 180, **more: Any) -> Crawl:
    """Run a crawl to its end."""
    done = finish(start_crawl(seeds, settings, **more), timeout)
    assert done.stats, f"the crawl died:\n{done.log[-3000:]}"
    return done
