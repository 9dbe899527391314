"""CSV for spreadsheets, pandas and Gephi's import: a table of nodes and one of edges.

Written as UTF-8 with a byte order mark, without which Excel shows Chinese as garbage (read it elsewhere as
`utf-8-sig`). A text that a spreadsheet would run as a formula gets an apostrophe before it, also where the formula
follows a semicolon, tab or line break: a spreadsheet that separates cells by those begins a cell there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from kolcrawl.network.selection import Column, time_text

if TYPE_CHECKING:
    from kolcrawl.network.selection import Part, Row

FORMULA_STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
"""For a class of a regular expression (OWASP, "CSV Injection"); East Asian spreadsheets take full-width forms, too."""
FORMULA = re.compile(rf"""^(?= *[{FORMULA_STARTS}\t\r\n])|(?<=[;\t\r\n])(?=[ "']*[{FORMULA_STARTS}])""")


NODE_NAMES = {"id": "Id", "label": "Label"}
EDGE_NAMES = {"source": "Source", "target": "Target", "label": "Label"}
"""Columns that Gephi's import goes by, under the names that it gives them."""
END_COLUMNS = tuple(Column(f"{end}_{name}", "string") for end in ("source", "target") for name in ("title", "url"))
LABEL_COLUMN = Column("label", "string")


def write(part: Part, nodes: BinaryIO, edges: BinaryIO) -> None:
    """Write the two tables, each with a header; an edge has title and URL of both ends. Titles are held in memory."""
    for file, (columns, rows, names) in zip((nodes, edges), tables(part), strict=True):
        write_table(file, columns, rows, names)


def tables(part: Part) -> Iterator[tuple[Sequence[Column], Iterator[Row], Mapping[str, str]]]:
    """Yield the table of nodes, then that of edges: columns, rows, and names of columns that differ in the header."""
    shown: dict[str, tuple[str | None, str | None]] = {}
    key, *others = part.node_columns
    yield (key, LABEL_COLUMN, *others), _labelled(part.nodes(), shown), NODE_NAMES
    source, target, *others = part.edge_columns
    yield (source, target, LABEL_COLUMN, *others, *END_COLUMNS), _ended(part.edges(), shown), EDGE_NAMES


def _labelled(rows: Iterable[Row], shown: dict[str, tuple[str | None, str | None]]) -> Iterator[Row]:
    """Add the label of each node, and note title and URL."""
    for row in rows:
        shown[row["id"]] = (row["title"], row.get("url"))
        yield row | {"label": row["title"] or row["url"]}


def _ended(rows: Iterable[Row], shown: Mapping[str, tuple[str | None, str | None]]) -> Iterator[Row]:
    """Add the label of each edge, and title and URL of its ends."""
    for row in rows:
        ends = (value for end in ("source", "target") for value in shown[row[end]])
        yield row | {"label": row.get("anchor")} | dict(zip((column.name for column in END_COLUMNS), ends, strict=True))


def write_table(
    file: BinaryIO, columns: Sequence[Column], rows: Iterable[Row], shown_as: Mapping[str, str] | None = None
) -> None:
    """Write a table with a header.

    Args:
        file: takes the table.
        columns: of the table.
        rows: a value for each column.
        shown_as: names in the header, where they differ.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    names = [column.name for column in columns]
    out = csv.writer(text)
    out.writerow([(shown_as or {}).get(name, name) for name in names])
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
