"""The Scrapy extension that notifies at the end of a crawl.

While the crawl runs, only the keys of its stories are noted. What is new, changed or gone is read from the network when
the end of the run has been noted, in a thread that cannot hold up the end of the process beyond NOTIFY_SECONDS.

A crawl that is killed cannot notify. The next crawl that starts in the same database finds it, and notifies in its
place, at once. It also sends what earlier crawls could not deliver (`kolcrawl.notify.outbox`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured

from kolcrawl.errors import ConfigError, KolcrawlError
from kolcrawl.items import StoryItem
from kolcrawl.notify.compose import MAX_NOTIFIED_STORIES, Composer
from kolcrawl.notify.delivery import send_by, send_by_all
from kolcrawl.notify.events import REFUSAL_REASONS
from kolcrawl.notify.options import NotifyOptions
from kolcrawl.notify.outbox import send_stored
from kolcrawl.report.crawl_state import CrawlState, state_of
from kolcrawl.report.ending import spider_closed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from kolcrawl.notify.notifications import Notification

logger = logging.getLogger(__name__)


class Notifier:
    """Notifies how a crawl ended. Reads the settings NOTIFY_*; off when no channel is set."""

    def __init__(self, crawler: Crawler) -> None:
        """Read the settings.

        Raises:
            NotConfigured: no channel is set, or a setting cannot be used, which is logged.
        """
        self.crawler = crawler
        try:
            self.options = NotifyOptions.from_settings(crawler.settings)
        except ConfigError as error:
            logger.error("%s", error)
            raise NotConfigured from None
        if not self.options.channels:
            raise NotConfigured
        self.composer = Composer(crawler.settings, self.options)
        self.visited: dict[str, bool] = {}
        """Keys of the stories visited; True for those that are notified when they are new."""
        self.refused: Counter[str] = Counter()
        """Pages that were refused, by site."""
        self.notified, self.reason = False, "shutdown"
        self.earlier: threading.Thread | None = None
        """Notifies of runs that were killed, and sends what earlier runs could not."""
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.stored, signals.item_scraped)
        crawler.signals.connect(self.closed, signals.spider_closed)
        crawler.signals.connect(self.stopped, signals.engine_stopped)  # the store has noted the run's end by then

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension, as Scrapy asks for it."""
        return cls(crawler)

    def opened(self, spider: Spider) -> None:
        """Start sending what earlier runs left; the crawl goes on meanwhile."""
        state = state_of(spider)
        aborted = state.aborted if state is not None else ()
        self.earlier = threading.Thread(target=self.notify_earlier, args=(aborted,), name="notify", daemon=True)
        self.earlier.start()

    def notify_earlier(self, aborted: Iterable[str]) -> None:
        """Send a notification for each of these runs, which were killed, then what is left in the outbox. Blocks."""
        options = self.options

        def send(name: str, notification: Notification) -> bool:
            channel = options.channels.get(name)
            return channel is not None and send_by(name, channel, notification, time.monotonic() + options.seconds)

        try:
            for crawl in aborted:
                notification = self.composer.crawl_aborted(crawl)
                send_by_all(options.channels, notification, time.monotonic() + options.seconds, options.outbox)
            send_stored(options.outbox, send)
        except (KolcrawlError, OSError) as error:
            logger.warning("notify: the notifications of earlier crawls cannot be sent: %s", error)
        except Exception:  # any: the crawl goes on without them
            logger.exception("notify: the notifications of earlier crawls cannot be sent")

    def stored(self, item: object) -> None:
        """Note a visit."""
        if not isinstance(item, StoryItem):
            return
        if item.outcome == "failed" and item.reason in REFUSAL_REASONS:
            self.refused[item.site] += 1
        if item.outcome in ("fetched", "gone") and len(self.visited) < MAX_NOTIFIED_STORIES:
            self.visited[item.key] = self.composer.is_relevant(item.relevance)

    async def closed(self, spider: Spider, reason: str) -> None:
        """Notify of a crawl whose database could not be opened: its engine never started, so it does not stop."""
        self.reason = reason
        state = state_of(spider)
        if state is None or state.crawl_id is None:
            await self.notify_end()

    async def stopped(self) -> None:
        """Notify how the crawl ended."""
        await spider_closed(self.crawler)
        await self.notify_end()

    async def notify_end(self) -> None:
        """Send the notification, once; return when all channels are done, or after NOTIFY_SECONDS."""
        if self.notified:
            return
        self.notified = True
        deadline = time.monotonic() + self.options.seconds
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def send() -> None:
            try:
                self.send(deadline)
            except Exception:  # any: the crawl's end waits for this thread
                logger.exception("the notification could not be composed")
            finally:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(done.set)

        # A daemon: a process that ends waits for the threads of a pool, however long they take.
        threading.Thread(target=send, name="notify", daemon=True).start()
        try:
            await asyncio.wait_for(done.wait(), self.options.seconds + 1)
        except TimeoutError:
            logger.warning("notify: not all was sent within %g s", self.options.seconds)

    def send(self, deadline: float) -> None:
        """Compose the notification and send it by all channels at once. Blocks until `deadline` at most."""
        spider = self.crawler.spider
        notification = self.composer.crawl_ended(
            spider.name if spider is not None else "",
            state_of(spider) or CrawlState(),
            self.reason,
            self.visited,
            self.refused,
        )
        send_by_all(self.options.channels, notification, deadline, self.options.outbox)
        if self.earlier:
            self.earlier.join(max(deadline - time.monotonic(), 0.0))


def notify_not_started(settings: BaseSettings, spider: str, job: str, why: str) -> None:
    """Log and notify that a job could not start, since nobody sees the standard error of a job on a server. Blocks.

    Args:
        why: what is wrong, in one line.
    """
    logger.error("%s", why)
    try:
        options = NotifyOptions.from_settings(settings)
    except ConfigError:  # then this setting is likely what is wrong, and has been logged
        return
    notification = Composer(settings, options).crawl_not_started(spider, job, why)
    send_by_all(options.channels, notification, time.monotonic() + options.seconds, options.outbox)
