"""Tables for a terminal: columns as wide as what they hold, the last one as wide as the terminal leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.cli.terminal import UNCUT, columns, fit, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_COLUMN = 28
"""Columns of a terminal that one column of a table takes at most, but the last."""
COLUMN_GAP = "  "


def table_lines(names: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> Iterator[str]:
    """Write a header and a line for each row.

    Args:
        names: of the columns.
        rows: a value for each column; None is shown as a dash.
        width: of the terminal, in columns.
    """
    shown = [names, *([plain("-" if value is None else value) for value in row] for row in rows)]
    most = MAX_COLUMN if width < UNCUT else width
    widths = [min(most, max(columns(row[at]) for row in shown)) for at in range(len(names) - 1)]
    for row in shown:
        head = COLUMN_GAP.join(fit(value, room, pad=True) for value, room in zip(row, widths, strict=False))
        yield fit(f"{head}{COLUMN_GAP}{row[-1]}", width)
