"""What is shown as tables for a spreadsheet: CSV and Excel."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from kolcrawl.errors import ArgumentError
from kolcrawl.export.csv import write_table
from kolcrawl.items import LINK_KINDS
from kolcrawl.network.selection import Column
from kolcrawl.view.answers import story_row
from kolcrawl.view.snapshot import as_time

if TYPE_CHECKING:
    from kolcrawl.view.network_rows import Array
    from kolcrawl.view.snapshot import Links, Stories

STORY_COLUMNS = (
    Column("title", "string"),
    Column("site", "string"),
    Column("published_at", "time"),
    Column("status", "string"),
    Column("url", "string"),
    Column("copy_of", "string"),
    Column("group", "string"),
    Column("retitled", "boolean"),
    Column("changed_at", "time"),
    Column("vanished_at", "time"),
    Column("relevance", "double"),
    Column("depth", "integer"),
    Column("first_seen", "time"),
    Column("lang", "string"),
    Column("reason", "string"),
    Column("key", "string"),
)
SHEET_LINK_COLUMNS = ("from_title", "to_title", "kind", "position", "relevance", "active", "first_seen", "from", "to")
SHEET_ROWS = 1_048_575
"""Rows that an Excel sheet holds below its header."""
MAX_CELL_CHARS = 32_000


def stories_csv(stories: Stories, places: Array) -> bytes:
    """Return stories as CSV that Excel reads."""
    file = io.BytesIO()
    write_table(file, STORY_COLUMNS, (story_row(stories, int(place)) for place in places))
    return file.getvalue()


def network_xlsx(stories: Stories, links: Links, places: Array) -> bytes:
    """Return stories and the links between them as an Excel file of two sheets; all text stays text.

    Raises:
        ArgumentError: there are more links than a sheet holds.
    """
    import xlsxwriter

    chosen = np.zeros(len(stories), dtype=bool)
    chosen[places] = True
    inside = np.flatnonzero(chosen[links.source] & chosen[links.target])
    if len(inside) > SHEET_ROWS:
        raise ArgumentError(f"{len(inside)} links are more than an Excel sheet holds ({SHEET_ROWS}): filter more")
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold, time = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = _sheet(book, "stories", [column.name for column in STORY_COLUMNS], bold)
        for number, place in enumerate(places, 1):
            row = story_row(stories, int(place))
            _write_row(sheet, number, [row[column.name] for column in STORY_COLUMNS], time)
        sheet = _sheet(book, "links", list(SHEET_LINK_COLUMNS), bold)
        for number, place in enumerate(inside, 1):
            _write_row(sheet, number, _link_row(stories, links, int(place)), time)
    return file.getvalue()


def _sheet(book: Any, name: str, columns: list[str], bold: Any) -> Any:
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, columns, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 60)
    sheet.set_column(1, len(columns), 20)
    return sheet


def _link_row(stories: Stories, links: Links, place: int) -> list[Any]:
    source, target = int(links.source[place]), int(links.target[place])
    return [
        stories.titles[source],
        stories.titles[target],
        LINK_KINDS[links.kind[place]],
        int(links.position[place]),
        None if links.relevance[place] < 0 else links.relevance[place] / 1000,
        bool(links.active[place]),
        as_time(int(links.seen[place])),
        stories.keys[source],
        stories.keys[target],
    ]


def _write_row(sheet: Any, number: int, values: list[Any], time: Any) -> None:
    for column, value in enumerate(values):
        if isinstance(value, str):
            sheet.write_string(number, column, value[:MAX_CELL_CHARS])
        elif hasattr(value, "tzinfo"):
            sheet.write_datetime(number, column, value.replace(tzinfo=None), time)
        elif value is not None:
            sheet.write(number, column, value)
