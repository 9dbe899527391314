"""Numbers and durations in words, for the report and the commands. Pure."""

from __future__ import annotations


def quantity(n: int, one: str, many: str) -> str:
    """Format a number with its noun: `1 story`, `20 stories`."""
    return f"{n} {one if n == 1 else many}"


def duration(seconds: float) -> str:
    """Format a duration: `4.2 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
