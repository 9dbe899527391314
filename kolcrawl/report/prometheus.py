"""A crawl's figures as text for Prometheus (exposition format 0.0.4). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kolcrawl.report.counts import Tally

QUALITIES = ("ok", "degraded", "failed")


def metrics(tally: Tally, labels: Mapping[str, str], *, started: float, now: float, quality: str | None = None) -> str:
    """The text of one file.

    Args:
        labels: that each line bears, e.g. the spider.
        started, now: seconds since the epoch.
        quality: `ok`, `degraded` or `failed`; None while the crawl runs.
    """
    lines: list[str] = []

    def gauge(name: str, told: str, values: Mapping[tuple[str, str] | None, float]) -> None:
        lines.extend((f"# HELP kolcrawl_{name} {told}", f"# TYPE kolcrawl_{name} gauge"))
        for further, value in values.items():
            pairs = [*labels.items(), *([further] if further else [])]
            inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in pairs)
            lines.append(f"kolcrawl_{name}{{{inner}}} {value:.17g}")

    gauge("crawl_running", "Whether the latest crawl is under way.", {None: quality is None})
    gauge("crawl_started_timestamp_seconds", "When the latest crawl began.", {None: started})
    gauge("crawl_updated_timestamp_seconds", "When these figures were written; the end, of a crawl that is over.",
          {None: now})  # fmt: skip
    if quality is not None:
        told = "1 for how the latest crawl went."
        gauge("crawl_quality", told, {("quality", name): float(name == quality) for name in QUALITIES})
    gauge("crawl_visits", "Pages of the latest crawl by outcome.",
          {("outcome", name): n for name, n in sorted(tally.outcomes.items())})  # fmt: skip
    gauge("crawl_failures", "Failed and gone pages of the latest crawl by reason.",
          {("reason", name): n for name, n in sorted(tally.failures.items())})  # fmt: skip
    gauge("crawl_links", "Links of the latest crawl by kind.",
          {("kind", name): n for name, n in sorted(tally.links.items())})  # fmt: skip
    gauge("crawl_stories_on_topic", "Stories of the latest crawl that are on its topic.", {None: tally.on_topic})
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
