"""What commands ask of a server: the names, options, operators and stages that they use, and how large they are.

Run as a program it records those of a `scrapy` command: `python -m tests.store.recorded_commands FILE crawl ...`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bson
from pymongo import monitoring

LENGTHS = {"insert": "documents", "update": "updates", "delete": "deletes", "createIndexes": "indexes"}
DRIVERS = {"hello", "ismaster", "ping", "endSessions", "buildInfo", "killCursors"}
"""Commands of the driver itself, which every server takes."""


class Recorder(monitoring.CommandListener):
    """Notes what commands use: a set of features such as `query $in`, and the greatest sizes."""

    def __init__(self) -> None:
        self.features: set[str] = set()
        self.sizes: dict[str, int] = {}
        self.filters: set[tuple[str, ...]] = set()
        """Of writes of a single document: the collection, and the fields that the filter holds to one value."""
        self.changed: set[tuple[str, str]] = set()
        """Collections with the fields that updates set or remove."""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Note a command."""
        name, command = event.command_name, event.command
        if name in DRIVERS:
            return
        self.features.add(f"command {name}")
        self.features |= {f"option {name} {option}" for option in command if option != name}
        self._measure("bytes", len(bson.encode(command)))
        for row in command.get(LENGTHS.get(name, ""), ()):
            self._measure(f"{name} bytes of one", len(bson.encode(row)))
        self._measure("operations", len(command.get(LENGTHS.get(name, ""), ())))
        self._query(command.get("filter", command.get("query", {})))
        self._stages(command.get("pipeline", ()))
        for row in (*command.get("updates", ()), *command.get("deletes", ())):
            self.features |= {f"option {name} each {option}" for option in row}
            self._query(row["q"])
            for condition in row.get("arrayFilters", ()):
                self._query(condition)
            self._update(row.get("u", {}))
            self._place(str(command[name]), row)
        for index in command.get("indexes", ()):
            self.features |= {f"index {option}" for option in index}
        if "validator" in command:
            self.features |= {f"query {operator}" for operator in command["validator"]}

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Do nothing."""

    def _measure(self, what: str, size: int) -> None:
        self.sizes[what] = max(self.sizes.get(what, 0), size)

    def _query(self, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if name.startswith("$"):
                    self.features.add(f"query {name}")
                    if isinstance(inner, Sequence) and not isinstance(inner, str):
                        self._measure(f"values of {name}", len(inner))
                if name != "$jsonSchema":
                    self._query(inner)
        elif isinstance(value, list):
            for inner in value:
                self._query(inner)

    def _place(self, collection: str, row: Mapping[str, Any]) -> None:
        """Note by what a sharded cluster would find the shard of an update or delete."""
        change = row.get("u", {})
        if isinstance(change, Mapping):
            changes = (fields for name, fields in change.items() if name.startswith("$"))  # not of a whole document
            self.changed |= {(collection, name) for fields in changes for name in fields}
        if not row.get("multi") and row.get("limit") != 0:
            alone = (name for name, value in row["q"].items() if not isinstance(value, Mapping))
            self.filters.add((collection, *sorted(alone)))

    def _update(self, value: Any) -> None:
        if isinstance(value, list):
            for stage in value:
                self.features |= {f"update stage {name}" for name in stage}
                self._expression(list(stage.values()))
            return
        if value and not any(name.startswith("$") for name in value):
            self.features.add("update by a whole document")
            return
        for name, fields in value.items():
            self.features.add(f"update {name}")
            self.features |= {"update $[filtered]" for field in fields if "$[" in field}
            for inner in fields.values():
                if isinstance(inner, Mapping):
                    self.features |= {f"update {name} {one}" for one in inner if one.startswith("$")}

    def _stages(self, pipeline: Sequence[Mapping[str, Any]]) -> None:
        for stage in pipeline:
            for name, value in stage.items():
                self.features.add(f"stage {name}")
                (self._query if name == "$match" else self._expression)(value)

    def _expression(self, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if name.startswith("$"):
                    self.features.add(f"expression {name}")
                if name != "$literal":
                    self._expression(inner)
        elif isinstance(value, list):
            for inner in value:
                self._expression(inner)
        elif isinstance(value, str) and value.startswith("$$"):
            self.features.add(f"expression {value}")


def main() -> None:
    """Run `scrapy` with all its commands to the database noted in a file."""
    recorder = Recorder()
    monitoring.register(recorder)
    from scrapy.cmdline import execute

    try:
        execute(["scrapy", *sys.argv[2:]])
    finally:
        Path(sys.argv[1]).write_text(
            json.dumps(
                {
                    "features": sorted(recorder.features),
                    "sizes": recorder.sizes,
                    "filters": sorted(recorder.filters),
                    "changed": sorted(recorder.changed),
                }
            ),
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
