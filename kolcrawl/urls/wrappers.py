"""Addresses that only hand their reader on to another one, which they carry: `/redirect?url=https%3A%2F%2F...`. Pure.

Entry point: `wrapped_address`. Share forms, logins and orders carry addresses, too, and are none: their path says so.
The words are data (`data/url_words.toml`).
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from kolcrawl.text.tables import any_of, read_table

MIN_WRAPPER = 12  # characters of an address before one that it carries
MAX_REDIRECTORS = 3  # within each other
_WORDS = read_table("url_words.toml")
_WRAPPER = re.compile(
    rf"^https?://(?:(?:{any_of(_WORDS['wrapper_hosts'].split())})\.[^/?#]+/[^?#]*"
    rf"|[^/?#]+/(?:[^?#]*/)?(?:{any_of(_WORDS['wrappers'].split())})(?:\.(?:php|aspx?|jsp|do|cgi|html?))?/?)"
    rf"\?(?:[^#]*&)?(?:{any_of(_WORDS['wrapper_parameters'].split())})=(https?(?::|%3A)(?:/|%2F){{2}}[^&#]+)",
    re.IGNORECASE,
)


def wrapped_address(url: str) -> str | None:
    """Return the address that a redirector carries in its query, or None where a URL is none.

    Args:
        url: absolute. What stands behind the address in the query is the redirector's own.
    """
    inner = None
    for _ in range(MAX_REDIRECTORS):
        if "http" not in url[MIN_WRAPPER:] or (found := _WRAPPER.match(url)) is None:
            break
        carried = found[1]
        url = inner = unquote(carried) if "%" in carried[:8] or "/" not in carried[8:] else carried
    return inner
