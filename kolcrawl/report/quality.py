"""Whether a crawl went well: judged by site, small sites together and as a whole, against fixed bounds and the past.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kolcrawl.locale import Message, mark
from kolcrawl.report.counts import OTHER_SITES, SiteCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kolcrawl.report.counts import CrawlCounts

Quality = Literal["ok", "degraded", "failed"]
EXIT_CODES: dict[Quality, int] = {"ok": 0, "failed": 1, "degraded": 3}

MIN_JUDGED_PAGES = 10  # pages below which a share says nothing
MAX_FAILED = 0.3  # share of the pages that failed; real sites lose a few per cent to dead links
MAX_NOTICES = 0.5  # share of the pages that are gone by a notice; a gate or another owner looks like that
MIN_RELATED = 0.2  # share of pages with related links; two thirds of real articles have them
MAX_COPIED_TEXTS = 0.5  # share of the texts that stand in other stories of their site, wholly or for the most part
MIN_TEXT_SHARE = 0.5  # share of pages with text
MAX_DROP = 0.4  # fall of such a share under that of earlier crawls which is no longer chance

COMPLETE_REASONS = frozenset({"finished", "closespider_timeout", "closespider_pagecount", "closespider_itemcount"})
"""Finish reasons of a crawl that went as far as it was to go; the CLOSESPIDER_ ones are bounds that a user set."""

STOPPED = mark("the crawl stopped: {reason}")
STOPPED_EARLY = mark(
    "the crawl was stopped before its end (Ctrl-C, SIGTERM or a cancelled job): what waited is missing"
)
ENDED_EARLY = mark("the crawl ended early ({reason}): what waited is missing")
NOTHING = mark("no story was fetched")
NOTHING_FOR = mark("no story was fetched ({reasons})")
UNFINISHED = mark("{n} pages could not be wholly stored or followed; the log says why")
SMALL_SITES = mark("{n} small sites together")
WHOLE_CRAWL = mark("the whole crawl")
MANY_FAILED = mark("{name}: {n} of {total} pages failed")
MANY_NOTICES = mark("{name}: {n} of {total} pages show a notice in a story's place")
COPIED_TEXTS = mark(
    "{name}: {n} of {total} stories have the text of another story of the site: what was read is not the story; look at"
    " one with `scrapy extract`"
)
COMMON_TEXTS = mark(
    "{name}: most of the text of {n} of {total} stories stands on other pages of the site, too: what was read is mostly"
    " not the story; look at one with `scrapy extract`"
)
ONLY_MENU = mark("{fault}: {n} show only the site's menu")
FEW_PAGES = {
    "with_related": (
        mark("{name}: only {share} of {total} pages have related links"),
        mark("{name}: {share} of pages have related links, {before} had before"),
    ),
    "with_text": (
        mark("{name}: only {share} of {total} pages have text"),
        mark("{name}: {share} of pages have text, {before} had before"),
    ),
    "with_date": (
        mark("{name}: only {share} of {total} pages have a date"),
        mark("{name}: {share} of pages have a date, {before} had before"),
    ),
}
"""What is wrong, where less than the bound have it, and where more had it before."""
STORED_FAULTS = (
    STOPPED, STOPPED_EARLY, ENDED_EARLY, NOTHING_FOR, NOTHING, UNFINISHED, MANY_FAILED, MANY_NOTICES, ONLY_MENU,
    COPIED_TEXTS, COMMON_TEXTS,
    *(template for templates in FEW_PAGES.values() for template in templates), SMALL_SITES, WHOLE_CRAWL,
)  # fmt: skip
"""What stands in the document of a crawl, in English: by these it is translated when it is shown."""

Shares = dict[str, float]
"""Share of pages with related links, a date and text, by the names of these counts in `SiteCounts`."""


def judge(
    counts: CrawlCounts,
    past: Mapping[str, Shares],
    finish_reason: str,
    *,
    past_crawls: Shares | None = None,
    unfinished: int = 0,
    taken_up: bool = False,
) -> tuple[Quality, list[str]]:
    """Judge a crawl.

    Args:
        counts: what it found.
        past: by site, the mean shares (`shares_of`) of earlier crawls.
        finish_reason: Scrapy's; `finished` for a crawl that ended by itself.
        past_crawls: the mean shares of whole earlier crawls from the same seeds.
        unfinished: pages that an error of ours kept from being stored or followed.
        taken_up: whether it continued an earlier crawl (JOBDIR), which may have left nothing to do.

    Returns: the quality, and a line for each thing that is wrong.
    """
    why: list[str] = []
    if finish_reason.startswith(("store_", "jobdir_")):
        return "failed", [Message(STOPPED, reason=finish_reason)]
    if finish_reason == "shutdown":
        why.append(Message(STOPPED_EARLY))
    elif finish_reason not in COMPLETE_REASONS:
        why.append(Message(ENDED_EARLY, reason=finish_reason))
    if taken_up and counts.nothing_requested and not unfinished:
        return ("degraded" if why else "ok"), why
    if not counts.outcomes["fetched"] and not counts.outcomes["unchanged"]:
        most = (counts.failure_reasons + counts.skip_reasons).most_common(3)
        reasons = ", ".join(f"{n} {reason}" for reason, n in most)
        return "failed", [*why, Message(NOTHING_FOR, reasons=reasons) if reasons else Message(NOTHING)]
    if unfinished:
        why.append(Message(UNFINISHED, n=unfinished))
    why += _faults(counts, past, past_crawls or {})
    return ("degraded" if why else "ok"), why


def shares_of(site: SiteCounts) -> Shares:
    """Compute the shares of the pages of a site, comparable between crawls; empty when there were too few pages."""
    if site.pages < MIN_JUDGED_PAGES:
        return {}
    return {name: getattr(site, name) / site.pages for name in ("with_related", "with_date", "with_text")}


def total(sites: Iterable[SiteCounts]) -> SiteCounts:
    """Add up the counts of sites."""
    added = SiteCounts()
    for site in sites:
        for name in SiteCounts.__slots__:
            setattr(added, name, getattr(added, name) + getattr(site, name))
    return added


def _faults(counts: CrawlCounts, past: Mapping[str, Shares], past_crawls: Shares) -> list[str]:
    """Judge each large site, all small ones together, then the whole crawl for what these have not shown."""
    large = {
        name: site for name, site in counts.sites.items() if site.answered >= MIN_JUDGED_PAGES and name != OTHER_SITES
    }
    small = [site for name, site in counts.sites.items() if name not in large]
    found = [fault for name, site in large.items() for fault in _group_faults(name, site, past.get(name, {}))]
    if len(small) > 1:
        found += _group_faults(Message(SMALL_SITES, n=len(small)), total(small), {})
    if len(counts.sites) > 1:
        shown = {kind for kind, _ in found}
        whole = _group_faults(Message(WHOLE_CRAWL), total(counts.sites.values()), past_crawls)
        found += [(kind, line) for kind, line in whole if kind not in shown]
    return [line for _, line in found]


def _group_faults(name: str, site: SiteCounts, past: Shares) -> Iterator[tuple[str, str]]:
    """Judge one site, or several together: yield the kind of each fault, and a line for it."""
    if site.judged >= MIN_JUDGED_PAGES and site.failed / site.judged > MAX_FAILED:
        yield "failed", Message(MANY_FAILED, name=name, n=site.failed, total=site.judged)
    if site.answered >= MIN_JUDGED_PAGES and site.notices / site.answered > MAX_NOTICES:
        yield "notices", Message(MANY_NOTICES, name=name, n=site.notices, total=site.answered)
    if site.with_text >= MIN_JUDGED_PAGES and (site.copied_text + site.common_text) / site.with_text > MAX_COPIED_TEXTS:
        copied = site.copied_text > site.common_text
        n = site.copied_text if copied else site.copied_text + site.common_text
        yield "texts", Message(COPIED_TEXTS if copied else COMMON_TEXTS, name=name, n=n, total=site.with_text)
    shares = shares_of(site)
    for field, bound in (("with_related", MIN_RELATED), ("with_text", MIN_TEXT_SHARE), ("with_date", 0.0)):
        if field not in shares:
            continue
        few, fewer = FEW_PAGES[field]
        share = f"{shares[field]:.0%}"
        if shares[field] < bound:
            fault = Message(few, name=name, share=share, total=site.pages)
            menu = field == "with_text" and site.shared_text
            yield field, Message(ONLY_MENU, fault=fault, n=site.shared_text) if menu else fault
        elif field in past and past[field] - shares[field] > MAX_DROP:
            yield field, Message(fewer, name=name, share=share, before=f"{past[field]:.0%}")
