"""Who may ask the server what: hosts, origins, methods and the token, and the headers of every answer.

All that is shown comes from hostile pages, so no answer may run a script that is not ours. A page elsewhere can make
a browser send requests here, also under a name of its own that leads to 127.0.0.1 (DNS rebinding): so the `Host`
must be one that the server was started on.
"""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse

from kolcrawl.locale import language_of_browser, speaking, tr

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-frame-options": "DENY",
}
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
TOKEN_NAME = "kolcrawl_token"  # noqa: S105  # the cookie's name
MAX_URL_BYTES = 8_000


class RequestGuard:
    """ASGI middleware that refuses what it must before anything is read."""

    def __init__(self, app: ASGIApp, port: int, token: str | None = None) -> None:
        """Guard an application.

        Args:
            app: the application.
            port: that the server listens on.
            token: asked of everybody; None where the server listens on loopback alone.
        """
        self._app = app
        self._token = token
        self._hosts = {f"{name}:{port}" for name in LOOPBACK_NAMES} | (set(LOOPBACK_NAMES) if port == 80 else set())
        self._cookie = f"{TOKEN_NAME}_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        with speaking(language_of_browser(Headers(scope=scope).get("accept-language", ""))):
            refusal = self._refuse(scope)
        await (refusal or self._app)(scope, receive, send_guarded)

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse(tr("this server only reads: GET and HEAD alone"), 405, {"allow": "GET, HEAD"})
        if len(scope.get("query_string", b"")) > MAX_URL_BYTES:
            return PlainTextResponse(tr("the address is too long"), 414)
        if self._token is None and host not in self._hosts:
            line = tr("this server does not answer to that name: open http://{host}/", host=min(self._hosts))
            return PlainTextResponse(line, 421)
        if (origin := headers.get("origin")) is not None and urlsplit(origin).netloc.lower() != host:
            return PlainTextResponse(tr("requests of other sites are refused"), 403)
        if scope["path"] != "/" and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return PlainTextResponse(tr("requests of other sites are refused"), 403)
        return None if self._token is None else self._ask_token(scope, headers, self._token)

    def _ask_token(self, scope: Scope, headers: Headers, token: str) -> Response | None:
        if _same(_cookie(headers, self._cookie), token):
            return None
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        if scope["path"] == "/" and _same((asked.pop("token", None) or [""])[0], token):
            rest = urlencode(asked, doseq=True)
            answer = RedirectResponse("/" + (f"?{rest}" if rest else ""), 303)
            answer.set_cookie(self._cookie, token, httponly=True, samesite="strict", path="/")
            return answer
        return PlainTextResponse(tr("open the address with the token that `scrapy network` printed"), 401)


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _cookie(headers: Headers, name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""
