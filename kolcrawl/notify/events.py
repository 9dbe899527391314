"""Which events happened: to the crawl, to the sites that refused pages, and to stories, as the network tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kolcrawl.network import changed_stories
from kolcrawl.notify.notifications import PAGES_REFUSED, CrawlEvent, safe_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kolcrawl.network import Network
    from kolcrawl.notify.notifications import EventName
    from kolcrawl.report.counts import CrawlCounts
    from kolcrawl.report.story_changes import ChangeKind

REFUSAL_REASONS: Final = frozenset(
    {"blocked", "http_401", "http_403", "http_412", "http_418", "http_429", "http_451", "http_999", "site_paused"}
)
"""Reasons of failure by which a site refuses a crawler."""
MIN_REFUSALS: Final = 3  # of a site that has answered other pages; fewer are dead or private pages
EVENT_BATCH: Final = 1000  # stories that are read at a time
_FURTHER_CHANGES: Final[dict[EventName, ChangeKind]] = {"text_changed": "rewritten", "story_returned": "returned"}


def crawl_events(quality: str, why: Iterable[str]) -> list[CrawlEvent]:
    """List the event of a crawl that failed or is degraded; none for a crawl that went well.

    Args:
        quality: `ok`, `degraded` or `failed`.
        why: what is wrong, one line each.
    """
    lines = tuple(safe_line(line) for line in why)
    if quality == "failed":
        return [CrawlEvent(event="crawl_failed", detail=lines)]
    return [CrawlEvent(event="crawl_degraded", detail=lines)] if quality == "degraded" else []


def blocked_events(refused: Mapping[str, int], counts: CrawlCounts) -> list[CrawlEvent]:
    """List an event for each site that blocks the crawler.

    Args:
        refused: by site, the pages that failed for one of `REFUSAL_REASONS`.
        counts: counts of the whole crawl.
    """
    events = []
    for site, pages in sorted(refused.items()):
        row = counts.sites.get(site)
        answered = row.pages + row.unchanged if row else 0
        if pages >= MIN_REFUSALS or not answered:
            detail = (PAGES_REFUSED.format(n=pages, total=answered + pages),)
            events.append(CrawlEvent(event="site_blocked", site=site, detail=detail))
    return events


def story_event(event: EventName, story: Mapping[str, Any], before: str | None = None) -> CrawlEvent:
    """Describe what happened to a story.

    Args:
        story: its document.
        before: the earlier title, of `title_changed`.
    """
    return CrawlEvent(
        event=event,
        site=story.get("site"),
        url=story.get("url"),
        key=story.get("_id"),
        title=safe_line(story.get("title") or ""),
        before=safe_line(before) if before else None,
        relevance=story.get("relevance"),
    )


def story_events(network: Network, crawl: str, visited: Mapping[str, bool]) -> Iterator[CrawlEvent]:
    """Find what a crawl saw new, changed or gone among the stories that it visited.

    Args:
        crawl: id of the crawl.
        visited: keys of the stories; True for those that are relevant enough to be notified when they are new.
    """
    run = network.db.crawls.find_one({"_id": crawl}, {"started_at": 1})
    if run is None:
        return
    keys = list(visited)
    for start in range(0, len(keys), EVENT_BATCH):
        stories = list(network.stories_by_key(keys[start : start + EVENT_BATCH], with_text=False))
        for story in stories:
            if story["status"] == "fetched" and visited.get(story["_id"]) and not _read_before(network, story, run):
                yield story_event("new_story", story)
        for change in network.timeline(story["_id"] for story in stories if story["visits"] > 1):
            if change.at < run["started_at"]:
                continue
            if change.what == "gone":
                yield story_event("story_gone", change.story)
            elif change.what == "changed" and change.detail.get("title"):
                yield story_event("title_changed", change.story, change.detail["title"])
    found = [seen for seen in changed_stories(network, crawl=crawl) if seen.key in visited]
    for event, kind in _FURTHER_CHANGES.items():
        for seen in (seen for seen in found if kind in seen.what):
            told = {"_id": seen.key, "site": seen.site, "url": seen.url, "title": seen.title}
            yield story_event(event, told)


def _read_before(network: Network, story: Mapping[str, Any], run: Mapping[str, Any]) -> bool:
    """Check whether a story was read before a run began; a story whose visits had all failed is still new."""
    earlier = {"story": story["_id"], "at": {"$lt": run["started_at"]}, "outcome": {"$in": ["fetched", "unchanged"]}}
    return story["visits"] > 1 and network.db.visits.find_one(earlier, {"_id": 1}) is not None
