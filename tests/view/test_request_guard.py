"""Who is answered: hosts, origins, methods, the token, and the headers of every answer."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from kolcrawl.view.request_guard import RequestGuard
from kolcrawl.view.serve import is_loopback


async def _answer(request: Any) -> PlainTextResponse:
    return PlainTextResponse("secret of " + request.url.path)


APP = Starlette(routes=[Route("/", _answer), Route("/api/network", _answer)])


def ask(path: str, token: str | None = None, method: str = "GET", **headers: str) -> httpx.Response:
    """Ask a guarded application that listens on port 8765."""
    app = RequestGuard(APP, 8765, token)

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
            return await client.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return asyncio.run(send())


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"])
def test_own_names_are_answered(host: str) -> None:
    """The names of this machine are answered."""
    assert ask("/", host=host).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example:8765", "127.0.0.1:80", "127.0.0.1.evil.example:8765", "evil.example", ""]
)
def test_other_names_are_refused(host: str) -> None:
    """A name that was made to lead to 127.0.0.1 (DNS rebinding) gets nothing."""
    answer = ask("/api/network", host=host)
    assert answer.status_code == 421
    assert "secret" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_writes(method: str) -> None:
    """No method but GET and HEAD is taken."""
    assert ask("/", method=method).status_code == 405


def test_pages_of_other_sites_are_refused() -> None:
    """A request that a page elsewhere made the browser send is refused, whichever header says so."""
    assert ask("/api/network", origin="https://evil.example").status_code == 403
    assert ask("/api/network", origin="null").status_code == 403
    assert ask("/api/network", sec_fetch_site="cross-site").status_code == 403
    assert ask("/api/network", sec_fetch_site="same-site").status_code == 403
    assert ask("/api/network", origin="http://127.0.0.1:8765", sec_fetch_site="same-origin").status_code == 200
    assert ask("/", sec_fetch_site="cross-site").status_code == 200, "a link elsewhere may open the page"


def test_every_answer_forbids_foreign_scripts() -> None:
    """The policy and its companions are on answers and on refusals."""
    for answer in (ask("/"), ask("/", host="evil.example")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers


def test_beyond_loopback_a_token_is_asked_for() -> None:
    """Without the token nothing is answered; with it, a cookie takes its place and it leaves the address."""
    other = "192.0.2.7:8765"
    assert ask("/api/network", token="t0ken", host=other).status_code == 401
    assert ask("/?token=wrong", token="t0ken", host=other).status_code == 401
    assert ask("/api/network?token=t0ken", token="t0ken", host=other).status_code == 401, "at the page alone"
    opened = ask("/?token=t0ken&db=a", token="t0ken", host=other)
    assert (opened.status_code, opened.headers["location"]) == (303, "/?db=a")
    cookie = opened.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    pair = cookie.partition(";")[0]
    assert ask("/api/network", token="t0ken", host=other, cookie=pair).status_code == 200
    assert ask("/api/network", token="t0ken", host=other, cookie=pair + "x").status_code == 401
    assert ask("/api/network", token="t0ken", host=other, cookie="kolcrawl_token_8765=").status_code == 401


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.0.2.7", False), ("example.org", False)],
)  # fmt: skip
def test_loopback_is_told_from_the_rest(host: str, *, own: bool) -> None:
    """Only an address of this machine alone goes without a token."""
    assert is_loopback(host) is own
