"""What is shown as tables for a spreadsheet: CSV and Excel."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from kolcrawl.errors import ArgumentError
from kolcrawl.export.csv import write_table
from kolcrawl.export.xlsx import SHEET_ROWS, Sheets
from kolcrawl.items import LINK_KINDS
from kolcrawl.locale import mark
from kolcrawl.network.selection import Column
from kolcrawl.view.answers import story_row
from kolcrawl.view.snapshot import as_time

if TYPE_CHECKING:
    from kolcrawl.layout.forces import Array
    from kolcrawl.network.selection import Row
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
SHEET_LINK_COLUMNS = (
    Column("from_title", "string"),
    Column("to_title", "string"),
    Column("kind", "string"),
    Column("position", "integer"),
    Column("relevance", "double"),
    Column("active", "boolean"),
    Column("first_seen", "time"),
    Column("from", "string"),
    Column("to", "string"),
)


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
    chosen = np.zeros(len(stories), dtype=bool)
    chosen[places] = True
    inside = np.flatnonzero(chosen[links.source] & chosen[links.target])
    if len(inside) > SHEET_ROWS:
        too_many = mark("{n} links are more than an Excel sheet holds ({most}): filter more")
        raise ArgumentError(too_many, n=len(inside), most=SHEET_ROWS)
    file = io.BytesIO()
    with Sheets(file) as sheets:
        sheets.add_table("stories", STORY_COLUMNS, (story_row(stories, int(place)) for place in places))
        sheets.add_table("links", SHEET_LINK_COLUMNS, (_link_row(stories, links, int(place)) for place in inside))
    return file.getvalue()


def _link_row(stories: Stories, links: Links, place: int) -> Row:
    source, target = int(links.source[place]), int(links.target[place])
    return {
        "from_title": stories.titles[source],
        "to_title": stories.titles[target],
        "kind": LINK_KINDS[links.kind[place]],
        "position": int(links.position[place]),
        "relevance": None if links.relevance[place] < 0 else links.relevance[place] / 1000,
        "active": bool(links.active[place]),
        "first_seen": as_time(int(links.seen[place])),
        "from": stories.keys[source],
        "to": stories.keys[target],
    }
