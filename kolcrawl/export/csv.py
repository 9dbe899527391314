"""CSV for spreadsheets, pandas and Gephi's import: a table of nodes and one of edges.

Written as UTF-8 with a byte order mark, without which Excel shows Chinese as garbage (read it elsewhere as
`utf-8-sig`). A text that a spreadsheet would run as a formula gets an apostrophe before it, also where the formula
follows a semicolon, tab or line break: a spreadsheet that separates cells by those begins a cell there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from kolcrawl.network.selection import time_text

if TYPE_CHECKING:
    from kolcrawl.network.selection import Column, Part, Row

FORMULA_STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
"""For a class of a regular expression (OWASP, "CSV Injection"); East Asian spreadsheets take full-width forms, too."""
FORMULA = re.compile(rf"""^(?= *[{FORMULA_STARTS}\t\r\n])|(?<=[;\t\r\n])(?=[ "']*[{FORMULA_STARTS}])""")


def write(part: Part, nodes: BinaryIO, edges: BinaryIO) -> None:
    """Write the two tables, each with a header."""
    write_table(nodes, part.node_columns, part.nodes())
    write_table(edges, part.edge_columns, part.edges())


def write_table(file: BinaryIO, columns: Sequence[Column], rows: Iterable[Row]) -> None:
    """Write a table with a header."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    names = [column.name for column in columns]
    out = csv.writer(text)
    out.writerow(names)
    out.writerows([_cell(row[name]) for name in names] for row in rows)
    text.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return FORMULA.sub("'", value.replace("\0", ""))
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
