"""Resolve a reference to another page as browsers do: slips in its slashes cost nobody the page. Pure."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from kolcrawl.urls.hosts import BLANKS, has_known_suffix

_WEB = re.compile(r"(https?):(/*)([^/]*)(.*)", re.IGNORECASE | re.DOTALL)
_CONTROLS = re.compile(r"[\t\n\r\x00]")


def resolve_reference(base: str, reference: str) -> str:
    r"""Return the absolute address that a reference on a page means.

    As the URL Standard has it: blanks around it do not count, backslashes before the query are slashes, and after
    `http:` any number of slashes stands for two. One slash or none names a host only if it could be one, since
    `http:/news/1.html` is a path on the same host.

    Args:
        base: address of the page.
        reference: as the page or its server wrote it.

    Raises:
        ValueError: it is no address.
    """
    reference = _CONTROLS.sub("", reference.strip(BLANKS))
    end = min((at for mark in "?#" if (at := reference.find(mark)) >= 0), default=len(reference))
    place = reference[:end].replace("\\", "/")
    if found := _WEB.fullmatch(place):
        scheme, slashes, host, rest = found.groups()
        own_scheme, _, own_place = base.lower().partition("://")
        known = has_known_suffix(host) or host.lower() == own_place.partition("/")[0]
        is_host = len(slashes) > 1 or own_scheme != scheme.lower() or known
        place = f"{scheme}://{host}{rest}" if is_host else f"/{host}{rest}" if slashes else host + rest
    elif place.startswith("//"):
        place = "//" + place.lstrip("/")
    return urljoin(base, place + reference[end:])
