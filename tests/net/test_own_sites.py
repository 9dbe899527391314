"""The pace of a crawl: a second between two requests to a site, none for the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scrapy.utils.project import get_project_settings

from kolcrawl.net.own_sites import DEFAULT_PACE, OWN_CONCURRENCY, OwnSitesAddon, own_hosts

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def project(**cmdline: object) -> BaseSettings:
    """The project's settings, with some of a command line, after the addon."""
    settings = get_project_settings()
    settings.setdict(cmdline, priority="cmdline")
    OwnSitesAddon().update_settings(settings)
    return settings


def test_the_default_is_a_request_a_second() -> None:
    """One request a second at most, two at once, as Scrapy's own template; no site is an exception."""
    settings = project()
    assert settings.getfloat("DOWNLOAD_DELAY") >= 1
    assert settings.getfloat("DOWNLOAD_DELAY_JITTER") == 0
    assert settings.getfloat("AUTOTHROTTLE_START_DELAY") >= 1
    assert settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") <= 2
    assert {name: settings.getfloat(name) for name in DEFAULT_PACE} == DEFAULT_PACE
    assert settings.getdict("DOWNLOAD_SLOTS") == {}


def test_hosts_of_the_user_are_not_waited_for() -> None:
    """Those that ALLOWED_PRIVATE_HOSTS names, with or without a port; networks name no host."""
    settings = project(ALLOWED_PRIVATE_HOSTS="news.lan,10.0.0.5:8080,10.1.0.0/16")
    assert own_hosts(settings) == {"news.lan", "10.0.0.5"}
    slot = {"concurrency": OWN_CONCURRENCY, "delay": 0.0, "jitter": 0.0}
    assert settings.getdict("DOWNLOAD_SLOTS") == {"news.lan": slot, "10.0.0.5": slot}


@pytest.mark.parametrize("name", ["DOWNLOAD_DELAY", "CONCURRENT_REQUESTS_PER_DOMAIN"])
def test_the_command_line_sets_the_pace_of_all(name: str) -> None:
    """Who sets the pace for a crawl has it for every site, and a wrong entry is left to the address guard."""
    assert project(ALLOWED_PRIVATE_HOSTS="news.lan", **{name: 3}).getdict("DOWNLOAD_SLOTS") == {}
    assert project(ALLOWED_PRIVATE_HOSTS="no/host").getdict("DOWNLOAD_SLOTS") == {}
