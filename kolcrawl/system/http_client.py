"""Calls over HTTP to the user's own services: Scrapyd nodes, a webhook.

They are named by the user and may well be at private addresses, so the guard of pages is not for them. No proxy is
used, no redirect is followed (it would carry name, password or signature elsewhere), and an answer is read up to a
bound. Only the address without path and password is ever shown, for a webhook's path is a secret.
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

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ANSWER = 32_000_000  # bytes; a node's list of jobs is the largest there is


class ServiceError(KolcrawlError):
    """A service could not be called, or refused.

    `status`: the HTTP status, None if there was no answer. `sent`: whether the service may have got the request.
    """

    def __init__(self, message: str, *, status: int | None = None, sent: bool = True) -> None:
        super().__init__(message)
        self.status, self.sent = status, sent


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_fields: object) -> None:
        return None


_OPENER = build_opener(ProxyHandler({}), _NoRedirect)


def shown(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def call(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout: float = 10) -> bytes:
    """GET a URL, or POST a body to it.

    Args:
        timeout: seconds for each step until the answer begins, and for the whole of its body.

    Returns: the body of a 2xx answer.

    Raises:
        ServiceError: there was no answer, or another one.
    """
    where = shown(url)
    try:
        request = Request(url, data=body, headers=dict(headers or {}))  # noqa: S310 - the user's own, scheme checked
        with _OPENER.open(request, timeout=timeout) as answer:
            return _read(answer, time.monotonic() + timeout)
    except HTTPError as error:
        error.close()
        raise ServiceError(f"{where} answers {error.code}", status=error.code) from None
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        sent = not isinstance(reason, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError))
        why = getattr(reason, "strerror", None) or _harmless(reason)
        raise ServiceError(f"{where} does not answer ({why})", sent=sent) from None


def _read(answer: http.client.HTTPResponse, end: float) -> bytes:
    """The body of an answer, in bounded size and time: one that trickles would hold up all that wait behind it."""
    parts, size = [], 0
    while size < MAX_ANSWER and (part := answer.read1(min(65_536, MAX_ANSWER - size))):
        parts.append(part)
        size += len(part)
        if time.monotonic() > end:
            raise TimeoutError("timed out")
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)
    return b"".join(parts)


def _harmless(error: object) -> str:
    """An error's words where they are its own: what quotes the address, or the answer, is told by its name alone."""
    own = isinstance(error, (OSError, http.client.IncompleteRead))
    return (str(error) if own else "") or type(error).__name__
