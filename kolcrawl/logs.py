"""What the log says: our own lines and warnings; Scrapy's account of itself only for who asks for it.

Door: `LogFormatter` (LOG_FORMATTER), and `hush_start` for the lines that are written before there is one. A log level
that is given for a crawl (`-L INFO`, `-s LOG_LEVEL=INFO`) brings Scrapy's lines back.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy import logformatter
from scrapy.settings import SETTINGS_PRIORITIES

from kolcrawl.errors import StoreError

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure

_FIRST = ("scrapy.addons", "scrapy.utils.log")
"""Loggers that speak before a crawler has its settings."""


def hush_start() -> None:
    """Leave out the lines that Scrapy begins each process with."""
    for name in _FIRST:
        logging.getLogger(name).addFilter(_matters)  # Scrapy resets levels, not filters


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
        return super().from_crawler(crawler)

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        """The line for an item that a pipeline failed on."""
        line = super().item_error(item, exception, response, spider)
        return {**line, "level": logging.DEBUG} if isinstance(exception, StoreError) else line
