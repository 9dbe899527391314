"""What must happen in a process before Scrapy starts anything in it.

`kolcrawl.commands` calls `prepare_process` for every `scrapy` command; `ProjectAddon` (ADDONS) calls it for programs
that run Scrapy's `CrawlerProcess` with the project's settings.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from kolcrawl.system.logs import silence_startup_logs
from kolcrawl.system.shadowing import stop_if_shadowed

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def prepare_process() -> None:
    """Check that no other package hides ours, leave out Scrapy's first log lines, keep numpy to one thread.

    Raises:
        SystemExit: another package `spiders` or `pipelines` is in the way.
    """
    stop_if_shadowed()
    silence_startup_logs()
    # Read when numpy is loaded. Its arrays are small here, and starting threads for large ones takes .1 s of a core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class ProjectAddon:
    """Prepares a process before spiders are loaded and the log is set up."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Prepare the process; changes no setting."""
        prepare_process()
        # When it is loaded it looks at each frame of the stack: here there are few, a dozen imports down it takes .2 s.
        importlib.import_module("scrapy.core.downloader.contextfactory")
