"""What the frontier remembers: pending requests, the fingerprints of what was asked for, and notes of the spider.

`MemoryRequestStore` serves a crawl that need not survive, `DiskRequestStore` one with a JOBDIR: one SQLite file,
`frontier.db`. Both implement `RequestStore`, so the scheduler does not know which it has.

What `DiskRequestStore` guarantees:
- A request and the mark that it was seen are written in one transaction: neither is ever there without the other.
- A request is pending until `ack`. Leasing one only notes the attempt, so after a kill at any moment everything that
  was not finished is still pending.
- What was written is on disk when `commit` returns, in the order in which it happened. A killed process loses nothing
  of it; a machine that loses power may lose the last commits, but never one of them without those after it.
- One crawl at a time: SQLite's own lock is held, and is released with the process.
- A row that cannot be read is named, moved to the table `damaged` and never handed out; the rest goes on.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from kolcrawl.errors import KolcrawlError
from kolcrawl.frontier.serialization import dump_request, load_request
from kolcrawl.locale import Message, mark, os_reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scrapy import Request, Spider

logger = logging.getLogger(__name__)

JOBDIR_FORMAT = "1"
FILE_NAME = "frontier.db"
MAX_IN_MEMORY = 20_000
"""Requests that a crawl without a JOBDIR keeps as objects."""

_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host TEXT NOT NULL,
    priority INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    request TEXT NOT NULL
);
CREATE TABLE seen (fingerprint BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_DAMAGED_TABLE = "CREATE TABLE IF NOT EXISTS damaged (id INTEGER PRIMARY KEY, host, priority, tries, request)"


class JobDirError(KolcrawlError):
    """A JOBDIR cannot be used; `reason` is the crawl's finish reason: `jobdir_in_use` or `jobdir_unusable`."""

    def __init__(self, reason: str, message: str, /, **values: object) -> None:
        super().__init__(message, **values)
        self.reason = reason


class DamagedRequestError(KolcrawlError):
    """A pending request cannot be read (raised by `DiskRequestStore.lease`)."""


class RequestStore(Protocol):
    """What the scheduler needs of a store."""

    damaged: int
    """Rows found so far that cannot be read."""

    def mark_seen(self, fingerprint: bytes) -> bool:
        """Mark a fingerprint as asked for; return False if it was already."""

    def unmark_seen(self, fingerprint: bytes) -> None:
        """Undo `mark_seen`."""

    def add(self, request: Request, host: str) -> int:
        """Add a pending request and return its id.

        Raises:
            ValueError: the request cannot be kept.
        """

    def lease(self, request_id: int) -> tuple[Request, int]:
        """Return a request that is about to be made, and the number of earlier attempts; it stays pending.

        Raises:
            DamagedRequestError: it cannot be read, and is pending no more.
        """

    def ack(self, request_id: int) -> None:
        """Remove a leased request, which was processed."""

    def release(self, request_id: int) -> None:
        """Keep a leased request, which was not made, pending for the next start; the attempt does not count."""

    def get_note(self, name: str) -> Any:
        """Return a note of the spider; None if there is none."""

    def notes_with_prefix(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """Yield the notes whose names have a prefix: the rest of the name, and the value."""

    def set_note(self, name: str, value: Any) -> None:
        """Keep a note of the spider: plain data."""

    def commit(self) -> None:
        """Make everything that happened durable."""

    def close(self) -> None:
        """Commit, and release the store."""


class MemoryRequestStore:
    """A store that ends with the process.

    Requests beyond the first `MAX_IN_MEMORY` wait as text in a nameless file of SQLite's, which goes away with it: a
    request takes two kilobytes as an object, and a crawl of many sites knows a million.
    """

    def __init__(self, spider: Spider | None = None) -> None:
        """Start empty.

        Args:
            spider: the spider whose methods the requests call back; without one, all requests stay in memory.
        """
        self._spider = spider
        self.damaged = 0
        self._seen: set[bytes] = set()
        self._requests: dict[int, Request] = {}
        self._overflow: sqlite3.Connection | None = None
        self._notes: dict[str, Any] = {}
        self._last_id = 0

    def mark_seen(self, fingerprint: bytes) -> bool:
        before = len(self._seen)
        self._seen.add(fingerprint)
        return len(self._seen) > before

    def unmark_seen(self, fingerprint: bytes) -> None:
        self._seen.discard(fingerprint)

    def add(self, request: Request, host: str) -> int:
        self._last_id += 1
        if len(self._requests) < MAX_IN_MEMORY or not self._add_to_overflow(request):
            self._requests[self._last_id] = request
        return self._last_id

    def _add_to_overflow(self, request: Request) -> bool:
        if self._spider is None:
            return False
        try:
            text = dump_request(request, self._spider)
            if self._overflow is None:
                self._overflow = sqlite3.connect("", isolation_level=None)
                self._overflow.execute("PRAGMA journal_mode = OFF")
                self._overflow.execute("CREATE TABLE requests (id INTEGER PRIMARY KEY, request TEXT NOT NULL)")
            self._overflow.execute("INSERT INTO requests VALUES (?, ?)", (self._last_id, text))
        except (ValueError, sqlite3.Error):  # it holds something that only memory can; or the disk is full
            return False
        return True

    def lease(self, request_id: int) -> tuple[Request, int]:
        if request_id in self._requests:
            return self._requests.pop(request_id), 0
        find = "SELECT request FROM requests WHERE id = ?"
        row = self._overflow.execute(find, (request_id,)).fetchone() if self._overflow else None
        if row is None or self._overflow is None or self._spider is None:
            raise KeyError(request_id)
        self._overflow.execute("DELETE FROM requests WHERE id = ?", (request_id,))
        return load_request(row[0], self._spider), 0

    def ack(self, request_id: int) -> None:
        """Do nothing: the lease has removed it."""

    def release(self, request_id: int) -> None:
        """Do nothing: there is no next start."""

    def get_note(self, name: str) -> Any:
        return self._notes.get(name)

    def notes_with_prefix(self, prefix: str) -> Iterator[tuple[str, Any]]:
        yield from ((name[len(prefix) :], note) for name, note in self._notes.items() if name.startswith(prefix))

    def set_note(self, name: str, value: Any) -> None:
        self._notes[name] = value

    def commit(self) -> None:
        """Do nothing: nothing is durable."""

    def close(self) -> None:
        """Remove the overflow file."""
        if self._overflow is not None:
            self._overflow.close()


class DiskRequestStore:
    """A store in a JOBDIR."""

    def __init__(self, directory: Path, spider: Spider) -> None:
        """Open the store.

        Args:
            directory: the JOBDIR; created if it is missing.
            spider: the spider whose methods the requests call back; a JOBDIR belongs to one spider.

        Raises:
            JobDirError: another crawl holds the directory, or what it holds is damaged or not ours.
        """
        self._spider = spider
        self._file = directory / FILE_NAME
        self.damaged = 0
        if (directory / "requests.queue").exists() or (directory / "requests.seen").exists():
            raise JobDirError(
                "jobdir_unusable",
                mark("JOBDIR={folder} holds a crawl of another scheduler; name another directory, or remove this one"),
                folder=directory,
            )
        try:
            directory.mkdir(parents=True, exist_ok=True)
            is_empty = self._file.is_file() and not self._file.stat().st_size
            self._db = sqlite3.connect(self._file, timeout=1.0, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise JobDirError(
                "jobdir_unusable", mark("JOBDIR={folder} cannot be used ({reason}); name another directory"),
                folder=directory, reason=os_reason(error) if isinstance(error, OSError) else error,
            ) from None  # fmt: skip
        self._db.text_factory = _text_or_bytes
        if is_empty:  # a crawl that is killed as it begins leaves that, too
            logger.warning("%s is empty: what a crawl left there is lost, if it had begun; it starts anew", self._file)
        try:
            self.resumed = self._open(directory)
        except sqlite3.Error as error:
            self._db.close()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise JobDirError(
                    "jobdir_in_use",
                    mark("JOBDIR={folder} is in use by another crawl; wait for it to end, or name another directory"),
                    folder=directory,
                ) from None
            damaged = mark("JOBDIR={folder} is damaged ({error}); remove it to start anew")
            raise JobDirError("jobdir_unusable", damaged, folder=directory, error=error) from None
        except JobDirError:
            self._db.close()
            raise

    def _open(self, directory: Path) -> bool:
        """Take the lock, then create or check the tables; return whether a crawl is resumed."""
        run = self._db.execute
        run("PRAGMA locking_mode=EXCLUSIVE")
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=NORMAL")
        run("PRAGMA cache_size=-32768")  # KiB
        run("PRAGMA wal_autocheckpoint=4000")  # pages, 16 MiB: a checkpoint is the only thing that waits for the disk
        run("BEGIN IMMEDIATE")
        if not run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in _SCHEMA.split(";"):
                run(statement)
            run("INSERT INTO about VALUES ('format', ?), ('spider', ?)", (JOBDIR_FORMAT, self._spider.name))
            run("COMMIT")
            return False
        problem = run("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise sqlite3.DatabaseError(problem.splitlines()[-1])
        try:
            about = dict(run("SELECT name, value FROM about").fetchall())
        except sqlite3.Error:
            about = {}
        if about.get("format") != JOBDIR_FORMAT:
            raise JobDirError("jobdir_unusable", mark("{file} is not of this version; remove it"), file=self._file)
        if about.get("spider") != self._spider.name:
            raise JobDirError(
                "jobdir_unusable",
                mark("JOBDIR={folder} holds a crawl of the spider {spider!r}, not of {own!r}; name another directory"),
                folder=directory, spider=about.get("spider"), own=self._spider.name,
            )  # fmt: skip
        run("SELECT id, host, priority, tries, request FROM requests LIMIT 0")  # raises where a table is missing
        run("SELECT name, value FROM state LIMIT 0")
        begun: int = run("SELECT EXISTS (SELECT 1 FROM seen)").fetchone()[0]  # else it was killed at once
        run("COMMIT")
        return bool(begun)

    def pending(self) -> Iterator[tuple[str, int, int]]:
        """Yield host, priority and id of each pending request; rows that cannot be read are set aside."""
        unreadable = []
        for host, priority, request_id in self._db.execute("SELECT host, priority, id FROM requests ORDER BY id"):
            if isinstance(host, str) and isinstance(priority, int):
                yield host, priority, request_id
            else:
                unreadable.append(request_id)
        for request_id in unreadable:
            self._set_aside(request_id, "its host or priority cannot be read")

    def count_seen(self) -> int:
        """Count the stories or pages that were asked for, or are pending."""
        count: int = self._db.execute("SELECT count(*) FROM seen").fetchone()[0]
        return count

    def mark_seen(self, fingerprint: bytes) -> bool:
        return self._write("INSERT OR IGNORE INTO seen VALUES (?)", (fingerprint,)).rowcount > 0

    def unmark_seen(self, fingerprint: bytes) -> None:
        self._write("DELETE FROM seen WHERE fingerprint = ?", (fingerprint,))

    def add(self, request: Request, host: str) -> int:
        text = dump_request(request, self._spider)
        cursor = self._write(
            "INSERT INTO requests (host, priority, request) VALUES (?, ?, ?)", (host, request.priority, text)
        )
        return cursor.lastrowid or 0

    def lease(self, request_id: int) -> tuple[Request, int]:
        text, tries = self._db.execute("SELECT request, tries FROM requests WHERE id = ?", (request_id,)).fetchone()
        try:
            if not isinstance(text, str) or not isinstance(tries, int):
                raise ValueError("it is not text")
            request = load_request(text, self._spider)
        except ValueError as error:
            raise DamagedRequestError(self._set_aside(request_id, str(error))) from None
        self._write("UPDATE requests SET tries = tries + 1 WHERE id = ?", (request_id,))
        return request, tries

    def _set_aside(self, request_id: int, problem: str) -> str:
        """Move a row that cannot be read to the table `damaged`, name it in the log, and return what was logged."""
        self._write(_DAMAGED_TABLE, ())
        self._write("INSERT OR REPLACE INTO damaged SELECT * FROM requests WHERE id = ?", (request_id,))
        self._write("DELETE FROM requests WHERE id = ?", (request_id,))
        self.damaged += 1
        message = Message(
            "{file}: request {n} is damaged ({problem}); it is left out, and kept in the table `damaged`",
            file=self._file, n=request_id, problem=problem[:200],
        )  # fmt: skip
        logger.error("%s", message)
        return message

    def ack(self, request_id: int) -> None:
        self._write("DELETE FROM requests WHERE id = ?", (request_id,))

    def release(self, request_id: int) -> None:
        self._write("UPDATE requests SET tries = tries - 1 WHERE id = ?", (request_id,))

    def get_note(self, name: str) -> Any:
        row = self._db.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return self._load_note(name, row[0]) if row else None

    def notes_with_prefix(self, prefix: str) -> Iterator[tuple[str, Any]]:
        last = prefix + chr(0x10FFFF)
        rows = self._db.execute("SELECT name, value FROM state WHERE name >= ? AND name < ?", (prefix, last))
        for name, text in rows:
            if (value := self._load_note(name, text)) is not None:
                yield name[len(prefix) :], value

    def _load_note(self, name: str, text: Any) -> Any:
        try:
            return json.loads(text)
        except (ValueError, TypeError) as error:
            logger.error("%s: the note %r is damaged (%s), and is taken as missing", self._file, name, error)
            self.damaged += 1
            return None

    def set_note(self, name: str, value: Any) -> None:
        self._write("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, json.dumps(value, ensure_ascii=False)))

    def commit(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def close(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # closed already
            self.commit()
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()

    def _write(self, statement: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
        return self._db.execute(statement, values)


def _text_or_bytes(content: bytes) -> str | bytes:
    """Return the text of a column, or its bytes where they are damaged."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content
