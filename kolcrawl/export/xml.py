"""Values as text of XML, for the formats that are XML, without the characters that XML forbids."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kolcrawl.network.selection import allowed_in_xml, time_text


def xml_text(value: Any) -> str:
    """Write a value as XML text, without control characters and lone surrogates, which XML cannot hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return time_text(value)
    return allowed_in_xml(str(value))
