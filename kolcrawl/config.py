"""kolcrawl's own settings as one frozen value, checked once, when a crawl or a command starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from kolcrawl.errors import ArgumentError, WrongSettingError
from kolcrawl.policy.revisit import Bounds
from kolcrawl.system.machine import cores, is_local


class Settings(Protocol):
    """The one method needed of Scrapy's settings, so that this module need not import Scrapy."""

    def get(self, name: str, default: object = None) -> object:
        """Return the value of a setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where the network is stored, and when its stories are due again."""

    mongo_uri: str | None
    """None: the embedded server on `data_dir`."""
    mongo_database: str
    data_dir: Path
    """Folder of the embedded server's data and of what could not be written yet."""
    embedded_idle_minutes: float
    """Minutes without a client after which the embedded server ends; 0 for never."""
    embedded_change_streams: bool
    revisit: Bounds
    """Bounds of the time between two visits to a story."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Config:
        """Read and check the settings `MONGO_*`, `KOLCRAWL_DATA_DIR`, `EMBEDDED_*` and `REVISIT_*`.

        Raises:
            ConfigError: a value cannot be used.
        """
        uri = str(settings.get("MONGO_URI") or "").strip() or None
        if uri and not uri.startswith(("mongodb://", "mongodb+srv://")):
            # the value may hold a password, so it is not shown
            raise WrongSettingError(
                "MONGO_URI must start with mongodb:// or mongodb+srv://, e.g. mongodb://localhost:27017"
            )
        database = str(settings.get("MONGO_DATABASE") or "kolcrawl")
        if not 0 < len(database.encode()) < 64 or set(database) & set('/\\. "$*<>:|?\0'):
            raise WrongSettingError(
                "MONGO_DATABASE={database!r} is no name of a database: use letters, digits, _ and -", database=database
            )
        if database in SERVER_DATABASES:
            raise WrongSettingError(
                "MONGO_DATABASE={database!r} is one of the server's own: choose another name", database=database
            )
        folder = str(settings.get("KOLCRAWL_DATA_DIR") or ".kolcrawl")
        try:
            data_dir = Path(folder).expanduser().absolute()
        except RuntimeError:
            raise WrongSettingError(
                "KOLCRAWL_DATA_DIR={folder}: there is no such user; give the path of a folder", folder=folder
            ) from None
        return cls(
            mongo_uri=uri,
            mongo_database=database,
            data_dir=data_dir,
            embedded_idle_minutes=_number(settings, "EMBEDDED_IDLE_MINUTES", 60.0),
            embedded_change_streams=str(settings.get("EMBEDDED_CHANGE_STREAMS")).lower() in ("true", "1"),
            revisit=_revisit(settings),
        )


def check_project(settings: Settings) -> None:
    """Check that a crawl has kolcrawl's settings, without which a Scrapy project of its own runs none of its parts.

    Raises:
        ConfigError: it has not, or lines below them have replaced the add-ons, as `scrapy startproject` writes them.
    """
    if settings.get("KOLCRAWL_DATA_DIR") is None:
        raise WrongSettingError(
            "this Scrapy project lacks kolcrawl's settings: end its settings.py with"
            " `from kolcrawl.settings import *`, and add your module to SPIDER_MODULES"
        )
    addons = settings.get("ADDONS")
    if not isinstance(addons, Mapping) or not any(str(name).startswith("kolcrawl.") for name in addons):
        raise WrongSettingError(
            "ADDONS of this Scrapy project replaces kolcrawl's: move `from kolcrawl.settings import *` to the end of"
            " its settings.py, and your own settings below it"
        )


SERVER_DATABASES = frozenset({"admin", "config", "local"})
"""Databases in which a MongoDB keeps what is its own."""
WHOLE_NUMBERS = (
    "CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "DOWNLOAD_MAXSIZE", "FRONTIER_IN_HAND", "READ_PROCESSES",
    "REDIRECT_MAX_TIMES", "RETRY_TIMES", "SITE_FAILURES", "SITE_PROBES", "URLLENGTH_LIMIT",
)  # fmt: skip
FROM_ONE = frozenset(
    {"CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "FRONTIER_IN_HAND", "FRONTIER_LEASE", "SITE_FAILURES"}
)
"""Numbers of which zero would let nothing be fetched: the crawl would wait for ever."""
NUMBERS = (
    "CRAWL_DELAY_MAX", "DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT", "PROGRESS_LOG_SECONDS", "READ_SECONDS", "SITE_BACKOFF",
    "SITE_BACKOFF_MAX", "SITE_PAUSE", "FRONTIER_LEASE", "FRONTIER_PATIENCE", "STOP_SECONDS", "STORE_PATIENCE",
)  # fmt: skip


def check_numbers(settings: Settings) -> None:
    """Check the settings of a crawl that are numbers; the modules that read them would end with a traceback.

    Raises:
        ConfigError: one is no number, or less than it can be.
    """
    for name in (*WHOLE_NUMBERS, *NUMBERS):
        number = _number(settings, name, 1, int if name in WHOLE_NUMBERS else float)
        if name in FROM_ONE and number < 1:
            raise WrongSettingError(
                "{name}={value!r}: nothing would be fetched; give a number from 1 on",
                name=name,
                value=settings.get(name),
            )


def _number(settings: Settings, name: str, default: float, kind: type[int] | type[float] = float) -> float:
    """Read a setting that must be a number from 0 on; the default where it is not set or None."""
    value: Any = settings.get(name)
    if value is None:
        return default
    try:
        number = kind(value)
    except (TypeError, ValueError):
        number = -1
    if not number >= 0:  # nor is nan
        if kind is int:
            raise WrongSettingError("{name}={value!r} is no whole number from 0 on", name=name, value=value)
        raise WrongSettingError("{name}={value!r} is no number from 0 on", name=name, value=value)
    return number


def read_processes(settings: Settings, *, scheduled: bool = False) -> int:
    """Read `READ_PROCESSES`, the number of processes that read pages beside the crawl's own.

    Where it is None: one process if this machine has cores for the crawl, for that process and for a database on this
    machine, else none (docs/performance.md has the figures).

    Args:
        scheduled: whether Scrapyd runs the crawl, with others that share the cores; then None means none.

    Raises:
        ConfigError: the setting is not a whole number from 0 on.
    """
    if settings.get("READ_PROCESSES") is not None:
        return int(_number(settings, "READ_PROCESSES", 0, int))
    uri = str(settings.get("MONGO_URI") or "")
    needed = 2 + (not uri or is_local(uri))
    return int(not scheduled and cores() >= needed)


def _revisit(settings: Settings) -> Bounds:
    number = partial(_number, settings)
    try:
        return Bounds(
            shortest=timedelta(hours=number("REVISIT_SHORTEST_HOURS", 1)),
            longest=timedelta(hours=number("REVISIT_LONGEST_HOURS", 24 * 60)),
            chance=number("REVISIT_CHANCE", 0.5),
        )
    except (ArgumentError, OverflowError) as error:
        raise WrongSettingError(
            "REVISIT_SHORTEST_HOURS, REVISIT_LONGEST_HOURS, REVISIT_CHANCE: {error}", error=error
        ) from None
