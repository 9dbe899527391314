"""What follows from the visits to one story: its status, its counts, its links, its earlier versions. Pure.

Everything in `stories`, `links` and `revisions` that can change with a visit is a function of the *set* of visits
to the story, so the order in which visits are written, and how often, cannot matter. The rules:

- A page state is a visit that shows what was on the page: `fetched`, `unchanged` (the links of the visit that it
  `confirms`: `complete_visits`), and `gone` (no page, hence no links; but a notice in the place of the story, reason
  `withdrawn` or `site_closed`, leaves its links as they were at the last good reading).
- A list that many pages show (`shared_lists`) counts as one link, whose target is the list.
- A link is active if the latest page state shows it; its place and words are those of its latest observation.
- Page states at the end of the history that were answered `unchanged`, with the links of the state before, only confirm
  what that one showed: they are counted once for the story (`confirmations`) and for none of its links, so that such a
  visit writes no link. They count for the links as soon as another state follows.
- `status` is that of the latest page state (`fetched` or `gone`); a story that never had one is `failed` or
  `skipped` by its latest visit. So a failed visit never takes the status or the text from a story once read; it
  is recorded in `last_visit`.
- A revision is found by a page state whose content hash differs from that of the page state before, and by the
  first `gone` after a page. `revisions` counts the former.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kolcrawl.items import GONE_NOTICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from kolcrawl.store.bson_types import Document

LinkEnd = tuple[str, str]
"""Key of the target or id of the list, and kind."""

READ_OUTCOMES = ("fetched", "unchanged")
"""Outcomes of visits that had the page."""


@dataclass(slots=True)
class LinkHistory:
    """One link of the story, over all its visits but those that only confirm the last state (`confirmations`)."""

    latest: Mapping[str, Any]
    """The link as at its latest observation: `heading`, `position`, `anchor`..."""
    crawl: str
    """The crawl that first saw it."""
    first_seen: datetime
    last_seen: datetime
    seen_count: int
    active: bool = False


@dataclass(slots=True)
class VersionChange:
    """A visit that found another version than the one before, or no page any more."""

    visit: Mapping[str, Any]
    before: Mapping[str, Any]
    """The latest visit before it that had a page: it holds the earlier title, hash and publication time."""
    changed: list[str]


@dataclass(slots=True)
class StoryHistory:
    """What follows from all visits to a story."""

    visits: int
    status: str
    reason: str | None
    redirected_to: str | None
    """Where the address led at the latest visit, if not to the story."""
    latest: Mapping[str, Any]
    """The latest visit."""
    content: Mapping[str, Any] | None
    """The latest `fetched` visit: whose title, text and facts the story shows."""
    fetched_at: datetime | None
    """When its page was last had (`fetched` or `unchanged`)."""
    revisions: int
    first_at: datetime
    """The earliest visit."""
    pages: int
    """Visits that had the page."""
    failures: int
    """Failed visits since the last page state."""
    relevance: float | None
    """Of the story, by the latest page whose relevance was judged."""
    confirmations: int = 0
    """Visits at the end that only confirm what the state before them showed."""
    confirmed_at: datetime | None = None
    """The latest of them."""
    changes: list[VersionChange] = field(default_factory=list)
    links: dict[LinkEnd, LinkHistory] = field(default_factory=dict)
    touched_links: set[LinkEnd] = field(default_factory=set)
    """Links whose state a visit that is not yet applied may have changed."""


def derive(story: str, visits: Iterable[Mapping[str, Any]]) -> StoryHistory:
    """Derive everything that follows from the visits to a story.

    Args:
        story: its key; links of the story to itself (under an address found to be its own) are left out.
        visits: all its visits, at least one, in any order. Those with `unapplied` are not yet applied.
    """
    ordered = sorted(visits, key=visit_order)
    latest = ordered[-1]
    states = [visit for visit in ordered if visit["outcome"] in (*READ_OUTCOMES, "gone")]
    pages = [visit for visit in states if visit["outcome"] in READ_OUTCOMES]
    deciding = states[-1] if states else latest
    status = "fetched" if deciding["outcome"] in READ_OUTCOMES else deciding["outcome"]
    changes = list(_changes(states))
    history = StoryHistory(
        visits=len(ordered),
        status=status,
        reason=None if status == "fetched" else deciding["reason"],
        redirected_to=latest.get("redirected_to"),
        latest=latest,
        content=next((visit for visit in reversed(pages) if visit["outcome"] == "fetched"), None),
        fetched_at=pages[-1]["at"] if pages else None,
        revisions=sum(change.changed != ["gone"] for change in changes),
        first_at=ordered[0]["at"],
        pages=len(pages),
        failures=sum(visit["outcome"] == "failed" for visit in ordered if not states or visit["at"] > states[-1]["at"]),
        relevance=next((value for page in reversed(pages) if (value := page.get("relevance")) is not None), None),
        changes=changes,
    )
    _add_links(history, story, states)
    return history


def visit_order(visit: Mapping[str, Any]) -> tuple[datetime, str]:
    """Order visits by time; those of one millisecond in a fixed way."""
    return visit["at"], visit["_id"]


def links_of(story: str, visit: Mapping[str, Any]) -> dict[LinkEnd, Mapping[str, Any]]:
    """Return the links that a visit saw, one for each target and kind: the first on the page stands for all."""
    if visit["outcome"] not in READ_OUTCOMES:
        return {}
    links: dict[LinkEnd, Mapping[str, Any]] = {}
    for link in visit["links"]:
        if link["to"] != story:
            links.setdefault((link["to"], link["kind"]), link)
    for entry in visit.get("lists", ()):
        links.setdefault((entry["list"], entry["kind"]), entry)
    return links


CONFIRMED_PARTS = ("content_hash", "text_hash", "title", "published_at", "links", "lists")
"""What a visit that was answered `unchanged` has of the visit that it confirms."""


def complete_visits(visits: Iterable[Document], confirmed: Mapping[str, Mapping[str, Any]]) -> None:
    """Give visits that were answered `unchanged` what the page showed, in place.

    Args:
        visits: any; those that confirm no other stay as they are.
        confirmed: visits by id, among them those that are confirmed.
    """
    for visit in visits:
        if (page := confirmed.get(visit.get("confirms") or "")) is not None:
            visit.update((name, page[name]) for name in CONFIRMED_PARTS if name in page)


def _changes(states: list[Mapping[str, Any]]) -> Iterable[VersionChange]:
    before: Mapping[str, Any] | None = None  # the latest page with a known version
    page_exists = False
    for state in states:
        if state["outcome"] == "gone":
            if page_exists and before:
                yield VersionChange(state, before, ["gone"])
            page_exists = False
            continue
        page_exists = True
        if state["content_hash"] is None:
            continue
        if before and state["content_hash"] != before["content_hash"]:
            facts = ("title", "text_hash", "published_at")
            differing = [name.removesuffix("_hash") for name in facts if state.get(name) != before.get(name)]
            if not {"title", "text"} & set(differing):
                differing.insert(0, "text")
            yield VersionChange(state, before, differing)
        before = state


def _add_links(history: StoryHistory, story: str, states: list[Mapping[str, Any]]) -> None:
    shown: dict[LinkEnd, Mapping[str, Any]] = {}
    confirming: list[Mapping[str, Any]] = []
    for state in states:
        if state["outcome"] == "gone" and state["reason"] in GONE_NOTICES:
            continue
        before, shown = shown, links_of(story, state)
        if state["outcome"] == "unchanged" and shown == before:
            confirming.append(state)
            continue
        _count_confirmations(history, before, confirming)
        confirming = []
        for end, link in shown.items():
            known = history.links.get(end)
            if known is None:
                history.links[end] = LinkHistory(link, state["crawl"], state["at"], state["at"], 1)
            else:
                known.latest, known.last_seen = link, state["at"]
                known.seen_count += 1
        if "unapplied" in state:
            history.touched_links.update(before, shown)
    for end in shown:
        history.links[end].active = True
    history.confirmations = len(confirming)
    history.confirmed_at = confirming[-1]["at"] if confirming else None


def _count_confirmations(history: StoryHistory, shown: Iterable[LinkEnd], confirming: list[Mapping[str, Any]]) -> None:
    """Count visits that confirmed some links for these, since another state follows."""
    if not confirming:
        return
    for end in shown:
        history.links[end].seen_count += len(confirming)
        history.links[end].last_seen = confirming[-1]["at"]
    if any("unapplied" in state for state in confirming):
        history.touched_links.update(shown)
