"""Fetching over HTTP/1.1, so that no connection is made that the address guard has not checked.

Entry point: `GuardedDownloadHandler` (DOWNLOAD_HANDLERS, for http and https).

Twisted resolves a name, then opens a TCP connection to each address of the answer in turn. The handler gives it a
reactor whose `connectTCP` asks the guard about that numeric address first: there is nothing between check and
connection. Scrapy has no public hook below the download handler, so the connection pool that Scrapy's handler makes
is replaced (`kolcrawl.net.scrapy_private`).
"""

from __future__ import annotations

import ipaddress
import logging
from typing import TYPE_CHECKING, Any

from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IReactorPluggableNameResolver, IReactorTCP, IReactorTime
from zope.interface import implementer

from kolcrawl.net.exceptions import HostRestsError
from kolcrawl.net.guard import AddressGuard
from kolcrawl.net.politeness import PolitenessMiddleware, host_of
from kolcrawl.net.scrapy_private import ConnectionPool, PooledDownloadHandler
from kolcrawl.net.stopping import DownloadsUnderWay

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred


class GuardedDownloadHandler(PooledDownloadHandler):
    """Scrapy's HTTP/1.1 download handler behind the address guard; the user's proxy has a handler of its own."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        from twisted.internet import reactor  # at the top it would install one

        self._guard = AddressGuard.from_settings(crawler.settings)
        if not crawler.settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
            # users who chose not to verify certificates need no warning at each connection
            logging.getLogger("scrapy.core.downloader.tls").setLevel(logging.ERROR)
        self._proxied: PooledDownloadHandler | None = None
        self._polite: PolitenessMiddleware | None = None
        self._under_way = DownloadsUnderWay(crawler)
        timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self.replace_pool(_GuardedPool(reactor, self._guard, self.tls_policy, timeout))

    async def download_request(self, request: Request) -> Response:
        """Fetch a page.

        Raises:
            RefusedAddressError: the guard refuses the target.
            HostRestsError: its host was told to rest while the request waited for its turn.
            CrawlStopsError: the crawl is being stopped.
        """
        if self._polite is None:
            self._polite = self.crawler.get_downloader_middleware(PolitenessMiddleware)
        if self._polite is not None and self._polite.sites.rest(host_of(request)):
            raise HostRestsError
        proxy = request.meta.get("proxy")
        self._guard.check_url(request, by_proxy=bool(proxy))
        if not proxy:
            direct = super().download_request
            return await self._under_way.run(lambda: direct(request))
        self._guard.check_proxy(proxy)
        if self._proxied is None:
            self._proxied = PooledDownloadHandler(self.crawler)
            self._proxied.limit_heads()
        proxied = self._proxied.download_request
        return await self._under_way.run(lambda: proxied(request))

    async def close(self) -> None:
        """Close the idle connections."""
        await super().close()
        if self._proxied is not None:
            await self._proxied.close()


class _GuardedPool(ConnectionPool):
    """A connection pool that opens each new connection by way of the guard."""

    def __init__(self, reactor: Any, guard: AddressGuard, tls_policy: Any, timeout: float) -> None:
        super().__init__(reactor)
        self._guard, self._tls_policy, self._timeout = guard, tls_policy, timeout

    def connect(self, scheme: bytes, host: bytes, port: int, bind: Any, factory: Any) -> Deferred[Any]:
        """Connect as `twisted.web.client.Agent` does, with the guard in between."""
        name = host.decode("ascii")
        endpoint: Any = HostnameEndpoint(
            _GuardedReactor(self.reactor, self._guard, name), name, port, self._timeout, bind
        )
        if scheme == b"https":
            endpoint = wrapClientTLS(self._tls_policy.creatorForNetloc(host, port), endpoint)
        connected: Deferred[Any] = endpoint.connect(factory)
        return connected


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
