"""The door in: stories are handed over one by one, written in batches, and acknowledged one by one.

`StoryWriter.write` returns when the story, its links and its visit are in the database. One thread with a
synchronous client does the writing, so the event loop never waits for the database; the queue to it is bounded, so
a slow database slows the crawl instead of filling the memory. When the database fails, the thread tries again for
a bounded time, then keeps everything on disk (`spool`) and says so once, through `on_lost`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import OperationFailure, PyMongoError

from kolcrawl.errors import StoreError, StoreUnavailableError
from kolcrawl.store.write.apply import Applied, apply_each, apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.last_seen import Lately, due_lately, note_lately
from kolcrawl.store.write.spool import Spool
from kolcrawl.store.write.spool_lines import SEEN
from kolcrawl.system.retry import Backoff, doubling_pauses

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.policy.revisit import Bounds
    from kolcrawl.store.server.client import Store

logger = logging.getLogger(__name__)

BATCH: Final = 50
"""Stories a batch: beyond this, time for a story falls no further on the embedded server."""
LINGER: Final = 0.1
"""Seconds that a batch waits for more stories after its first: it takes a dozen commands, however few it holds."""
IDLE: Final = 0.5
"""Seconds without a story after which there is time for what can wait."""
PENDING: Final = 400
"""Stories that may wait; with 100 kB each, at most some 40 MB."""
PATIENCE: Final = 60.0
"""Seconds to go on trying a database that fails: a restart or an election takes less."""
PATIENCE_AT_CLOSE: Final = 5.0
MANY: Final = 5_000
"""Stories that it takes seconds to note."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0  # seconds between tries, doubling


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of a story."""

    refused: str | None = None
    """Why the database does not take this story; it is kept in the spool folder, in `*.refused.jsonl`."""
    repeated: bool = False
    """This very visit had been written before."""
    spooled: bool = False
    """The database is lost; the story is on disk and will be written by the next start."""


@dataclass(slots=True)
class WriterStats:
    """What a writer has done so far."""

    stories: int = 0
    """Acknowledged by the database."""
    spooled: int = 0
    refused: int = 0
    new_stories: int = 0
    """Story documents made, stubs included."""
    stubs: int = 0
    """Stories that this crawl found linked and has not visited."""
    new_links: int = 0
    copies: int = 0
    """Stories found to be near copies of others."""
    merged: int = 0
    batches: int = 0
    seconds: float = 0.0
    """Spent writing."""


Waiting = tuple[dict[str, Any], "Future[WriteResult]"]


class StoryWriter:
    """Writes the stories of one crawl. Made, used and closed within one event loop."""

    def __init__(
        self,
        store: Store,
        crawl: str,
        *,
        on_lost: Callable[[str], None] | None = None,
        spool_folder: Path | None = None,
        batch: int = BATCH,
        linger: float = LINGER,
        pending: int = PENDING,
        patience: float = PATIENCE,
        revisit: Bounds | None = None,
    ) -> None:
        """Args:
        store: an open store; the caller closes it after the writer.
        crawl: id of the crawl, as in `crawls`.
        on_lost: called once, in the event loop, with a reason fit to be shown, when the database is given up.
        spool_folder: None for `spool` in the store's data folder.
        batch, linger, pending, patience: see the constants of this module.
        revisit: bounds of the time until a story is due again; None sets no time.
        """
        self.stats = WriterStats()
        self.lost: str | None = None
        """Why the database was given up, if it was."""
        self._told_disk = False
        self._store, self._crawl, self._on_lost = store, crawl, on_lost
        self._revisit = revisit
        self._batch, self._linger, self._patience = batch, linger, patience
        self._spool = Spool(store, crawl, folder=spool_folder)
        self._refused = Spool(store, crawl, folder=spool_folder, suffix=".refused")
        self._lately: Lately = {}
        self._note_from = 0.0
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._room = asyncio.Semaphore(pending)
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=f"store-{crawl}", daemon=True)
        self._thread.start()

    async def write(self, item: StoryItem) -> WriteResult:
        """Write a story with its links and its visit; returns when the database has acknowledged all of it.

        Raises:
            StoreError: neither the database nor the disk could take it.
        """
        if self._closing.is_set():
            raise StoreError("the writer is closed")
        visit = visit_document(item, self._crawl, self._revisit)
        async with self._room:
            done: Future[WriteResult] = Future()
            self._queue.put((visit, done))
            return await asyncio.wrap_future(done)

    async def close(self) -> None:
        """Write what is waiting, then end. May be called twice."""
        if not self._closing.is_set():
            self._closing.set()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    # --- in the thread

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._next_batch()
            if batch:
                self._settle(batch)
                self._latest = max(self._latest, *(visit["at"] for visit, _ in batch))
            self._note_lately(due_lately(self._lately, self._latest) if going and self.lost is None else self._lately)
        for file in (self._spool, self._refused):
            with contextlib.suppress(OSError):  # a full disk, which has been told
                file.close()

    def _next_batch(self) -> tuple[list[Waiting], bool]:
        """The next stories, and whether more may come."""
        while True:
            try:
                first = self._queue.get(timeout=IDLE if self._lately else None)
                break
            except queue.Empty:
                self._note_lately(due_lately(self._lately, self._latest, idle=True))
        if first is None:
            return [], False
        batch, deadline = [first], time.monotonic() + self._linger
        while len(batch) < self._batch:
            try:
                entry = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if entry is None:
                return batch, False
            batch.append(entry)
        return batch, True

    def _settle(self, batch: list[Waiting]) -> None:
        """Bring a batch to the database or the disk, and tell those who wait."""
        try:
            results = self._write(batch)
        except OSError as error:
            if not self._told_disk:
                self._told_disk = True
                logger.error(
                    "%s: %s; stories are neither written nor kept: make room", self._spool.path, error.strerror
                )
            for _, done in batch:
                done.set_exception(StoreError(f"neither the database nor the spool took the story: {error}"))
            return
        except Exception as error:
            logger.exception("stories of crawl %s were neither written nor spooled", self._crawl)
            for _, done in batch:
                done.set_exception(StoreError(f"neither the database nor the spool took the story: {error}"))
            return
        for (_, done), result in zip(batch, results, strict=True):
            done.set_result(result)

    def _write(self, batch: list[Waiting]) -> list[WriteResult]:
        visits = [visit for visit, _ in batch]
        names = [visit["_id"] for visit in visits]
        if self.lost is None:
            started = time.monotonic()
            try:
                applied = self._try_hard(visits)
            except StoreError as error:
                self._give_up(str(error))
            else:
                self.stats.seconds += time.monotonic() - started
                self._count(names, applied)
                if applied.refused:
                    self._keep_refused(visits, applied)
                return [
                    WriteResult(refused=applied.refused.get(name), repeated=name in applied.repeated) for name in names
                ]
        self._spool.add(visits)
        self.stats.spooled += len(visits)
        return [WriteResult(spooled=True)] * len(visits)

    def _try_hard(self, visits: Sequence[dict[str, Any]]) -> Applied:
        """Write, and try again while there is patience.

        Raises:
            StoreError: the database is given up.
        """
        backoff: Backoff | None = None
        while True:
            try:
                applied = apply_visits(self._store.db, visits, lately=self._lately)
            except (PyMongoError, StoreUnavailableError) as error:
                backoff = backoff or Backoff(doubling_pauses(FIRST_PAUSE, LONGEST_PAUSE))
                failed = self._store.explain(error) if isinstance(error, PyMongoError) else error
                patience = PATIENCE_AT_CLOSE if self._closing.is_set() else self._patience
                pause = backoff.next_pause(patience - backoff.elapsed)
                if pause is None:
                    at_last = self._try_each(visits, error)
                    if at_last is None:
                        raise failed from error
                    return at_last
                logger.warning("%s; trying again", failed)
            else:
                if backoff:
                    logger.warning("the database is back after %.0f s", backoff.elapsed)
                return applied
            self._closing.wait(pause) if not self._closing.is_set() else time.sleep(min(pause, 1.0))
            self._revive()

    def _try_each(self, visits: Sequence[dict[str, Any]], error: Exception) -> Applied | None:
        """Where the server answers, yet fails: perhaps on one story only. Returns: None if it fails on all."""
        if not isinstance(error, OperationFailure) or len(visits) == 1:
            return None
        with contextlib.suppress(PyMongoError):
            return apply_each(self._store.db, visits)
        return None

    def _note_lately(self, sightings: Lately) -> None:
        """Note when stories were last seen; on disk where the database is lost."""
        if not sightings or (time.monotonic() < self._note_from and not self._closing.is_set()):
            return
        if self.lost is None:
            if len(sightings) > MANY:
                logger.info("noting when %d stories were last seen", len(sightings))
            try:
                note_lately(self._store.db, sightings)
            except PyMongoError as error:
                logger.warning("%s; noting later when stories were last seen", self._store.explain(error))
                if not self._closing.is_set():
                    self._note_from = time.monotonic() + PATIENCE
                    self._revive()
                    return
                self._keep_on_disk(sightings)
        else:
            self._keep_on_disk(sightings)
        for key in list(sightings):
            del self._lately[key]

    def _keep_on_disk(self, sightings: Lately) -> None:
        with contextlib.suppress(OSError):  # a full disk, which has been told
            self._spool.add([{"_id": self._crawl, SEEN: sightings}])

    def _revive(self) -> None:
        try:
            self._store.revive()
        except (StoreError, PyMongoError) as error:
            logger.warning("%s", error)

    def _give_up(self, reason: str) -> None:
        self.lost = reason
        logger.error("%s; what is fetched is kept in %s", reason, self._spool.path)
        if self._on_lost:
            self._loop.call_soon_threadsafe(self._on_lost, reason)

    def _count(self, names: Sequence[str], applied: Applied) -> None:
        stats = self.stats
        stats.batches += 1
        stats.stories += len(names) - len(applied.refused)
        stats.refused += len(applied.refused)
        stats.new_stories += applied.new_stories
        stats.stubs += applied.new_stubs
        stats.copies += applied.copies
        stats.new_links += applied.new_links
        stats.merged += applied.merged

    def _keep_refused(self, visits: Sequence[dict[str, Any]], applied: Applied) -> None:
        for visit in visits:
            if visit["_id"] in applied.refused:
                logger.error("the database refuses story %r: %s", visit["url"], applied.refused[visit["_id"]])
                self._refused.add([visit])
