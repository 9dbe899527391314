"""Chooses the frontier: with FRONTIER_URL the one that workers share, else the project's own."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from kolcrawl.errors import ConfigError
from kolcrawl.frontier.shared.frontier_errors import check_frontier_url
from kolcrawl.system.invocation import install_line

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_OWN = "kolcrawl.frontier.scheduler.FrontierScheduler"
_SHARED = "kolcrawl.frontier.shared.shared_scheduler.SharedScheduler"


class FrontierAddon:
    """Sets SCHEDULER where FRONTIER_URL is set and the user has not chosen a scheduler of their own."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Read FRONTIER_URL; change SCHEDULER."""
        if settings.get("FRONTIER_URL") and settings["SCHEDULER"] == _OWN:
            settings.set("SCHEDULER", _SHARED, "project")


def check_shared_frontier(settings: BaseSettings) -> None:
    """Check what a crawl on a shared frontier needs.

    Raises:
        ConfigError: FRONTIER_URL cannot be used, goes together with a JOBDIR, or scrapy-redis is not installed.
    """
    url = settings.get("FRONTIER_URL")
    if not url:
        return
    check_frontier_url(str(url))
    if settings.get("JOBDIR"):
        raise ConfigError(
            "JOBDIR and FRONTIER_URL exclude each other: a shared frontier is kept in Redis; leave out JOBDIR"
        )
    if find_spec("scrapy_redis") is None:
        raise ConfigError("FRONTIER_URL needs scrapy-redis: {command}", command=install_line("redis"))
