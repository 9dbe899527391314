"""Tell what servers make anew for each view or visitor: sessions and tokens in addresses."""

from __future__ import annotations

import re

# Hexadecimal digits, ASP.NET's sessions, or letters and digits mixed at length.
_SESSION = r"(?=\D*\d)(?=.*[a-z])[a-z]?[0-9a-f]{8,}|\([sS]\([a-z0-9]+\)\)|(?=.*\d)(?=.*[a-z])[a-z0-9]{20,}"
_SEGMENT = re.compile(_SESSION, re.IGNORECASE)
_VALUE = re.compile(rf"{_SESSION}|(?=.*\d)(?=.*[a-z])[a-z0-9_-]{{20,}}", re.IGNORECASE)


def is_session(segment: str) -> bool:
    """Tell whether a segment of a path looks like a session; names of articles, words between hyphens, do not."""
    return _SEGMENT.fullmatch(segment) is not None


def is_token(value: str) -> bool:
    """Tell whether a value looks made by a machine: a session, also one between hyphens, as a UUID is."""
    return _VALUE.fullmatch(value) is not None
