"""Redirects that a page makes instead of the server: refresh, scripts, frames, "moved here". Followed as any other.

A `Refresh` header or a meta refresh is followed after a short delay, as Scrapy does, and after any delay by a page
that shows no text of its own. So are a script's change of `location` to a constant address, a frame that is all of the
page, and a single link under words that say that the page has moved. A story that reloads itself, or that sends
phones elsewhere, stays.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urldefrag

from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.http import HtmlResponse
from scrapy.utils.response import get_base_url
from w3lib.html import get_meta_refresh

from kolcrawl.text.tables import any_of, read_table
from kolcrawl.urls import resolve_reference

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

MAX_REDIRECTING_BODY = 60_000
"""Characters of a page that is looked at; stubs are far smaller."""
MAX_TEXT = 40
"""Letters of text that a page may show and still be empty."""
MAX_STUB = 300
"""Letters of a page that says that it has moved."""
MAX_ADDRESS = 2_000
MAX_HEAD = 4_096
"""Characters in which a meta refresh is looked for, as Scrapy does."""

_SILENT = re.compile(
    r"<!--.*?-->|<(script|style|noscript|template)\b.*?(?:</\1\s*>|$)|<title\b.*?</title\s*>", re.IGNORECASE | re.DOTALL
)
_FRAMED = re.compile(r"<(noframes|iframe)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc\s*=)[^>]*>(.*?)</script", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_LOCATION = re.compile(
    r"""(?<![\w.])(?:(?:window|self|top|parent|document)\s*\.\s*)*location\s*
    (?:(?:\.\s*href\s*)?=(?!=)\s*|\.\s*(?:replace|assign)\s*\(\s*)(["'])([^"'<>\s]{1,2000})\1\s*[;)\n}]?""",
    re.VERBOSE,
)
_BRANCH = re.compile(r"\bif\s*\(|\bswitch\s*\(|\?[^\"';]*:|&&")
_META = re.compile(r"""<meta\b(?=[^>]*\bhttp-equiv\s*=\s*["']?\s*refresh\b)[^>]*>""", re.IGNORECASE)
_CONTENT = re.compile(r"""\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_FRAME = re.compile(r"""<i?frame\b[^>]*?\ssrc\s*=\s*["']?([^"'\s>]+)[^>]*>""", re.IGNORECASE)
_UNSEEN = re.compile(
    r"""\b(?:width|height)\s*=\s*["']?[01](?:px)?\b|display\s*:\s*none|visibility\s*:\s*hidden|\shidden\b""",
    re.IGNORECASE,
)
_REFRESH = re.compile(r"""\s*\d*\.?\d*\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)""", re.IGNORECASE)


class PageRedirect(NamedTuple):
    """Where a page sends its readers."""

    url: str
    how: str
    """`refresh header`, `meta refresh`, `script`, `frame` or `moved`."""


class LocationMiddleware(RedirectMiddleware):
    """Follows `Location` as browsers do, slips in its slashes included; takes the place of Scrapy's own middleware."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the request for the target, or the response where it has none."""
        if locations := response.headers.getlist("Location"):  # of several, the first counts, as for curl
            # bytes that are not ASCII pass through: Scrapy sends them as they came
            with suppress(ValueError):
                resolved = resolve_reference(request.url, locations[0].decode("latin-1"))
                response.headers["Location"] = resolved.encode("latin-1")
        answer: Request | Response = super().process_response(request, response)
        return answer


class PageRedirectMiddleware(MetaRefreshMiddleware):
    """Follows what `find_redirect` finds, within `REDIRECT_MAX_TIMES`; takes the place of Scrapy's own middleware.

    Reads `METAREFRESH_ENABLED`, `METAREFRESH_MAXDELAY` and `METAREFRESH_IGNORE_TAGS`, as Scrapy's does.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the request for the page's target, or the response where it has none."""
        if request.meta.get("dont_redirect") or request.method == "HEAD" or not isinstance(response, HtmlResponse):
            return response
        found = find_redirect(response, self._maxdelay, tuple(self._ignore_tags))
        if found is None or urldefrag(found.url)[0] == urldefrag(request.url)[0]:
            return response
        try:
            redirected = self._redirect_request_using_get(request, response, found.url)
        except ValueError:
            return response
        return self._redirect(redirected, request, found.how)


def find_redirect(response: HtmlResponse, max_delay: float, ignored: tuple[str, ...]) -> PageRedirect | None:
    """Find the address to which a page sends its readers; None for a page to be read.

    Args:
        max_delay: seconds up to which a refresh is followed whatever the page shows.
        ignored: elements in which a meta refresh does not count.
    """
    page = response.text[:MAX_REDIRECTING_BODY] if len(response.body) <= 4 * MAX_REDIRECTING_BODY else ""
    shown = _shown(page) if page else None
    empty = shown is not None and len(shown) <= MAX_TEXT
    candidates = []
    if (header := response.headers.get("Refresh")) and (match := _REFRESH.match(header.decode("latin-1"))):
        delay = _delay(header.decode("latin-1"))
        if delay < max_delay or empty or _says_moved(page, shown):
            candidates.append(PageRedirect(match[1].strip(), "refresh header"))
    # without a base, so that the address comes as it is written
    interval, target = get_meta_refresh(response.text[:MAX_HEAD], "", response.encoding, ignore_tags=ignored)
    if not target and page:
        interval, target = _comma_refresh(page)
    if target and interval is not None and (interval < max_delay or empty or _says_moved(page, shown)):
        candidates.append(PageRedirect(target, "meta refresh"))
    if empty and (script := _script_target(page)):
        candidates.append(PageRedirect(script, "script"))
    if empty and (frame := _only_frame(page)):
        candidates.append(PageRedirect(frame, "frame"))
    if page and _says_moved(page, shown) and len(links := set(_LINK.findall(page))) == 1:
        candidates.append(PageRedirect(unescape(links.pop()), "moved"))
    for found in candidates:
        try:
            url = resolve_reference(get_base_url(response), found.url)
        except ValueError:
            continue
        if url.lower().startswith(("http://", "https://")) and len(url) <= MAX_ADDRESS:
            return PageRedirect(url, found.how)
    return None


def _delay(header: str) -> float:
    number = re.match(r"\s*(\d*\.?\d*)", header)
    return float(number[1]) if number and number[1].strip(".") else 0.0


def _shown(page: str) -> str:
    """Collect the letters of the text that a page shows, its title not counted."""
    text = unescape(_TAG.sub(" ", _FRAMED.sub(" ", _SILENT.sub(" ", page))))
    return "".join(filter(str.isalnum, text))


def _comma_refresh(page: str) -> tuple[float | None, str | None]:
    """Read a meta refresh whose address stands behind a comma, which w3lib does not. Returns: seconds, and address."""
    for tag in _META.findall(_SILENT.sub(" ", page)[:MAX_HEAD]):
        if content := _CONTENT.search(tag):
            value = unescape(next(filter(None, content.groups()), ""))
            if found := _REFRESH.match(value):
                return _delay(value), found[1].strip()
    return None, None


def _only_frame(page: str) -> str | None:
    """Find the address of the one frame that a page without text shows."""
    frames = {
        unescape(found[1])
        for found in _FRAME.finditer(_SILENT.sub(" ", page))
        if not _UNSEEN.search(found[0]) and not found[1].lower().startswith(("about:", "data:", "javascript:"))
    }
    return frames.pop() if len(frames) == 1 else None


def _says_moved(page: str, shown: str | None) -> bool:
    if shown is None or len(shown) > MAX_STUB:
        return False
    title = _TITLE.search(page)
    text = unescape(_TAG.sub(" ", _SILENT.sub(" ", page))) + " " + (unescape(title[1]) if title else "")
    return bool(_moved().search(" ".join(text.lower().split())))


@cache
def _moved() -> re.Pattern[str]:
    return re.compile(any_of(words for group in read_table("moved.toml").values() for words in group))


def _script_target(page: str) -> str | None:
    """Find the constant address to which the scripts of a page without text change `location`, if it is one."""
    targets: set[str] = set()
    for script in _SCRIPT.findall(page):
        found = _LOCATION.findall(script)
        if found and _BRANCH.search(script):
            return None  # for some readers only
        targets.update(address.replace("\\/", "/") for _, address in found)
    return targets.pop() if len(targets) == 1 else None
