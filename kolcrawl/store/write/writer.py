"""The entry point for writing: stories come one by one, are written in batches, and acknowledged one by one.

`StoryWriter.write` returns when the story, its links and its visit are in the database. One thread with a
synchronous client does the writing, so the event loop never waits for the database; the queue to it is bounded, so
a slow database slows the crawl instead of filling the memory. When the database fails, the thread tries again for
a bounded time, then keeps everything on disk (`spool`) and reports it once, through `on_lost`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pymongo.errors import OperationFailure, PyMongoError

from kolcrawl.errors import StoreError, StoreUnavailableError
from kolcrawl.locale import os_reason
from kolcrawl.store.bson_types import Document
from kolcrawl.store.maintain.correct_links import WaitingCorrections
from kolcrawl.store.write.apply import ApplyResult, apply_each, apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.known_stories import KnownStories
from kolcrawl.store.write.last_seen import SLOW_FLUSH, LastSeen, Sightings, flush_last_seen
from kolcrawl.store.write.spool import Spool
from kolcrawl.store.write.spool_lines import SEEN, sightings_as_values
from kolcrawl.system.retry import Backoff, doubling_pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from kolcrawl.items import StoryItem
    from kolcrawl.policy.revisit import Bounds
    from kolcrawl.store.server.client import Store

logger = logging.getLogger(__name__)

LINGER_STEP: Final = 0.05
"""Seconds after which a waiting batch looks again whether more stories are expected."""
IDLE_SECONDS: Final = 0.5
"""Seconds without a story after which there is time for what can wait."""
DATABASE_PATIENCE: Final = 60.0
"""Seconds to go on trying a database that fails: a restart or an election takes less."""
PATIENCE_AT_CLOSE: Final = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0  # seconds between tries, doubling


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterOptions:
    """How a `StoryWriter` works."""

    batch: int = 50
    """Stories a batch: beyond this, the time for a story falls no further on the embedded server."""
    linger: float = 0.1
    """Seconds that a batch waits for more stories after its first: it takes a dozen commands, however few it holds."""
    long_linger: float = 1.0
    """The same while `expects_more` says that more will come."""
    expects_more: Callable[[], bool] | None = None
    """Says, in the writing thread, whether more stories will come soon though nobody waits for those that are there."""
    pending: int = 400
    """Stories that may wait; with 100 kB each, at most some 40 MB."""
    patience: float = DATABASE_PATIENCE
    """Seconds to go on trying a database that fails."""
    spool_folder: Path | None = None
    """Where stories are kept on disk; None for `spool` in the store's data folder."""
    revisit: Bounds | None = None
    """Bounds of the time until a story is due again; None sets no time."""


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
    lost: int = 0
    """Fetched, but taken by neither the database nor the disk."""
    added_stories: int = 0
    """Story documents that were new, stubs included."""
    stubs: int = 0
    """Stories that this crawl found linked and has not visited."""
    new_links: int = 0
    copies: int = 0
    """Stories found to be near copies of others."""
    merged: int = 0
    batches: int = 0
    seconds: float = 0.0
    """Spent writing."""


Pending = tuple[Document, "Future[WriteResult]"]
"""A visit that waits, and what resolves when it is acknowledged."""


class StoryWriter:
    """Writes the stories of one crawl. Created, used and closed within one event loop."""

    def __init__(
        self,
        store: Store,
        crawl: str,
        *,
        on_lost: Callable[[str], None] | None = None,
        options: WriterOptions = WriterOptions(),
    ) -> None:
        """Start the writing thread.

        Args:
            store: an open store; the caller closes it after the writer.
            crawl: id of the crawl, as in `crawls`.
            on_lost: called once, in the event loop, with a reason fit to be shown, when the database is given up.
            options: how to write.
        """
        self.stats = WriterStats()
        self.lost: str | None = None
        """Why the database was given up, if it was."""
        self._store, self._crawl, self._on_lost, self._options = store, crawl, on_lost, options
        self._spool = Spool(store, crawl, folder=options.spool_folder)
        self._refused = Spool(store, crawl, folder=options.spool_folder, suffix=".refused")
        self._last_seen, self._known = LastSeen(), KnownStories()
        self._corrections = WaitingCorrections(store)
        self._flush_from = 0.0
        """Moment of `time.monotonic` before which `LastSeen` is not flushed again, after a failure."""
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._capacity = asyncio.Semaphore(options.pending)
        self._queue: queue.SimpleQueue[Pending | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=f"store-{crawl}", daemon=True)
        self._thread.start()

    async def write(self, item: StoryItem) -> WriteResult:
        """Write a story with its links and its visit; return when the database has acknowledged all of it.

        Raises:
            StoreError: neither the database nor the disk could take it.
        """
        if self._closing.is_set():
            raise StoreError("the writer is closed")
        visit = visit_document(item, self._crawl, self._options.revisit)
        async with self._capacity:
            acknowledged: Future[WriteResult] = Future()
            self._queue.put((visit, acknowledged))
            return await asyncio.wrap_future(acknowledged)

    def correct(self, item: StoryItem) -> None:
        """Correct the links of a visit, with or after the stories that are written next; it may be lost on the way.

        Args:
            item: the visit, with its links as they are judged now.
        """
        self._corrections.add(visit_document(item, self._crawl))

    async def close(self) -> None:
        """Write what is pending, then end. May be called twice."""
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
                self._store_batch(batch)
                self._latest = max(self._latest, *(visit["at"] for visit, _ in batch))
            if self.lost is None:
                self.stats.new_links += self._corrections.write()
            due = self._last_seen.due(self._latest) if going and self.lost is None else self._last_seen.all()
            self._flush_last_seen(due)
        self._corrections.close()
        if self.stats.lost:
            logger.error(
                "%s: %d stories were fetched, but neither written nor kept: free some space, and crawl again",
                *(self._spool.path, self.stats.lost),
            )
        for file in (self._spool, self._refused):
            with contextlib.suppress(OSError):  # a full disk, which has been logged
                file.close()

    def _next_batch(self) -> tuple[list[Pending], bool]:
        """Return the next stories, and whether more may come."""
        while True:
            try:
                first = self._queue.get(timeout=IDLE_SECONDS if self._last_seen else None)
                break
            except queue.Empty:
                self._flush_last_seen(self._last_seen.due(self._latest, idle=True))
        if first is None:
            return [], False
        batch, began = [first], time.monotonic()
        while len(batch) < self._options.batch:
            try:
                entry = self._queue.get(timeout=self._left(began))
            except queue.Empty:
                if self._left(began):
                    continue
                break
            if entry is None:
                return batch, False
            batch.append(entry)
        return batch, True

    def _left(self, began: float) -> float:
        """Return for how many seconds a batch waits until it looks again whether to wait."""
        waited, options = time.monotonic() - began, self._options
        if waited < options.linger:
            return options.linger - waited
        if options.expects_more is None or waited >= options.long_linger or not options.expects_more():
            return 0.0
        return min(LINGER_STEP, options.long_linger - waited)

    def _store_batch(self, batch: list[Pending]) -> None:
        """Bring a batch to the database or the disk, and acknowledge each of its stories."""
        try:
            results = self._write(batch)
        except Exception as error:  # any: whoever waits for these stories must get an answer
            if not isinstance(error, OSError):
                logger.exception("stories of crawl %s were neither written nor spooled", self._crawl)
            elif not self.stats.lost:  # the rest is counted at the end
                logger.error(
                    "%s: %s; stories are neither written nor kept: make room", self._spool.path, os_reason(error)
                )
            self.stats.lost += len(batch)
            for _, acknowledged in batch:
                acknowledged.set_exception(StoreError(f"neither the database nor the spool took the story: {error}"))
            return
        for (_, acknowledged), result in zip(batch, results, strict=True):
            acknowledged.set_result(result)

    def _write(self, batch: list[Pending]) -> list[WriteResult]:
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

    def _try_hard(self, visits: Sequence[Document]) -> ApplyResult:
        """Write, and try again while there is time.

        Raises:
            StoreError: the database is given up.
        """
        backoff: Backoff | None = None
        while True:
            try:
                applied = apply_visits(self._store.db, visits, last_seen=self._last_seen, known=self._known)
            except (PyMongoError, StoreUnavailableError) as error:
                self._known.clear()
                backoff = backoff or Backoff(doubling_pauses(FIRST_PAUSE, LONGEST_PAUSE))
                failed = self._store.explain(error) if isinstance(error, PyMongoError) else error
                patience = PATIENCE_AT_CLOSE if self._closing.is_set() else self._options.patience
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

    def _try_each(self, visits: Sequence[Document], error: Exception) -> ApplyResult | None:
        """Write stories one by one where the server answers, yet fails; return None if it fails on all of them."""
        if not isinstance(error, OperationFailure) or len(visits) == 1:
            return None
        with contextlib.suppress(PyMongoError):
            return apply_each(self._store.db, visits)
        return None

    def _flush_last_seen(self, seen: Sightings) -> None:
        """Write how stories were seen again; on disk where the database is lost."""
        if not seen or (time.monotonic() < self._flush_from and not self._closing.is_set()):
            return
        if self.lost is None:
            if len(seen) > SLOW_FLUSH:
                logger.info("writing when %d stories were last seen", len(seen))
            try:
                flush_last_seen(self._store.db, seen)
            except PyMongoError as error:
                logger.warning("%s; when stories were last seen is written later", self._store.explain(error))
                if not self._closing.is_set():
                    self._flush_from = time.monotonic() + DATABASE_PATIENCE
                    self._revive()
                    return
                self._keep_on_disk(seen)
        else:
            self._keep_on_disk(seen)
        self._last_seen.remove(seen)

    def _keep_on_disk(self, seen: Sightings) -> None:
        with contextlib.suppress(OSError):  # a full disk, which has been logged
            self._spool.add([{"_id": self._crawl, SEEN: sightings_as_values(seen)}])

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

    def _count(self, names: Sequence[str], applied: ApplyResult) -> None:
        stats = self.stats
        stats.batches += 1
        stats.stories += len(names) - len(applied.refused)
        stats.refused += len(applied.refused)
        stats.added_stories += applied.added_stories
        stats.stubs += applied.new_stubs
        stats.copies += applied.copies
        stats.new_links += applied.new_links
        stats.merged += applied.merged

    def _keep_refused(self, visits: Sequence[Document], applied: ApplyResult) -> None:
        for visit in visits:
            if visit["_id"] in applied.refused:
                logger.error("the database refuses story %r: %s", visit["url"], applied.refused[visit["_id"]])
                self._refused.add([visit])
