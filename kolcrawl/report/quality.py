"""Whether a crawl went well: judged by site, small sites together and as a whole, against fixed bounds and the past.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

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
MIN_TEXT_SHARE = 0.5  # share of pages with text
MAX_DROP = 0.4  # fall of such a share under that of earlier crawls which is no longer chance

COMPLETE_REASONS = frozenset({"finished", "closespider_timeout", "closespider_pagecount", "closespider_itemcount"})
"""Finish reasons of a crawl that went as far as it was to go; the CLOSESPIDER_ ones are bounds that a user set."""

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
        return "failed", [f"the crawl stopped: {finish_reason}"]
    if finish_reason == "shutdown":
        why.append("the crawl was stopped before its end (Ctrl-C, SIGTERM or a cancelled job): what waited is missing")
    elif finish_reason not in COMPLETE_REASONS:
        why.append(f"the crawl ended early ({finish_reason}): what waited is missing")
    if taken_up and counts.nothing_requested and not unfinished:
        return ("degraded" if why else "ok"), why
    if not counts.outcomes["fetched"] and not counts.outcomes["unchanged"]:
        reasons = ", ".join(
            f"{n} {reason}" for reason, n in (counts.failure_reasons + counts.skip_reasons).most_common(3)
        )
        return "failed", [*why, f"no story was fetched ({reasons})" if reasons else "no story was fetched"]
    if unfinished:
        why.append(f"{unfinished} pages could not be wholly stored or followed; the log says why")
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
        found += _group_faults(f"{len(small)} small sites together", total(small), {})
    if len(counts.sites) > 1:
        shown = {kind for kind, _ in found}
        whole = _group_faults("the whole crawl", total(counts.sites.values()), past_crawls)
        found += [(kind, line) for kind, line in whole if kind not in shown]
    return [line for _, line in found]


def _group_faults(name: str, site: SiteCounts, past: Shares) -> Iterator[tuple[str, str]]:
    """Judge one site, or several together: yield the kind of each fault, and a line for it."""
    if site.judged >= MIN_JUDGED_PAGES and site.failed / site.judged > MAX_FAILED:
        yield "failed", f"{name}: {site.failed} of {site.judged} pages failed"
    if site.answered >= MIN_JUDGED_PAGES and site.notices / site.answered > MAX_NOTICES:
        yield "notices", f"{name}: {site.notices} of {site.answered} pages show a notice in a story's place"
    shares = shares_of(site)
    words = {"with_related": "related links", "with_text": "text", "with_date": "a date"}
    for field, bound in (("with_related", MIN_RELATED), ("with_text", MIN_TEXT_SHARE), ("with_date", 0.0)):
        if field not in shares:
            continue
        if shares[field] < bound:
            cause = (
                f": {site.shared_text} show only the site's menu" if field == "with_text" and site.shared_text else ""
            )
            yield field, f"{name}: only {shares[field]:.0%} of {site.pages} pages have {words[field]}{cause}"
        elif field in past and past[field] - shares[field] > MAX_DROP:
            yield field, f"{name}: {shares[field]:.0%} of pages have {words[field]}, {past[field]:.0%} had before"
