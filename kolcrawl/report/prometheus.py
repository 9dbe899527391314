"""A crawl's figures as metrics of Prometheus. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from kolcrawl.items import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prometheus_client import CollectorRegistry

    from kolcrawl.report.counts import CrawlCounts

QUALITIES = ("ok", "degraded", "failed")
FRONTIER_FIGURES = {
    "workers": "Workers on the shared frontier",
    "pending": "Requests that wait or are leased",
    "leased": "Requests that are leased",
    "oldest_lease": "Seconds since the lease was renewed that was renewed longest ago",
    "acknowledged": "Requests that were processed",
    "expired": "Leases that have run out",
    "hosts": "Hosts with requests",
    "dead": "Dead letters",
    "spent": "Pages that the budget was spent on",
}
"""Figures of a shared frontier, as the statistics `frontier/NAME` have them."""


def crawl_metrics(
    counts: CrawlCounts,
    labels: Mapping[str, str],
    *,
    started: float,
    now: float,
    quality: str | None = None,
    frontier: Mapping[str, float] | None = None,
) -> CollectorRegistry:
    """Collect the metrics of one crawl, all gauges, in a registry of their own.

    Args:
        labels: labels that every metric bears, e.g. the spider.
        started, now: seconds since the epoch.
        quality: `ok`, `degraded` or `failed`; None while the crawl runs.
        frontier: figures of a shared frontier by name, over all its workers.
    """
    from prometheus_client import CollectorRegistry, Gauge

    registry = CollectorRegistry()

    def single(name: str, description: str, value: float) -> None:
        Gauge(f"kolcrawl_crawl_{name}", description, list(labels), registry=registry).labels(**labels).set(value)

    def family(name: str, description: str, label: str, values: Mapping[str, float]) -> None:
        gauge = Gauge(f"kolcrawl_crawl_{name}", description, [*labels, label], registry=registry)
        for value, number in values.items():
            gauge.labels(**labels, **{label: value}).set(number)

    single("running", "Whether the latest crawl is under way.", quality is None)
    single("started_timestamp_seconds", "When the latest crawl began.", started)
    single("updated_timestamp_seconds", "When these figures were written; the end, of a crawl that is over.", now)
    if quality is not None:
        judged = {name: float(name == quality) for name in QUALITIES}
        family("quality", "1 for how the latest crawl went.", "quality", judged)
    visits = {outcome: counts.outcomes[outcome] for outcome in get_args(Outcome)}  # zeros, too: rules divide by them
    family("visits", "Pages of the latest crawl by outcome.", "outcome", visits)
    family("skipped", "Stories that the latest crawl saw and did not read, by reason.", "reason", counts.skipped)
    family("failures", "Failed and gone pages of the latest crawl by reason.", "reason", counts.failures)
    family("links", "Links of the latest crawl by kind.", "kind", counts.links)
    single("stories_on_topic", "Stories of the latest crawl that are on its topic.", counts.on_topic)
    for name, value in (frontier or {}).items():
        single(f"frontier_{name}", f"{FRONTIER_FIGURES[name]}, over all workers of the latest crawl.", value)
    return registry
