"""What the two XML formats share: values as text, without the characters that XML forbids."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from kolcrawl.network.selection import time_text

_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def xml_text(value: Any) -> str:
    """A value as XML text; control characters and lone surrogates are dropped, as XML cannot hold them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return time_text(value)
    return _ILLEGAL.sub("", str(value))
