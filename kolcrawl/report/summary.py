"""At the end of a crawl: what was found, where it is, what to do next."""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import sys
import time
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals

from kolcrawl.report.advice import advice, crawl_option, skip_advice
from kolcrawl.report.counts import BUDGET_REASONS
from kolcrawl.report.crawl_state import state_of
from kolcrawl.report.ending import spider_closed
from kolcrawl.report.quantities import duration, quantity
from kolcrawl.report.story_changes import report_changes
from kolcrawl.system.invocation import as_typed, is_console
from kolcrawl.system.stdout import discard_stdout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Self

    from scrapy.crawler import Crawler

    from kolcrawl.report.counts import CrawlCounts
    from kolcrawl.report.crawl_state import StoreAddress

logger = logging.getLogger(__name__)

MIN_PACED_PAGES = 10  # of a site, from which its pace decides how long a crawl takes
MAX_SHOWN_REASONS = 6  # reasons and sites listed; `scrapy crawls ID` has them all


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
        counts, seconds = state.counts, time.monotonic() - self.began
        lines = report_lines(counts, seconds, reason, new_links=state.new_links, args=state.args)
        lines += report_changes(state.changes)
        if self.crawler.stats.get_value("frontier/resumed") is not None and state.counts.nothing_requested:
            lines = [nothing_to_do_line(state.counts, self.crawler.settings["JOBDIR"])]
        settings = self.crawler.settings
        lines += pace_lines(counts, settings.getfloat("DOWNLOAD_DELAY"), settings.get("CONTACT"))
        if reason == "shutdown" and (jobdir := self.crawler.settings.get("JOBDIR")):
            lines.append(f"the same command goes on from here (JOBDIR={jobdir})")
        if state.quality not in (None, "ok"):
            lines += [f"{state.quality}:", *(f"  {line}" for line in state.why[:MAX_SHOWN_REASONS])]
        found = bool(counts.outcomes["fetched"] + counts.outcomes["unchanged"] + counts.not_due)
        changed = bool(state.changes)
        lines += where_lines(state.address, state.seeds[0], state.crawl_id or "", found=found, changed=changed)
        lines = [as_typed(line) for line in lines]
        if self.crawler.settings.get("LOG_FILE"):  # Scrapyd shows a job's log, not what it prints
            logger.info("%s", "\n  ".join(lines))
        try:
            print("\n".join(lines), file=sys.stdout, flush=True)
        except BrokenPipeError:
            discard_stdout()


def where_lines(
    address: StoreAddress, seed: str, crawl: str, *, found: bool = True, changed: bool = False
) -> list[str]:
    """Say where the network is, and what to run next.

    Args:
        found: whether the crawl read any story; else the next thing is to see what is wrong.
        changed: whether it found stories changed.
    """
    scrapy = _scrapy()
    option = "".join(f" -s {name}={shlex.quote(value)}" for name, value in _settings_needed(address).items())
    server = " (embedded server)" if address.embedded else ""
    place = [f"the network is in {address.uri}, database {address.database}{server}", *_server_lines(address)]
    if not found:
        return [
            *place,
            "next:",
            f"  {scrapy} extract {_quoted(seed)}",
            f"  {scrapy} crawls{option} {crawl}",
        ]
    changes = [f"  {scrapy} changes{option} --crawl {crawl}"] if changed else []
    return [
        *place,
        "next:",
        *changes,
        f"  {scrapy} network{option}",
        f"  {scrapy} story{option} {_quoted(seed)}",
        f"  {scrapy} crawls{option} {crawl}",
        f"  {scrapy} export{option} -o network.gexf",
    ]


def _server_lines(address: StoreAddress) -> list[str]:
    """Say that the embedded server goes on, and until when."""
    if not address.embedded:
        return []
    until = f" until nobody has used it for {address.idle_minutes:g} minutes" if address.idle_minutes else ""
    folder = _settings_needed(address).get("KOLCRAWL_DATA_DIR")
    option = f" -s KOLCRAWL_DATA_DIR={shlex.quote(folder)}" if folder else ""
    return [f"the embedded server goes on{until}; `{_scrapy()} mongo{option} --stop` ends it"]


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
    """Find how to call Scrapy from here: by name, or by path from an environment that is not activated."""
    if is_console():
        return "scrapy"  # `as_typed` makes `kolcrawl` of it
    if shutil.which("scrapy"):
        return "scrapy"
    beside = Path(sys.executable).with_name("scrapy")
    return os.path.relpath(beside) if beside.exists() else f"{sys.executable} -m scrapy"


def report_lines(
    counts: CrawlCounts, seconds: float, reason: str, *, new_links: int, args: Mapping[str, Any] | None = None
) -> list[str]:
    """Write the report without the place of the network.

    Args:
        counts: what the crawl found.
        seconds: how long it took.
        reason: Scrapy's finish reason.
        new_links: links that the network did not have before.
        args: the arguments of the crawl, as they are kept with it.
    """
    out = counts.outcomes
    topic = f", {counts.on_topic / counts.fetched:.0%} of them on the topic" if counts.fetched else ""
    lines = [f"{quantity(counts.fetched, 'story', 'stories')} fetched in {duration(seconds)}{_ended(reason)}{topic}"]
    if counts.unchanged:
        lines.append(f"{quantity(counts.unchanged, 'story', 'stories')} unchanged since the last visit")
    if counts.repeats:
        read = quantity(out["fetched"] + out["unchanged"], "page", "pages")
        lines.append(f"{read} for these: {quantity(counts.repeats, 'address', 'addresses')} led to a story read before")
    lines += _not_due_lines(counts, args or {})
    total = sum(counts.links.values())
    kinds = ", ".join(f"{n} {kind}" for kind, n in counts.links.most_common())
    lines.append(f"{total} links seen, {new_links} of them new" + (f" ({kinds})" if total else ""))
    if counts.links_left_out:
        lines.append(
            f"{counts.links_left_out} links not stored: longer than 2,000 characters, or beyond a page's 1,000"
        )
    had = {name: row.pages + row.unchanged for name, row in counts.sites.items()}
    sites = sorted(((n, name) for name, n in had.items() if n), key=lambda row: (-row[0], row[1]))
    names = ", ".join(f"{name} {n}" for n, name in sites[:MAX_SHOWN_REASONS])
    more = f" and {len(sites) - MAX_SHOWN_REASONS} more" if len(sites) > MAX_SHOWN_REASONS else ""
    if names:
        lines.append(f"{len(sites)} site{'s' * (len(sites) != 1)}: {names}{more}")
    failed = counts.failure_reasons - counts.gone_reasons
    lines += _reason_lines("failed", {code: (n, advice(code)) for code, n in failed.most_common()})
    lines += _reason_lines("gone", {code: (n, advice(code)) for code, n in counts.gone_reasons.most_common() if n})
    lines += _dead_end_lines(counts)
    kinds_cut = [kind for kind, _ in counts.link_cuts.kinds.most_common()]
    skipped = {code: (n, skip_advice(code, n, args or {}, kinds_cut)) for code, n in counts.skipped.items()}
    return [*lines, *_reason_lines("skipped", skipped)]


def _reason_lines(outcome: str, reasons: Mapping[str, tuple[int, str]]) -> Iterator[str]:
    """Write the number of stories of an outcome, then a line for each of the most frequent reasons.

    Args:
        reasons: by code, the stories and what to do about them, most frequent first.
    """
    if not reasons:
        return
    yield f"{sum(n for n, _ in reasons.values())} {outcome}:"
    for code, (n, words) in list(reasons.items())[:MAX_SHOWN_REASONS]:
        yield f"  {n} {code}: {words}"
    if rest := len(reasons) - MAX_SHOWN_REASONS if len(reasons) > MAX_SHOWN_REASONS else 0:
        yield f"  and for {quantity(rest, 'other reason', 'other reasons')}"


def _not_due_lines(counts: CrawlCounts, args: Mapping[str, Any]) -> Iterator[str]:
    """Say how many known stories were not asked for, and when the first of them will be."""
    if not counts.not_due:
        return
    known = quantity(counts.not_due, "known story was", "known stories were")
    if args.get("refresh") == "none":
        yield f"{known} not visited again, as {crawl_option('refresh', 'none')} asks"
        return
    due = f"; the first is on {counts.next_due:%Y-%m-%d %H:%M} UTC" if counts.next_due else ""
    yield f"{known} not due for a visit{due} ({crawl_option('refresh', 'all')} visits all of them now)"


def _dead_end_lines(counts: CrawlCounts) -> list[str]:
    """Say what to do about seeds that lead nowhere."""
    n = counts.dead_end_seeds.total()
    if not n:
        return []
    seed = f"the seed {counts.first_dead_end}" if n == 1 else f"{n} seeds ({counts.first_dead_end} and others)"
    if set(counts.dead_end_seeds) == {"no_article"}:
        return [f"{seed} {'is no article' if n == 1 else 'are no articles'}: give the URL of an article"]
    has = "has" if n == 1 else "have"
    other = "or follow other lists (-a kinds=related,recommended,latest)"
    return [f"{seed} {has} no list of related articles: give the URL of an article that has one, {other}"]


def pace_lines(counts: CrawlCounts, delay: float, contact: str | None) -> Iterator[str]:
    """Say how long the crawl takes at another pace, and ask for a contact; nothing for a site that is not waited for.

    Args:
        counts: what the crawl found.
        delay: seconds between two requests to a site.
        contact: what tells the sites' owners whom to write to.
    """
    if not delay:
        return
    busiest, pages = max(((name, row.judged) for name, row in counts.sites.items()), key=itemgetter(1), default=("", 0))
    if pages >= MIN_PACED_PAGES:
        faster, slower = duration(pages * delay / 2), duration(pages * delay * 3)
        yield (
            f"a page every {delay:g} s of each site ({pages} of {busiest}): about {faster} with"
            f" -s DOWNLOAD_DELAY={delay / 2:g}, politer in {slower} with -s DOWNLOAD_DELAY={delay * 3:g}"
        )
    if not contact:
        yield "the sites do not know whom to write to: -s CONTACT=mailto:you@example.org tells them"


def nothing_to_do_line(counts: CrawlCounts, jobdir: str) -> str:
    """Say that a crawl which was taken up had nothing to fetch."""
    if cuts := {code: n for code in BUDGET_REASONS if (n := counts.skip_reasons[code])}:
        left = ", ".join(f"{n} wait for {code} ({advice(code)})" for code, n in cuts.items())
        return f"nothing to do: the budget of the crawl in JOBDIR={jobdir} is spent; {left}"
    return f"nothing to do: the crawl in JOBDIR={jobdir} was finished; remove the directory to crawl anew"


def _quoted(url: str) -> str:
    return "'" + url.replace("'", "%27") + "'"  # the same address, and safe in every shell


def _ended(reason: str) -> str:
    return "" if reason == "finished" else f" (ended early: {reason})"
