"""Whether a crawl went well: judged by site, against fixed bounds and against the site's own past. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kolcrawl.report.counts import CrawlCounts, SiteCounts

Quality = Literal["ok", "degraded", "failed"]
EXIT_CODES: dict[Quality, int] = {"ok": 0, "failed": 1, "degraded": 3}

ENOUGH = 10  # pages of a site below which a share says nothing
MAX_FAILED = 0.3  # share of a site's requests; real sites lose a few per cent to dead links
MIN_RELATED = 0.2  # share of pages with related links; two thirds of real articles have them
MIN_TEXT = 0.5  # share of pages with text
MAX_DROP = 0.4  # fall of such a share under the site's own past that is no longer chance

COMPLETE = frozenset({"finished", "closespider_timeout", "closespider_pagecount", "closespider_itemcount"})
"""Finish reasons of a crawl that went as far as it was asked to; the CLOSESPIDER_ ones are bounds that a user set."""

Shares = dict[str, float]


def judge(
    counts: CrawlCounts,
    past: Mapping[str, Shares],
    finish_reason: str,
    *,
    unfinished: int = 0,
    taken_up: bool = False,
) -> tuple[Quality, list[str]]:
    """Judge a crawl.

    Args:
        counts: what it found.
        past: by site, the shares (`shares_of`) of earlier crawls.
        finish_reason: Scrapy's; `finished` for a crawl that ended by itself.
        unfinished: pages that an error of ours kept from being stored or followed.
        taken_up: whether it went on with an earlier crawl (JOBDIR), which may have left nothing to do.

    Returns: the quality, and a line for each thing that is wrong.
    """
    why: list[str] = []
    if finish_reason.startswith(("store_", "jobdir_")):
        return "failed", [f"the crawl stopped: {finish_reason}"]
    if taken_up and counts.nothing_requested and not unfinished:
        return "ok", []
    if finish_reason == "shutdown":
        why.append("the crawl was stopped before its end (Ctrl-C, SIGTERM or a cancelled job): what waited is missing")
    elif finish_reason not in COMPLETE:
        why.append(f"the crawl ended early ({finish_reason}): what waited is missing")
    if not counts.outcomes["fetched"] and not counts.outcomes["unchanged"]:
        reasons = ", ".join(
            f"{n} {reason}" for reason, n in (counts.failure_reasons + counts.skip_reasons).most_common(3)
        )
        return "failed", [*why, f"no story was fetched ({reasons})" if reasons else "no story was fetched"]
    if unfinished:
        why.append(f"{unfinished} pages could not be wholly stored or followed; the log says why")
    for name, site in counts.sites.items():
        why += _site_faults(name, site, past.get(name, {}))
    return ("degraded" if why else "ok"), why


def shares_of(site: SiteCounts) -> Shares:
    """Shares of a site's pages, comparable between crawls; empty when there were too few pages."""
    if site.pages < ENOUGH:
        return {}
    return {name: getattr(site, name) / site.pages for name in ("with_related", "with_date", "with_text")}


def _site_faults(name: str, site: SiteCounts, past: Shares) -> list[str]:
    faults = []
    asked = site.pages + site.failed
    if asked >= ENOUGH and site.failed / asked > MAX_FAILED:
        faults.append(f"{name}: {site.failed} of {asked} pages failed")
    now = shares_of(site)
    words = {"with_related": "related links", "with_text": "text", "with_date": "a date"}
    for field, bound in (("with_related", MIN_RELATED), ("with_text", MIN_TEXT), ("with_date", 0.0)):
        if field not in now:
            continue
        if now[field] < bound:
            faults.append(f"{name}: only {now[field]:.0%} of {site.pages} pages have {words[field]}")
        elif field in past and past[field] - now[field] > MAX_DROP:
            faults.append(f"{name}: {now[field]:.0%} of pages have {words[field]}, {past[field]:.0%} had before")
    return faults
