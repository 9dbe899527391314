"""The commands that a crawl sends to its database server, added up by collection and kind."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import bson
from pymongo import monitoring

from benchmarks.processes import processor_clock
from kolcrawl.store.schema import INDEXES

_WRITES: Final = {"insert": "documents", "update": "updates", "delete": "deletes"}


class Ledger(monitoring.CommandListener):
    """Adds up what commands cost, by collection and kind, and writes it to a file at the end."""

    def __init__(self, pid: int, file: Path) -> None:
        self.clock, self.file = processor_clock(pid), file
        self.rows: dict[str, Counter[str]] = defaultdict(Counter)
        self.open: dict[int, tuple[str, float]] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Begin to count a command."""
        name = event.command_name
        if name in ("hello", "ping", "endSessions"):
            return
        operations = event.command.get(_WRITES.get(name, ""), ())
        kind = f"{event.command.get(name)} {_kind(name, operations)}"
        row = self.rows[kind]
        row["commands"] += 1
        row["documents"] += len(operations) if name != "update" else 0  # one may change many
        row["bytes"] += len(bson.encode(event.command))
        if name == "insert":
            row["entries"] += sum(entries(event.command[name], document) for document in operations)
        self.open[event.request_id] = (kind, time.clock_gettime(self.clock))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Count what it took."""
        if known := self.open.pop(event.request_id, None):
            self.rows[known[0]]["ms"] += 1000 * (time.clock_gettime(self.clock) - known[1])
            if event.command_name == "update":
                self.rows[known[0]]["documents"] += event.reply.get("n", 0)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Count what it took in vain."""
        if known := self.open.pop(event.request_id, None):
            self.rows[known[0]]["ms"] += 1000 * (time.clock_gettime(self.clock) - known[1])

    def write(self) -> None:
        """Write the sums."""
        self.file.write_text(json.dumps(self.rows))


def _kind(name: str, operations: Sequence[Mapping[str, Any]]) -> str:
    if name != "update":
        return name
    first = operations[0]
    return "upsert" if first.get("upsert") else "update by pipeline" if isinstance(first["u"], list) else "update"


def entries(collection: str, document: Mapping[str, Any]) -> int:
    """Count the index entries of a document, that of its `_id` included."""
    count = 1
    for index in INDEXES.get(collection, ()):
        spec = index.document
        keys = [_values(document, field.split(".")) for field in spec["key"]]
        if spec.get("sparse") and all(values is None for values in keys):
            continue
        count += max(len(values or (None,)) for values in keys)
    return count


def _values(document: Mapping[str, Any], path: list[str]) -> list[Any] | None:
    value: Any = document
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return list(value) if isinstance(value, list) else [value]
