"""Read the tables that ship with the package: the words of languages, and what is known of sites and zones.

A table is a TOML file in `kolcrawl/data`, with a comment at its head on what it holds and which module reads it.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_table(name: str, package: str = "kolcrawl.data") -> dict[str, Any]:
    """Read a TOML file of a package.

    Args:
        name: of the file, such as `months.toml`.
        package: the package beside whose modules the file lies.

    Returns: a new dictionary at each call; whoever asks more than once keeps it.
    """
    return tomllib.loads(read_text(name, package))


def read_text(name: str, package: str = "kolcrawl.data") -> str:
    """Read a text file of a package, in UTF-8."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def any_of(words: Iterable[str]) -> str:
    """Write the part of a regular expression that matches any of some words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
