"""The journal of due runs on disk (SQLite), so that a restart neither repeats nor skips one."""

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
"""States of a run that may be running. `asked`: a node was asked to start it, and its answer is not known."""

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
MAX_RUNS = 1000  # of a schedule; older runs that are over are deleted


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
    """The journal's file, which one scheduler at a time holds. A context manager."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the file, or create it.

        Raises:
            ConfigError: another scheduler holds it, or it cannot be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = None if read_only else try_lock(path.with_name(f"{path.name}.lock"))
            if self._lock is None and not read_only:
                raise ConfigError("{path}: another `scrapy schedule run` is using it", path=path)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError("{path}: cannot be used ({error})", path=path, error=error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._db.close()
        if self._lock is not None:
            self._lock.release()

    def due_until(self, schedule: str) -> datetime | None:
        """Read up to when a schedule's due times are in the journal; None for a new schedule."""
        row = self._db.execute("SELECT seen FROM schedules WHERE name = ?", (schedule,)).fetchone()
        return _parse(row[0]) if row else None

    def note_due(self, schedule: str, until: datetime, runs: Iterable[tuple[datetime, datetime, str]]) -> None:
        """Add due times as waiting, and note up to when they are known: both or neither.

        Args:
            runs: due time, start time and job id of each.
        """
        rows = [(schedule, _text(due), _text(starts), job, _text(until)) for due, starts, job in runs]
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, 'waiting', NULL, ?, NULL)", rows)
            self._db.execute("INSERT OR REPLACE INTO schedules VALUES (?, ?)", (schedule, _text(until)))
            self._db.execute(
                "DELETE FROM runs WHERE schedule = ?1 AND state NOT IN ('waiting', 'asked', 'started') AND due < "
                "(SELECT due FROM runs WHERE schedule = ?1 ORDER BY due DESC LIMIT 1 OFFSET ?2)",
                (schedule, MAX_RUNS),
            )

    def runs(self, schedule: str, states: Iterable[State] = ()) -> list[PlannedRun]:
        """List the runs of a schedule in these states, or in any, the earliest due first."""
        wanted = tuple(states)
        marks = f" AND state IN ({', '.join('?' * len(wanted))})" if wanted else ""
        found = self._db.execute(
            f"SELECT * FROM runs WHERE schedule = ?{marks} ORDER BY due",  # noqa: S608 - question marks only
            (schedule, *wanted),
        )
        return [_run(row) for row in found]

    def set_state(
        self, run: PlannedRun, state: State, now: datetime, *, node: str | None = None, why: str = ""
    ) -> None:
        """Change the state of a run; it is on disk when this returns."""
        self.set_states([run], state, now, node=node, why=why)

    def set_states(
        self, runs: Iterable[PlannedRun], state: State, now: datetime, *, node: str | None = None, why: str = ""
    ) -> None:
        """Change the state of many runs at once."""
        rows = [(state, node, _text(now), why or None, run.schedule, _text(run.due)) for run in runs]
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "UPDATE runs SET state = ?, node = ?, changed = ?, why = ? WHERE schedule = ? AND due = ?", rows
            )

    def last_answer(self, node: str) -> datetime | None:
        """Read when a node answered last."""
        row = self._db.execute("SELECT answered FROM nodes WHERE url = ?", (node,)).fetchone()
        return _parse(row[0]) if row else None

    def note_answer(self, node: str, now: datetime) -> None:
        """Note that a node has answered, once a minute. A power cut may lose it, since no run is started by it."""
        before = self.last_answer(node)
        if before is not None and timedelta(0) <= now - before < timedelta(minutes=1):
            return
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("INSERT OR REPLACE INTO nodes VALUES (?, ?)", (node, _text(now)))
        self._db.execute("PRAGMA synchronous = FULL")

    def silent_nodes(self) -> set[str]:
        """List the nodes whose silence was reported, so that it is reported once, also when each tick is a process."""
        return {row[0] for row in self._db.execute("SELECT url FROM down")}

    def note_silence(self, node: str, *, silent: bool) -> None:
        """Note that a node does not answer, or answers again."""
        self._db.execute(
            "INSERT OR IGNORE INTO down VALUES (?)" if silent else "DELETE FROM down WHERE url = ?", (node,)
        )


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _run(row: tuple[str, ...]) -> PlannedRun:
    schedule, due, starts, job, state, node, changed, why = row
    return PlannedRun(schedule, _parse(due), _parse(starts), job, state, node, _parse(changed), why)  # type: ignore[arg-type]
