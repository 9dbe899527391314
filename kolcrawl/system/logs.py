"""What the log says: our own lines and warnings; Scrapy's account of itself only for who asks for it.

Headers and addresses are written by strangers, and Scrapy quotes some: no control character of theirs reaches a log.

Door: `LogFormatter` (LOG_FORMATTER), `hush_start` for the lines that are written before there is one, and `quieten`
for commands whose output is not the log. A log level that is given for a crawl (`-L INFO`, `-s LOG_LEVEL=INFO`) brings
Scrapy's lines back.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from scrapy import logformatter, signals
from scrapy.settings import SETTINGS_PRIORITIES

from kolcrawl.errors import StoreError

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
_FIRST = ("scrapy.addons", "scrapy.utils.log")
"""Loggers that speak before a crawler has its settings."""


def hush_start() -> None:
    """Leave out the lines that Scrapy begins each process with."""
    logging.getLogger("trafilatura").setLevel(logging.ERROR)  # it warns of pages without a text, which are recorded
    for name in _FIRST:
        logging.getLogger(name).addFilter(_matters)  # Scrapy resets levels, not filters


def quieten(settings: BaseSettings) -> None:
    """Have a command's log tell only what goes wrong, unless the command line says otherwise."""
    settings.set("LOG_LEVEL", "WARNING", SETTINGS_PRIORITIES["cmdline"] - 1)  # above the project's


def _escape(record: logging.LogRecord) -> bool:
    """Write out what could move a terminal's cursor or turn its text, in a record's message and traceback."""
    message = record.getMessage()
    if _UNSAFE.search(message):
        record.msg, record.args = _safe(message), None
    if record.exc_info and not record.exc_text:
        record.exc_text = _safe(_PLAIN.formatException(record.exc_info))
    return True


def _safe(text: str) -> str:
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _matters(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


class LogFormatter(logformatter.LogFormatter):
    """Scrapy's, but that a story which no disk took is not told with a traceback each: the store has said it once.

    Reads LOG_LEVEL.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        asked = (crawler.settings.getpriority("LOG_LEVEL") or 0) > SETTINGS_PRIORITIES["project"]
        # Scrapy has set the level of its own loggers by now.
        logging.getLogger("scrapy").setLevel(logging.DEBUG if asked else logging.WARNING)
        formatter = super().from_crawler(crawler)
        crawler.signals.connect(formatter.guard, signals.engine_started)  # Scrapy makes its handler anew before that
        return formatter

    def guard(self) -> None:
        """See to it that nothing from outside is written to the log as it is."""
        for handler in logging.getLogger().handlers:
            handler.addFilter(_escape)

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        """The line for an item that a pipeline failed on."""
        line = super().item_error(item, exception, response, spider)
        return {**line, "level": logging.DEBUG} if isinstance(exception, StoreError) else line
