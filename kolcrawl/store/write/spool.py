"""What could not be written to the database, kept on disk until it can be.

One append-only file for each crawl under `<data dir>/spool/`: a header, then one document a line (`spool_lines`), each
append forced to the disk before it counts. A file names the database it is meant for by its id (`database_name`),
whatever its hosts are called, and is flushed to no other; files of earlier versions name the server's address. A copy
that was restored elsewhere has the id, too: the file waits until a person has said that it is to go there. A line
that a crash cut short was never acknowledged, and is passed over; any other line that cannot be read is named, and
kept in a file of its own. Flushing a file that was partly flushed before is safe: visits are written once (`apply`).
"""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from zlib import crc32

from pymongo.errors import OperationFailure

from kolcrawl.errors import StoreError
from kolcrawl.locale import os_reason
from kolcrawl.store.server.client import FILE_NOT_FOLDER
from kolcrawl.store.write.apply import apply_each, apply_visits
from kolcrawl.store.write.last_seen import flush_last_seen
from kolcrawl.store.write.spool_lines import (
    RUN_END,
    SEEN,
    SpoolLineError,
    decode_document,
    document_line,
    encode_document,
    has_checksum,
    header_line,
    is_header,
    is_meant_for,
    read_line,
    sightings_of,
    target_of,
)
from kolcrawl.system.files import write_atomically
from kolcrawl.system.locks import HeldLock, try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from io import FileIO
    from pathlib import Path

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.server.client import Store

logger = logging.getLogger(__name__)

_VISITS_PER_FLUSH = 50
_SET_ASIDE = (".refused.jsonl", ".damaged.jsonl")
"""Ends of the names of files that are kept for a person, and not flushed."""


class Spool:
    """The spool file of one crawl, created when the first document is added."""

    def __init__(self, store: Store, crawl: str, *, folder: Path | None = None, suffix: str = "") -> None:
        """Prepare the file.

        Args:
            store: the database that the documents are meant for.
            crawl: id of the crawl.
            folder: where the file is; None for `spool_folder`.
            suffix: comes between the crawl and `.jsonl` in the file's name.
        """
        self.path = (folder or spool_folder(store)) / f"{crawl}{suffix}.jsonl"
        self._target, *_ = _targets(store)
        where = {"server": _server(store)} | ({"collection": store.collection} if store.collection else {})
        self._header = header_line(self._target | where)
        self._file: FileIO | None = None
        self._lock: HeldLock | None = None

    def add(self, documents: Sequence[Document]) -> None:
        """Append documents; when this returns they are on the disk.

        Raises:
            OSError: they are not.
        """
        file = self._file or self._open()
        _append(file, b"".join(document_line(document, self._target) for document in documents))

    def close(self) -> None:
        """Close the file, so that it may be flushed."""
        if self._file:
            self._file.close()
            self._file = None
        if self._lock:
            lock_path(self.path).unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _open(self) -> FileIO:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = self._lock or try_lock(lock_path(self.path))
        file = self.path.open("a+b", buffering=0)
        try:
            _append(file, (b"" if _ends_with_newline(file) else b"\n") + self._header)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # the new name, too, must survive
            finally:
                os.close(folder)
        except OSError:
            file.close()
            raise
        self._file = file
        return file


def _append(file: FileIO, content: bytes) -> None:
    """Append to a file, whole or not at all as far as the disk allows."""
    end = file.seek(0, os.SEEK_END)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            file.truncate(end)  # half a line would spoil the next one
        raise


def _ends_with_newline(file: FileIO) -> bool:
    end = file.seek(0, os.SEEK_END)
    if not end:
        return True
    file.seek(end - 1)
    return file.read(1) == b"\n"


@dataclass(slots=True)
class FlushResult:
    """What a flush did."""

    folder: Path
    written: int = 0
    repeated: int = 0
    """Visits that had reached the database before."""
    refused: int = 0
    """Visits kept in a file of their own, whose name ends in `.refused.jsonl`."""
    damaged: int = 0
    """Lines that cannot be read, kept in a file of their own, whose name ends in `.damaged.jsonl`."""
    files: int = 0
    for_others: int = 0
    """Files left alone: they are meant for another database."""
    busy: int = 0
    """Files left alone: a crawl is still adding to them."""
    held: int = 0
    """Files left alone: this is a copy of the database that they are meant for, or that one was moved."""
    held_for: str = ""
    """Server of the database that the latest of them names."""


def spool_folder(store: Store) -> Path:
    """Return where the spool files of a data folder are."""
    return store.data_dir / "spool"


def spool_files(store: Store, crawls: Collection[str]) -> list[Path]:
    """List the spool files that are meant for a database, those that are kept for a person among them.

    Args:
        store: the database.
        crawls: ids of its runs, by which files are named.

    Raises:
        OSError: a file cannot be read.
    """
    found = []
    for path in sorted(spool_folder(store).glob("*.jsonl")):
        with path.open("rb") as file:
            of_a_run = path.name.partition(".")[0] in crawls
            if of_a_run or (
                not path.name.endswith(_SET_ASIDE[1]) and _is_for(store, file)
            ):  # what is damaged has no names
                found.append(path)
    return found


def lock_path(path: Path) -> Path:
    """Return the lock file of a spool file: held by whoever adds to it or flushes it."""
    return path.with_name(f"{path.name}.lock")


def flush_spool(
    store: Store, on_progress: Callable[[int], None] = lambda _visits: None, *, held: bool = False
) -> FlushResult:
    """Write all spooled visits that are meant for this database, and remove their files.

    Args:
        store: the database.
        on_progress: called with the number of visits done so far.
        held: write also the files that were kept for a database elsewhere of which this one is a copy.

    Raises:
        StoreError: a file cannot be opened, or the folder is none.
        pymongo.errors.PyMongoError: the database failed; nothing is lost, the rest stays on disk.
    """
    result = FlushResult(spool_folder(store))
    if result.folder.exists() and not result.folder.is_dir():
        raise StoreError(FILE_NOT_FOLDER, path=result.folder)  # what a crawl cannot write must have its place
    for path in sorted(result.folder.glob("*.jsonl")):
        if path.name.endswith(_SET_ASIDE):
            continue
        try:
            lock = try_lock(lock_path(path))
            if lock is None:
                result.busy += 1
                continue
            with lock:
                _flush_path(store, path, result, on_progress, held=held)
                lock_path(path).unlink(missing_ok=True)
        except FileNotFoundError:  # another process has flushed it meanwhile
            continue
        except OSError as error:
            raise StoreError("{path} cannot be read: {reason}", path=path, reason=os_reason(error)) from error
    return result


def _flush_path(
    store: Store, path: Path, result: FlushResult, on_progress: Callable[[int], None], *, held: bool
) -> None:
    """Flush one file and remove it, unless it is meant for another database."""
    with path.open("rb") as file:
        if not _is_for(store, file):
            result.for_others += 1
            return
        if not held and (elsewhere := _original(store, file)):
            result.held += 1
            result.held_for = elsewhere
            return
        damaged: list[bytes] = []
        documents = _documents(file, path, _targets(store), damaged)
        while batch := list(islice(documents, _VISITS_PER_FLUSH)):
            _flush_batch(store, path, batch, result)
            on_progress(result.written + result.repeated)
    if damaged:
        content = b"".join(damaged)
        aside = path.with_name(f"{path.stem}.{crc32(content):08x}.damaged.jsonl")
        write_atomically(aside, content)
        result.damaged += len(damaged)
        logger.error("%s: %d lines cannot be read; they are kept in %s", path, len(damaged), aside)
    path.unlink()
    result.files += 1


def _flush_batch(store: Store, path: Path, batch: list[Document], result: FlushResult) -> None:
    for document in batch:
        if RUN_END in document:
            store.db["crawls"].update_one({"_id": document["_id"]}, {"$set": document[RUN_END]})
        elif SEEN in document:
            flush_last_seen(store.db, sightings_of(document[SEEN]))
    visits = [document for document in batch if RUN_END not in document and SEEN not in document]
    originals = {visit["_id"]: encode_document(visit) for visit in visits}
    try:
        applied = apply_visits(store.db, visits)
    except OperationFailure:
        applied = apply_each(store.db, visits)
    if applied.refused:
        logger.error("the database refused %d spooled visits: %s", len(applied.refused), applied.refused)
        refused = Spool(store, path.stem, suffix=".refused")
        refused.add([decode_document(originals[name]) for name in applied.refused])
        refused.close()
    result.refused += len(applied.refused)
    result.repeated += len(applied.repeated)
    result.written += len(originals) - len(applied.refused) - len(applied.repeated)


def _documents(file: Any, path: Path, targets: Sequence[Document], damaged: list[bytes]) -> Iterator[Document]:
    """Yield the documents of a file.

    Args:
        file: the open file.
        path: its path, for the log.
        targets: the names of the database that its lines must be meant for.
        damaged: takes the lines that cannot be read.
    """
    broken: bytes | None = None
    """A line that cannot be read, until what follows tells whether a crash cut it short."""
    for number, line in enumerate(file, 1):
        if broken is not None and not is_header(line):
            damaged.append(broken)
        broken = None
        if not line.strip() or is_header(line):
            continue
        try:
            yield read_line(line, targets)
        except SpoolLineError as error:
            logger.warning("%s, line %d: %s", path, number, error)
            broken = line
    if broken is not None:
        if broken.endswith(b"\n"):
            damaged.append(broken)
        else:
            logger.warning("%s: the last line was cut short by a crash before it was acknowledged", path)


def _is_for(store: Store, file: Any) -> bool:
    """Return whether a file is meant for this database, by its headers or, where none can be read, by its lines."""
    targets = _targets(store)
    headers = []
    proven = checked = False
    for line in file:
        if (found := target_of(line)) is not None:
            headers.append(found)
        elif is_meant_for(line, targets):
            proven = True
            break
        else:
            checked = checked or has_checksum(line)
    file.seek(0)
    if proven:
        return True
    return all(_names_one(found, targets) for found in headers) if headers else not checked


def _original(store: Store, file: Any) -> str | None:
    """Return the server of the database that a file is meant for where this one is another, with the same id."""
    headers = [found for line in file if (found := target_of(line)) is not None]
    file.seek(0)
    for header in headers:
        same = header.get("collection") is not None and header.get("collection") == store.collection
        if not same and header.get("server", _server(store)) != _server(store):
            return str(header["server"])
    return None


def _names_one(header: Document, targets: Sequence[Document]) -> bool:
    """Return whether a header names a database by one of its names; by its address only where it has no id."""
    wanted = targets[0] if "id" in header else targets[-1]
    return all(header.get(name) == wanted[name] for name in wanted if name != "spool")


def _targets(store: Store) -> list[Document]:
    """Return the names of a database, the one that is written first; the last is that of earlier versions."""
    by_address = {"spool": 2, "server": _server(store), "database": store.db.name}
    by_id = [{"spool": 3, "id": store.id, "database": store.db.name}] if store.id else []
    return [*by_id, by_address]


def _server(store: Store) -> str:
    return "embedded" if store.embedded else store.uri_shown
