"""What the frontier remembers: requests that are owed, what was asked for, and notes of the spider.

`MemoryStore` for a crawl that need not survive, `DiskStore` for one with a JOBDIR: one SQLite file, `frontier.db`.
Both speak the same few words, so the scheduler does not know which it has.

The promises of `DiskStore`:
- a request and the mark that it was seen are written in one transaction, so neither is ever there without the other;
- a request stays until `done`: taking it out of the queue writes only that it was tried, so after a kill at any moment
  all that was not finished is still owed;
- what is written is on disk when `commit` returns, in the order in which it happened. A killed process loses nothing
  of it; a machine that loses power may lose the last commits, never one without those after it;
- one crawl at a time: SQLite's own lock is held, and goes away with the process.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kolcrawl.errors import KolcrawlError
from kolcrawl.frontier.serialization import dump_request, load_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Request, Spider

FORMAT = "1"
FILE_NAME = "frontier.db"
IN_MEMORY = 20_000
"""Requests that a crawl without a JOBDIR keeps as they are."""

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


class JobDirError(KolcrawlError):
    """A JOBDIR cannot be used; `reason` is the crawl's finish reason: `jobdir_in_use` or `jobdir_unusable`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Store(Protocol):
    """What the scheduler needs."""

    def see(self, fingerprint: bytes) -> bool:
        """Mark as asked for; False if it was already."""

    def forget(self, fingerprint: bytes) -> None:
        """Undo `see`."""

    def put(self, request: Request, host: str) -> int:
        """Owe a request; its id. ValueError if it cannot be kept."""

    def take(self, number: int) -> tuple[Request, int]:
        """A request that is about to be made, and how often that was tried before. It stays owed."""

    def done(self, number: int) -> None:
        """The request was processed, and is owed no more."""

    def put_back(self, number: int) -> None:
        """The request was not made after all: it stays owed, for the next start, and was not tried."""

    def get(self, name: str) -> Any:
        """A note of the spider; None if there is none."""

    def notes(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """The notes whose names begin so: the rest of the name, and the value."""

    def note(self, name: str, value: Any) -> None:
        """Keep a note of the spider: plain data."""

    def commit(self) -> None:
        """Make all that happened durable."""

    def close(self) -> None:
        """Commit, and give the store back."""


class MemoryStore:
    """A store that ends with the process.

    Requests beyond the first `IN_MEMORY` wait as text in a nameless file of SQLite's, which goes away with it: a
    request is two kilobytes of objects, and a crawl of many sites knows a million.
    """

    def __init__(self, spider: Spider | None = None) -> None:
        """Args:
        spider: whose methods the requests call back; without one all stay in memory.
        """
        self._spider = spider
        self._seen: set[bytes] = set()
        self._requests: dict[int, Request] = {}
        self._overflow: sqlite3.Connection | None = None
        self._state: dict[str, Any] = {}
        self._last = 0

    def see(self, fingerprint: bytes) -> bool:
        known = len(self._seen)
        self._seen.add(fingerprint)
        return len(self._seen) > known

    def forget(self, fingerprint: bytes) -> None:
        self._seen.discard(fingerprint)

    def put(self, request: Request, host: str) -> int:
        self._last += 1
        if len(self._requests) < IN_MEMORY or not self._put_aside(request):
            self._requests[self._last] = request
        return self._last

    def _put_aside(self, request: Request) -> bool:
        if self._spider is None:
            return False
        try:
            text = dump_request(request, self._spider)
            if self._overflow is None:
                self._overflow = sqlite3.connect("", isolation_level=None)
                self._overflow.execute("PRAGMA journal_mode = OFF")
                self._overflow.execute("CREATE TABLE requests (id INTEGER PRIMARY KEY, request TEXT NOT NULL)")
            self._overflow.execute("INSERT INTO requests VALUES (?, ?)", (self._last, text))
        except (ValueError, sqlite3.Error):  # it holds something that only memory can; or the disk is full
            return False
        return True

    def take(self, number: int) -> tuple[Request, int]:
        if number in self._requests:
            return self._requests.pop(number), 0
        find = "SELECT request FROM requests WHERE id = ?"
        row = self._overflow.execute(find, (number,)).fetchone() if self._overflow else None
        if row is None or self._overflow is None or self._spider is None:
            raise KeyError(number)
        self._overflow.execute("DELETE FROM requests WHERE id = ?", (number,))
        return load_request(row[0], self._spider), 0

    def done(self, number: int) -> None:
        """Nothing was kept."""

    def put_back(self, number: int) -> None:
        """There is no next start."""

    def get(self, name: str) -> Any:
        return self._state.get(name)

    def notes(self, prefix: str) -> Iterator[tuple[str, Any]]:
        yield from ((name[len(prefix) :], note) for name, note in self._state.items() if name.startswith(prefix))

    def note(self, name: str, value: Any) -> None:
        self._state[name] = value

    def commit(self) -> None:
        """Nothing is durable."""

    def close(self) -> None:
        """Let the file go."""
        if self._overflow is not None:
            self._overflow.close()


class DiskStore:
    """A store in a JOBDIR.

    Args:
        directory: the JOBDIR; made if it is not there.
        spider: whose methods the requests call back; a JOBDIR belongs to one spider.

    Raises:
        JobDirError: another crawl holds the directory, or what it holds is damaged or not ours.
    """

    def __init__(self, directory: Path, spider: Spider) -> None:
        self._spider = spider
        if (directory / "requests.queue").exists() or (directory / "requests.seen").exists():
            raise JobDirError(
                "jobdir_unusable",
                f"JOBDIR={directory} holds a crawl of another scheduler; name another directory, or remove this one",
            )
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(directory / FILE_NAME, timeout=1.0, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise JobDirError("jobdir_unusable", f"JOBDIR={directory} cannot be used: {error}") from None
        try:
            self.resumed = self._open(directory)
        except sqlite3.Error as error:
            self._db.close()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise JobDirError(
                    "jobdir_in_use",
                    f"JOBDIR={directory} is in use by another crawl; wait for it to end, or name another directory",
                ) from None
            raise JobDirError(
                "jobdir_unusable", f"JOBDIR={directory} is damaged ({error}); remove it to start anew"
            ) from None
        except JobDirError:
            self._db.close()
            raise

    def _open(self, directory: Path) -> bool:
        """Take the lock, then make or check the tables; whether a crawl is taken up again."""
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
            run("INSERT INTO about VALUES ('format', ?), ('spider', ?)", (FORMAT, self._spider.name))
            run("COMMIT")
            return False
        problem = run("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise sqlite3.DatabaseError(problem.splitlines()[-1])
        try:
            about = dict(run("SELECT name, value FROM about").fetchall())
        except sqlite3.Error:
            about = {}
        if about.get("format") != FORMAT:
            raise JobDirError("jobdir_unusable", f"{directory / FILE_NAME} is not of this version; remove it")
        if about.get("spider") != self._spider.name:
            raise JobDirError(
                "jobdir_unusable",
                f"JOBDIR={directory} holds a crawl of the spider {about.get('spider')!r}, "
                f"not of {self._spider.name!r}; name another directory",
            )
        run("COMMIT")
        return True

    def waiting(self) -> Iterator[tuple[str, int, int]]:
        """Host, priority and id of each request owed."""
        yield from self._db.execute("SELECT host, priority, id FROM requests ORDER BY id")

    def asked(self) -> int:
        """How many stories or pages were asked for, or wait to be."""
        count: int = self._db.execute("SELECT count(*) FROM seen").fetchone()[0]
        return count

    def see(self, fingerprint: bytes) -> bool:
        return self._write("INSERT OR IGNORE INTO seen VALUES (?)", (fingerprint,)).rowcount > 0

    def forget(self, fingerprint: bytes) -> None:
        self._write("DELETE FROM seen WHERE fingerprint = ?", (fingerprint,))

    def put(self, request: Request, host: str) -> int:
        text = dump_request(request, self._spider)
        cursor = self._write(
            "INSERT INTO requests (host, priority, request) VALUES (?, ?, ?)", (host, request.priority, text)
        )
        return cursor.lastrowid or 0

    def take(self, number: int) -> tuple[Request, int]:
        text, tries = self._db.execute("SELECT request, tries FROM requests WHERE id = ?", (number,)).fetchone()
        self._write("UPDATE requests SET tries = tries + 1 WHERE id = ?", (number,))
        return load_request(text, self._spider), tries

    def done(self, number: int) -> None:
        self._write("DELETE FROM requests WHERE id = ?", (number,))

    def put_back(self, number: int) -> None:
        self._write("UPDATE requests SET tries = tries - 1 WHERE id = ?", (number,))

    def get(self, name: str) -> Any:
        row = self._db.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def notes(self, prefix: str) -> Iterator[tuple[str, Any]]:
        last = prefix + chr(0x10FFFF)
        rows = self._db.execute("SELECT name, value FROM state WHERE name >= ? AND name < ?", (prefix, last))
        yield from ((name[len(prefix) :], json.loads(value)) for name, value in rows)

    def note(self, name: str, value: Any) -> None:
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
