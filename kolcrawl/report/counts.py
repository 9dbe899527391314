"""What a crawl found, counted as it is stored. Pure; the report, the progress line and the run's document read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kolcrawl.items import GONE_NOTICES, SHARED_TEXT
from kolcrawl.report.foreign_stories import ON_TOPIC, ForeignStories
from kolcrawl.report.link_cuts import LinkCuts
from kolcrawl.report.new_stories import NewStories
from kolcrawl.report.shared_sentences import SharedSentences

if TYPE_CHECKING:
    from datetime import datetime

    from kolcrawl.items import StoryItem

MAX_COUNTED_SITES = 2_000  # sites counted apart; a crawl of the open web must not grow the run's document without end
OTHER_SITES = "(other sites)"
COPIED_SHARE, COMMON_SHARE = 0.8, 0.5  # of a text that stands in other stories of its site
BUDGET_REASONS = ("budget", "site_budget")
MAX_KNOWN_STORIES = 300_000  # whose second visit in the crawl is noticed, in some 30 MB


@dataclass(slots=True)
class SiteCounts:
    """Counts of one site in one crawl."""

    pages: int = 0
    """Stories read."""
    unchanged: int = 0
    """Stories that the server said are as they were at an earlier visit."""
    with_related: int = 0
    with_title: int = 0
    with_date: int = 0
    with_text: int = 0
    copied_text: int = 0
    """Stories whose text stands in another story of the site nearly whole."""
    common_text: int = 0
    """Stories of whose text more than half stands in other stories of the site, those of `copied_text` not counted."""
    shared_text: int = 0
    """Stories whose only text was that of most pages of the site, which is not stored."""
    failed: int = 0
    gone: int = 0
    notices: int = 0
    """Stories gone by a notice in their place, which the site served as a page."""

    @property
    def judged(self) -> int:
        """Pages that say how a crawl went: read, unchanged or failed; what is gone from the web is no one's fault."""
        return self.pages + self.unchanged + self.failed

    @property
    def answered(self) -> int:
        """Pages that were asked for: those that say how a crawl went, and those that are gone."""
        return self.judged + self.gone

    def row(self, site: str) -> dict[str, str | int]:
        """Make the entry of `sites` in the run's document."""
        return {"site": site} | {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class CrawlCounts:
    """Counts of one crawl."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """Visits by outcome."""
    repeats: int = 0
    """Visits that read a story which the crawl had read by another address; they count nowhere but in `outcomes`."""
    links_left_out: int = 0
    """Links that are too long, or beyond what is kept of one page."""
    failure_reasons: Counter[str] = field(default_factory=Counter)
    """Reasons of the outcomes `failed` and `gone`."""
    gone_reasons: Counter[str] = field(default_factory=Counter)
    """Those of them that are of the outcome `gone`."""
    skip_reasons: Counter[str] = field(default_factory=Counter)
    """Reasons of the outcome `skipped`: pages that budget or robots.txt kept from being asked for, or that were outside
    the scope when they had been read."""
    link_cuts: LinkCuts = field(default_factory=LinkCuts)
    """Stories that no link led to which is followed."""
    links: Counter[str] = field(default_factory=Counter)
    """Links by kind."""
    sites: dict[str, SiteCounts] = field(default_factory=dict)
    on_topic: int = 0
    """Stories read whose relevance is `ON_TOPIC` or more."""

    not_due: int = 0
    """Stories of earlier crawls that were not asked for, as their time has not come, or `refresh` is `none`."""
    next_due: datetime | None = None
    """When the first of these is due, if there are any."""

    dead_end_seeds: Counter[str] = field(default_factory=Counter)
    """Seeds that lead nowhere, by what is wrong: `no_article`, or `no_list` of the kinds that are followed."""
    first_dead_end: str | None = None
    """URL of the first of these seeds."""
    foreign: ForeignStories = field(default_factory=ForeignStories)
    """Stories in other languages than the seeds'."""
    new_stories: NewStories = field(default_factory=NewStories)
    """Stories that no earlier crawl had read."""
    _sentences: SharedSentences = field(default_factory=SharedSentences, repr=False)
    _read: set[bytes] = field(default_factory=set, repr=False)
    """Keys of the stories that were read, at most `MAX_KNOWN_STORIES`."""

    def add(self, item: StoryItem) -> None:
        """Count one visit."""
        self.outcomes[item.outcome] += 1
        if item.discovered_kind == "seed" and (wrong := _dead_end(item)):
            self.dead_end_seeds[wrong] += 1
            self.first_dead_end = self.first_dead_end or item.requested_url
        if item.outcome == "skipped":
            self.skip_reasons[item.reason or "other"] += 1
            return
        if item.outcome in ("fetched", "unchanged") and self._is_repeat(item):
            self.repeats += 1
            return
        if item.outcome in ("fetched", "unchanged"):
            self.new_stories.add(item)
        if item.reason:
            self.failure_reasons[item.reason] += 1
            self.gone_reasons[item.reason] += item.outcome == "gone"
        name = item.site if item.site in self.sites or len(self.sites) < MAX_COUNTED_SITES else OTHER_SITES
        site = self.sites.setdefault(name, SiteCounts())
        if item.outcome == "failed":
            site.failed += 1
            return
        site.gone += item.outcome == "gone"
        site.notices += item.outcome == "gone" and item.reason in GONE_NOTICES
        if item.outcome == "unchanged":
            site.unchanged += 1
        if item.outcome == "fetched":
            self.links.update(link.kind for link in item.links)
            self.links_left_out += item.links_left_out
            self.on_topic += (item.relevance or 0.0) >= ON_TOPIC
            site.pages += 1
            site.with_related += any(link.kind == "related" for link in item.links)
            site.with_title += item.title is not None
            site.with_date += item.published_at is not None
            site.with_text += bool(item.text)
            self._compare(site, item)
            site.shared_text += not item.text and item.sources.get("text") == SHARED_TEXT

    def _compare(self, site: SiteCounts, item: StoryItem) -> None:
        """Count what the text has of others of its site; note its language."""
        self.foreign.add(item)
        if item.text:
            share = self._sentences.share(item.site, item.text)
            site.copied_text += share >= COPIED_SHARE
            site.common_text += COMMON_SHARE < share < COPIED_SHARE

    def _is_repeat(self, item: StoryItem) -> bool:
        """Tell whether the crawl read the story before; note that it has now, under all its keys."""
        keys = {bytes.fromhex(key) for key in (item.key, item.known_key, *item.known_as) if key}
        repeated = not keys.isdisjoint(self._read)
        if len(self._read) < MAX_KNOWN_STORIES:
            self._read |= keys
        return repeated

    @property
    def unchanged(self) -> int:
        """Stories that the server said are as they were."""
        return sum(site.unchanged for site in self.sites.values())

    @property
    def fetched(self) -> int:
        """Stories read, each once, by however many addresses it was reached."""
        return self.outcomes["fetched"] + self.outcomes["unchanged"] - self.repeats - self.unchanged

    def correct_links(self, before: Counter[str], item: StoryItem) -> None:
        """Count the links of a story that was read as they are judged now.

        Args:
            before: its links by kind, as they were counted.
            item: the story with its links of now.
        """
        self.links.subtract(before)
        self.links.update(link.kind for link in item.links)

    def take_back(self, site: str, reason: str) -> None:
        """Count a story that was read as failed after all: a short page with title and text, and without a date."""
        self.outcomes.update(fetched=-1, failed=1)
        self.failure_reasons[reason] += 1
        counts = self.sites.get(site) or self.sites.setdefault(OTHER_SITES, SiteCounts())
        counts.failed += 1
        for name in ("pages", "with_title", "with_text"):
            setattr(counts, name, max(0, getattr(counts, name) - 1))

    def add_not_due(self, next_visit_at: datetime | None) -> None:
        """Count a story that is not asked for in this crawl.

        Args:
            next_visit_at: when it is due.
        """
        self.not_due += 1
        if next_visit_at is not None:
            self.next_due = min(self.next_due or next_visit_at, next_visit_at)

    @property
    def nothing_requested(self) -> bool:
        """Whether no page was requested: none waited, or the budget was spent."""
        budget_cuts = sum(self.skip_reasons[reason] for reason in BUDGET_REASONS)
        return not self.failure_reasons and self.outcomes.total() == budget_cuts

    @property
    def skipped(self) -> dict[str, int]:
        """Stories that were seen and not read, by reason, most frequent first."""
        return dict((self.skip_reasons + self.link_cuts.reasons).most_common())

    @property
    def failures(self) -> dict[str, int]:
        """Failed and gone visits by reason, most frequent first."""
        return dict(self.failure_reasons.most_common())


def _dead_end(item: StoryItem) -> str | None:
    """Find why a seed leads nowhere; None if it leads on, or could not be fetched."""
    if item.outcome == "failed":
        return "no_article" if item.reason == "no_article" else None
    read = item.outcome in ("fetched", "unchanged")
    return "no_list" if read and all(link.skipped == "kind" for link in item.links) else None
