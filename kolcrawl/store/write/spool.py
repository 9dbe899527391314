"""What could not be written to the database, kept on disk until it can be.

One append-only file for each crawl under `<data dir>/spool/`, a header and then one visit a line in MongoDB's
Extended JSON, each append forced to the disk before it counts. A file names the database it is meant for, without
credentials, and is flushed to no other. A line that a crash cut short was never acknowledged, and is passed over.
Flushing a file that was partly flushed before is safe: visits are written once (`apply`).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bson import json_util
from pymongo.errors import OperationFailure

from kolcrawl.errors import StoreError
from kolcrawl.store.write.apply import apply_each, apply_visits
from kolcrawl.store.write.last_seen import note_lately
from kolcrawl.system.locks import try_lock

if TYPE_CHECKING:
    from kolcrawl.store.server.client import Store
    from kolcrawl.system.locks import HeldLock

logger = logging.getLogger(__name__)

Document = dict[str, Any]

RUN = "run"
"""A document with this field is no visit but the end of a run: what is to be set in its `crawls` document."""
SEEN = "seen"
"""A document with this field tells when stories were last seen (`lately`)."""
_FLUSH_BATCH = 50
_JSON = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True)


class Spool:
    """The spool file of one crawl, or what else `suffix` says; made when the first visit is added."""

    def __init__(self, store: Store, crawl: str, *, folder: Path | None = None, suffix: str = "") -> None:
        self.path = (folder or spool_folder(store)) / f"{crawl}{suffix}.jsonl"
        self._target = _target(store)
        self._file: IO[str] | None = None
        self._lock: HeldLock | None = None

    def add(self, visits: Sequence[Document]) -> None:
        """Append visits; when this returns they are on the disk.

        Raises:
            OSError: they are not.
        """
        file = self._file or self._open()
        for visit in visits:
            file.write(_encode(visit) + "\n")
        file.flush()
        os.fsync(file.fileno())

    def close(self) -> None:
        """Close the file, so that it may be flushed."""
        if self._file:
            self._file.close()
            self._file = None
        if self._lock:
            lock_path(self.path).unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _open(self) -> IO[str]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = try_lock(lock_path(self.path))
        file = self.path.open("a", encoding="ascii")
        file.write("\n" if file.tell() else "")  # ends a line that a crash cut short
        file.write(json.dumps(self._target) + "\n")
        self._file = file
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name, too, must survive
        finally:
            os.close(folder)
        return file


@dataclass(slots=True)
class Flushed:
    """What a flush did."""

    folder: Path
    written: int = 0
    repeated: int = 0
    """Visits that had reached the database before."""
    refused: int = 0
    """Kept in a file of their own, whose name ends in `.refused.jsonl`."""
    files: int = 0
    for_others: int = 0
    """Files left alone: they are meant for another database."""
    busy: int = 0
    """Files left alone: a crawl is still adding to them."""


def spool_folder(store: Store) -> Path:
    """Where the spool files of a data folder are."""
    return store.data_dir / "spool"


def lock_path(path: Path) -> Path:
    """Return the lock file of a spool file: held by who adds to it or flushes it."""
    return path.with_name(f"{path.name}.lock")


def flush_spool(store: Store, told: Callable[[int], None] = lambda visits: None) -> Flushed:
    """Write all spooled visits that are meant for this database, and remove their files.

    Args:
        told: called with the number of visits done so far.
    Raises:
        StoreError: a file cannot be read.
        pymongo.errors.PyMongoError: the database failed; nothing is lost, what is left stays on disk.
    """
    flushed = Flushed(spool_folder(store))
    for path in sorted(flushed.folder.glob("*.jsonl")):
        if path.name.endswith(".refused.jsonl"):
            continue
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(path.open("r+", encoding="ascii", errors="replace"))
            except OSError as error:
                raise StoreError(f"spool file {path} cannot be read: {error.strerror}") from error
            lock = try_lock(lock_path(path))
            if lock is None:
                flushed.busy += 1
                continue
            stack.enter_context(lock)
            stack.callback(lock_path(path).unlink, missing_ok=True)
            if not _is_for(store, file):
                flushed.for_others += 1
                continue
            _flush_file(store, path, file, flushed, told)
            path.unlink()
            flushed.files += 1
    return flushed


def _flush_file(store: Store, path: Path, file: IO[str], flushed: Flushed, told: Callable[[int], None]) -> None:
    visits = _visits(file, path)
    while batch := list(islice(visits, _FLUSH_BATCH)):
        for ended in [document for document in batch if RUN in document]:
            store.db["crawls"].update_one({"_id": ended["_id"]}, {"$set": ended[RUN]})
            batch.remove(ended)
        for again in [document for document in batch if SEEN in document]:
            note_lately(store.db, again[SEEN])
            batch.remove(again)
        originals = {visit["_id"]: _encode(visit) for visit in batch}
        try:
            applied = apply_visits(store.db, batch)
        except OperationFailure:
            applied = apply_each(store.db, batch)
        if applied.refused:
            logger.error("the database refused %d spooled visits: %s", len(applied.refused), applied.refused)
            rest = Spool(store, path.stem, suffix=".refused")
            rest.add([json_util.loads(originals[name], json_options=_JSON) for name in applied.refused])
            rest.close()
        flushed.refused += len(applied.refused)
        flushed.repeated += len(applied.repeated)
        flushed.written += len(originals) - len(applied.refused) - len(applied.repeated)
        told(flushed.written + flushed.repeated)


def _visits(file: IO[str], path: Path) -> Iterator[Document]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            document = json_util.loads(line, json_options=_JSON)
        except ValueError:
            logger.warning("%s, line %d: cut short by a crash before it was acknowledged", path, number)
            continue
        if "_id" in document:
            yield document


def _is_for(store: Store, file: IO[str]) -> bool:
    """Whether the headers of a file name this database; a file without a readable header holds nothing."""
    targets = []
    for line in file:
        if line.startswith('{"spool"'):
            with contextlib.suppress(ValueError):
                targets.append(json.loads(line))
    file.seek(0)
    return all(target == _target(store) for target in targets)


def _target(store: Store) -> Document:
    server = "embedded" if store.embedded else store.uri_shown
    return {"spool": 1, "server": server, "database": store.db.name}


def _encode(visit: Document) -> str:
    return json_util.dumps(visit, json_options=_JSON, ensure_ascii=True)
