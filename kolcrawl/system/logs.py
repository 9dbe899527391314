"""What the log holds: the project's own lines and all warnings; Scrapy's own lines only on demand.

Entry points: `LogFormatter` (the setting LOG_FORMATTER), `silence_startup_logs` for the lines that are written before
there is a formatter, and `set_command_log_level` for commands whose output is not the log. A log level that is given
for a crawl (`-L INFO`, `-s LOG_LEVEL=INFO`) brings Scrapy's lines back.

Headers and addresses are written by strangers, and Scrapy quotes some of them: control characters are escaped before
a line reaches the log. On standard error a line is in the language of the terminal, in a file in English.
"""

from __future__ import annotations

import copy
import logging
import re
import sys
from typing import TYPE_CHECKING, Any

from scrapy import logformatter, signals
from scrapy.settings import SETTINGS_PRIORITIES

from kolcrawl.errors import StoreError
from kolcrawl.locale import Message, chosen_language, shown, tr

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PLAIN = logging.Formatter()
_STARTUP_LOGGERS = ("scrapy.addons", "scrapy.utils.log")
"""Loggers that write before a crawler has its settings."""


def silence_startup_logs() -> None:
    """Leave out the lines with which Scrapy begins each process."""
    logging.getLogger("trafilatura").setLevel(logging.ERROR)  # it warns of pages without a text, which are recorded
    for name in _STARTUP_LOGGERS:
        logging.getLogger(name).addFilter(_is_warning)  # Scrapy resets levels, not filters
    prepare_log_handlers()  # the one of Python's that takes the lines of commands without a log


def set_command_log_level(settings: BaseSettings) -> None:
    """Limit a command's log to warnings, unless the command line sets a level."""
    settings.set("LOG_LEVEL", "WARNING", SETTINGS_PRIORITIES["cmdline"] - 1)  # above the project's


def prepare_log_handlers() -> None:
    """Have each handler of the log escape control characters, and speak the language of the terminal if it is there.

    Scrapy makes its own handler anew for each crawler: call it again after that.
    """
    for handler in filter(None, (*logging.getLogger().handlers, logging.lastResort)):
        handler.addFilter(_escape_record)
        if _writes_to_stderr(handler) and not isinstance(handler.formatter, TerminalFormatter):
            handler.setFormatter(TerminalFormatter(handler.formatter or _PLAIN))


def is_log_on_terminal() -> bool:
    """Tell whether errors that are logged are shown on standard error."""
    handlers = filter(_writes_to_stderr, logging.getLogger().handlers)
    return any(handler.level <= logging.ERROR for handler in handlers)


def _writes_to_stderr(handler: logging.Handler) -> bool:
    return getattr(handler, "stream", None) is sys.stderr


class TerminalFormatter(logging.Formatter):
    """Formats a line as another formatter does, in the language that is shown now."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """Write a line; what is in no catalogue, as Scrapy's own lines, stays as it is."""
        if chosen_language() == "en" or not record.msg:
            return self._inner.format(record)
        line = copy.copy(record)  # other handlers have the same record
        line.msg = shown(record.msg) if _carries_message(record.msg) else tr(str(record.msg))
        if isinstance(record.args, tuple):
            line.args = tuple(shown(value) if _carries_message(value) else value for value in record.args)
        return self._inner.format(line)


def _carries_message(value: object) -> bool:
    """Tell whether a value is a message, or an error with one."""
    text = value.args[0] if isinstance(value, BaseException) and value.args else value
    return isinstance(text, Message)


def _escape_record(record: logging.LogRecord) -> bool:
    """Escape what could move a terminal's cursor or turn its text, in a record's message and traceback."""
    message = record.getMessage()
    if _UNSAFE.search(message):
        record.msg, record.args = _escaped(message), None
    if record.exc_info and not record.exc_text:
        record.exc_text = _escaped(_PLAIN.formatException(record.exc_info))
    return True


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


class LogFormatter(logformatter.LogFormatter):
    """Scrapy's formatter, without a traceback for each story that could not be stored: the store has logged the cause.

    Reads LOG_LEVEL.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        asked = (crawler.settings.getpriority("LOG_LEVEL") or 0) > SETTINGS_PRIORITIES["project"]
        # Scrapy has set the level of its own loggers by now.
        logging.getLogger("scrapy").setLevel(logging.DEBUG if asked else logging.WARNING)
        formatter = super().from_crawler(crawler)
        prepare_log_handlers()
        crawler.signals.connect(prepare_log_handlers, signals.engine_started)  # also those of the user's program
        return formatter

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        """Write the line for an item that a pipeline failed on."""
        line = super().item_error(item, exception, response, spider)
        return {**line, "level": logging.DEBUG} if isinstance(exception, StoreError) else line
