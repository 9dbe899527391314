"""Figures of a crawl for monitoring: a file that the node exporter of Prometheus picks up."""

from __future__ import annotations

import logging
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from kolcrawl.locale import os_reason
from kolcrawl.report.crawl_state import CrawlState, state_of
from kolcrawl.report.ending import spider_closed
from kolcrawl.report.prometheus import FRONTIER_FIGURES, crawl_metrics

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

METRICS_SECONDS = 30.0
"""Between two files; Prometheus mostly looks as often."""
SILENT_SECONDS = 10 * METRICS_SECONDS
"""After which a worker that writes no more is gone."""


class Metrics:
    """Writes `kolcrawl_NAME.prom` to METRICS_FOLDER, NAME being the schedule, or the spider without one.

    Workers on a shared frontier write a file each, `kolcrawl_NAME_PROCESS.prom`, whose metrics have the label `worker`,
    too: the number of the process. Each start removes the files that earlier workers of that name have left.
    """

    def __init__(self, crawler: Crawler) -> None:
        folder = crawler.settings.get("METRICS_FOLDER")
        if not folder:
            raise NotConfigured
        self.crawler = crawler
        self.schedule: str | None = crawler.settings.get("KOLCRAWL_SCHEDULE")
        self.folder = Path(folder)
        self.started = time.time()
        self.failed = False
        self.worker = str(os.getpid()) if crawler.settings.get("FRONTIER_URL") else None
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.closed, signals.spider_closed)
        crawler.signals.connect(self.stopped, signals.engine_stopped)  # the crawl has been judged by then

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def opened(self, spider: Spider) -> None:
        """Start to write metrics."""
        self.remove_left()
        self.loop = create_looping_call(self.write)
        self.loop.start(METRICS_SECONDS)

    def remove_left(self) -> None:
        """Remove the files of workers of this name that have not written for long: they are gone."""
        if self.worker is None:
            return
        for file in self.folder.glob(f"kolcrawl_{self._name()}_*.prom"):
            worker = file.stem.rpartition("_")[2]
            try:
                is_silent = file.stat().st_mtime < time.time() - SILENT_SECONDS
                if is_silent and f'worker="{worker}"' in file.read_text(encoding="utf-8"):
                    file.unlink()
            except OSError as error:  # another worker was faster, or the folder is not ours
                logger.debug("%s: %s", file, error)

    def _name(self) -> str:
        spider = self.crawler.spider
        return re.sub(r"[^\w-]", "_", self.schedule or (spider.name if spider is not None else ""))

    def closed(self, spider: Spider) -> None:
        """Write the end of a crawl whose database could not be opened: its engine never started, so it never stops."""
        state = state_of(spider)
        if state is None or state.crawl_id is None:
            self.write_end()

    async def stopped(self) -> None:
        """Write the end when the engine has stopped."""
        await spider_closed(self.crawler)
        self.write_end()

    def write_end(self) -> None:
        """Write how it ended."""
        loop = getattr(self, "loop", None)
        if loop is not None and loop.running:
            loop.stop()
        self.write(over=True)

    def write(self, *, over: bool = False) -> None:
        """Write the file whole, in the place of the one before; what fails is logged once, and the crawl goes on."""
        from prometheus_client import write_to_textfile

        spider = self.crawler.spider
        if spider is None:
            return
        state = state_of(spider) or CrawlState()
        quality = (state.quality or "failed") if over else None
        labels = {"spider": spider.name, "schedule": self.schedule or ""}
        stats = self.crawler.stats
        frontier = {name: stats.get_value(f"frontier/{name}") for name in FRONTIER_FIGURES}
        shared = {name: value for name, value in frontier.items() if value is not None}
        if self.worker is not None:
            labels["worker"] = self.worker
        registry = crawl_metrics(
            state.counts, labels, started=self.started, now=time.time(), quality=quality, frontier=shared
        )
        own = f"_{self.worker}" if self.worker is not None else ""
        file = self.folder / f"kolcrawl_{self._name()}{own}.prom"
        try:
            write_to_textfile(str(file), registry)
            file.chmod(0o644)  # the exporter is another user
        except OSError as error:
            if not self.failed:
                logger.warning("METRICS_FOLDER=%s: %s", self.folder, os_reason(error))
            self.failed = True
