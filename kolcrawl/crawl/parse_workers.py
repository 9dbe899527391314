"""Worker processes that read pages beside the crawl's own process, for machines that have cores to spare.

Entry point: `ParseWorkers(processes, patience).read(...)`, which is `read_page` awaited. Each site is always read by
the same process, whose `SiteMemory` thus sees all pages of the site in their order; so the result is that of one
process. A process reads one page at a time, and has the next one queued. A page on which a process dies or does not
end costs that page and a new process, not the crawl. Where no process can be started, the crawl's own process reads,
for as long as it may be held up.

Knows `read_page` and the standard library's processes. A worker on another machine would be another class with `read`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import pickle
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from kolcrawl.errors import PageError
from kolcrawl.net.exceptions import CrawlStopsError
from kolcrawl.page import read_page
from kolcrawl.page.related.site_memory import SiteMemory
from kolcrawl.system.deadline import call_within
from kolcrawl.urls import site_of
from kolcrawl.urls.identity import url_parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from kolcrawl.items import BlockLesson
    from kolcrawl.page import Page, SiteRules

HELD_SECONDS = 2.0
"""For which a page may hold up the crawl's own process; an ordinary one takes some 15 ms."""
QUEUED_PAGES = 2  # pages that a process has, with the one it reads; with one, it was idle a fifth of the time
_SIZE = struct.Struct("<Q")  # length of the message that follows, in bytes
_READY = b"r"
START_SECONDS = 30.0
MAX_ALARM_SECONDS = 1e6  # what signal.alarm takes for certain; as good as no limit
GRACE_SECONDS = 5  # beyond a page's time, after which a process ends itself: its crawl may have been killed
# Not multiprocessing: it would run the script again that started the crawl.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); import kolcrawl.crawl.parse_workers as w;"
    " w.serve(int(sys.argv[2]), int(sys.argv[3]))"
)
_DIED = object()
"""Instead of an answer: the process died on this page."""
_LOST = object()
"""Instead of an answer: the process died on the page before this one, which may be asked again."""

logger = logging.getLogger(__name__)


class ParseWorkers:
    """A group of processes that read pages; each is started when it is first needed."""

    def __init__(self, processes: int, patience: float) -> None:
        """Prepare the group; starts nothing yet.

        Args:
            processes: number of processes, at least one.
            patience: seconds that one page may take; 0 sets no limit.
        """
        self._workers = [_Worker(patience) for _ in range(processes)]

    async def read(
        self,
        body: bytes,
        url: str,
        headers: Mapping[str, str],
        rules: SiteRules,
        *,
        now: datetime,
        lessons: Sequence[BlockLesson] = (),
    ) -> Page:
        """Read a page as `read_page` does; `lessons` are what is known of the blocks of its host.

        Raises:
            PageError: the page cannot be read at all; `unreadable` when the process died on it or took too long.
            CrawlStopsError: the processes were ended before the page was read.
        """
        number = zlib.crc32(site_of(url).encode()) % len(self._workers)
        return await self._workers[number].read(body, url, headers, rules, now, lessons)

    @property
    def pids(self) -> list[int]:
        """Process ids of the processes that run."""
        return [worker.process.pid for worker in self._workers if worker.process is not None]

    def close(self) -> None:
        """End the processes, whatever they read."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process, the socket to it, and the queue before it."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._queue_slots = asyncio.Semaphore(QUEUED_PAGES)
        self._start_lock = asyncio.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self._requests: asyncio.StreamWriter
        self._listening: asyncio.Task[None] | None = None
        self._pending: deque[asyncio.Future[Any]] = deque()  # answers to come, in this order
        self._closed = False
        self._own_memory: SiteMemory | None = None  # of the crawl's own process, where none can be started

    async def read(
        self,
        body: bytes,
        url: str,
        headers: Mapping[str, str],
        rules: SiteRules,
        now: datetime,
        lessons: Sequence[BlockLesson],
    ) -> Page:
        request = pickle.dumps((body, url, headers, rules, now, list(lessons)), pickle.HIGHEST_PROTOCOL)
        async with self._queue_slots:
            answer: Any = _LOST
            while answer is _LOST and not self._closed:
                started = await self._ensure_started()
                if self._closed:
                    raise CrawlStopsError
                if not started:
                    if self._own_memory is not None:
                        self._own_memory.take_up(url_parts(url).host, lessons)
                    return self._read_here(body, url, headers, rules, now)
                try:
                    answer = await self._send(request)
                except TimeoutError:
                    self.end()
                    raise PageError("unreadable", f"{url}: not read within {self._patience:g} s; left out") from None
        if self._closed and answer in (_DIED, _LOST):
            raise CrawlStopsError
        if answer is _DIED:
            raise PageError("unreadable", f"{url}: the process that read it died; left out")
        failed, found = pickle.loads(answer)  # noqa: S301 - from our own process
        if failed:
            raise found
        page: Page = found
        return page

    def _read_here(self, body: bytes, url: str, headers: Mapping[str, str], rules: SiteRules, now: datetime) -> Page:
        """Read a page in the crawl's own process."""
        reading = partial(read_page, body, url, headers, rules, now=now, memory=self._own_memory)
        try:
            return call_within(HELD_SECONDS, reading)
        except TimeoutError as error:
            raise PageError(
                "unreadable", f"{url}: {error}, and no process can be started to read it; left out"
            ) from None

    async def _send(self, request: bytes) -> Any:
        """Send a page to the process and await the answer.

        By streams: with the threads of a pool, a page cost the crawl's own process .4 ms more, of 10.
        """
        before = self._pending[-1] if self._pending else None
        answer = asyncio.get_running_loop().create_future()
        self._pending.append(answer)
        self._requests.write(_SIZE.pack(len(request)) + request)
        try:
            if before is not None:
                await asyncio.wait([before])  # the limit is for a page's own time
            return await asyncio.wait_for(answer, self._patience or None)
        except asyncio.CancelledError:
            if answer in self._pending:  # nobody would notice a hanging process; the other page is sent again
                self.end()
            raise

    async def _ensure_started(self) -> bool:
        """Start the process unless it runs; False where none can be started, or is to be."""
        async with self._start_lock:
            if self.process is None and self._own_memory is None:
                try:
                    await self._start()
                except Exception as error:  # any: without a process the crawl reads the pages itself
                    self.end()
                    if self._closed:  # it was ended while it started
                        return False
                    self._own_memory = SiteMemory()
                    logger.warning("no process can be started to read pages (%s): the crawl reads them itself", error)
                except BaseException:  # cancelled while starting
                    self.end()
                    raise
        return self._own_memory is None

    async def _start(self) -> None:
        own_end, worker_end = socket.socketpair()
        with worker_end, tempfile.TemporaryFile() as complaints:  # closed here, or the worker's end would not be seen
            answers, self._requests = await asyncio.open_connection(sock=own_end)
            limit = math.ceil(min(self._patience, MAX_ALARM_SECONDS)) + GRACE_SECONDS if self._patience else 0
            path = json.dumps([entry for entry in sys.path if isinstance(entry, str)])
            try:
                self.process = subprocess.Popen(  # noqa: S603 - this program
                    [sys.executable, "-P", "-c", _PROGRAM, path, str(worker_end.fileno()), str(limit)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,  # the crawl's own ends with the crawl
                    stderr=complaints,
                    pass_fds=[worker_end.fileno()],
                    start_new_session=True,  # Ctrl-C is for the crawl, which ends its workers when it is done
                )
            except BaseException:  # also Ctrl-C: the socket has no process at its other end
                self._requests.transport.abort()
                raise
            worker_end.close()
            try:
                await asyncio.wait_for(answers.readexactly(len(_READY)), START_SECONDS)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                complaints.seek(0)
                message = complaints.read().decode("utf-8", "replace").strip()
                raise RuntimeError(message.rpartition("\n")[2] or "it did not answer") from error
        self._listening = asyncio.create_task(self._listen(answers))

    async def _listen(self, answers: asyncio.StreamReader) -> None:
        """Pass on the answers until the process ends, those included that nobody awaits any more."""
        try:
            while True:
                (size,) = _SIZE.unpack(await answers.readexactly(_SIZE.size))
                answer = await answers.readexactly(size)
                _answer_once(self._pending.popleft(), answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            if self._pending:
                _answer_once(self._pending.popleft(), _DIED)
            self.end()

    def end(self) -> None:
        """Kill the process, whatever it does; the next page gets a new one."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            self._requests.transport.abort()
            if self._listening is not None:
                self._listening.cancel()
            while self._pending:
                _answer_once(self._pending.popleft(), _LOST)

    def close(self) -> None:
        """Kill the process and start no other."""
        self._closed = True
        self.end()


def _answer_once(pending: asyncio.Future[Any], answer: object) -> None:
    if not pending.done():  # the caller may have been cancelled
        pending.set_result(answer)


def serve(descriptor: int, limit: int) -> None:
    """Read pages until the crawl ends; runs in a worker process.

    Args:
        descriptor: file descriptor of the socket to the crawl.
        limit: seconds that a page may take before the process ends itself, as its crawl may be gone; 0 sets none.
    """
    signal.signal(
        signal.SIGTERM, signal.SIG_IGN
    )  # systemd sends it to all processes; the crawl still needs its pages read
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    memory = SiteMemory()
    # a connection error means that the crawl was killed
    with contextlib.suppress(ConnectionError), socket.socket(fileno=descriptor) as to_crawl:
        _serve_pages(to_crawl, memory, limit)


def _serve_pages(to_crawl: socket.socket, memory: SiteMemory, limit: int) -> None:
    with to_crawl.makefile("rwb") as stream:
        stream.write(_READY)
        stream.flush()
        while len(head := stream.read(_SIZE.size)) == _SIZE.size:
            request = stream.read(_SIZE.unpack(head)[0])
            signal.alarm(limit)
            body, url, headers, rules, now, lessons = pickle.loads(request)  # noqa: S301 - the crawl's own
            if lessons:
                memory.take_up(url_parts(url).host, lessons)
            try:
                answer = pickle.dumps((False, read_page(body, url, headers, rules, now=now, memory=memory)))
            except PageError as error:
                answer = pickle.dumps((True, error))
            signal.alarm(0)
            stream.write(_SIZE.pack(len(answer)) + answer)
            stream.flush()
