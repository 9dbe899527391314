"""What became of each due run, on disk (SQLite), so that a restart neither repeats nor skips one."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from kolcrawl.errors import ConfigError
from kolcrawl.system.locks import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Self

State = Literal["waiting", "asked", "started", "ended", "lost", "skipped", "late"]
ACTIVE: tuple[State, ...] = ("asked", "started")
"""States of a run that may be running somewhere. `asked`: a node was told to start it, its answer is not known."""

_TABLES = """
CREATE TABLE IF NOT EXISTS schedules (name TEXT PRIMARY KEY, seen TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    schedule TEXT NOT NULL, due TEXT NOT NULL, starts TEXT NOT NULL, job TEXT NOT NULL, state TEXT NOT NULL,
    node TEXT, changed TEXT NOT NULL, why TEXT, PRIMARY KEY (schedule, due)
);
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state, schedule, due);
CREATE TABLE IF NOT EXISTS nodes (url TEXT PRIMARY KEY, answered TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS down (url TEXT PRIMARY KEY);
"""
KEPT = 1000  # runs of a schedule; older ones that are over are forgotten


class PlannedRun(NamedTuple):
    """One due time of a schedule, and what became of it."""

    schedule: str
    due: datetime
    starts: datetime
    job: str
    state: State
    node: str | None
    changed: datetime
    why: str | None


class Journal:
    """The file, held by one scheduler at a time. A context manager."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open or make the file.

        Raises:
            ConfigError: another scheduler holds it, or it cannot be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = None if read_only else try_lock(path.with_name(f"{path.name}.lock"))
            if self._lock is None and not read_only:
                raise ConfigError(f"{path}: another `scrapy schedule run` is using it")
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"{path}: cannot be used ({error})") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let others have the file."""
        self._db.close()
        if self._lock is not None:
            self._lock.release()

    def seen(self, schedule: str) -> datetime | None:
        """Up to when a schedule's due times are in the journal; None for a new schedule."""
        row = self._db.execute("SELECT seen FROM schedules WHERE name = ?", (schedule,)).fetchone()
        return _moment(row[0]) if row else None

    def note_due(self, schedule: str, until: datetime, runs: Iterable[tuple[datetime, datetime, str]]) -> None:
        """Add due times (due, start, job id) as waiting, and remember up to when they are known: both or neither."""
        rows = [(schedule, _text(due), _text(starts), job, _text(until)) for due, starts, job in runs]
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, 'waiting', NULL, ?, NULL)", rows)
            self._db.execute("INSERT OR REPLACE INTO schedules VALUES (?, ?)", (schedule, _text(until)))
            self._db.execute(
                "DELETE FROM runs WHERE schedule = ?1 AND state NOT IN ('waiting', 'asked', 'started') AND due < "
                "(SELECT due FROM runs WHERE schedule = ?1 ORDER BY due DESC LIMIT 1 OFFSET ?2)",
                (schedule, KEPT),
            )

    def runs(self, schedule: str, states: Iterable[State] = ()) -> list[PlannedRun]:
        """Runs of a schedule in some states (all when left out), the earliest due first."""
        wanted = tuple(states)
        marks = f" AND state IN ({', '.join('?' * len(wanted))})" if wanted else ""
        found = self._db.execute(
            f"SELECT * FROM runs WHERE schedule = ?{marks} ORDER BY due",  # noqa: S608 - question marks only
            (schedule, *wanted),
        )
        return [_run(row) for row in found]

    def put(self, run: PlannedRun, state: State, now: datetime, *, node: str | None = None, why: str = "") -> None:
        """Change the state of a run; it is on disk when this returns."""
        self.put_all([run], state, now, node=node, why=why)

    def put_all(
        self, runs: Iterable[PlannedRun], state: State, now: datetime, *, node: str | None = None, why: str = ""
    ) -> None:
        """Change the state of many runs at once."""
        rows = [(state, node, _text(now), why or None, run.schedule, _text(run.due)) for run in runs]
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "UPDATE runs SET state = ?, node = ?, changed = ?, why = ? WHERE schedule = ? AND due = ?", rows
            )

    def answered(self, node: str) -> datetime | None:
        """When a node answered last."""
        row = self._db.execute("SELECT answered FROM nodes WHERE url = ?", (node,)).fetchone()
        return _moment(row[0]) if row else None

    def note_answer(self, node: str, now: datetime) -> None:
        """A node has answered; written once a minute. It may be lost with the power, as nothing is started by it."""
        before = self.answered(node)
        if before is not None and timedelta(0) <= now - before < timedelta(minutes=1):
            return
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("INSERT OR REPLACE INTO nodes VALUES (?, ?)", (node, _text(now)))
        self._db.execute("PRAGMA synchronous = FULL")

    def down(self) -> set[str]:
        """The nodes whose silence has been told, so that it is told once, also by ticks of processes of their own."""
        return {row[0] for row in self._db.execute("SELECT url FROM down")}

    def note_down(self, node: str, *, down: bool) -> None:
        """A node fell silent, or answers again."""
        self._db.execute("INSERT OR IGNORE INTO down VALUES (?)" if down else "DELETE FROM down WHERE url = ?", (node,))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _run(row: tuple[str, ...]) -> PlannedRun:
    schedule, due, starts, job, state, node, changed, why = row
    return PlannedRun(schedule, _moment(due), _moment(starts), job, state, node, _moment(changed), why)  # type: ignore[arg-type]
