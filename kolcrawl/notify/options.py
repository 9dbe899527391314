"""The settings of notifications as one frozen value, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kolcrawl.config import Config
from kolcrawl.errors import ConfigError
from kolcrawl.notify.channels import Channel, channels_from
from kolcrawl.notify.notifications import EVENT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from scrapy.settings import BaseSettings

OUTBOX_FOLDER = "notices"
"""Of the data folder. Its name is older than this module; it stays, so that what waits in it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyOptions:
    """What is notified, by which channels, and how long that may take."""

    channels: dict[str, Channel]
    """By name; empty if none is set."""
    events: frozenset[str]
    """Names of the events that are notified."""
    min_relevance: float
    """Relevance, 0 to 1, from which a new story is notified."""
    seconds: float
    """For which the end of a crawl waits."""
    outbox: Path
    """Folder of what is not delivered yet."""

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """Read NOTIFY_ON, NOTIFY_ABOVE, NOTIFY_SECONDS, the channels' settings and KOLCRAWL_DATA_DIR.

        Raises:
            ConfigError: one of the settings cannot be used.
        """
        return cls(
            channels=channels_from(settings),
            events=_event_names(settings.getlist("NOTIFY_ON")),
            min_relevance=_share(settings, "NOTIFY_ABOVE"),
            seconds=_number(settings, "NOTIFY_SECONDS"),
            outbox=Config.from_settings(settings).data_dir / OUTBOX_FOLDER,
        )


def _event_names(values: Iterable[str]) -> frozenset[str]:
    names = frozenset(value.strip() for value in values if value.strip())
    if unknown := names - set(EVENT_NAMES):
        raise ConfigError(
            "NOTIFY_ON: there is no event {unknown!r}; there are {known}",
            unknown=min(unknown),
            known=", ".join(EVENT_NAMES),
        )
    return names


def _share(settings: BaseSettings, name: str) -> float:
    number = _number(settings, name)
    if not 0 <= number <= 1:
        raise ConfigError("{name}={value!r} is no number from 0 to 1", name=name, value=settings.get(name))
    return number


def _number(settings: BaseSettings, name: str) -> float:
    try:
        return settings.getfloat(name)
    except (TypeError, ValueError):
        raise ConfigError("{name}={value!r} is not a number", name=name, value=settings.get(name)) from None
