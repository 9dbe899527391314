"""Reading pages in processes beside the crawl's own, for machines that have cores to spare.

Door: `Readers(processes, patience).read(...)`, the same as `read_page` but awaited. Each site is always read by the
same process, whose `SiteMemory` thus sees all its pages in their order; so the result is that of one process. One page
is under way in a process at a time. A page on which a reader dies or does not end costs that page and a new process,
not the crawl.

It knows `read_page` and the standard library's pools. A reader on another machine would be another class with `read`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import zlib
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING

from kolcrawl.errors import PageError
from kolcrawl.page import read_page
from kolcrawl.page.sites import SiteMemory
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from kolcrawl.page import Page, SiteRules

_memory = SiteMemory()
"""Of this process, where it is a reader."""


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
    """One process, and the queue before it."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._turn = asyncio.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._pid = 0

    async def read(self, body: bytes, url: str, headers: Mapping[str, str], rules: SiteRules, now: datetime) -> Page:
        async with self._turn:
            if self._pool is None:
                # not forked: the crawl has threads and open connections
                self._pool = ProcessPoolExecutor(1, get_context("spawn"), _begin)
                self._pid = await asyncio.wrap_future(self._pool.submit(os.getpid))
            reading = asyncio.wrap_future(self._pool.submit(_read, body, url, headers, rules, now))
            try:
                return await asyncio.wait_for(reading, self._patience)
            except TimeoutError:
                self.end()
                raise PageError("unreadable", f"{url}: not read within {self._patience:g} s; left out") from None
            except BrokenProcessPool:
                self.end()
                raise PageError("unreadable", f"{url}: the process that read it died; left out") from None

    def end(self) -> None:
        """Kill the process, whatever it does; the next page gets a new one."""
        if self._pool is not None:
            if self._pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._pid, signal.SIGKILL)
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool, self._pid = None, 0


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the crawl, which ends its readers when it is done


def _read(body: bytes, url: str, headers: Mapping[str, str], rules: SiteRules, now: datetime) -> Page:
    return read_page(body, url, headers, rules, now=now, memory=_memory)
