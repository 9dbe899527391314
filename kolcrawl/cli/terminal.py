"""Text for a terminal: lines that fit its width, whatever the script, and cannot steer it."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

UNSAFE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def plain(text: object) -> str:
    """One line without control, formatting and bidirectional characters: pages are hostile, terminals obey."""
    line = str(text)
    if line.isascii() and line.isprintable():
        return line
    line = line.translate({ord(blank): " " for blank in "\n\t\r"})
    return "".join(c for c in line if unicodedata.category(c) not in UNSAFE)


def columns(text: str) -> int:
    """Columns that a text takes: wide and full-width characters two, combining marks none (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fit(text: object, width: int, *, pad: bool = False) -> str:
    """A text as one line of at most `width` columns, cut with an ellipsis; padded to it with `pad`."""
    line = plain(text)
    if columns(line) > width:
        kept, used = [], 1  # the ellipsis
        for c in line:
            used += columns(c)
            if used > width:
                break
            kept.append(c)
        line = "".join(kept).rstrip() + "…"
    return line + " " * (width - columns(line)) if pad else line


def clock(moment: datetime | None, *, seconds: bool = False) -> str:
    """A time in UTC, `2026-03-02 00:34`; a dash if there is none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M") if moment else "-"
