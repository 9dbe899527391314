"""An Excel file of two sheets, nodes and edges, with the columns of the CSV files (extra `export` or `view`).

A text is written as text, never as a formula, a number or a link; one that Excel would take for a formula when somebody
edits its cell has Excel's own mark for text before it. Times are Excel's, in UTC, as the heading of their column says.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from kolcrawl.errors import UnmetArgumentError
from kolcrawl.export.csv import FORMULA, tables
from kolcrawl.export.xml import xml_text
from kolcrawl.network.extras import need

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kolcrawl.network.selection import Column, Part, Row

SHEET_ROWS: Final = 1_048_575
"""Rows that an Excel sheet holds below its header."""
MAX_CELL_CHARS: Final = 32_767
"""Characters that an Excel cell holds; a longer text is cut."""
TIME_HEADING: Final = "{} (UTC)"
"""Heading of a column of times."""
FIRST_TIME: Final = datetime(1900, 3, 1, tzinfo=UTC)  # Excel has a 29 February 1900


class Sheets:
    """The workbook of a file, and how its cells look. Use as a context manager."""

    def __init__(self, file: BinaryIO) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book: Any = need("xlsxwriter").Workbook(file, options)
        self._book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001  the same data, the same bytes
        self._bold = self._book.add_format({"bold": True})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._text = self._book.add_format({"quote_prefix": True})

    def __enter__(self) -> Sheets:
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    def add(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write a sheet with a header.

        Raises:
            UnmetArgumentError: there are more rows than a sheet holds.
        """
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns), 20)
        sheet.write_row(0, 0, columns, self._bold)
        number = 0
        for number, row in enumerate(rows, 1):
            if number > SHEET_ROWS:
                raise UnmetArgumentError(
                    "an Excel sheet holds {rows} rows: choose less, or another format", rows=f"{SHEET_ROWS:,}"
                )
            for column, value in enumerate(row):
                self._write(sheet, number, column, value)
        sheet.autofilter(0, 0, number, len(columns) - 1)

    def add_table(
        self, name: str, columns: Sequence[Column], rows: Iterable[Row], shown_as: Mapping[str, str] | None = None
    ) -> None:
        """Write a sheet of typed columns; the heading of a time names its zone, which Excel's cells cannot hold.

        Args:
            name: of the sheet.
            columns: of the table.
            rows: a value for each column.
            shown_as: names in the header, where they differ.

        Raises:
            UnmetArgumentError: there are more rows than a sheet holds.
        """
        names = [(shown_as or {}).get(column.name, column.name) for column in columns]
        header = [TIME_HEADING.format(name) if column.type == "time" else name
                  for name, column in zip(names, columns, strict=True)]  # fmt: skip
        self.add(name, header, ([row[column.name] for column in columns] for row in rows))

    def _write(self, sheet: Any, row: int, column: int, value: Any) -> None:
        if isinstance(value, str):
            look = self._text if FORMULA.search(value) else None
            sheet.write_string(row, column, xml_text(value)[:MAX_CELL_CHARS], look)
        elif isinstance(value, datetime):
            at = value.astimezone(UTC)
            if at < FIRST_TIME:
                sheet.write_string(row, column, at.isoformat())
            else:
                sheet.write_datetime(row, column, at.replace(tzinfo=None), self._time)
        elif value is not None:
            sheet.write(row, column, value)


def write(part: Part, file: BinaryIO) -> None:
    """Write the two sheets."""
    with Sheets(file) as sheets:
        for name, (columns, rows, names) in zip(("nodes", "edges"), tables(part), strict=True):
            sheets.add_table(name, columns, rows, names)
