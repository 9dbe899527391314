"""Why a page could not be had, as one of the stable codes that are stored with a story.

Entry point: `reason_of`, made for a spider's errback; it takes whatever Scrapy hands over: a Failure, the exception in
it, or a response. An exception of our own carries its code itself, as the attribute `reason`; those of Scrapy, Twisted
and OpenSSL are told apart here, and nowhere else.

Two things arrive in disguise. Scrapy's robots.txt middleware raises a bare `IgnoreRequest` and only its text says
so. A failed TLS handshake and a broken response are both `DownloadFailedError`; what happened stands in the list of
failures of its cause.
"""

from __future__ import annotations

import re
import sys
import zlib
from typing import TYPE_CHECKING

from OpenSSL import SSL
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    StopDownload,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from twisted.internet import error as tx
from twisted.python.failure import Failure

from kolcrawl.net.exceptions import HeadersTooLargeError
from kolcrawl.net.scrapy_private import IGNORE_TEXTS

try:  # as Scrapy does
    import brotli
except ImportError:
    import brotlicffi as brotli
if sys.version_info >= (3, 14):
    from compression.zstd import ZstdError
else:
    from backports.zstd import ZstdError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Request

REASONS = frozenset(
    {
        "bad_response",
        "bad_scheme",
        "bad_url",
        "blocked",
        "connection",
        "dns",
        "incomplete",
        "not_html",
        "off_site",
        "other",
        "private_address",
        "proxy",
        "redirect_loop",
        "robots",
        "site_paused",
        "timeout",
        "tls",
        "tls_version",
        "too_large",
    }
)
"""Every code that `reason_of` gives, besides `http_<status>` and the codes of other packages' own exceptions."""

_BY_TYPE: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((DownloadTimeoutError, tx.TimeoutError, TimeoutError), "timeout"),
    ((CannotResolveHostError, tx.DNSLookupError), "dns"),
    ((SSL.Error, VerificationError, CertificateError), "tls"),
    (TunnelError, "proxy"),
    ((UnsupportedURLSchemeError, NotSupported), "bad_scheme"),
    # Twisted's own cancelling is turned into a timeout where it is one: what remains is a body that grew too large.
    (DownloadCancelledError, "too_large"),
    (ResponseDataLossError, "incomplete"),
    ((DownloadConnectionRefusedError, tx.ConnectError, tx.ConnectionClosed, ConnectionError), "connection"),
    # A host or port that cannot be encoded, or a Location header that is no URL.
    ((UnicodeError, ValueError), "bad_url"),
    # HttpCompressionMiddleware, of a body that is not what its Content-Encoding says.
    ((OSError, EOFError, zlib.error, brotli.error, ZstdError), "bad_response"),
)


_OLD_TLS = re.compile("unsupported protocol|protocol version|version too low|no protocols available")
"""OpenSSL's words where both sides have no version of TLS in common: the site has 1.0 or 1.1 only, in practice."""


def reason_of(outcome: Failure | BaseException | Response, request: Request | None = None) -> str:
    """Return the stable code for the outcome of a request.

    Args:
        outcome: what an errback receives, the exception in it, or a response that holds no story: one of another
            status than 2xx, of a redirect that was not followed, or of a kind that is not text.
        request: the request; of one that goes through a proxy, it is the proxy whose host is unknown or that refuses
            the connection.

    Returns: one of `REASONS`, `http_<status>`, or the `reason` that the exception itself carries; `other` for what
    is not known.
    """
    if isinstance(outcome, Response):
        return _of_response(outcome)
    error: BaseException = outcome.value if isinstance(outcome, Failure) else outcome  # type: ignore[assignment]
    by_proxy = request is not None and request.meta.get("proxy")
    if by_proxy and isinstance(error, (CannotResolveHostError, DownloadConnectionRefusedError)):
        return "proxy"
    if isinstance(error, HttpError):
        return _of_response(error.response)
    if isinstance(error, StopDownload):
        return "not_html"  # `kolcrawl.net.limits` stops what is no page, and nobody else stops a download
    own = getattr(error, "reason", None)
    # OpenSSL's and Twisted's errors may have a `reason` too: only a word of ours counts.
    if isinstance(error, IgnoreRequest) and isinstance(own, str) and own:
        return own
    if isinstance(error, IgnoreRequest):
        text = str(error)
        return next((code for words, code in IGNORE_TEXTS if words in text), "other")
    if isinstance(error, DownloadFailedError):
        return _of_failed_download(error)
    return _by_type(error) or "other"


def _of_response(response: Response) -> str:
    if 300 <= response.status < 400 and b"Location" in response.headers:
        # Only what Scrapy refuses to follow comes here: a target that is not http(s).
        return "bad_scheme"
    if response.status // 100 != 2:
        return f"http_{response.status}"
    return "other" if isinstance(response, TextResponse) else "not_html"


def _of_failed_download(error: DownloadFailedError) -> str:
    """Tell TLS, a lost connection and a server that does not speak HTTP apart, by the failures below the exception."""
    found = ["too_large" if isinstance(inner, HeadersTooLargeError) else _by_type(inner) for inner in _causes(error)]
    for code in ("too_large", "tls_version", "tls", "timeout", "connection"):
        if code in found:
            return code
    return "bad_response"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exceptions behind a failed download: its cause, and the failures that the cause lists."""
    cause = error.__cause__
    if cause is None:
        return
    yield cause
    for failure in getattr(cause, "reasons", None) or ():
        if isinstance(failure, Failure) and failure.value is not None:
            yield failure.value
            yield from _causes(failure.value)


def _by_type(error: BaseException) -> str | None:
    if isinstance(error, SSL.Error) and _OLD_TLS.search(str(error)):
        return "tls_version"
    return next((code for types, code in _BY_TYPE if isinstance(error, types)), None)
