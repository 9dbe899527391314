"""Texts of argparse and of Scrapy that the help of our commands shows, marked for the catalogue."""

from __future__ import annotations

import argparse
from typing import Final

from kolcrawl.locale.messages import mark, tr

BORROWED: Final = (
    # argparse, of Python 3.11 to 3.14; `translate_argparse` has it ask us
    mark("usage: "), mark("options"), mark("positional arguments"), mark("show this help message and exit"),
    mark("%(prog)s: error: %(message)s\n"), mark("unrecognized arguments: %s"), mark("expected one argument"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"), mark("invalid %(type)s value: %(value)r"),
    mark("argument %(argument_name)s: %(message)s"), mark("ambiguous option: %(option)s could match %(matches)s"),
    # Scrapy
    mark("Global Options"), mark("log file. if omitted stderr will be used"), mark("disable logging completely"),
    mark("log level (default: INFO)"), mark("log level (default: WARNING)"), mark("log level (default: DEBUG)"),
    mark("write python cProfile stats to FILE"), mark("write process ID to FILE"),
    mark("set/override setting (may be repeated)"), mark("enable pdb on failure (uses ipdb if installed)"),
    mark("set spider argument (may be repeated)"),
    mark(
        "append scraped items to the end of FILE (use - for stdout), to define format set a colon at the end of the"
        " output URI (i.e. -o FILE:FORMAT)"
    ),
    mark(
        "dump scraped items into FILE, overwriting any existing file, to define format set a colon at the end of the"
        " output URI (i.e. -O FILE:FORMAT)"
    ),
)  # fmt: skip


def translate_argparse() -> None:
    """Have argparse give its own texts in the language that is shown.

    It takes them from gettext's common domain, which the whole process shares and the environment alone steers.
    """
    vars(argparse)["_"] = tr
