"""Durations in words, for the report and the commands."""

from __future__ import annotations

from kolcrawl.locale import tr

DAYS_FROM = 72
"""Hours from which days are counted."""


def duration(seconds: float) -> str:
    """Format a duration: `4.2 s`, `3 min 20 s`, `2 h 5 min`, `9 d 4 h`."""
    if seconds < 60:
        return tr("{seconds:.1f} s", seconds=seconds)
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return tr("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    hours, minutes = divmod(minutes, 60)
    if hours < DAYS_FROM:
        return tr("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return tr("{days} d {hours} h", days=hours // 24, hours=hours % 24)
