"""Setting stories and links as they are today back to what was seen of them up to a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from kolcrawl.store.read.reader import count_confirmations
from kolcrawl.store.write.documents import link_id
from kolcrawl.text.normalize import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.derive import StoryHistory
    from kolcrawl.store.read.records import Link, Story

# what only a page that was read shows, and an unread stub lacks
PAGE_FIELDS: Mapping[str, Any] = {
    "published_at": None,
    "published": None,
    "modified_at": None,
    "authors": [],
    "origin": None,
    "lang": None,
    "text": None,
    "excerpt": None,
    "text_chars": 0,
    "tags": [],
    "content_hash": None,
    "fetched_at": None,
}
UNPROMISED_PAGE_FIELDS = ("raw_title", "sources", "noindex")


class PastObservation(NamedTuple):
    """What a visit shows of a story's existence; None for what visits of an older version do not hold."""

    at: datetime
    depth: int | None
    topic: float | None = None


def set_back_observed(
    story: Story,
    then: StoryHistory | None,
    own: Sequence[PastObservation],
    by_links: Sequence[PastObservation],
    moment: datetime,
) -> None:
    """Set when a story was last seen, its depth and its relevance as of a moment, in place.

    Args:
        story: as it is today.
        then: what followed from the visits to it.
        own: observations by these.
        by_links: observations by pages that link to it.
        moment: the moment.
    """
    every = [*own, *by_links]
    story["last_seen"] = max((one.at for one in every), default=moment)
    depths = [one.depth for one in every if one.depth is not None]
    if depths and len(depths) == len(every):
        story["depth"] = min(depths)
    if then is None or then.content is None:
        story["relevance"] = max((one.topic for one in by_links if one.topic is not None), default=None)
    elif then.relevance is not None:
        story["relevance"] = then.relevance


def links_then(story: str, then: StoryHistory) -> list[Link]:
    """Return the links of a story as they follow from its visits up to a moment."""
    links: list[Link] = [
        {
            "_id": link_id(story, to, kind),
            "from": story,
            "to": to,
            "kind": kind,
            "heading": seen.latest["heading"],
            "position": seen.latest["position"],
            "anchor": seen.latest["anchor"],
            "relevance": seen.latest.get("relevance"),
            "active": seen.active,
            "first_seen": seen.first_seen,
            "last_seen": seen.last_seen,
            "updated_at": seen.last_seen,
            "seen_count": seen.seen_count,
            "crawl": seen.crawl,
        }
        for (to, kind), seen in then.links.items()
    ]
    for link in links:
        count_confirmations(link, {"visits": then.confirmations, "at": then.confirmed_at})
        link["updated_at"] = link["last_seen"]
    return links


def was_unread(story: Story, histories: Mapping[str, StoryHistory]) -> bool:
    """Return whether a story's page had not been read by then, so that its title of today may come from later."""
    then = histories.get(story["_id"])
    return bool(story.get("visits")) and (then is None or then.content is None)


def set_back_content(
    story: Story, then: StoryHistory | None, later: Document | None, titles: Mapping[str, str | None]
) -> None:
    """Set status, counts and content of a story as of its visits, in place.

    Args:
        story: as it is today.
        then: what followed from the visits up to the moment.
        later: the first revision after them.
        titles: the titles of stories whose page had not been read.
    """
    doc = cast("Document", story)
    if then is None:
        if story.get("visits"):  # a stub until a later visit; one that was cut stays `skipped`
            doc |= {"status": "stub", "reason": None}
        doc |= {"visits": 0, "revisions": 0}
        doc.pop("last_visit", None)
    else:
        doc |= {"status": then.status, "reason": then.reason, "visits": then.visits, "revisions": then.revisions}
        doc["last_visit"] = {name: then.latest[name] for name in ("at", "outcome", "reason", "crawl")}
    doc |= {"http": None, "next_visit_at": None}
    if then is None or then.content is None:
        doc |= PAGE_FIELDS
        doc["title"] = titles.get(story["_id"], story["title"])
        for name in UNPROMISED_PAGE_FIELDS:
            doc.pop(name, None)
        return
    page = then.content
    if page.get("published_at") != story["published_at"]:
        doc["published"] = None  # how the one of then was known is not kept
    doc |= {"fetched_at": then.fetched_at, "title": page.get("title") or story["title"]}
    doc |= {"content_hash": page["content_hash"], "published_at": page.get("published_at")}
    if later and "text" in story:
        text = later["text"] or ""
        doc |= {"text": later["text"], "text_chars": len(text)}
        doc["excerpt"] = excerpt(text) or None if story.get("excerpt") else None
