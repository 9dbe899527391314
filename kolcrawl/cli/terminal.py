"""Text for a terminal: lines that fit its width, whatever the script, and cannot steer it."""

from __future__ import annotations

import shutil
import unicodedata
from datetime import UTC, datetime

import wcwidth

UNSAFE_CATEGORIES = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories of characters that terminals obey, or cannot show."""


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


def fit(text: object, width: int, *, pad: bool = False) -> str:
    """Cut a text to one line of at most `width` columns, with an ellipsis; fill it up to `width` with `pad`."""
    line = plain(text)
    if columns(line) > width:
        line = wcwidth.clip(line, 0, width - 1, control_codes="ignore").rstrip() + "…"
    return line + " " * (width - columns(line)) if pad else line


def clock(moment: datetime | None, *, seconds: bool = False) -> str:
    """Write a time in UTC, `2026-03-02 00:34`; a dash if there is none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M") if moment else "-"


def terminal_width() -> int:
    """Return the columns of the terminal; 160 where there is none."""
    return shutil.get_terminal_size((160, 24)).columns
