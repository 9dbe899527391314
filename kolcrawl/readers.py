"""Reading pages in processes beside the crawl's own, for machines that have cores to spare.

Door: `Readers(processes, patience).read(...)`, the same as `read_page` but awaited. Each site is always read by the
same process, whose `SiteMemory` thus sees all its pages in their order; so the result is that of one process. One page
is under way in a process at a time. A page on which a reader dies or does not end costs that page and a new process,
not the crawl.

It knows `read_page` and the standard library's processes. A reader on another machine would be another class with
`read`.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import signal
import socket
import struct
import traceback
import zlib
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from kolcrawl.errors import PageError
from kolcrawl.page import read_page
from kolcrawl.page.sites import SiteMemory
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from multiprocessing.context import SpawnProcess

    from kolcrawl.page import Page, SiteRules

_SIZE = struct.Struct("<Q")  # of what follows, in bytes


class Readers:
    """Processes that read pages; they are started when they are first needed."""

    def __init__(self, processes: int, patience: float) -> None:
        """Args:
        processes: how many, at least one.
        patience: seconds that one page may take.
        """
        self._readers = [_Reader(patience) for _ in range(processes)]

    async def read(self, body: bytes, url: str, headers: Mapping[str, str], rules: SiteRules, *, now: datetime) -> Page:
        """Read a page (`read_page`).

        Raises:
            PageError: it cannot be read at all; `unreadable` when its reader died or did not end.
        """
        number = zlib.crc32(site_of(url).encode()) % len(self._readers)
        return await self._readers[number].read(body, url, headers, rules, now)

    def close(self) -> None:
        """End the processes."""
        for reader in self._readers:
            reader.end()


class _Reader:
    """One process, the socket to it, and the queue before it."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._turn = asyncio.Lock()
        self._process: SpawnProcess | None = None
        self._answers: asyncio.StreamReader
        self._questions: asyncio.StreamWriter

    async def read(self, body: bytes, url: str, headers: Mapping[str, str], rules: SiteRules, now: datetime) -> Page:
        async with self._turn:
            if self._process is None:
                await self._begin()
            try:
                failed, answer = await asyncio.wait_for(self._ask((body, url, headers, rules, now)), self._patience)
            except TimeoutError:
                self.end()
                raise PageError("unreadable", f"{url}: not read within {self._patience:g} s; left out") from None
            except (asyncio.IncompleteReadError, ConnectionError):
                self.end()
                raise PageError("unreadable", f"{url}: the process that read it died; left out") from None
            except BaseException:  # cancelled: its answer must not be taken for the next page's
                self.end()
                raise
        if failed:
            raise answer
        page: Page = answer
        return page

    async def _begin(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:  # closed here, so that the other end's end is seen
            self._answers, self._questions = await asyncio.open_connection(sock=ours)
            # not forked: the crawl has threads and open connections
            self._process = get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()

    async def _ask(self, question: tuple[Any, ...]) -> tuple[bool, Any]:
        """By streams: the threads of a pool took the crawl's own process .4 ms a page more, of 10."""
        asked = pickle.dumps(question, pickle.HIGHEST_PROTOCOL)
        self._questions.write(_SIZE.pack(len(asked)) + asked)
        (size,) = _SIZE.unpack(await self._answers.readexactly(_SIZE.size))
        answer: tuple[bool, Any] = pickle.loads(await self._answers.readexactly(size))  # noqa: S301 - our own process
        return answer

    def end(self) -> None:
        """Kill the process, whatever it does; the next page gets a new one."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
            self._questions.transport.abort()


def _serve(to_crawl: socket.socket) -> None:
    """Read pages until the crawl ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the crawl, which ends its readers when it is done
    memory = SiteMemory()
    # a crawl that was killed has nobody to tell
    with contextlib.suppress(ConnectionError), to_crawl, to_crawl.makefile("rwb") as stream:
        while len(head := stream.read(_SIZE.size)) == _SIZE.size:
            question = stream.read(_SIZE.unpack(head)[0])
            body, url, headers, rules, now = pickle.loads(question)  # noqa: S301 - the crawl's own
            try:
                answer = pickle.dumps((False, read_page(body, url, headers, rules, now=now, memory=memory)))
            except PageError as error:
                answer = pickle.dumps((True, error))
            except Exception:  # a page can be stranger than foreseen; the crawl tells of it and goes on
                answer = pickle.dumps((True, RuntimeError(traceback.format_exc())))
            stream.write(_SIZE.pack(len(answer)) + answer)
            stream.flush()
