"""What the words beside a printed date say of it. They are in `data/published.toml`."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from kolcrawl.text.tables import any_of, read_table

PUBLISHED, UPDATED, OTHER = "published", "updated", "other"
_GENERAL = "general"  # says that a date follows, and not which
LABEL_REACH = 25  # characters between a label and its date
LONGEST_LABEL_LINE = 40  # characters of a line that labels the next


class _Patterns(NamedTuple):
    before: dict[str, re.Pattern[str]]
    behind: dict[str, re.Pattern[str]]


def label_of(before: str, behind: str = "", line_above: str = "") -> str | None:
    """Tell what a printed date is.

    Args:
        before: the text of its line before it.
        behind: the text of its line behind it.
        line_above: the line before, which counts where the date begins its own.

    Returns: `published`, `updated`, `other` (an event, a picture, a period); None where nothing is said.
    """
    patterns = _patterns()
    begins = not before.strip(" :|-\u2013\u00b7") and len(line_above) <= LONGEST_LABEL_LINE
    latest = 0 if begins else len(before)  # a line that labels the next begins with the label
    text = line_above if begins else before
    matches = ((pattern.search(text), kind) for kind, pattern in patterns.before.items())
    found = [(match.start(), kind) for match, kind in matches if match and match.start() <= latest]
    named = [(start, kind) for start, kind in found if kind != _GENERAL]
    if found:
        return max(named)[1] if named else PUBLISHED
    return next((kind for kind, pattern in patterns.behind.items() if pattern.match(behind)), None)


@cache
def _patterns() -> _Patterns:
    words = read_table("published.toml")
    return _Patterns(
        {
            kind: re.compile(rf"(?:^|(?<=[^a-z]))(?:{any_of(words[kind])})[^0-9]{{0,{LABEL_REACH}}}$", re.IGNORECASE)
            for kind in (PUBLISHED, UPDATED, OTHER, _GENERAL)
        },
        {
            kind: re.compile(rf"\s*[(\[]?(?:{any_of(words['behind_' + kind])})(?!\s*[:\uff1a]?\s*\d)", re.IGNORECASE)
            for kind in (PUBLISHED, UPDATED)
        },
    )
