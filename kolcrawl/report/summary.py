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

from kolcrawl.locale import clock, english, listed, mark, shown, tr, trn, word, zone_name
from kolcrawl.report.advice import advice, crawl_option, skip_advice
from kolcrawl.report.counts import BUDGET_REASONS
from kolcrawl.report.crawl_state import state_of
from kolcrawl.report.ending import spider_closed
from kolcrawl.report.quantities import duration
from kolcrawl.report.story_changes import report_changes, returned_stories
from kolcrawl.system.invocation import as_typed, is_console
from kolcrawl.system.stdout import discard_stdout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Self

    from scrapy.crawler import Crawler

    from kolcrawl.locale import Message
    from kolcrawl.report.counts import CrawlCounts
    from kolcrawl.report.crawl_state import CrawlState, StoreAddress

logger = logging.getLogger(__name__)

MIN_PACED_PAGES = 10  # of a site, from which its pace decides how long a crawl takes
MAX_SHOWN_REASONS = 6  # reasons and sites listed; `scrapy crawls ID` has them all


class Report:
    """Prints to standard output when `REPORT_ENABLED` (default true), and to the log too if that is a file."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.began = time.monotonic()
        self.seconds = 0.0
        crawler.signals.connect(self.stopped, signals.engine_stopped)  # the store has noted the run's end by then

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def stopped(self) -> None:
        """Print the report."""
        await spider_closed(self.crawler)
        state = state_of(self.crawler.spider)
        noted = state.seconds if state is not None else None
        self.seconds = time.monotonic() - self.began if noted is None else noted
        if not self.crawler.settings.getbool("REPORT_ENABLED", True) or state is None or state.address is None:
            return
        if self.crawler.settings.get("LOG_FILE"):  # Scrapyd shows a job's log, not what it prints
            with english():
                logger.info("%s", "\n  ".join(self._lines(state, state.address)))
        try:
            print("\n".join(self._lines(state, state.address)), file=sys.stdout, flush=True)
        except BrokenPipeError:
            discard_stdout()

    def _lines(self, state: CrawlState, address: StoreAddress) -> list[str]:
        """Write the whole report, with the commands that it names as they are typed."""
        settings = self.crawler.settings
        reason = self.crawler.stats.get_value("finish_reason", "shutdown")
        counts, seconds = state.counts, self.seconds
        lines = report_lines(counts, seconds, reason, new_links=state.new_links, args=state.args)
        news = list(counts.new_stories.lines(returned_stories(state.changes), not_due=counts.not_due))
        lines += [*news, *report_changes(state.changes)]
        stats = self.crawler.stats
        if idle := stats.get_value("frontier/resumed") is not None and counts.nothing_requested:
            crawl, entered = stats.get_value("frontier/crawl"), stats.get_value("frontier/resumed")
            pending = stats.get_value("frontier/pending", entered)
            is_shared = crawl is not None
            lines = [idle_worker_line(crawl, pending) if is_shared else nothing_to_do_line(counts, settings["JOBDIR"])]
        lines += pace_lines(counts, settings.getfloat("DOWNLOAD_DELAY"), settings.get("CONTACT"))
        if reason == "shutdown" and stats.get_value("frontier/crawl") is None:
            lines.append(go_on_line(settings.get("JOBDIR")))
        lines += [shown(line) for line in (*state.notes, *(() if idle else state.hints))]
        if state.quality not in (None, "ok"):
            lines.append(tr("{quality}:", quality=word(state.quality or "")))
            lines += [f"  {shown(line)}" for line in state.why[:MAX_SHOWN_REASONS]]
        found = idle or bool(counts.outcomes["fetched"] + counts.outcomes["unchanged"] + counts.not_due)
        changed = bool(state.changes or news)
        crawl, is_job = state.crawl_id or "", state.job is not None
        lines += where_lines(address, state.seeds[0], crawl, found=found, changed=changed, is_job=is_job)
        return [as_typed(line) for line in lines]


def go_on_line(jobdir: str | None) -> str:
    """Say what the same command does after a crawl that was stopped."""
    if jobdir:
        return tr("the same command goes on from here (JOBDIR={jobdir})", jobdir=jobdir)
    return tr("the same command again reads what waited; with -s JOBDIR=FOLDER a crawl goes on just where it stopped")


def where_lines(
    address: StoreAddress, seed: str, crawl: str, *, found: bool = True, changed: bool = False, is_job: bool = False
) -> list[str]:
    """Say where the network is, and what to run next.

    Args:
        found: whether the crawl read any story; else the next thing is to see what is wrong.
        changed: whether it found stories changed, or new beside known ones.
        is_job: whether Scrapyd ran it, in a folder that knows no project: who reads its log is elsewhere.
    """
    scrapy = "scrapy" if is_job else _scrapy()
    option = "".join(f" -s {name}={shlex.quote(value)}" for name, value in _settings_needed(address).items())
    place = tr("the network is in {uri}, database {database}", uri=address.uri, database=address.database)
    if address.embedded:
        place = tr("{place} (embedded server)", place=place)
    then = tr("next, in the project's folder:") if is_job else tr("next:")
    lines = [place, *_server_lines(address, scrapy), then]
    if not found:
        return [
            *lines,
            f"  {scrapy} extract {_quoted(seed)}",
            f"  {scrapy} crawls{option} {crawl}",
        ]
    changes = [f"  {scrapy} changes{option} --crawl {crawl}"] if changed else []
    return [
        *lines,
        *changes,
        f"  {scrapy} network{option}",
        f"  {scrapy} story{option} {_quoted(seed)}",
        f"  {scrapy} crawls{option} {crawl}",
        f"  {scrapy} export{option} -o network.gexf",
    ]


def _server_lines(address: StoreAddress, scrapy: str) -> list[str]:
    """Say that the embedded server goes on, and until when."""
    if not address.embedded:
        return []
    folder = _settings_needed(address).get("KOLCRAWL_DATA_DIR")
    option = f" -s KOLCRAWL_DATA_DIR={shlex.quote(folder)}" if folder else ""
    command = f"{scrapy} mongo{option} --stop"
    if not address.idle_minutes:
        return [tr("the embedded server goes on; `{command}` ends it", command=command)]
    return [
        tr(
            "the embedded server goes on until nobody has used it for {n:g} minutes; `{command}` ends it",
            n=address.idle_minutes, command=command,
        )
    ]  # fmt: skip


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
    lines = [_first_line(counts, seconds, reason)]
    if n := counts.unchanged:
        lines.append(trn("{n} story unchanged since the last visit", "{n} stories unchanged since the last visit", n))
    if counts.repeats:
        pages = out["fetched"] + out["unchanged"]
        lines.append(
            trn(
                "{pages} pages for these: {n} address led to a story read before",
                "{pages} pages for these: {n} addresses led to a story read before",
                counts.repeats, pages=pages,
            )
        )  # fmt: skip
    lines += _not_due_lines(counts, args or {})
    lines.append(_links_line(counts, new_links))
    if counts.links_left_out:
        left_out = mark("{n} links not stored: longer than 2,000 characters, or beyond a page's 1,000")
        lines.append(tr(left_out, n=counts.links_left_out))
    lines += _sites_lines(counts)
    failed = counts.failure_reasons - counts.gone_reasons
    lines += _reason_lines(mark("{n} failed:"), {code: (n, advice(code)) for code, n in failed.most_common()})
    gone = {code: (n, advice(code)) for code, n in counts.gone_reasons.most_common() if n}
    lines += _reason_lines(mark("{n} gone:"), gone)
    lines += _dead_end_lines(counts)
    kinds_cut = [kind for kind, _ in counts.link_cuts.kinds.most_common()]
    skipped = {code: (n, skip_advice(code, n, args or {}, kinds_cut)) for code, n in counts.skipped.items()}
    return [*lines, *_reason_lines(mark("{n} skipped:"), skipped)]


def _first_line(counts: CrawlCounts, seconds: float, reason: str) -> str:
    n = counts.fetched
    line = trn("{n} story fetched in {time}", "{n} stories fetched in {time}", n, time=duration(seconds))
    if reason != "finished":
        line = tr("{line} (ended early: {reason})", line=line, reason=word(reason))
    return tr("{line}, {share:.0%} of them on the topic", line=line, share=counts.on_topic / n) if n else line


def _links_line(counts: CrawlCounts, new_links: int) -> str:
    total = sum(counts.links.values())
    if not total:
        return tr("{n} links seen, {new} of them new", n=total, new=new_links)
    kinds = listed(tr("{n} {kind}", n=n, kind=word(kind)) for kind, n in counts.links.most_common() if n)
    return tr("{n} links seen, {new} of them new ({kinds})", n=total, new=new_links, kinds=kinds)


def _sites_lines(counts: CrawlCounts) -> Iterator[str]:
    had = {name: row.pages + row.unchanged for name, row in counts.sites.items()}
    sites = sorted(((n, name) for name, n in had.items() if n), key=lambda row: (-row[0], row[1]))
    names = listed(f"{name} {n}" for n, name in sites[:MAX_SHOWN_REASONS])
    if len(sites) > MAX_SHOWN_REASONS:
        names = tr("{names} and {n} more", names=names, n=len(sites) - MAX_SHOWN_REASONS)
    if names:
        yield trn("{n} site: {names}", "{n} sites: {names}", len(sites), names=names)


def _reason_lines(header: str, reasons: Mapping[str, tuple[int, Message]]) -> Iterator[str]:
    """Write the number of stories of an outcome, then a line for each of the most frequent reasons.

    Args:
        header: the line with the number, `{n}`.
        reasons: by code, the stories and what to do about them, most frequent first.
    """
    if not reasons:
        return
    yield tr(header, n=sum(n for n, _ in reasons.values()))
    for code, (n, words) in list(reasons.items())[:MAX_SHOWN_REASONS]:
        yield tr("  {n} {code}: {words}", n=n, code=code, words=words)
    if rest := max(0, len(reasons) - MAX_SHOWN_REASONS):
        yield trn("  and for {n} other reason", "  and for {n} other reasons", rest)


def _not_due_lines(counts: CrawlCounts, args: Mapping[str, Any]) -> Iterator[str]:
    """Say how many known stories were not asked for, and when the first of them will be."""
    if not counts.not_due:
        return
    if args.get("refresh") == "none":
        yield trn(
            "{n} known story was not visited again, as {option} asks",
            "{n} known stories were not visited again, as {option} asks",
            counts.not_due, option=crawl_option("refresh", "none"),
        )  # fmt: skip
        return
    line = trn("{n} known story was not due for a visit", "{n} known stories were not due for a visit", counts.not_due)
    if counts.next_due:
        line = tr("{line}; the first is on {time} {zone}", line=line, time=clock(counts.next_due), zone=zone_name())
    yield tr("{line} ({option} visits all of them now)", line=line, option=crawl_option("refresh", "all"))


def _dead_end_lines(counts: CrawlCounts) -> list[str]:
    """Say what to do about seeds that lead nowhere."""
    n, first = counts.dead_end_seeds.total(), counts.first_dead_end
    if not n:
        return []
    if set(counts.dead_end_seeds) == {"no_article"}:
        return [
            trn(
                "the seed {url} is no article: give the URL of an article",
                "{n} seeds ({url} and others) are no articles: give the URL of an article",
                n, url=first,
            )
        ]  # fmt: skip
    return [
        trn(
            "the seed {url} has no list of related articles: give the URL of an article that has one, or follow"
            " other lists (-a kinds=related,recommended,latest)",
            "{n} seeds ({url} and others) have no list of related articles: give the URL of an article that has one,"
            " or follow other lists (-a kinds=related,recommended,latest)",
            n, url=first,
        )
    ]  # fmt: skip


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
        yield tr(
            "a page every {delay:g} s of each site ({pages} of {site}): about {faster} with"
            " -s DOWNLOAD_DELAY={shorter:g}, politer in {slower} with -s DOWNLOAD_DELAY={longer:g}",
            delay=delay, pages=pages, site=busiest, shorter=delay / 2, longer=delay * 3,
            faster=duration(pages * delay / 2), slower=duration(pages * delay * 3),
        )  # fmt: skip
    if not contact:
        yield tr("the sites do not know whom to write to: -s CONTACT=mailto:you@example.org tells them")


def nothing_to_do_line(counts: CrawlCounts, jobdir: str) -> str:
    """Say that a crawl which was taken up had nothing to fetch."""
    if cuts := {code: n for code in BUDGET_REASONS if (n := counts.skip_reasons[code])}:
        left = listed(
            tr("{n} wait for {code} ({advice})", n=n, code=code, advice=advice(code)) for code, n in cuts.items()
        )
        return tr(
            "nothing to do: the budget of the crawl in JOBDIR={jobdir} is spent; {left}", jobdir=jobdir, left=left
        )
    return tr(
        "nothing to do: the crawl in JOBDIR={jobdir} was finished; remove the directory to crawl anew", jobdir=jobdir
    )


def idle_worker_line(crawl: str, pending: int) -> str:
    """Say that a worker of a shared crawl was given no page, and whether anything is left of the crawl.

    Args:
        crawl: name of the crawl.
        pending: requests of it that wait, or that other workers have.
    """
    if not pending:
        return tr("this worker was given no page: nothing was left of the crawl {name}", name=crawl)
    return trn(
        "this worker was given no page; {n} request of the crawl {name} waits, or another worker has it:"
        " the same command joins it again",
        "this worker was given no page; {n} requests of the crawl {name} wait, or other workers have them:"
        " the same command joins it again",
        pending, name=crawl,
    )  # fmt: skip


def _quoted(url: str) -> str:
    return "'" + url.replace("'", "%27") + "'"  # the same address, and safe in every shell
