"""The address that a page claims for itself, as pages write it: without a scheme, or several in one list. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from kolcrawl.urls.hosts import registrable_domain
from kolcrawl.urls.references import resolve_reference

_NEXT = re.compile(r"\s*[,;|]\s*(?=(?:https?:)?//|www\.)")
_HOST = re.compile(r"(?P<host>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24})(?::\d{1,5})?(?=[/?#]|$)")
_BROKEN_SCHEME = re.compile(r"^(https?)(?::/?|:///+|//)(?=[^/\s])", re.IGNORECASE)


def claimed_url(page_url: str, claim: str) -> str:
    """Make an absolute URL of a claim.

    Of a list the first counts. A claim that begins with the page's own host, or with `www.`, lacks its scheme: joined
    like a relative reference it would make an address that does not exist.

    Args:
        page_url: where the page came from.
        claim: of `rel=canonical` or `og:url`, as written.

    Raises:
        ValueError: it is no URL.
    """
    first = _NEXT.split(claim.strip(), maxsplit=1)[0]
    mended = _BROKEN_SCHEME.sub(r"\1://", first)
    page = urlsplit(page_url)
    if (match := _HOST.match(mended)) and (
        mended.lower().startswith("www.")
        or registrable_domain(match["host"].lower()) == registrable_domain(page.netloc)
    ):
        return f"{page.scheme}://{mended}"
    return resolve_reference(page_url, mended)
