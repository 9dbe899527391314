"""At the end of a crawl: what was found, where it is, what to do next."""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals

from kolcrawl.report.advice import advice
from kolcrawl.report.counts import BUDGET_REASONS
from kolcrawl.report.crawl_state import state_of
from kolcrawl.report.ending import spider_closed
from kolcrawl.report.quantities import duration, quantity
from kolcrawl.system.stdout import discard_stdout

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from kolcrawl.report.counts import CrawlCounts
    from kolcrawl.report.crawl_state import StoreAddress

logger = logging.getLogger(__name__)

UNASKED = (*BUDGET_REASONS, "robots")  # the other reasons to leave a story out show when it was read
SHOWN = 6  # reasons and sites listed; `scrapy crawls ID` has them all


class Report:
    """Prints to standard output when `REPORT_ENABLED` (default true), and to the log too if that is a file."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.began = time.monotonic()
        crawler.signals.connect(self.stopped, signals.engine_stopped)  # the store has noted the run's end by then

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def stopped(self) -> None:
        """Print the report."""
        await spider_closed(self.crawler)
        state = state_of(self.crawler.spider)
        if not self.crawler.settings.getbool("REPORT_ENABLED", True) or state is None or state.address is None:
            return
        reason = self.crawler.stats.get_value("finish_reason", "shutdown")
        lines = report_lines(state.counts, time.monotonic() - self.began, reason, new_links=state.new_links)
        if self.crawler.stats.get_value("frontier/resumed") is not None and state.counts.nothing_requested:
            lines = [nothing_to_do_line(state.counts, self.crawler.settings["JOBDIR"])]
        not_due = self.crawler.stats.get_value("kolcrawl/not_due", 0)
        if not_due:
            lines.append(f"{not_due} known stories were not due for a visit (-a refresh=all visits them)")
        if reason == "shutdown" and (jobdir := self.crawler.settings.get("JOBDIR")):
            lines.append(f"the same command goes on from here (JOBDIR={jobdir})")
        if state.quality not in (None, "ok"):
            lines += [f"{state.quality}:", *(f"  {line}" for line in state.why[:SHOWN])]
        lines += where_lines(state.address, state.seeds[0], state.crawl_id or "")
        if self.crawler.settings.get("LOG_FILE"):  # Scrapyd shows a job's log, not what it prints
            logger.info("%s", "\n  ".join(lines))
        try:
            print("\n".join(lines), file=sys.stdout, flush=True)
        except BrokenPipeError:
            discard_stdout()


def where_lines(address: StoreAddress, seed: str, crawl: str) -> list[str]:
    """Say where the network is, and what to run next."""
    scrapy = _scrapy()
    option = "".join(f" -s {name}={shlex.quote(value)}" for name, value in _settings_needed(address).items())
    server = " (embedded server)" if address.embedded else ""
    return [
        f"the network is in {address.uri}, database {address.database}{server}",
        "next:",
        f"  {scrapy} network{option}",
        f"  {scrapy} story{option} {_quoted(seed)}",
        f"  {scrapy} crawls{option} {crawl}",
        f"  {scrapy} export{option} -o network.gexf",
    ]


def _settings_needed(address: StoreAddress) -> dict[str, str]:
    """List the settings without which a command would look into another database; a login is masked."""
    needed = {}
    default_folder = Path(os.environ.get("KOLCRAWL_DATA_DIR", ".kolcrawl")).expanduser().absolute()
    if not address.embedded and not os.environ.get("MONGO_URI"):
        needed["MONGO_URI"] = address.uri
    if address.embedded and address.data_dir != default_folder:
        needed["KOLCRAWL_DATA_DIR"] = str(address.data_dir)
    if address.database != os.environ.get("MONGO_DATABASE", "kolcrawl"):
        needed["MONGO_DATABASE"] = address.database
    return needed


def _scrapy() -> str:
    """How to call Scrapy from here: by name, or by path from an environment that is not activated."""
    if shutil.which("scrapy"):
        return "scrapy"
    beside = Path(sys.executable).with_name("scrapy")
    return os.path.relpath(beside) if beside.exists() else f"{sys.executable} -m scrapy"


def report_lines(counts: CrawlCounts, seconds: float, reason: str, *, new_links: int) -> list[str]:
    """The report without the place of the network.

    Args:
        new_links: links that the network did not have before.
    """
    out = counts.outcomes
    lines = [f"{quantity(out['fetched'], 'story', 'stories')} fetched in {duration(seconds)}" + _ended(reason)]
    if out["unchanged"]:
        lines.append(f"{quantity(out['unchanged'], 'story', 'stories')} unchanged since the last visit")
    total = sum(counts.links.values())
    kinds = ", ".join(f"{n} {kind}" for kind, n in counts.links.most_common())
    lines.append(f"{total} links seen, {new_links} of them new" + (f" ({kinds})" if total else ""))
    if counts.links_left_out:
        lines.append(f"{counts.links_left_out} links left out: longer than 2,000 characters, or beyond a page's 1,000")
    had = {name: row.pages + row.unchanged for name, row in counts.sites.items()}
    sites = sorted(((n, name) for name, n in had.items() if n), key=lambda row: (-row[0], row[1]))
    names = ", ".join(f"{name} {n}" for n, name in sites[:SHOWN])
    more = f" and {len(sites) - SHOWN} more" if len(sites) > SHOWN else ""
    if names:
        lines.append(f"{len(sites)} site{'s' * (len(sites) != 1)}: {names}{more}")
    if counts.failures:
        lines.append(f"{sum(counts.failures.values())} failed:")
        for code, n in list(counts.failures.items())[:SHOWN]:
            lines.append(f"  {n} {code}: {advice(code)}")
    lines += _dead_end_lines(counts)
    unasked = {code: n for code, n in counts.skip_reasons.most_common() if code in UNASKED}
    read = {code: n for code, n in counts.skip_reasons.most_common() if code not in UNASKED}
    for what, cuts in (("not fetched", unasked), ("left out", read)):
        if cuts:
            lines.append(f"{what}: " + ", ".join(f"{n} {code} ({advice(code)})" for code, n in cuts.items()))
    return lines


def _dead_end_lines(counts: CrawlCounts) -> list[str]:
    """What to do about seeds that lead nowhere."""
    n = counts.dead_end_seeds.total()
    if not n:
        return []
    seed = f"the seed {counts.first_dead_end}" if n == 1 else f"{n} seeds ({counts.first_dead_end} and others)"
    if set(counts.dead_end_seeds) == {"no_article"}:
        return [f"{seed} {'is no article' if n == 1 else 'are no articles'}: give the URL of an article"]
    has = "has" if n == 1 else "have"
    other = "or follow other lists (-a kinds=related,recommended,latest)"
    return [f"{seed} {has} no list of related articles: give the URL of an article that has one, {other}"]


def nothing_to_do_line(counts: CrawlCounts, jobdir: str) -> str:
    """What to say of a crawl that was taken up and had nothing to fetch."""
    if cuts := {code: n for code in BUDGET_REASONS if (n := counts.skip_reasons[code])}:
        left = ", ".join(f"{n} wait for {code} ({advice(code)})" for code, n in cuts.items())
        return f"nothing to do: the budget of the crawl in JOBDIR={jobdir} is spent; {left}"
    return f"nothing to do: the crawl in JOBDIR={jobdir} was finished; remove the directory to crawl anew"


def _quoted(url: str) -> str:
    return "'" + url.replace("'", "%27") + "'"  # the same address, and safe in every shell


def _ended(reason: str) -> str:
    return "" if reason == "finished" else f" (ended early: {reason})"
