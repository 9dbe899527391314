"""The `crawls` documents: one for each run, from its start to its end, also when it had no end.

A run notes its host and process and gives a sign of life now and then. The next run to start marks those whose
process is gone, or that have been silent for long on another host, as `aborted`, finishes what they left half
written, and writes what they had to spool.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.apply import recover
from kolcrawl.store.schema import SCHEMA
from kolcrawl.store.spool import flush_spool

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.client import Store

logger = logging.getLogger(__name__)

Document = dict[str, Any]

SILENCE: Final = timedelta(minutes=10)
"""After this without a sign of life a run on another host counts as dead; `HEARTBEAT` is far below."""
HEARTBEAT: Final = 30.0
"""Seconds between signs of life, for who calls `Run.heartbeat`."""
ABORTED: Final = "aborted"

_COUNTS: Final = (
    "fetched", "unchanged", "failed", "gone", "skipped", "stubs", "links", "new_stories", "new_links", "copies",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has started."""

    store: Store
    id: str

    @classmethod
    def start(
        cls,
        store: Store,
        *,
        spider: str,
        job: str | None = None,
        args: Mapping[str, Any] | None = None,
        about: str | None = None,
        seeds: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
        versions: Mapping[str, str] | None = None,
    ) -> Run:
        """Put right what earlier runs left, then note this one. Blocks; call it before the event loop is busy.

        Args:
            job: Scrapyd's job id.
            settings: those that shape the result; never one that holds a secret.
        Raises:
            pymongo.errors.PyMongoError: the database failed.
            StoreError: a spool file cannot be read.
        """
        tidy_up(store)
        now = datetime.now(UTC)
        run = cls(store, new_run_id(now))
        store.db["crawls"].insert_one(
            {
                "_id": run.id,
                "schema": SCHEMA,
                "spider": spider,
                "job": job,
                "args": dict(args or {}),
                "about": about,
                "seeds": list(seeds),
                "settings": dict(settings or {}),
                "versions": dict(versions or {}),
                "started_at": now,
                "finished_at": None,
                "finish_reason": None,
                "counts": dict.fromkeys(_COUNTS, 0),
                "failures": {},
                "sites": [],
                "quality": {"state": "running", "why": []},
                "process": {"host": socket.gethostname(), "pid": os.getpid(), "born": _born(os.getpid())},
                "heartbeat_at": now,
            }
        )
        return run

    def heartbeat(self, **fields: Any) -> None:
        """Give a sign of life, and note how far the run is.

        Args:
            fields: fields of the contract to be replaced, e.g. `counts`.
        """
        now = datetime.now(UTC)
        # A run that was taken for dead, after a long sleep of its host, is alive again.
        alive = {"heartbeat_at": now, "finished_at": None, "finish_reason": None}
        self.store.db["crawls"].update_one({"_id": self.id}, {"$set": {**fields, **alive}})

    def finish(self, reason: str, **fields: Any) -> None:
        """Note the end.

        Args:
            reason: Scrapy's finish reason, or ours.
            fields: `counts`, `failures`, `sites`, `quality`.
        """
        now = datetime.now(UTC)
        done = {**fields, "heartbeat_at": now, "finished_at": now, "finish_reason": reason}
        self.store.db["crawls"].update_one({"_id": self.id}, {"$set": done})


def new_run_id(now: datetime) -> str:
    """An id that sorts by time: `20261122-084500-3fa9c1`."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def tidy_up(store: Store) -> None:
    """Put right what runs that died have left: their documents, half-written visits, and spool files."""
    aborted = mark_aborted(store.db)
    if aborted:
        logger.warning("marked as aborted, their process is gone: %s", ", ".join(aborted))
    finished = recover(store.db)
    if finished:
        logger.warning("finished %d visits that a run had left half written", finished)
    flushed = flush_spool(store)
    if flushed.files:
        logger.warning(
            "wrote %d spooled visits (%d had been written, %d refused)",
            flushed.written, flushed.repeated, flushed.refused,
        )  # fmt: skip


def mark_aborted(db: Database[Document]) -> list[str]:
    """Mark the runs that will never tell their end. Returns: their ids."""
    marked = []
    now = datetime.now(UTC)
    for run in list(db["crawls"].find({"finished_at": None}, {"process": 1, "heartbeat_at": 1})):
        if _lives(run, now):
            continue
        update = {"finished_at": run.get("heartbeat_at") or now, "finish_reason": ABORTED}
        update |= {"quality.state": "degraded", "quality.why": [ABORTED]}
        same = {"_id": run["_id"], "finished_at": None, "heartbeat_at": run.get("heartbeat_at")}
        if db["crawls"].update_one(same, {"$set": update}).modified_count:
            marked.append(run["_id"])
    return marked


def _lives(run: Mapping[str, Any], now: datetime) -> bool:
    process = run.get("process") or {}
    if process.get("host") == socket.gethostname() and process.get("pid"):
        born = _born(process["pid"])
        return born is not None and born == process.get("born")
    return bool(run.get("heartbeat_at")) and now - run["heartbeat_at"] < SILENCE


def _born(pid: int) -> str | None:
    """When a process of this host started, in the kernel's own count; None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[19]  # starttime, field 22 of proc(5): tells a process from a later one with its number
    except (OSError, IndexError):
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "unknown"
