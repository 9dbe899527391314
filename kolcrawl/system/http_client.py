"""Calls over HTTP to the user's own services: Scrapyd nodes, a webhook.

The user names these services, and they may be at private addresses, so the address guard does not apply to them. No
proxy is used, no redirect is followed (it would carry name, password or signature elsewhere), and an answer is read up
to a bound. Errors show an address without its path and password, since a webhook's path is a secret.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from kolcrawl.errors import KolcrawlError
from kolcrawl.locale import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ANSWER = 32_000_000  # bytes; a node's list of jobs is the largest there is


class ServiceError(KolcrawlError):
    """A service did not answer, or refused.

    `status`: the HTTP status, None if there was no answer. `sent`: whether the service may have got the request.
    """

    def __init__(self, message: str, /, *, status: int | None = None, sent: bool = True, **values: object) -> None:
        super().__init__(message, **values)
        self.status, self.sent = status, sent


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_fields: object) -> None:
        return None


_OPENER = build_opener(ProxyHandler({}), _NoRedirect)


def public_part(url: str) -> str:
    """Reduce a URL to scheme, host and port, which may be shown."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def call(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout: float = 10) -> bytes:
    """Get a URL, or post a body to it.

    Args:
        timeout: seconds for each step until the answer begins, and for the whole of its body.

    Returns: the body of a 2xx answer.

    Raises:
        ServiceError: there was no answer, or another one.
    """
    where = public_part(url)
    try:
        request = Request(url, data=body, headers=dict(headers or {}))  # noqa: S310 - the user's own, scheme checked
        with _OPENER.open(request, timeout=timeout) as answer:
            return _read(answer, time.monotonic() + timeout)
    except HTTPError as error:
        error.close()
        raise ServiceError("{url} answers {code}", url=where, code=error.code, status=error.code) from None
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        sent = not isinstance(reason, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError))
        why = Message(getattr(reason, "strerror", None) or _safe_reason(reason))
        raise ServiceError("{url} does not answer ({why})", url=where, why=why, sent=sent) from None


def _read(answer: http.client.HTTPResponse, end: float) -> bytes:
    """Read the body of an answer, in bounded size and time, since a body may trickle without end."""
    parts, size = [], 0
    while size < MAX_ANSWER and (part := answer.read1(min(65_536, MAX_ANSWER - size))):
        parts.append(part)
        size += len(part)
        if time.monotonic() > end:
            raise TimeoutError("timed out")
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)
    return b"".join(parts)


def _safe_reason(error: object) -> str:
    """Word an error. Errors that may quote the address or the answer are reduced to their class's name."""
    quotes_nothing = isinstance(error, (OSError, http.client.IncompleteRead))
    return (str(error) if quotes_nothing else "") or type(error).__name__
