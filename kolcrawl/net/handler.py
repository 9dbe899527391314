"""Fetching over HTTP/1.1, so that no connection is made that the address guard has not seen.

Door: `GuardedDownloadHandler` (DOWNLOAD_HANDLERS, for http and https).

Twisted resolves a name, then opens a TCP connection to each address of the answer in turn. The handler gives it a
reactor whose `connectTCP` asks the guard about that numeric address first: there is nothing between check and
connection. Scrapy has no public hook below the download handler, so the connection pool that Scrapy's handler makes
is replaced; that and the factory's protocol are the private parts used, and the tests drive them by real crawls.
"""

from __future__ import annotations

import ipaddress
import logging
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IReactorPluggableNameResolver, IReactorTCP, IReactorTime, IStreamClientEndpoint
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer

from kolcrawl.net.exceptions import HeadersTooLargeError, HostRestsError
from kolcrawl.net.guard import AddressGuard
from kolcrawl.net.politeness import PolitenessMiddleware, host_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred

HEADERS_MAXSIZE = 262_144
"""Bytes that the head of one answer may have. Twisted limits a header line, not their number."""


class GuardedDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 download handler behind the address guard; the user's proxy is reached by one of its own."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        from twisted.internet import reactor  # at the top it would install one

        self._guard = AddressGuard.from_settings(crawler.settings)
        if not crawler.settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
            # who chose not to verify need not be told so at each connection
            logging.getLogger("scrapy.core.downloader.tls").setLevel(logging.ERROR)
        self._proxied: HTTP11DownloadHandler | None = None
        self._polite: PolitenessMiddleware | None = None
        kept = self._pool.maxPersistentPerHost
        timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._pool = _GuardedPool(reactor, self._guard, self._contextFactory, timeout)
        self._pool.maxPersistentPerHost = kept

    async def download_request(self, request: Request) -> Response:
        """Fetch a page.

        Raises:
            RefusedAddressError: the guard refuses the target.
            HostRestsError: its host was told to rest while the request waited for its turn.
        """
        if self._polite is None:
            self._polite = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        if self._polite is not None and self._polite.sites.rest(host_of(request)):
            raise HostRestsError
        proxy = request.meta.get("proxy")
        self._guard.check_url(request, by_proxy=bool(proxy))
        if not proxy:
            return await super().download_request(request)
        self._guard.check_proxy(proxy)
        if self._proxied is None:
            self._proxied = HTTP11DownloadHandler(self._crawler)
            self._proxied._pool._factory = _BoundedFactory
        return await self._proxied.download_request(request)

    async def close(self) -> None:
        """Close the idle connections."""
        await super().close()
        if self._proxied is not None:
            await self._proxied.close()


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's HTTP client protocol, with a limit on the head of an answer."""

    _head_bytes = 0

    def dataReceived(self, bytes: bytes) -> None:  # noqa: A002, N802 (Twisted's names)
        super().dataReceived(bytes)  # type: ignore[no-untyped-call]
        parser = self._parser
        if parser is None or parser.state not in ("STATUS", "HEADER"):
            self._head_bytes = 0  # the head has ended, perhaps with the whole answer: the connection may serve more
            return
        self._head_bytes += len(bytes)
        if self._head_bytes > HEADERS_MAXSIZE:
            error = HeadersTooLargeError(f"more than {HEADERS_MAXSIZE} bytes of headers")
            self._giveUp(Failure(error))  # type: ignore[no-untyped-call]


class _BoundedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: N802 (Twisted's name)
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _GuardedPool(HTTPConnectionPool):
    """A connection pool that opens each new connection by way of the guard.

    `getConnection` is where Twisted hands over what to connect to: the key of a direct request is scheme, host, port
    (`twisted.web.client.Agent.request`) and, added by Scrapy, the local address to bind to.
    """

    _factory = _BoundedFactory

    def __init__(self, reactor: Any, guard: AddressGuard, tls_policy: Any, timeout: float) -> None:
        super().__init__(reactor, persistent=True)  # type: ignore[no-untyped-call]
        self._guard, self._tls_policy, self._timeout = guard, tls_policy, timeout

    def getConnection(self, key: Any, endpoint: Any) -> Deferred[Any]:  # noqa: N802 (Twisted's name)
        guarded: Any = _GuardedEndpoint(self, *key)
        return super().getConnection(key, guarded)

    def connect(self, scheme: bytes, host: bytes, port: int, bind: Any, factory: Any) -> Deferred[Any]:
        """Connect as `twisted.web.client.Agent` does, with the guard in between."""
        name = host.decode("ascii")
        endpoint: Any = HostnameEndpoint(
            _GuardedReactor(self._reactor, self._guard, name), name, port, self._timeout, bind
        )
        if scheme == b"https":
            endpoint = wrapClientTLS(self._tls_policy.creatorForNetloc(host, port), endpoint)
        connected: Deferred[Any] = endpoint.connect(factory)
        return connected


@implementer(IStreamClientEndpoint)
class _GuardedEndpoint:
    """Where to connect to; nothing is resolved or set up before a new connection is really needed."""

    def __init__(self, pool: _GuardedPool, scheme: bytes, host: bytes, port: int, bind: Any = None) -> None:
        self._pool, self._target = pool, (scheme, host, port, bind)

    def connect(self, factory: Any) -> Deferred[Any]:
        return self._pool.connect(*self._target, factory)


@implementer(IReactorPluggableNameResolver, IReactorTCP, IReactorTime)
class _GuardedReactor:
    """The reactor as an endpoint sees it: the same, but `connectTCP` asks the guard."""

    def __init__(self, reactor: Any, guard: AddressGuard, host: str) -> None:
        self._reactor, self._guard, self._host = reactor, guard, host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def connectTCP(self, host: str, port: int, *args: Any, **kwargs: Any) -> Any:  # noqa: N802 (Twisted's name)
        # What is no numeric address raises ValueError: nobody has resolved it, so nobody connects to it.
        self._guard.check_connection(self._host, port, ipaddress.ip_address(host.partition("%")[0]))
        return self._reactor.connectTCP(host, port, *args, **kwargs)
