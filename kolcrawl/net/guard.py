"""The address guard: no request reaches a private, loopback, link-local, multicast, reserved or metadata address.

Entry point: `GuardMiddleware` (DOWNLOADER_MIDDLEWARES, before all others); it and `kolcrawl.net.handler` ask
`AddressGuard`.

The check that counts sits where the connection is made (`kolcrawl.net.handler`): what is looked at is the very
address that is connected to. So it does not matter how a host was spelled, whether a redirect or robots.txt led there,
what a cache holds, how many addresses DNS answered, or whether it answers differently the second time. The middleware
only refuses early what the URL shows by itself, so that nothing is asked for or logged in vain.

A proxy that the user set is connected to as it is, and resolves names itself: then the literal form of the target is
all that can be checked here, and the proxy has to guard the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.request import getproxies

from scrapy.utils.httpobj import urlparse_cached

from kolcrawl.errors import ConfigError
from kolcrawl.net.exceptions import GivenUpError, RefusedAddressError
from kolcrawl.net.ip_addresses import (
    BAD_PORTS,
    HostPort,
    IPAddress,
    IPNetwork,
    host_port,
    is_inner_name,
    is_public,
    literal_address,
    parse_allowed,
)

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Which addresses a crawl may connect to: the public ones, and those that the user lists."""

    networks: tuple[IPNetwork, ...] = ()
    hosts: frozenset[HostPort] = frozenset()
    proxies: frozenset[HostPort] = frozenset()
    """The proxies that the user set."""
    url_length: int = 0
    """Characters that a URL may have; 0 is any number."""

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> AddressGuard:
        """Read ALLOWED_PRIVATE_HOSTS, URLLENGTH_LIMIT, PROXY, and the environment's http_proxy and https_proxy.

        Raises:
            ConfigError: a value cannot be used.
        """
        networks, hosts = parse_allowed(settings.getlist("ALLOWED_PRIVATE_HOSTS"))
        proxies = [url for scheme, url in getproxies().items() if scheme in ("http", "https")]
        if settings.get("PROXY"):
            proxies.append(settings["PROXY"])
        try:
            known = frozenset(host_port(proxy) for proxy in proxies)
        except ValueError:  # the value may hold a password, so it is not shown
            raise ConfigError("PROXY (or http_proxy, https_proxy) must be like http://proxy.example:3128") from None
        return cls(networks, hosts, known, settings.getint("URLLENGTH_LIMIT"))

    def check_url(self, request: Request, *, by_proxy: bool = False) -> None:
        """Refuse what the URL alone shows: another scheme than http(s), no host, a private address spelled out.

        Args:
            request: the request to be made.
            by_proxy: a proxy will resolve the name, so names that mean an inner host are refused as well.

        Raises:
            RefusedAddressError: the request must not be made.
        """
        parts = urlparse_cached(request)
        if parts.scheme not in ("http", "https"):
            raise RefusedAddressError("bad_scheme", f"only http and https are fetched, not {parts.scheme}")
        if 0 < self.url_length < len(request.url):
            raise RefusedAddressError("bad_url", f"the URL is longer than URLLENGTH_LIMIT={self.url_length}")
        try:
            host, port = parts.hostname, parts.port
            if not host:
                raise ValueError("the URL has no host")
            address = literal_address(host)
        except ValueError as error:
            raise RefusedAddressError("bad_url", str(error)) from None
        port = port or (443 if parts.scheme == "https" else 80)
        if address is not None:
            self.check_connection(host, port, address)
        elif by_proxy and is_inner_name(host) and not self._lists(host, port):
            raise RefusedAddressError("private_address", f"{host} is the name of an inner host")
        if parts.port in BAD_PORTS and not self._lists(host, port):
            raise RefusedAddressError("bad_url", f"port {port} is of another service than the web")

    def check_connection(self, host: str, port: int, address: IPAddress) -> None:
        """Refuse a connection to a private address.

        Args:
            host: as the URL names it.
            port: of the connection.
            address: that will be connected to.

        Raises:
            RefusedAddressError: the address is neither public nor listed.
        """
        if is_public(address) or self._lists(host, port) or self._lists(str(address), port):
            return
        if any(address.version == net.version and address in net for net in self.networks):
            return
        raise RefusedAddressError("private_address", f"{host} leads to {address}, which is not on the public internet")

    def check_proxy(self, proxy: str) -> None:
        """Refuse a proxy that the user did not set.

        Raises:
            RefusedAddressError: `private_address`.
        """
        if host_port(proxy) not in self.proxies:
            raise RefusedAddressError("private_address", "the request's proxy is none that PROXY or http_proxy names")

    def _lists(self, host: str, port: int) -> bool:
        host = host.lower().rstrip(".")
        return (host, port) in self.hosts or (host, None) in self.hosts


class GuardMiddleware:
    """The first downloader middleware: refuses what the URL shows, says who we are, names the user's proxy.

    It stands before the robots.txt middleware, which goes by the user agent that is set here. Reads
    ALLOWED_PRIVATE_HOSTS, URLLENGTH_LIMIT, USER_AGENT, CONTACT and PROXY.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._guard = AddressGuard.from_settings(settings)
        self._stats = crawler.stats
        self._proxy: str | None = settings.get("PROXY")
        self._user_agent = user_agent(settings["USER_AGENT"], settings.get("CONTACT"))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse, or make ready.

        Raises:
            RefusedAddressError: the request must not be made.
            GivenUpError: the frontier has given it up.
        """
        if "give_up" in request.meta:
            raise GivenUpError(request.meta["give_up"])
        self._guard.check_url(request)
        request.headers.setdefault(b"User-Agent", self._user_agent)
        if self._proxy:
            request.meta.setdefault("proxy", self._proxy)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Count what was refused, here or at the connection."""
        if isinstance(exception, RefusedAddressError):
            self._stats.inc_value(f"guard/refused/{exception.reason}")


def user_agent(name: str, contact: str | None) -> str:
    """Write the User-Agent header: who we are, and whom a site's owner may write to."""
    contact = " ".join((contact or "").split()).encode("ascii", "ignore").decode()
    return f"{name} (+{contact})" if contact and contact not in name else name
