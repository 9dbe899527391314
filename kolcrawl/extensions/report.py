"""At the end of a crawl: what was found, where it is, what to do next."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from scrapy import signals

from kolcrawl.advice import advice

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler

    from kolcrawl.tally import Tally

SHOWN = 6  # reasons and sites listed; `scrapy crawls ID` has them all


class Report:
    """Prints to standard output when `REPORT_ENABLED` (default true)."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.began = time.monotonic()
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def closed(self, spider: Spider, reason: str) -> None:
        """Print the report."""
        tally: Tally | None = getattr(spider, "tally", None)
        if tally is not None and self.crawler.settings.getbool("REPORT_ENABLED", True):
            text = "\n".join(report_lines(tally, time.monotonic() - self.began, reason))
            print(text, flush=True, file=sys.stdout)
            print(getattr(spider, "where", ""), flush=True)


def report_lines(tally: Tally, seconds: float, reason: str) -> list[str]:
    """The report without the place of the network."""
    out = tally.outcomes
    lines = [f"{out['fetched']} stories fetched in {took(seconds)}" + _ended(reason)]
    if out["unchanged"]:
        lines.append(f"{out['unchanged']} stories unchanged since the last visit")
    total = sum(tally.links.values())
    kinds = ", ".join(f"{n} {kind}" for kind, n in tally.links.most_common())
    lines.append(f"{total} links kept" + (f" ({kinds})" if total else ""))
    sites = sorted(tally.sites.items(), key=lambda row: (-row[1].pages, row[0]))
    names = ", ".join(f"{name} {row.pages}" for name, row in sites[:SHOWN] if row.pages)
    more = f" and {len(sites) - SHOWN} more" if len(sites) > SHOWN else ""
    lines.append(f"{len(sites)} site{'s' * (len(sites) != 1)}: {names}{more}" if names else "no site answered")
    if tally.failures:
        lines.append(f"{sum(tally.failures.values())} failed:")
        for code, n in list(tally.failures.items())[:SHOWN]:
            lines.append(f"  {n} {code}: {advice(code)}")
    if cut := {code: tally.reasons[code] for code in ("budget", "robots") if tally.reasons[code]}:
        lines.append("not fetched: " + ", ".join(f"{n} {code} ({advice(code)})" for code, n in cut.items()))
    return lines


def _ended(reason: str) -> str:
    return "" if reason == "finished" else f" (ended early: {reason})"


def took(seconds: float) -> str:
    """`4.2 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
