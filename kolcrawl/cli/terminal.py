"""Text for a terminal: lines that fit its width, whatever the script, and cannot steer it."""

from __future__ import annotations

import shutil
import unicodedata

import wcwidth

UNSAFE_CATEGORIES = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories of characters that terminals obey, or cannot show."""

CUT = "…"
"""End of a line that was longer."""
UNCUT = 1_000_000
"""A width at which nothing is cut, for what no terminal shows."""


def plain(text: object) -> str:
    """Reduce a text to one line without control, formatting and bidirectional characters, which terminals obey."""
    line = str(text)
    if line.isascii() and line.isprintable():
        return line
    line = line.translate({ord(blank): " " for blank in "\n\t\r"})
    return "".join(c for c in line if unicodedata.category(c) not in UNSAFE_CATEGORIES)


def columns(text: str) -> int:
    """Count the columns that a text takes: wide and full-width characters two, combining marks none (UAX #11)."""
    return len(text) if text.isascii() else wcwidth.width(text, control_codes="ignore")


def fit(text: object, width: int, *, pad: bool = False, right: bool = False) -> str:
    """Cut a text to one line of at most `width` columns, with an ellipsis; `pad` fills it up to `width`.

    `right` fills it up on the left, as numbers are.
    """
    line = plain(text)
    if columns(line) > width:
        line = wcwidth.clip(line, 0, width - 1, control_codes="ignore").rstrip() + CUT
    if right:
        return " " * (width - columns(line)) + line
    return line + " " * (width - columns(line)) if pad else line


def terminal_width(elsewhere: int = 160) -> int:
    """Return the columns of the terminal; `elsewhere` where there is none."""
    return shutil.get_terminal_size((elsewhere, 24)).columns
