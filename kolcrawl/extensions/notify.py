"""At the end of a crawl: tells the sinks what is worth telling.

While the crawl runs only the keys of its stories are noted. What is new, changed or gone is read from the network when
the run's end has been noted, in a thread of its own that cannot hold up the end beyond NOTIFY_SECONDS.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured

from kolcrawl.config import Config
from kolcrawl.errors import ConfigError, KolcrawlError
from kolcrawl.items import StoryItem
from kolcrawl.notices import BLOCKS, EVENTS, MAX_EVENTS, Event, Notice, blocked_events, crawl_events, story_event
from kolcrawl.sinks import sinks_from
from kolcrawl.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from scrapy.crawler import Crawler

    from kolcrawl.network import Network
    from kolcrawl.sinks import Sink

logger = logging.getLogger(__name__)

MAX_NOTED = 100_000  # stories of one crawl that are looked up at its end; 10 MB


class Notify:
    """Reads NOTIFY_ON, NOTIFY_ABOVE, NOTIFY_SECONDS and what `kolcrawl.sinks` reads. Off when no sink is set."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.settings = settings = crawler.settings
        try:
            self.sinks = sinks_from(settings)
            self.wanted = wanted_events(settings.getlist("NOTIFY_ON"))
        except ConfigError as error:
            logger.error("%s", error)
            raise NotConfigured from None
        if not self.sinks:
            raise NotConfigured
        self.above = settings.getfloat("NOTIFY_ABOVE", 0.5)
        self.seconds = settings.getfloat("NOTIFY_SECONDS", 20.0)
        self.noted: dict[str, bool] = {}
        """Keys of the stories visited; True for those that are on the topic."""
        self.blocked: Counter[str] = Counter()
        self.told, self.reason = False, "shutdown"
        crawler.signals.connect(self.stored, signals.item_scraped)
        crawler.signals.connect(self.closed, signals.spider_closed)
        crawler.signals.connect(self.stopped, signals.engine_stopped)  # the store has noted the run's end by then

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def stored(self, item: object) -> None:
        """Note a visit."""
        if not isinstance(item, StoryItem):
            return
        if item.outcome == "failed" and item.reason in BLOCKS:
            self.blocked[item.site] += 1
        if item.outcome in ("fetched", "gone") and len(self.noted) < MAX_NOTED:
            self.noted[item.key] = (item.relevance or 0.0) >= self.above

    async def closed(self, spider: Any, reason: str) -> None:
        """A crawl whose database could not be opened ends here: its engine never started, so it does not stop."""
        self.reason = reason
        if getattr(spider, "crawl_id", None) is None:
            await self.stopped()

    async def stopped(self) -> None:
        """Tell the sinks; returns when all have been told, or after NOTIFY_SECONDS."""
        if self.told:
            return
        self.told = True
        end = time.monotonic() + self.seconds
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            try:
                self.tell(end)
            except Exception:
                logger.exception("the notice could not be made")
            finally:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(done.set)

        # Daemons: a process that ends waits for the threads of a pool, however long they take.
        threading.Thread(target=tell, name="notify", daemon=True).start()
        try:
            await asyncio.wait_for(done.wait(), self.seconds + 1)
        except TimeoutError:
            logger.warning("notify: not all was told within %g s", self.seconds)

    def tell(self, end: float) -> None:
        """Make the notice and send it to all sinks at once. Blocks."""
        notice = self.notice()
        if not notice.events:
            return
        threads = [
            threading.Thread(target=self._send, args=(name, sink, notice, end), name=f"notify-{name}", daemon=True)
            for name, sink in self.sinks.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0.0))

    def notice(self) -> Notice:
        """What there is to tell; events that are not wanted are left out."""
        spider: Any = self.crawler.spider
        tally: Tally = getattr(spider, "tally", None) or Tally()
        reason = self.reason
        crawl = getattr(spider, "crawl_id", None)
        lost = ("failed", [f"the crawl stopped: {reason}"])
        quality, why = getattr(spider, "quality", None) or lost
        events = crawl_events(quality, why) + blocked_events(self.blocked, tally)
        if crawl and self.noted and self.wanted & {"new_story", "title_changed", "story_gone"}:
            events += self._story_events(crawl)
        chosen = [event for event in events if event.event in self.wanted]
        return Notice(
            crawl=crawl,
            spider=spider.name,
            job=getattr(spider, "job", None),
            schedule=self.settings.get("KOLCRAWL_SCHEDULE"),
            at=datetime.now(UTC),
            reason=reason,
            quality=quality,
            events=tuple(chosen[:MAX_EVENTS]),
            left_out=len(chosen) > MAX_EVENTS,
            counts=dict(tally.outcomes),
        )

    def _story_events(self, crawl: str) -> list[Event]:
        from kolcrawl.network import open_network

        config = Config.from_settings(self.settings)
        events: list[Event] = []
        try:
            with open_network(config.mongo_uri, config.mongo_database, config.data_dir) as network:
                for event in story_events(network, crawl, self.noted):
                    events.append(event)
                    if len(events) > MAX_EVENTS:
                        break
        except KolcrawlError as error:
            logger.warning("notify: what became of the stories cannot be told: %s", error)
        return events

    def _send(self, name: str, sink: Sink, notice: Notice, end: float) -> None:
        try:
            sink(notice, end)
            logger.info("notify: %d events told by %s", len(notice.events), name)
        except KolcrawlError as error:
            logger.warning("notify: %s", error)


def wanted_events(names: list[str]) -> set[str]:
    """The events to tell.

    Raises:
        ConfigError: there is no such event.
    """
    wanted = {name.strip() for name in names if name.strip()}
    if unknown := wanted - set(EVENTS):
        raise ConfigError(f"NOTIFY_ON: there is no event {min(unknown)!r}; there are {', '.join(EVENTS)}")
    return wanted


def story_events(network: Network, crawl: str, noted: dict[str, bool]) -> Iterator[Event]:
    """What a crawl found new, changed or gone among the stories it visited.

    Args:
        noted: keys of the stories; True for those whose novelty is worth telling.
    """
    again: dict[str, Any] = {}
    for story in network.stories_by_key(noted, with_text=False):
        if story["status"] == "fetched" and story["visits"] == 1:
            if noted.get(story["_id"]):
                yield story_event("new_story", story)
        elif story["fetched_at"]:
            again[story["_id"]] = story
    began = network.crawl(crawl)["started_at"]
    for happened in network.timeline(again):
        if happened.at < began:
            continue
        if happened.what == "gone":
            yield story_event("story_gone", happened.story)
        elif happened.what == "changed" and happened.detail.get("title"):
            yield story_event("title_changed", happened.story, happened.detail["title"])
