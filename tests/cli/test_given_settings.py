"""Settings that cannot be read are refused before a crawl begins, each by a line that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scrapy.utils.project import get_project_settings

from kolcrawl.cli.given_settings import check_log, check_values
from kolcrawl.config import Config, check_numbers
from kolcrawl.errors import ConfigError
from kolcrawl.net.guard import AddressGuard
from kolcrawl.notify.options import NotifyOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.settings import Settings


def settings_with(given: Mapping[str, str]) -> Settings:
    """The project's settings, with some as they come from a command line."""
    settings = get_project_settings()
    settings.update(given, priority="cmdline")
    return settings


def check(settings: Settings) -> None:
    """All that `scrapy crawl` checks of settings alone."""
    Config.from_settings(settings)
    check_log(settings)
    check_numbers(settings)
    check_values(settings)
    AddressGuard.from_settings(settings)
    NotifyOptions.from_settings(settings)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("RETRY_TIMES", "x", "no whole number from 0 on"),
        ("DOWNLOAD_MAXSIZE", "12MB", "no whole number from 0 on"),
        ("DNS_TIMEOUT", "x", "not a number"),
        ("CLOSESPIDER_TIMEOUT", "x", "not a number"),
        ("ROBOTSTXT_OBEY", "nope", "neither True nor False"),
        ("REPORT_ENABLED", "perhaps", "neither True nor False"),
        ("EMBEDDED_CHANGE_STREAMS", "maybe", "neither True nor False"),
        ("FRONTIER_IN_HAND", "0", "from 1 on"),
        ("CONCURRENT_REQUESTS", "0", "from 1 on"),
        ("FRONTIER_LEASE", "0", "from 1 on"),
        ("LOG_LEVEL", "LOUD", "there are CRITICAL"),
        ("LOG_FILE", "/no/such/folder/x.log", "No such file or directory"),
        ("MONGO_DATABASE", "admin", "the server's own"),
        ("NOTIFY_ABOVE", "7", "from 0 to 1"),
        ("ALLOWED_PRIVATE_HOSTS", "1.2.3.4/99", "no host, host:port or network"),
    ],
)
def test_a_value_that_cannot_be_read(name: str, value: str, words: str) -> None:
    """Numbers, switches, levels, names: the line has the setting and what it should be."""
    with pytest.raises(ConfigError, match=words) as refused:
        check(settings_with({name: value}))
    assert name in str(refused.value)


def test_values_that_can_be_read() -> None:
    """The project's own settings pass, and so do other ways to write switches and numbers."""
    check(settings_with({}))
    given = {"REPORT_ENABLED": "0", "ROBOTSTXT_OBEY": "false", "DOWNLOAD_DELAY": "0.25", "LOG_LEVEL": "WARNING"}
    check(settings_with(given | {"CLOSESPIDER_TIMEOUT": "1.5", "FRONTIER_IN_HAND": "1", "SITE_PROBES": "0"}))
