"""Values as text of XML, for the formats that are XML, without the characters that XML forbids."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from kolcrawl.network.selection import time_text

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # all but the Char of XML 1.0, 2.2


def xml_text(value: Any) -> str:
    """Write a value as XML text, without control characters and lone surrogates, which XML cannot hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return time_text(value)
    return _ILLEGAL.sub("", str(value))
