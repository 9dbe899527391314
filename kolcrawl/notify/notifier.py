"""At the end of a crawl: tells the sinks what is worth telling.

While the crawl runs only the keys of its stories are noted. What is new, changed or gone is read from the network when
the run's end has been noted, in a thread of its own that cannot hold up the end beyond NOTIFY_SECONDS.

Who was killed tells nothing: the next run that starts in the database finds it, and tells in its place, at once. It
sends, too, what earlier runs could not deliver (`kolcrawl.notify.outbox`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from scrapy import signals
from scrapy.exceptions import NotConfigured

from kolcrawl.config import Config
from kolcrawl.errors import ConfigError, KolcrawlError
from kolcrawl.items import Outcome, StoryItem
from kolcrawl.notify.channels import sinks_from
from kolcrawl.notify.notifications import (
    BLOCKS,
    EVENTS,
    MAX_EVENTS,
    Event,
    Notice,
    blocked_events,
    crawl_events,
    story_event,
)
from kolcrawl.notify.outbox import keep, send_left
from kolcrawl.report.crawl_state import CrawlState, state_of
from kolcrawl.report.ending import spider_closed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from kolcrawl.network import Network
    from kolcrawl.notify.channels import Sink

logger = logging.getLogger(__name__)

MAX_NOTED = 100_000  # stories of one crawl that are looked up at its end; 10 MB
BATCH = 1000  # of them at a time


class Notify:
    """Reads NOTIFY_ON, NOTIFY_ABOVE, NOTIFY_SECONDS and what `channels` reads. Off when no sink is set."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.settings = settings = crawler.settings
        try:
            self.sinks, self.wanted, self.above, self.seconds = notify_settings(settings)
            self.outbox = _outbox(settings)
        except ConfigError as error:
            logger.error("%s", error)
            raise NotConfigured from None
        if not self.sinks:
            raise NotConfigured
        self.noted: dict[str, bool] = {}
        """Keys of the stories visited; True for those that are on the topic."""
        self.blocked: Counter[str] = Counter()
        self.told, self.reason = False, "shutdown"
        self.earlier: threading.Thread | None = None
        """Tells of runs that were killed, and what earlier runs could not tell."""
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.stored, signals.item_scraped)
        crawler.signals.connect(self.closed, signals.spider_closed)
        crawler.signals.connect(self.stopped, signals.engine_stopped)  # the store has noted the run's end by then

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def opened(self, spider: Spider) -> None:
        """Tell what earlier runs did not, and of those that this one has found killed; the crawl goes on meanwhile."""
        state = state_of(spider)
        aborted = state.aborted if state is not None else ()
        self.earlier = threading.Thread(target=self.tell_earlier, args=(aborted,), name="notify", daemon=True)
        self.earlier.start()

    def tell_earlier(self, aborted: Iterable[str]) -> None:
        """Send a notice for each of these runs, then what is left in the outbox. Blocks."""

        def send(name: str, notice: Notice) -> bool:
            return name in self.sinks and _send(name, self.sinks[name], notice, time.monotonic() + self.seconds)

        try:
            for crawl in aborted:
                send_all(self.sinks, self.aborted_notice(crawl), time.monotonic() + self.seconds, self.outbox)
            send_left(self.outbox, send)
        except (KolcrawlError, OSError) as error:
            logger.warning("notify: what earlier crawls have to tell cannot be told: %s", error)
        except Exception:
            logger.exception("notify: what earlier crawls have to tell cannot be told")

    def stored(self, item: object) -> None:
        """Note a visit."""
        if not isinstance(item, StoryItem):
            return
        if item.outcome == "failed" and item.reason in BLOCKS:
            self.blocked[item.site] += 1
        if item.outcome in ("fetched", "gone") and len(self.noted) < MAX_NOTED:
            self.noted[item.key] = (item.relevance or 0.0) >= self.above

    async def closed(self, spider: Spider, reason: str) -> None:
        """A crawl whose database could not be opened ends here: its engine never started, so it does not stop."""
        self.reason = reason
        state = state_of(spider)
        if state is None or state.crawl_id is None:
            await self.tell_end()

    async def stopped(self) -> None:
        """Tell how the crawl ended."""
        await spider_closed(self.crawler)
        await self.tell_end()

    async def tell_end(self) -> None:
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
        send_all(self.sinks, self.notice(time.monotonic() + self.seconds / 2), end, self.outbox)
        if self.earlier:
            self.earlier.join(max(end - time.monotonic(), 0.0))

    def notice(self, until: float) -> Notice:
        """What there is to tell; events that are not wanted are left out, and so are stories not read in time."""
        spider, reason = self.crawler.spider, self.reason
        state = state_of(spider) or CrawlState()
        crawl = state.crawl_id
        quality, why = state.quality or "failed", state.why
        if state.quality is None:  # broken off before it was judged
            why = [f"the crawl stopped: {reason}"]
        events = crawl_events(quality, why) + blocked_events(self.blocked, state.counts)
        found, late = self._story_events(crawl, self.noted, until) if crawl else ([], False)
        chosen = [event for event in events + found if event.event in self.wanted]
        return Notice(
            crawl=crawl,
            spider=spider.name if spider is not None else "",
            job=state.job,
            schedule=self.settings.get("KOLCRAWL_SCHEDULE"),
            at=datetime.now(UTC),
            reason=reason,
            quality=quality,
            events=tuple(chosen[:MAX_EVENTS]),
            left_out=late or len(chosen) > MAX_EVENTS,
            counts=dict(state.counts.outcomes),
        )

    def aborted_notice(self, crawl: str) -> Notice:
        """What a run that was killed would have told, as far as the network has it.

        Raises:
            KolcrawlError: the network cannot be read.
        """
        with self._network() as network:
            run = network.crawl(crawl)
            visits = network.db.visits.find({"crawl": crawl, "outcome": {"$in": ["fetched", "gone"]}}, {"story": 1})
            keys = [visit["story"] for visit in visits.limit(MAX_NOTED)]
            stories = network.stories_by_key(keys, with_text=False)
            noted = {story["_id"]: (story["relevance"] or 0.0) >= self.above for story in stories}
        found, late = self._story_events(crawl, noted, time.monotonic() + self.seconds / 2)
        lines = [
            "it was killed, or its machine went down",
            f"its last sign of life: {run['finished_at']:%Y-%m-%d %H:%M} UTC",
        ]
        chosen = [event for event in [*crawl_events("failed", lines), *found] if event.event in self.wanted]
        schedule = self.settings.get("KOLCRAWL_SCHEDULE")
        return Notice(
            crawl=crawl,
            spider=run["spider"],
            job=run["job"],
            schedule=schedule if schedule and (run["job"] or "").rpartition("-")[0] == schedule else None,
            at=datetime.now(UTC),
            reason=run["finish_reason"],
            quality="failed",
            events=tuple(chosen[:MAX_EVENTS]),
            left_out=late or len(chosen) > MAX_EVENTS,
            counts={name: n for name, n in run["counts"].items() if name in get_args(Outcome)},
        )

    def _network(self) -> Network:
        from kolcrawl.network import open_network

        config = Config.from_settings(self.settings)
        return open_network(config.mongo_uri, config.mongo_database, config.data_dir)

    def _story_events(self, crawl: str, noted: dict[str, bool], until: float) -> tuple[list[Event], bool]:
        """What became of stories. Returns: the events, and whether some may be missing, for want of time or an error.

        A database that hangs, or holds much, must not keep the sinks from hearing that the crawl has failed.
        """
        events: list[Event] = []
        complete = threading.Event()
        if not noted or not self.wanted & {"new_story", "title_changed", "story_gone"}:
            return events, False

        def look() -> None:
            try:
                with self._network() as network:
                    for event in story_events(network, crawl, noted):
                        if event.event in self.wanted:
                            events.append(event)
                        if len(events) > MAX_EVENTS:
                            break
                complete.set()
            except Exception as error:  # a driver's own, too: the rest is told all the same
                logger.warning("notify: what became of the stories cannot be told: %s", error)

        looking = threading.Thread(target=look, name="notify-stories", daemon=True)
        looking.start()
        looking.join(max(until - time.monotonic(), 0.0))
        if looking.is_alive():
            logger.warning("notify: what became of all stories was not known in time; the notice goes without the rest")
        return list(events), not complete.is_set()


def send_all(sinks: dict[str, Sink], notice: Notice, end: float, outbox: Path) -> None:
    """Send a notice that has events to all sinks at once. Blocks until `end` (of `time.monotonic`) at most."""
    if not notice.events:
        return
    threads = []
    for name, sink in sinks.items():
        kept: Path | None = None
        try:
            kept = keep(outbox, name, notice)
        except OSError as error:
            logger.warning("notify: %s: %s; the notice is lost if it cannot be sent now", outbox, error.strerror)
        threads.append(threading.Thread(target=_send, args=(name, sink, notice, end, kept), daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join(max(end - time.monotonic(), 0.0))


def _send(name: str, sink: Sink, notice: Notice, end: float, kept: Path | None = None) -> bool:
    """Returns: whether the sink has taken it; then it is kept no longer."""
    try:
        sink(notice, end)
    except KolcrawlError as error:
        logger.warning("notify: %s; the next crawl tries again", error)
    except Exception as error:  # what it says may hold a secret
        logger.error("notify: %s failed: %s", name, type(error).__name__)
    else:
        logger.info("notify: %d events told by %s", len(notice.events), name)
        if kept:
            kept.unlink(missing_ok=True)
        return True
    return False


def tell_unstarted(settings: BaseSettings, spider: str, job: str, why: str) -> None:
    """Log and tell that a job could not begin: nobody sees the standard error of a job on a server. Blocks.

    Args:
        why: what is wrong, in one line.
    """
    logger.error("%s", why)
    try:
        sinks, wanted, _, seconds = notify_settings(settings)
        outbox = _outbox(settings)
    except ConfigError:  # then it is likely what is wrong, and has been logged
        return
    notice = Notice(
        crawl=None,
        spider=spider,
        job=job,
        schedule=settings.get("KOLCRAWL_SCHEDULE"),
        at=datetime.now(UTC),
        reason="not_started",
        quality="failed",
        events=tuple(crawl_events("failed", [why])),
    )
    if "crawl_failed" in wanted:
        send_all(sinks, notice, time.monotonic() + seconds, outbox)


def notify_settings(settings: BaseSettings) -> tuple[dict[str, Sink], set[str], float, float]:
    """The sinks, the events to tell, the relevance from which a new story is told, and the seconds for telling.

    Raises:
        ConfigError: one of the settings cannot be used.
    """
    wanted = wanted_events(settings.getlist("NOTIFY_ON"))
    return sinks_from(settings), wanted, _number(settings, "NOTIFY_ABOVE"), _number(settings, "NOTIFY_SECONDS")


def _outbox(settings: BaseSettings) -> Path:
    return Config.from_settings(settings).data_dir / "notices"


def _number(settings: BaseSettings, name: str) -> float:
    try:
        return settings.getfloat(name)
    except (TypeError, ValueError):
        raise ConfigError(f"{name}={settings.get(name)!r} is no number") from None


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
    run = network.db.crawls.find_one({"_id": crawl}, {"started_at": 1})
    if run is None:
        return
    keys = list(noted)
    for start in range(0, len(keys), BATCH):
        stories = list(network.stories_by_key(keys[start : start + BATCH], with_text=False))
        for story in stories:
            if story["status"] == "fetched" and noted.get(story["_id"]) and not _read_before(network, story, run):
                yield story_event("new_story", story)
        for happened in network.timeline(story["_id"] for story in stories if story["visits"] > 1):
            if happened.at < run["started_at"]:
                continue
            if happened.what == "gone":
                yield story_event("story_gone", happened.story)
            elif happened.what == "changed" and happened.detail.get("title"):
                yield story_event("title_changed", happened.story, happened.detail["title"])


def _read_before(network: Network, story: Mapping[str, Any], run: Mapping[str, Any]) -> bool:
    """Whether a story's page was had before a run began; one that only failed then is still new."""
    had = {"story": story["_id"], "at": {"$lt": run["started_at"]}, "outcome": {"$in": ["fetched", "unchanged"]}}
    return story["visits"] > 1 and network.db.visits.find_one(had, {"_id": 1}) is not None
