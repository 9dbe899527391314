"""Reason codes for whatever Scrapy may raise."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import exceptions
from scrapy.exceptions import DownloadFailedError, IgnoreRequest, StopDownload
from scrapy.http import HtmlResponse, Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.internet import error as tx
from twisted.python.failure import Failure

from kolcrawl.net import exceptions as net_exceptions
from kolcrawl.net.reasons import REASONS, reason_of

# Raised to the engine or to a command, never to an errback.
NOT_FOR_ERRBACKS = {"CloseSpider", "ContractFail", "DontCloseSpider", "DropItem", "NotConfigured", "UsageError"}
NOT_FOR_ERRBACKS |= {"ScrapyDeprecationWarning", "_InvalidOutput", "IgnoreRequest"}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, cls in inspect.getmembers(exceptions, inspect.isclass)
        if cls.__module__ == exceptions.__name__ and name not in NOT_FOR_ERRBACKS
    ],
)
def test_every_exception_of_scrapy(name: str) -> None:
    """Each exception that the installed Scrapy can hand to an errback has a code; a new one makes this fail."""
    error = getattr(exceptions, name)()
    assert reason_of(error) in REASONS - {"other"}
    assert reason_of(Failure(error)) == reason_of(error)


def test_a_proxy_that_is_not_there() -> None:
    """Where a request goes through a proxy, an unknown host and a refused connection are the proxy's."""
    direct, proxied = Request("http://a.example/"), Request("http://a.example/", meta={"proxy": "http://127.0.0.1:1"})
    for error, code in (
        (exceptions.DownloadConnectionRefusedError(), "connection"),
        (exceptions.CannotResolveHostError(), "dns"),
    ):
        assert [reason_of(Failure(error), request) for request in (direct, proxied)] == [code, "proxy"]
    assert reason_of(exceptions.DownloadTimeoutError(), proxied) == "timeout"


def test_every_exception_of_ours() -> None:
    """Our own exceptions carry a code of the list."""
    response = Response("http://news.example/", status=403)
    made = [
        net_exceptions.SitePausedError(),
        net_exceptions.BlockedError(response),
        net_exceptions.RefusedAddressError("bad_url", "x"),
    ]
    assert [reason_of(error) for error in made] == ["site_paused", "blocked", "bad_url"]
    assert reason_of(net_exceptions.RobotsUnavailableError("http_503")) == "http_503"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Forbidden by robots.txt", "robots"),
        ("max redirections reached", "redirect_loop"),
        ("Filtered offsite request to 'a.example'", "off_site"),
        ("something else", "other"),
    ],
)
def test_ignored(text: str, reason: str) -> None:
    """Scrapy's bare IgnoreRequest is told by its text."""
    assert reason_of(Failure(IgnoreRequest(text))) == reason


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        (tx.ConnectionLost(), "connection"),
        (tx.ConnectionDone(), "connection"),
        (ValueError("no chunk"), "bad_response"),
        (net_exceptions.HeadersTooLargeError(), "too_large"),
    ],
)
def test_failed_download(inner: Exception, reason: str) -> None:
    """A failed download is judged by the failures behind it."""
    cause = Exception()
    cause.reasons = [Failure(inner)]  # type: ignore[attr-defined]
    error = DownloadFailedError()
    error.__cause__ = cause
    assert reason_of(error) == reason


@given(st.integers(100, 599))
def test_responses(status: int) -> None:
    """A response that holds no story gives its status, by itself or as HttpError."""
    response = HtmlResponse("http://news.example/", status=status, request=Request("http://news.example/"))
    expected = "other" if 200 <= status < 300 else f"http_{status}"
    assert reason_of(response) == reason_of(Failure(HttpError(response))) == expected


def test_no_text() -> None:
    """A response of another kind, or a download that was stopped, is not_html."""
    assert reason_of(Response("http://news.example/x.bin")) == "not_html"
    assert reason_of(Failure(StopDownload())) == "not_html"


def test_unknown() -> None:
    """What nobody foresaw is `other`, not an error in the errback."""
    assert reason_of(Failure(RuntimeError("?"))) == "other"
