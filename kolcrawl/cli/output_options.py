"""How a list is given out: as a table on the terminal, as JSON, or with all its columns as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kolcrawl.cli.run import print_lines
from kolcrawl.export.table_file import TABLE_FORMATS, write_listing
from kolcrawl.locale import mark, tr, trn

if TYPE_CHECKING:
    import argparse

    from kolcrawl.export.listings import Listing


def add_output_options(parser: argparse.ArgumentParser, json_help: str) -> None:
    """Add `--json` and `--output`, of which one can be given.

    Args:
        parser: takes the options.
        json_help: what `--json` prints.
    """
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--json", action="store_true", help=json_help)
    told = mark("write it with all columns to this file instead; its name tells the format: {formats}")
    formats = ", ".join(TABLE_FORMATS)
    ways.add_argument("-o", "--output", metavar="FILE", type=Path, help=tr(told, formats=formats))


def write_output(listing: Listing, path: Path) -> None:
    """Write a list to a file, and say so.

    Raises:
        KolcrawlError: it cannot be written.
    """
    n = write_listing(listing, path)
    print_lines([trn("{n} row written: {file}", "{n} rows written: {file}", n, file=path)])
