"""What a crawl found, counted as it is stored. Pure; the report, the progress line and the run's document read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem

MAX_SITES = 2_000  # rows kept apart; a crawl of the open web must not grow the run's document without end
REST = "(other sites)"
ON_TOPIC = 0.5
BUDGETS = ("budget", "site_budget")


@dataclass(slots=True)
class SiteTally:
    """One site's row."""

    pages: int = 0
    """Stories read."""
    unchanged: int = 0
    """Stories that the server said are as they were at an earlier visit."""
    with_related: int = 0
    with_title: int = 0
    with_date: int = 0
    with_text: int = 0
    failed: int = 0
    gone: int = 0

    def row(self, site: str) -> dict[str, str | int]:
        """As stored in the run's document."""
        return {"site": site} | {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Tally:
    """Counts of one crawl."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Of outcomes `failed` and `gone`."""
    cuts: Counter[str] = field(default_factory=Counter)
    """Reasons of outcome `skipped`: what scope, budget or robots.txt kept out."""
    links: Counter[str] = field(default_factory=Counter)
    """By kind."""
    sites: dict[str, SiteTally] = field(default_factory=dict)
    on_topic: int = 0
    """Stories read whose relevance is `ON_TOPIC` or more."""

    barren: Counter[str] = field(default_factory=Counter)
    """Seeds that lead nowhere, by what is wrong: `no_article`, or `no_list` of the kinds that are followed."""
    barren_seed: str | None = None
    """URL of the first of them."""

    def add(self, item: StoryItem) -> None:
        """Count one visit."""
        self.outcomes[item.outcome] += 1
        if item.discovered_kind == "seed" and (wrong := _barren(item)):
            self.barren[wrong] += 1
            self.barren_seed = self.barren_seed or item.requested_url
        if item.outcome == "skipped":
            self.cuts[item.reason or "other"] += 1
            return
        if item.reason:
            self.reasons[item.reason] += 1
        name = item.site if item.site in self.sites or len(self.sites) < MAX_SITES else REST
        site = self.sites.setdefault(name, SiteTally())
        if item.outcome == "failed":
            site.failed += 1
            return
        site.gone += item.outcome == "gone"
        if item.outcome == "unchanged":
            site.unchanged += 1
        if item.outcome == "fetched":
            self.links.update(link.kind for link in item.links)
            self.on_topic += (item.relevance or 0.0) >= ON_TOPIC
            site.pages += 1
            site.with_related += any(link.kind == "related" for link in item.links)
            site.with_title += item.title is not None
            site.with_date += item.published_at is not None
            site.with_text += bool(item.text)

    @property
    def idle(self) -> bool:
        """Whether no page was asked for: there was none, or the budget was spent."""
        return not self.reasons and self.outcomes.total() == sum(self.cuts[name] for name in BUDGETS)

    @property
    def failures(self) -> dict[str, int]:
        """Failed and gone visits by reason, most frequent first."""
        return dict(self.reasons.most_common())


def _barren(item: StoryItem) -> str | None:
    """What keeps a seed from leading on; None if nothing does, or if it could not be had."""
    if item.outcome == "failed":
        return "no_article" if item.reason == "no_article" else None
    read = item.outcome in ("fetched", "unchanged")
    return "no_list" if read and all(link.skipped == "kind" for link in item.links) else None


def counted(n: int, one: str, many: str) -> str:
    """`1 story`, `20 stories`."""
    return f"{n} {one if n == 1 else many}"


def took(seconds: float) -> str:
    """`4.2 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
