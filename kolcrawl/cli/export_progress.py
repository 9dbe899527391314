"""One line that shows on a terminal how far an export is; nothing where standard error is no terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Self, TextIO

from kolcrawl.locale import tr
from kolcrawl.report.progress import CLEAR_LINE

if TYPE_CHECKING:
    from kolcrawl.network.selection import SelectionCounts

SHOWN_EVERY: Final = 0.2
"""Seconds between two states of the line."""
BAR_CHARS: Final = 24
WATCHED_ROWS: Final = 64
"""Rows after which the clock is looked at."""


class ExportProgress:
    """The line `[######    ] 1,204 stories, 30,410 links read`, written anew in its place. Use as a context manager."""

    def __init__(self, stream: TextIO, total: int | None = None, passes: int = 1) -> None:
        """Show nothing yet.

        Args:
            stream: standard error.
            total: stories and links that there are to read at one time; None where that is not known.
            passes: how often they are read.
        """
        self._stream = stream
        self._total = (total or 0) * passes
        self._is_live = stream.isatty()
        self._rows = 0
        self._due = time.monotonic() + SHOWN_EVERY

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_live:
            self._stream.write(CLEAR_LINE)
            self._stream.flush()

    def show(self, counts: SelectionCounts) -> None:
        """Show how much was read, where it is time for it."""
        self._rows += 1
        if not self._is_live or self._rows % WATCHED_ROWS or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + SHOWN_EVERY
        share = min(self._rows / self._total, 1.0) if self._total else 0.0
        bar = f"[{'#' * int(share * BAR_CHARS):<{BAR_CHARS}}] {share:4.0%} " if self._total else ""
        stories, links = f"{counts.nodes.total():,}", f"{counts.edges.total():,}"
        self._stream.write(CLEAR_LINE + bar + tr("{stories} stories, {links} links read", stories=stories, links=links))
        self._stream.flush()
