"""The user's own sites, which need no politeness: the hosts that ALLOWED_PRIVATE_HOSTS names.

The pace of every other site is that of DOWNLOAD_DELAY and CONCURRENT_REQUESTS_PER_DOMAIN. Who sets either of them to
another value has it for all sites, his own among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kolcrawl.errors import ConfigError
from kolcrawl.net.ip_addresses import parse_allowed

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

DEFAULT_PACE: Final = {"DOWNLOAD_DELAY": 1.0, "CONCURRENT_REQUESTS_PER_DOMAIN": 2.0}
"""What kolcrawl/settings.py says of the pace; other values are a user's."""
OWN_CONCURRENCY: Final = 8
"""Requests that one of the user's own hosts gets at once: Scrapy's own default."""
UNTHROTTLED: Final = "autothrottle_dont_adjust_delay"
"""Key of a request's meta with which AutoThrottle leaves the pace of its host alone."""


def own_hosts(settings: BaseSettings) -> frozenset[str]:
    """List the hosts that are the user's own; none where the user sets the pace of all.

    Entries of ALLOWED_PRIVATE_HOSTS that cannot be used are the address guard's to complain of.
    """
    if any(settings.getfloat(name) != value for name, value in DEFAULT_PACE.items()):
        return frozenset()
    try:
        return frozenset(host for host, _ in parse_allowed(settings.getlist("ALLOWED_PRIVATE_HOSTS"))[1])
    except ConfigError:
        return frozenset()


class OwnSitesAddon:
    """Gives each of the user's own hosts a slot of the downloader without a delay."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Add to DOWNLOAD_SLOTS; what it holds already stays."""
        slots: dict[str, Any] = {
            host: {"concurrency": OWN_CONCURRENCY, "delay": 0.0, "jitter": 0.0} for host in sorted(own_hosts(settings))
        }
        if slots:
            settings.set("DOWNLOAD_SLOTS", {**slots, **settings.getdict("DOWNLOAD_SLOTS")}, priority="cmdline")
