"""Write one table to a file, whole or not at all: CSV or Excel, by the file's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kolcrawl.errors import ArgumentError
from kolcrawl.export.csv import write_table
from kolcrawl.export.write_export import ExportError
from kolcrawl.export.xlsx import Sheets
from kolcrawl.locale import os_reason
from kolcrawl.system.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kolcrawl.export.listings import Listing
    from kolcrawl.network.selection import Row

TABLE_FORMATS: Final = (".csv", ".xlsx")
"""Endings of the files that a table is written to."""


def check_table_file(path: Path) -> None:
    """Check that a file's name says how a table is to be written.

    Raises:
        ArgumentError: it does not.
    """
    if path.suffix.lower() not in TABLE_FORMATS:
        raise ArgumentError("{path}: name it with {known}", path=path, known=", ".join(TABLE_FORMATS))


def write_listing(listing: Listing, path: Path) -> int:
    """Write a table.

    Returns: its rows.

    Raises:
        ArgumentError: the file's name shows no format, or a sheet does not hold all rows.
        ConfigError: Excel files need a library that is not installed.
        ExportError: the file cannot be written.
    """
    check_table_file(path)
    counted = _Counted(listing.rows)
    try:
        with replacing([path]) as (file,):
            if path.suffix.lower() == ".csv":
                write_table(file, listing.columns, counted)
            else:
                with Sheets(file) as sheets:
                    sheets.add_table(listing.name, listing.columns, counted)
    except OSError as error:
        raise ExportError("{path} cannot be written: {reason}", path=path, reason=os_reason(error)) from None
    return counted.number


class _Counted:
    """Rows, counted as they are read."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows, self.number = rows, 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.number += 1
            yield row
