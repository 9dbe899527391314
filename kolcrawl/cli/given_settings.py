"""Settings that cannot be meant: misspelled names, which Scrapy takes as settings that nobody reads, and values that
whoever reads them would end with a traceback, some at the end of the crawl only."""

from __future__ import annotations

import difflib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scrapy.settings import default_settings

from kolcrawl import settings as own_settings
from kolcrawl.errors import WrongSettingError
from kolcrawl.locale import os_reason, tr
from kolcrawl.system.invocation import is_console

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from scrapy.settings import BaseSettings

NEAR_ENOUGH: Final = 0.85  # MONGODB_URI for MONGO_URI is 0.9; the settings of other packages are farther from ours
LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")


def warn_of_misspelled(given: Iterable[str], known: Collection[str]) -> None:
    """Print a line on standard error for each setting that does not exist and is spelled nearly as one that does.

    Args:
        given: settings of the command line, as `NAME=VALUE`.
        known: names of all settings.
    """
    for name in (setting.partition("=")[0] for setting in given):
        near = [] if name in known else difflib.get_close_matches(name.upper(), known, 1, NEAR_ENOUGH)
        if near:
            line = tr("there is no setting {name}: did you mean {near}?", name=name, near=near[0])
            print(f"{'kolcrawl' if is_console() else 'scrapy'}: {line}", file=sys.stderr)


def check_values(settings: BaseSettings) -> None:
    """Check that each setting whose default is a number, or true or false, is one.

    Raises:
        WrongSettingError: one is not.
    """
    for name, default in _defaults():
        value = settings.get(name)
        if value is None or type(value) is type(default):
            continue
        if isinstance(default, bool):
            check_switch(settings, name)
        else:
            try:
                float(value)
            except (TypeError, ValueError):
                raise WrongSettingError("{name}={value!r} is not a number", name=name, value=value) from None


def check_switch(settings: BaseSettings, name: str) -> None:
    """Check that a setting is true or false.

    Raises:
        WrongSettingError: it is neither.
    """
    try:
        settings.getbool(name)
    except (TypeError, ValueError):
        value = settings.get(name)
        raise WrongSettingError("{name}={value!r} is neither True nor False", name=name, value=value) from None


def check_log(settings: BaseSettings) -> None:
    """Check LOG_LEVEL and LOG_FILE, which Scrapy reads before a command runs.

    Raises:
        WrongSettingError: there is no such level, or the file cannot be written.
    """
    level, file = settings.get("LOG_LEVEL"), settings.get("LOG_FILE")
    if isinstance(level, str) and level not in logging.getLevelNamesMapping():
        raise WrongSettingError("LOG_LEVEL={value!r}: there are {known}", value=level, known=", ".join(LEVELS))
    if not file:
        return
    try:
        with Path(file).open("ab"):  # as Scrapy does in a moment
            pass
    except OSError as error:
        raise WrongSettingError("LOG_FILE={file}: {reason}", file=file, reason=os_reason(error)) from None


def _defaults() -> Iterator[tuple[str, float]]:
    """Yield the settings of Scrapy and of the project that are numbers or switches, with their defaults."""
    for module in (default_settings, own_settings):
        for name in dir(module):
            default = getattr(module, name)
            if name.isupper() and isinstance(default, (int, float)):
                yield name, default
