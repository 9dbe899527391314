"""Whether the user's proxy is there: looked at once, before a crawl whose every page would fail without it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kolcrawl.errors import ConfigError
from kolcrawl.locale import Message, os_reason
from kolcrawl.net.ip_addresses import host_port

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.settings import BaseSettings

PROXY_SECONDS: Final = 10.0
"""Seconds that the proxy may take to accept a connection."""
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def check_proxy(settings: BaseSettings, urls: Iterable[str]) -> None:
    """Check that the proxy through which pages are fetched takes connections; without one there is nothing to check.

    Args:
        settings: `PROXY`; where it is not set, http_proxy, https_proxy and no_proxy of the environment count.
        urls: of the pages.

    Raises:
        ConfigError: no proxy answers there. The line names the setting and the place, without a login.
    """
    for name, proxy in sorted(_proxies(settings, urls)):
        scheme = urlsplit(proxy).scheme if "://" in proxy else "http"
        try:
            host, port = host_port(proxy)
        except ValueError:  # the value may hold a password, so it is not shown
            raise ConfigError("{name} must be like http://proxy.example:3128", name=name) from None
        port = port or DEFAULT_PORTS.get(scheme, 80)
        try:
            socket.create_connection((host, port), PROXY_SECONDS).close()
        except OSError as error:
            way = Message("take it off (-s PROXY=)") if name == "PROXY" else Message("unset {name}", name=name)
            raise ConfigError(
                "{name}: no proxy answers at {host}:{port} ({reason}): start it, correct {name}, or {way}",
                name=name, host=host, port=port, reason=os_reason(error), way=way,
            ) from None  # fmt: skip


def _proxies(settings: BaseSettings, urls: Iterable[str]) -> set[tuple[str, str]]:
    """Find the proxies, each with the name of what sets it."""
    if own := str(settings.get("PROXY") or ""):
        return {("PROXY", own)}
    known = getproxies()
    found = set()
    for parts in map(urlsplit, urls):
        if (proxy := known.get(parts.scheme)) and not proxy_bypass(parts.hostname or ""):
            found.add((f"{parts.scheme}_proxy", proxy))
    return found
