"""Compose the notification of a crawl from its state and from what the network tells of its stories.

A database that hangs, or holds much, must not keep anybody from learning that a crawl failed: the network is read in a
thread of its own, up to a deadline, and the notification goes without what was not known by then.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, get_args

from kolcrawl.config import Config
from kolcrawl.items import Outcome
from kolcrawl.notify.events import blocked_events, crawl_events, story_events
from kolcrawl.notify.notifications import KILLED, LAST_SIGN, MAX_NOTIFIED_EVENTS, CrawlEvent, Notification
from kolcrawl.report.quality import STOPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scrapy.settings import BaseSettings

    from kolcrawl.network import Network
    from kolcrawl.notify.options import NotifyOptions
    from kolcrawl.report.counts import CrawlCounts
    from kolcrawl.report.crawl_state import CrawlState

logger = logging.getLogger(__name__)

MAX_NOTIFIED_STORIES: Final = 100_000  # of one crawl that are looked up; their keys take 10 MB
STORY_EVENTS: Final = frozenset({"new_story", "title_changed", "text_changed", "story_gone", "story_returned"})


class Composer:
    """Composes notifications by the settings of one process."""

    def __init__(self, settings: BaseSettings, options: NotifyOptions) -> None:
        """Keep what decides which events are notified."""
        self._settings, self._options = settings, options
        self._database = str(settings.get("MONGO_DATABASE") or "") or None

    def crawl_ended(
        self,
        spider: str,
        state: CrawlState,
        reason: str,
        visited: Mapping[str, bool],
        refused: Mapping[str, int],
    ) -> Notification:
        """Compose the notification of a crawl of this process that has ended. Blocks for half of NOTIFY_SECONDS.

        Args:
            spider: name of the spider.
            reason: finish reason.
            visited: keys of the stories visited; True for those that are relevant enough when they are new.
            refused: by site, the pages that it refused.
        """
        quality, why = state.quality or "failed", state.why
        if state.quality is None:  # broken off before it was judged
            why = [STOPPED.format(reason=reason)]
        events = crawl_events(quality, why) + blocked_events(refused, state.counts)
        found, incomplete = self._story_events(state.crawl_id, visited) if state.crawl_id else ([], False)
        chosen = self._chosen([*events, *found])
        return Notification(
            crawl=state.crawl_id,
            spider=spider,
            job=state.job,
            schedule=self._settings.get("KOLCRAWL_SCHEDULE"),
            at=datetime.now(UTC),
            reason=reason,
            quality=quality,
            events=chosen[:MAX_NOTIFIED_EVENTS],
            left_out=incomplete or len(chosen) > MAX_NOTIFIED_EVENTS,
            counts=_visits_and_skipped(state.counts),
            database=self._database,
        )

    def crawl_aborted(self, crawl: str) -> Notification:
        """Compose the notification of a run that was killed, as far as the network knows the run. Blocks.

        Args:
            crawl: id of the run.

        Raises:
            KolcrawlError: the network cannot be read.
        """
        with self._open_network() as network:
            run = network.crawl(crawl)
            visits = network.db.visits.find({"crawl": crawl, "outcome": {"$in": ["fetched", "gone"]}}, {"story": 1})
            keys = [visit["story"] for visit in visits.limit(MAX_NOTIFIED_STORIES)]
            stories = network.stories_by_key(keys, with_text=False)
            visited = {story["_id"]: self.is_relevant(story["relevance"]) for story in stories}
        found, incomplete = self._story_events(crawl, visited)
        why = [KILLED, LAST_SIGN.format(time=f"{run['finished_at']:%Y-%m-%d %H:%M}")]
        chosen = self._chosen([*crawl_events("failed", why), *found])
        schedule = self._settings.get("KOLCRAWL_SCHEDULE")
        return Notification(
            crawl=crawl,
            spider=run["spider"],
            job=run["job"],
            schedule=schedule if schedule and (run["job"] or "").rpartition("-")[0] == schedule else None,
            at=datetime.now(UTC),
            reason=run["finish_reason"],
            quality="failed",
            events=chosen[:MAX_NOTIFIED_EVENTS],
            left_out=incomplete or len(chosen) > MAX_NOTIFIED_EVENTS,
            counts={name: n for name, n in run["counts"].items() if name in get_args(Outcome)},
            database=self._database,
        )

    def crawl_not_started(self, spider: str, job: str, why: str) -> Notification:
        """Compose the notification of a job that could not start.

        Args:
            why: what is wrong, in one line.
        """
        return Notification(
            crawl=None,
            spider=spider,
            job=job,
            schedule=self._settings.get("KOLCRAWL_SCHEDULE"),
            at=datetime.now(UTC),
            reason="not_started",
            quality="failed",
            events=self._chosen(crawl_events("failed", [why])),
            database=self._database,
        )

    def is_relevant(self, relevance: float | None) -> bool:
        """Check whether a new story of this relevance is notified."""
        return (relevance or 0.0) >= self._options.min_relevance

    def _chosen(self, events: Iterable[CrawlEvent]) -> tuple[CrawlEvent, ...]:
        return tuple(event for event in events if event.event in self._options.events)

    def _open_network(self) -> Network:
        from kolcrawl.network import open_network

        config = Config.from_settings(self._settings)
        return open_network(config.mongo_uri, config.mongo_database, config.data_dir)

    def _story_events(self, crawl: str, visited: Mapping[str, bool]) -> tuple[list[CrawlEvent], bool]:
        """Find what became of stories, within half of NOTIFY_SECONDS.

        Returns: the events, and whether some may be missing, for want of time or after an error.
        """
        events: list[CrawlEvent] = []
        complete = threading.Event()
        if not visited or not self._options.events & STORY_EVENTS:
            return events, False

        def read() -> None:
            try:
                with self._open_network() as network:
                    for event in story_events(network, crawl, visited):
                        events.extend(self._chosen([event]))
                        if len(events) > MAX_NOTIFIED_EVENTS:
                            break
                complete.set()
            except Exception as error:  # also the database driver's own: all else is notified nevertheless
                logger.warning("notify: what became of the stories cannot be read: %s", error)

        deadline = time.monotonic() + self._options.seconds / 2
        reading = threading.Thread(target=read, name="notify-stories", daemon=True)
        reading.start()
        reading.join(max(deadline - time.monotonic(), 0.0))
        if reading.is_alive():
            logger.warning("notify: the stories could not be read in time; the notification goes without the rest")
        return list(events), not complete.is_set()


def _visits_and_skipped(counts: CrawlCounts) -> dict[str, int]:
    """Count visits by outcome; `skipped` are the stories that were seen and not read, as in report and run."""
    skipped = sum(counts.skipped.values())
    return {**counts.outcomes, "skipped": skipped} if skipped else dict(counts.outcomes)
