"""Reading pages in processes beside the crawl's own, for machines that have cores to spare.

Door: `Readers(processes, patience).read(...)`, the same as `read_page` but awaited. Each site is always read by the
same process, whose `SiteMemory` thus sees all its pages in their order; so the result is that of one process. A process
reads one page at a time, and has the next one at hand. A page on which a reader dies or does not end costs that page
and a new process, not the crawl. Where no process can be started, the crawl's own reads.

It knows `read_page` and the standard library's processes. A reader on another machine would be another class with
`read`.
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
import traceback
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any

from kolcrawl.errors import PageError
from kolcrawl.page import read_page
from kolcrawl.page.related.site_memory import SiteMemory
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from kolcrawl.page import Page, SiteRules

IN_HAND = 2  # pages that a process has, with the one it reads: with one, it waited a fifth of the time for the crawl
_SIZE = struct.Struct("<Q")  # of what follows, in bytes
_READY = b"r"
START_SECONDS = 30.0
LONGEST = 1e6  # seconds: more than an alarm clock takes is as good as for ever
GRACE = 5  # seconds beyond a page's time after which a reader ends by itself: nobody is there to end it
# Not multiprocessing: it would run the script again that started the crawl.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); import kolcrawl.crawl.parse_workers as r;"
    " r.serve(int(sys.argv[2]), int(sys.argv[3]))"
)
_DIED, _LOST = object(), object()  # in an answer's place: of the page that was being read; of the one behind it

logger = logging.getLogger(__name__)


class Readers:
    """Processes that read pages; they are started when they are first needed."""

    def __init__(self, processes: int, patience: float) -> None:
        """Args:
        processes: how many, at least one.
        patience: seconds that one page may take; 0: any time.
        """
        self._readers = [_Reader(patience) for _ in range(processes)]

    async def read(self, body: bytes, url: str, headers: Mapping[str, str], rules: SiteRules, *, now: datetime) -> Page:
        """Read a page (`read_page`).

        Raises:
            PageError: it cannot be read at all; `unreadable` when its reader died or did not end.
        """
        number = zlib.crc32(site_of(url).encode()) % len(self._readers)
        return await self._readers[number].read(body, url, headers, rules, now)

    @property
    def pids(self) -> list[int]:
        """Of the processes that run."""
        return [reader.process.pid for reader in self._readers if reader.process is not None]

    def close(self) -> None:
        """End the processes."""
        for reader in self._readers:
            reader.close()


class _Reader:
    """One process, the socket to it, and the queue before it."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._places = asyncio.Semaphore(IN_HAND)
        self._beginning = asyncio.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self._questions: asyncio.StreamWriter
        self._listening: asyncio.Task[None] | None = None
        self._asked: deque[asyncio.Future[Any]] = deque()  # answers to come, in this order
        self._closed = False
        self._own_memory: SiteMemory | None = None  # of the crawl's own process, where none can be started

    async def read(self, body: bytes, url: str, headers: Mapping[str, str], rules: SiteRules, now: datetime) -> Page:
        question = pickle.dumps((body, url, headers, rules, now), pickle.HIGHEST_PROTOCOL)
        async with self._places:
            answer: Any = _LOST
            while answer is _LOST and not self._closed:
                if not await self._runs():
                    return read_page(body, url, headers, rules, now=now, memory=self._own_memory)
                try:
                    answer = await self._ask(question)
                except TimeoutError:
                    self.end()
                    raise PageError("unreadable", f"{url}: not read within {self._patience:g} s; left out") from None
        if answer in (_DIED, _LOST):
            raise PageError("unreadable", f"{url}: the process that read it died; left out")
        failed, found = pickle.loads(answer)  # noqa: S301 - from our own process
        if failed:
            raise found
        page: Page = found
        return page

    async def _ask(self, question: bytes) -> Any:
        """By streams: the threads of a pool took the crawl's own process .4 ms a page more, of 10."""
        before = self._asked[-1] if self._asked else None
        answer = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self._questions.write(_SIZE.pack(len(question)) + question)
        try:
            if before is not None:
                await asyncio.wait([before])  # patience is for a page's own time
            return await asyncio.wait_for(answer, self._patience or None)
        except asyncio.CancelledError:
            if answer in self._asked:  # nobody would see it hang; the page beside it is asked again
                self.end()
            raise

    async def _runs(self) -> bool:
        """Whether there is a process, after trying to start one."""
        async with self._beginning:
            if self.process is None and self._own_memory is None:
                try:
                    await self._begin()
                except Exception as error:
                    self.end()
                    self._own_memory = SiteMemory()
                    logger.warning("no process can be started to read pages (%s): the crawl reads them itself", error)
                except BaseException:  # cancelled: half a beginning is none
                    self.end()
                    raise
        return self._own_memory is None

    async def _begin(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as complaints:  # closed here, so that the other end's end is seen
            answers, self._questions = await asyncio.open_connection(sock=ours)
            limit = math.ceil(min(self._patience, LONGEST)) + GRACE if self._patience else 0
            path = json.dumps([entry for entry in sys.path if isinstance(entry, str)])
            try:
                self.process = subprocess.Popen(  # noqa: S603 - this program
                    [sys.executable, "-P", "-c", _PROGRAM, path, str(theirs.fileno()), str(limit)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,  # the crawl's own ends with the crawl
                    stderr=complaints,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,  # Ctrl-C is for the crawl, which ends its readers when it is done
                )
            except BaseException:
                self._questions.transport.abort()
                raise
            theirs.close()
            try:
                await asyncio.wait_for(answers.readexactly(len(_READY)), START_SECONDS)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                complaints.seek(0)
                said = complaints.read().decode("utf-8", "replace").strip()
                raise RuntimeError(said.rpartition("\n")[2] or "it did not answer") from error
        self._listening = asyncio.create_task(self._listen(answers))

    async def _listen(self, answers: asyncio.StreamReader) -> None:
        """Hand out the answers, also those that nobody waits for any more, until the process ends."""
        try:
            while True:
                (size,) = _SIZE.unpack(await answers.readexactly(_SIZE.size))
                answer = await answers.readexactly(size)
                _tell(self._asked.popleft(), answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            if self._asked:
                _tell(self._asked.popleft(), _DIED)
            self.end()

    def end(self) -> None:
        """Kill the process, whatever it does; the next page gets a new one."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            self._questions.transport.abort()
            if self._listening is not None:
                self._listening.cancel()
            while self._asked:
                _tell(self._asked.popleft(), _LOST)

    def close(self) -> None:
        """End it for good."""
        self._closed = True
        self.end()


def _tell(asked: asyncio.Future[Any], answer: object) -> None:
    if not asked.done():  # whoever asked may have been cancelled
        asked.set_result(answer)


def serve(descriptor: int, limit: int) -> None:
    """Read pages until the crawl ends: what a reading process does.

    Args:
        descriptor: of the socket to the crawl.
        limit: seconds after which a page ends the process, whose crawl may have been killed; 0: none.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # systemd's is for all processes; the crawl still reads what it has
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    memory = SiteMemory()
    # a crawl that was killed has nobody to tell
    with contextlib.suppress(ConnectionError), socket.socket(fileno=descriptor) as to_crawl:
        _answer(to_crawl, memory, limit)


def _answer(to_crawl: socket.socket, memory: SiteMemory, limit: int) -> None:
    with to_crawl.makefile("rwb") as stream:
        stream.write(_READY)
        stream.flush()
        while len(head := stream.read(_SIZE.size)) == _SIZE.size:
            question = stream.read(_SIZE.unpack(head)[0])
            signal.alarm(limit)
            body, url, headers, rules, now = pickle.loads(question)  # noqa: S301 - the crawl's own
            try:
                answer = pickle.dumps((False, read_page(body, url, headers, rules, now=now, memory=memory)))
            except PageError as error:
                answer = pickle.dumps((True, error))
            except Exception:  # a page can be stranger than foreseen; the crawl tells of it and goes on
                answer = pickle.dumps((True, RuntimeError(traceback.format_exc())))
            signal.alarm(0)
            stream.write(_SIZE.pack(len(answer)) + answer)
            stream.flush()
