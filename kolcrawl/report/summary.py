"""At the end of a crawl: what was found, where it is, what to do next."""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import signals

from kolcrawl.report.advice import advice
from kolcrawl.report.counts import BUDGETS, counted, took
from kolcrawl.report.ending import spider_closed
from kolcrawl.system.stdout import mute

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from kolcrawl.report.counts import Tally
    from kolcrawl.store.server.client import Store

logger = logging.getLogger(__name__)

UNASKED = (*BUDGETS, "robots")  # the other reasons to leave a story out show when it was read
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
        spider: Any = self.crawler.spider
        if not self.crawler.settings.getbool("REPORT_ENABLED", True) or getattr(spider, "where", None) is None:
            return
        reason = self.crawler.stats.get_value("finish_reason", "shutdown")
        lines = report_lines(spider.tally, time.monotonic() - self.began, reason, new_links=spider.written.new_links)
        if self.crawler.stats.get_value("frontier/resumed") is not None and spider.tally.idle:
            lines = [idle_line(spider.tally, self.crawler.settings["JOBDIR"])]
        not_due = self.crawler.stats.get_value("kolcrawl/not_due", 0)
        if not_due:
            lines.append(f"{not_due} known stories were not due for a visit (-a refresh=all visits them)")
        if reason == "shutdown" and (jobdir := self.crawler.settings.get("JOBDIR")):
            lines.append(f"the same command goes on from here (JOBDIR={jobdir})")
        quality, why = getattr(spider, "quality", ("ok", []))
        if quality != "ok":
            lines += [f"{quality}:", *(f"  {line}" for line in why[:SHOWN])]
        lines += where_lines(spider.where, spider.args.seeds[0], spider.crawl_id)
        if self.crawler.settings.get("LOG_FILE"):  # Scrapyd shows a job's log, not what it prints
            logger.info("%s", "\n  ".join(lines))
        try:
            print("\n".join(lines), file=sys.stdout, flush=True)
        except BrokenPipeError:
            mute()


def where_lines(store: Store, seed: str, crawl: str) -> list[str]:
    """Where the network is, and what to run next."""
    database, scrapy = store.db.name, _scrapy()
    option = "".join(f" -s {name}={shlex.quote(value)}" for name, value in _not_plain(store).items())
    return [
        f"the network is in {store.uri_shown}, database {database}" + (" (embedded server)" if store.embedded else ""),
        "next:",
        f"  {scrapy} story{option} {_quoted(seed)}",
        f"  {scrapy} crawls{option} {crawl}",
        f"  {scrapy} export{option} -o network.gexf",
    ]


def _not_plain(store: Store) -> dict[str, str]:
    """The settings without which a command would look into another database; a login is masked."""
    said = {}
    plain_folder = Path(os.environ.get("KOLCRAWL_DATA_DIR", ".kolcrawl")).expanduser().absolute()
    if not store.embedded and not os.environ.get("MONGO_URI"):
        said["MONGO_URI"] = store.uri_shown
    if store.embedded and store.data_dir != plain_folder:
        said["KOLCRAWL_DATA_DIR"] = str(store.data_dir)
    if store.db.name != os.environ.get("MONGO_DATABASE", "kolcrawl"):
        said["MONGO_DATABASE"] = store.db.name
    return said


def _scrapy() -> str:
    """How to call Scrapy from here: by name, or by path from an environment that is not activated."""
    if shutil.which("scrapy"):
        return "scrapy"
    beside = Path(sys.executable).with_name("scrapy")
    return os.path.relpath(beside) if beside.exists() else f"{sys.executable} -m scrapy"


def report_lines(tally: Tally, seconds: float, reason: str, *, new_links: int) -> list[str]:
    """The report without the place of the network.

    Args:
        new_links: links that the network did not have before.
    """
    out = tally.outcomes
    lines = [f"{counted(out['fetched'], 'story', 'stories')} fetched in {took(seconds)}" + _ended(reason)]
    if out["unchanged"]:
        lines.append(f"{counted(out['unchanged'], 'story', 'stories')} unchanged since the last visit")
    total = sum(tally.links.values())
    kinds = ", ".join(f"{n} {kind}" for kind, n in tally.links.most_common())
    lines.append(f"{total} links seen, {new_links} of them new" + (f" ({kinds})" if total else ""))
    had = {name: row.pages + row.unchanged for name, row in tally.sites.items()}
    sites = sorted(((n, name) for name, n in had.items() if n), key=lambda row: (-row[0], row[1]))
    names = ", ".join(f"{name} {n}" for n, name in sites[:SHOWN])
    more = f" and {len(sites) - SHOWN} more" if len(sites) > SHOWN else ""
    if names:
        lines.append(f"{len(sites)} site{'s' * (len(sites) != 1)}: {names}{more}")
    if tally.failures:
        lines.append(f"{sum(tally.failures.values())} failed:")
        for code, n in list(tally.failures.items())[:SHOWN]:
            lines.append(f"  {n} {code}: {advice(code)}")
    lines += _barren_lines(tally)
    unasked = {code: n for code, n in tally.cuts.most_common() if code in UNASKED}
    read = {code: n for code, n in tally.cuts.most_common() if code not in UNASKED}
    for what, cuts in (("not fetched", unasked), ("left out", read)):
        if cuts:
            lines.append(f"{what}: " + ", ".join(f"{n} {code} ({advice(code)})" for code, n in cuts.items()))
    return lines


def _barren_lines(tally: Tally) -> list[str]:
    """What to do about seeds that lead nowhere."""
    n = tally.barren.total()
    if not n:
        return []
    seed = f"the seed {tally.barren_seed}" if n == 1 else f"{n} seeds ({tally.barren_seed} and others)"
    if set(tally.barren) == {"no_article"}:
        return [f"{seed} {'is no article' if n == 1 else 'are no articles'}: give the URL of an article"]
    has = "has" if n == 1 else "have"
    other = "or follow other lists (-a kinds=related,recommended,latest)"
    return [f"{seed} {has} no list of related articles: give the URL of an article that has one, {other}"]


def idle_line(tally: Tally, jobdir: str) -> str:
    """What to say of a crawl that was taken up and had nothing to fetch."""
    if cuts := {code: n for code in BUDGETS if (n := tally.cuts[code])}:
        left = ", ".join(f"{n} wait for {code} ({advice(code)})" for code, n in cuts.items())
        return f"nothing to do: the budget of the crawl in JOBDIR={jobdir} is spent; {left}"
    return f"nothing to do: the crawl in JOBDIR={jobdir} was finished; remove the directory to crawl anew"


def _quoted(url: str) -> str:
    return "'" + url.replace("'", "%27") + "'"  # the same address, and safe in every shell


def _ended(reason: str) -> str:
    return "" if reason == "finished" else f" (ended early: {reason})"
