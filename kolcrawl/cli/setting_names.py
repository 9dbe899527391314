"""Misspelled names of settings on a command line: Scrapy takes any name, so that a wrong one would have no effect."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Final

from kolcrawl.locale import tr
from kolcrawl.system.invocation import is_console

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

NEAR_ENOUGH: Final = 0.85  # MONGODB_URI for MONGO_URI is 0.9; the settings of other packages are farther from ours


def warn_of_misspelled(given: Iterable[str], known: Collection[str]) -> None:
    """Print a line on standard error for each setting that does not exist and is spelled nearly as one that does.

    Args:
        given: settings of the command line, as `NAME=VALUE`.
        known: names of all settings.
    """
    for name in (setting.partition("=")[0] for setting in given):
        near = [] if name in known else difflib.get_close_matches(name.upper(), known, 1, NEAR_ENOUGH)
        if near:
            line = tr("there is no setting {name}: did you mean {near}?", name=name, near=near[0])
            print(f"{'kolcrawl' if is_console() else 'scrapy'}: {line}", file=sys.stderr)
