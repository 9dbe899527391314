"""JSON Lines: one object a line, first every node (`"type": "node"`), then every edge (`"type": "edge"`)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from kolcrawl.network.selection import time_text

if TYPE_CHECKING:
    from kolcrawl.network.selection import Part


def write(part: Part, file: BinaryIO) -> None:
    """Write the nodes, then the edges."""
    for kind, rows in (("node", part.nodes()), ("edge", part.edges())):
        for row in rows:
            line = json.dumps({"type": kind} | row, ensure_ascii=False, default=_time)
            file.write(line.encode("utf-8", "replace") + b"\n")


def _time(value: Any) -> str:
    if isinstance(value, datetime):
        return time_text(value)
    raise TypeError(f"{value!r} is no value of a row")
