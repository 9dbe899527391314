"""How each site takes it: when it may be asked again, how often it failed, whether to leave it alone.

A pure state machine over time, one small record a host; the politeness middleware feeds it and the frontier asks it
before it hands out a request. A host goes this way:

    well -> resting (429, 503 or a block page: as long as Retry-After says; without it, or when it happens again, for
                     `backoff` seconds, doubled each time)
    well -> paused  (`failures` failed pages in a row, of whatever kind), for `pause` seconds
    (a page that is merely forbidden, 403, says less of its site: FORBIDDEN of them count as one failed page)
    paused -> one request as a probe -> well if it succeeds, else paused twice as long
    paused -> given up after `probes` failed probes, or when Retry-After asks for more than `longest`

A host is what Scrapy calls a downloader slot: the host name, or the request's `download_slot`.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.settings import BaseSettings
    from scrapy.statscollectors import StatsCollector

logger = logging.getLogger(__name__)

FORBIDDEN = 3
"""Pages answered with a plain 403 that count as one failure: single pages are often kept back, for a region or for
subscribers, but a site that forbids one page after another refuses us."""
_WORTH_SAYING = 20.0  # seconds; a crawl that has nothing else to do seems to stand still


@dataclass(slots=True)
class HostRecord:
    """What is remembered of one host."""

    rests_until: float = 0.0
    """On the monotonic clock, seconds."""
    backoffs: int = 0
    failures: int = 0
    """Failed pages in a row; those that come in while the host rests belong to the same mishap."""
    forbidden: int = 0
    """Pages among them that were merely forbidden and are not counted yet."""
    paused: bool = False
    probes: int = 0
    given_up: bool = False


@dataclass(slots=True)
class SiteHealth:
    """The hosts of a crawl. Times are in seconds."""

    backoff: float = 5.0
    longest: float = 300.0
    failures: int = 6
    pause: float = 30.0
    probes: int = 3
    stats: StatsCollector | None = None
    clock: Callable[[], float] = monotonic
    _sites: defaultdict[str, HostRecord] = field(default_factory=lambda: defaultdict(HostRecord))

    @classmethod
    def from_settings(cls, settings: BaseSettings, stats: StatsCollector) -> SiteHealth:
        """Read SITE_BACKOFF, SITE_BACKOFF_MAX, SITE_FAILURES, SITE_PAUSE and SITE_PROBES."""
        return cls(
            backoff=settings.getfloat("SITE_BACKOFF", 5),
            longest=settings.getfloat("SITE_BACKOFF_MAX", 300),
            failures=settings.getint("SITE_FAILURES", 6),
            pause=settings.getfloat("SITE_PAUSE", 30),
            probes=settings.getint("SITE_PROBES", 3),
            stats=stats,
        )

    def rest(self, host: str) -> float:
        """Return the seconds until a host may be asked again; 0 for now."""
        site = self._sites.get(host)
        if site is None or site.given_up:
            return 0.0
        return max(0.0, site.rests_until - self.clock())

    def limit(self, host: str) -> int | None:
        """Return how many requests a host may get at once: one, as a probe, if it is paused; else None, no limit."""
        site = self._sites.get(host)
        return 1 if site is not None and site.paused and not site.given_up else None

    def given_up(self, host: str) -> bool:
        """Tell whether the host failed so often that it is not asked any more in this crawl."""
        site = self._sites.get(host)
        return site is not None and site.given_up

    def success(self, host: str) -> None:
        """Note that a host answered as it should."""
        site = self._sites.get(host)
        if site is None or site.given_up or site.rests_until > self.clock():
            return  # an answer to what was asked before the rest began says nothing
        if site.paused:
            logger.info("%s answers again", host)
        del self._sites[host]

    def failure(
        self,
        host: str,
        reason: str,
        *,
        wait: float | None = None,
        slow_down: bool = False,
        again: bool = False,
        forbidden: bool = False,
    ) -> None:
        """Note that a host failed, or sent us away.

        Args:
            reason: stable code, for the log.
            wait: seconds that the host itself asks for (Retry-After).
            slow_down: the failure means that we ask too much.
            again: it failed on a page on which it failed before; a few broken pages are no broken site.
            forbidden: the page is kept from us (a plain 403), which says less.
        """
        site = self._sites[host]
        now = self.clock()
        if wait is not None and wait > self.longest:
            self._give_up(host, site, f"it asks to wait {wait:.0f} seconds, longer than SITE_BACKOFF_MAX")
        if site.given_up:
            return
        if site.rests_until > now:
            # An answer to what was asked before the rest began.
            site.rests_until = max(site.rests_until, now + (wait or 0))
            return
        if forbidden and not site.paused and not again:
            site.forbidden += 1
            if site.forbidden < FORBIDDEN:
                return
            site.forbidden = 0
        site.failures += not again
        rest = 0.0
        if site.paused:
            site.probes += 1
            if site.probes >= self.probes:
                self._give_up(host, site, f"{site.probes} more attempts failed, the last with {reason}")
                return
            rest = self.pause * 2**site.probes
        elif site.failures >= self.failures:
            site.paused = True
            rest = self.pause
            self._count("politeness/sites_paused")
            logger.warning(
                "%s is paused for %.0f seconds: %d failures in a row, the last with %s",
                *(host, max(rest, wait or 0), site.failures, reason),
            )
        elif slow_down:
            site.backoffs += 1
            if wait is None or site.backoffs > 1:  # the first time the site is believed, however short its wish
                rest = min(self.backoff * 2 ** (site.backoffs - 1), self.longest)
            self._count("politeness/backoffs")
        rest = max(rest, wait or 0)
        site.rests_until = now + rest
        if rest >= _WORTH_SAYING and not site.paused:
            logger.info("%s rests for %.0f seconds (%s)", host, rest, reason)

    def _give_up(self, host: str, site: HostRecord, why: str) -> None:
        if not site.given_up:
            site.given_up = True
            self._count("politeness/sites_given_up")
            logger.warning("%s is left alone for the rest of this crawl: %s", host, why)

    def _count(self, name: str) -> None:
        if self.stats is not None:
            self.stats.inc_value(name)
