"""What follows from the visits to one story: its status, its counts, its links, its earlier versions. Pure.

Everything in `stories`, `links` and `revisions` that can change with a visit is a function of the *set* of visits
to the story, so the order in which visits are written, and how often, cannot matter. The rules:

- A page state is a visit that shows what was on the page: `fetched`, `unchanged` (the links of the visit that it
  `confirms`: `complete_visits`), and `gone` (no page, hence no links; but a notice in the place of the story, reason
  `withdrawn` or `site_closed`, leaves its links as they were at the last good reading).
- A page that was sent again as it was (`sent_again`) confirms the one that read it, as one answered `unchanged` does.
- A list that many pages show (`shared_lists`) counts as one link, whose target is the list.
- A link is active if the latest page state shows it; its place and words are those of its latest observation.
- Page states at the end of the history that were answered `unchanged`, with the links of the state before, only confirm
  what that one showed: they are counted once for the story (`confirmations`) and for none of its links, so that such a
  visit writes no link. They count for the links as soon as another state follows.
- `status` is that of the latest page state (`fetched` or `gone`); a story that never had one is `failed` or
  `skipped` by its latest visit. So a failed visit never takes the status or the text from a story once read; it
  is recorded in `last_visit`.
- A revision is found by a page state whose content hash differs from that of the page state before, and by the
  first `gone` after a page. `revisions` counts the former. None is found where the title and the page's own text
  (`text_hash`) are the same: then only what was known of the site's shared lines differs (`site_texts`).
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
    page: str | None = None
    """Id of the visit that showed what the story shows; None where its latest version and its links are of two."""
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
    walk = VisitWalk(story)
    for visit in sorted(visits, key=visit_order):
        walk.step(visit)
    return walk.history()


@dataclass(slots=True)
class VisitWalk:
    """Walks through the visits to a story in their order; what it holds after each can be stored (`folding`)."""

    story: str
    visits: int = 0
    first_at: datetime | None = None
    depth: int | None = None
    """The least of all visits that hold one."""
    latest: Mapping[str, Any] | None = None
    deciding: Mapping[str, Any] | None = None
    """The latest page state."""
    content: Mapping[str, Any] | None = None
    before: Mapping[str, Any] | None = None
    """The latest page with a known version."""
    page: str | None = None
    """Id of the visit that showed the links of `shown`; None where no page is shown."""
    page_exists: bool = False
    fetched_at: datetime | None = None
    pages: int = 0
    failures: int = 0
    revisions: int = 0
    relevance: float | None = None
    confirmations: int = 0
    confirmed_at: datetime | None = None
    confirms_unapplied: bool = False
    shown: dict[LinkEnd, Mapping[str, Any]] = field(default_factory=dict)
    links: dict[LinkEnd, LinkHistory] = field(default_factory=dict)
    touched: set[LinkEnd] = field(default_factory=set)
    changes: list[VersionChange] = field(default_factory=list)

    def step(self, visit: Mapping[str, Any]) -> None:
        """Take the next visit."""
        self.visits += 1
        self.first_at = min(self.first_at or visit["at"], visit["at"])
        depths = [depth for depth in (self.depth, visit.get("depth")) if depth is not None]
        self.depth = min(depths, default=None)
        self.latest = visit
        if visit["outcome"] in (*READ_OUTCOMES, "gone"):
            self._take_state(visit)
        elif visit["outcome"] == "failed" and (self.deciding is None or visit["at"] > self.deciding["at"]):
            self.failures += 1

    def settle_confirmations(self) -> None:
        """Count visits at the end that confirmed the links shown for these: another story's states come between."""
        self._count_confirmations(self.shown)

    def history(self) -> StoryHistory:
        """Return what follows from the visits so far.

        Raises:
            ValueError: there was none.
        """
        if self.latest is None or self.first_at is None:
            raise ValueError("a story without a visit has no history")
        deciding = self.deciding or self.latest
        status = "fetched" if deciding["outcome"] in READ_OUTCOMES else deciding["outcome"]
        for end, link in self.links.items():
            link.active = end in self.shown
        return StoryHistory(
            visits=self.visits,
            status=status,
            reason=None if status == "fetched" else deciding["reason"],
            redirected_to=self.latest.get("redirected_to"),
            latest=self.latest,
            content=self.content,
            fetched_at=self.fetched_at,
            revisions=self.revisions,
            first_at=self.first_at,
            pages=self.pages,
            failures=self.failures,
            relevance=self.relevance,
            confirmations=self.confirmations,
            confirmed_at=self.confirmed_at,
            page=self.page if self.content and self.page == _page_of(self.content) else None,
            changes=self.changes,
            links=self.links,
            touched_links=self.touched,
        )

    def _take_state(self, visit: Mapping[str, Any]) -> None:
        self.failures = 0
        self.deciding = visit
        if visit["outcome"] in READ_OUTCOMES:
            self.pages += 1
            self.fetched_at = visit["at"]
            if visit["outcome"] == "fetched":
                self.content = visit
            if visit.get("relevance") is not None:
                self.relevance = visit["relevance"]
        self._note_change(visit)
        if visit["outcome"] != "gone" or visit["reason"] not in GONE_NOTICES:
            self._take_links(visit)

    def _note_change(self, visit: Mapping[str, Any]) -> None:
        if visit["outcome"] == "gone":
            if self.page_exists and self.before:
                self.changes.append(VersionChange(visit, self.before, ["gone"]))
            self.page_exists = False
            return
        self.page_exists = True
        if visit["content_hash"] is None:
            return
        if self.before and is_other_version(visit, self.before):
            self.changes.append(VersionChange(visit, self.before, differing_parts(visit, self.before)))
            self.revisions += 1
        self.before = visit

    def _take_links(self, visit: Mapping[str, Any]) -> None:
        may_confirm = visit["outcome"] == "unchanged" or "confirms" in visit
        if may_confirm and (_page_of(visit) == self.page or links_of(self.story, visit) == self.shown):
            self.confirmations += 1
            self.confirmed_at = visit["at"]
            self.confirms_unapplied |= "unapplied" in visit
            return
        before, self.shown = self.shown, links_of(self.story, visit)
        self.page = None if visit["outcome"] == "gone" else _page_of(visit)
        self._count_confirmations(before)
        for end, link in self.shown.items():
            known = self.links.get(end)
            if known is None:
                self.links[end] = LinkHistory(link, visit["crawl"], visit["at"], visit["at"], 1)
            else:
                known.latest, known.last_seen = link, max(known.last_seen, visit["at"])
                known.seen_count += 1
        if "unapplied" in visit:
            self.touched.update(before, self.shown)

    def _count_confirmations(self, shown: Iterable[LinkEnd]) -> None:
        """Count visits that confirmed some links for these, since another state follows."""
        if self.confirmed_at is None:
            return
        ends = list(shown)
        for end in ends:
            self.links[end].seen_count += self.confirmations
            self.links[end].last_seen = self.confirmed_at
        if self.confirms_unapplied:
            self.touched.update(ends)
        self.confirmations, self.confirmed_at, self.confirms_unapplied = 0, None, False


def _page_of(visit: Mapping[str, Any]) -> str:
    """Return the id of the visit that has what a visit's page showed."""
    name: str = visit.get("confirms") or visit["_id"]
    return name


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


def is_other_version(visit: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Tell whether a page shows another version of the story than an earlier one did."""
    if visit["content_hash"] == before["content_hash"]:
        return False
    text = visit.get("text_hash")
    return text is None or (text, visit.get("title")) != (before.get("text_hash"), before.get("title"))


def differing_parts(visit: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Name the parts of a story in which two of its versions differ, as revisions name them."""
    facts = ("title", "text_hash", "published_at")
    differing = [name.removesuffix("_hash") for name in facts if visit.get(name) != before.get(name)]
    if not {"title", "text"} & set(differing):
        differing.insert(0, "text")
    return differing
