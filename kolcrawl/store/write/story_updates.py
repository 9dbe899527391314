"""Documents and updates of stories. Pure.

`Sighting` is what a visit tells of a story's being there, be it its own or one its page links to. `story_state` is
what follows from the visits to a story. `new_story` and `story_update` are the same change of a story, as a whole
document and as an update pipeline. Values from pages go into pipelines only under `$literal`: a title that begins
with `$` is text, not a field path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from bson import Int64

from kolcrawl.policy.revisit import Bounds, next_visit
from kolcrawl.store.schema import SCHEMA
from kolcrawl.store.write.documents import is_visit, time_stamp, visit_stamp
from kolcrawl.store.write.expressions import if_, is_null, is_zero, literal, replace_stage

if TYPE_CHECKING:
    from kolcrawl.store.derive import History

Document = dict[str, Any]

MAX_ALIASES: Final = 100
"""Addresses kept for a story; a trap that redirects from ever new ones must not grow a document without end."""
_NEVER: Final = Int64(2**62)
# Who says that an unread story is skipped or not, weakest first: a link that the crawl does not follow, a link that
# it follows, a request that it decided not to send.
_LINK_CUT, _LINK, _REQUEST_CUT = (Int64(rank << 58) for rank in range(3))


# --- what a visit tells of a story's being there


@dataclass(slots=True)
class Sighting:
    """That a story is there, as told by visits to it or to pages that link to it. Joining is free of order."""

    key: str
    url: str
    site: str
    first: datetime
    last: datetime
    depth: int
    found: Int64
    """Order of the visit that `discovered` tells of; the earliest stays."""
    discovered: Document
    titled: Int64
    """Order of the link that `title` is the anchor of; the earliest that has one stays."""
    title: str | None
    relevance: float | None
    ruled: Int64
    """Rank and order of who says that the story is a stub or skipped; the greatest stays."""
    skipped: str | None
    aliases: tuple[str, ...] = ()

    def join(self, other: Sighting) -> None:
        """Take in another sighting of the same story."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.depth = min(self.depth, other.depth)
        if other.found < self.found:
            self.found, self.discovered = other.found, other.discovered
        if other.titled < self.titled:
            self.titled, self.title = other.titled, other.title
        if other.ruled > self.ruled:
            self.ruled, self.skipped = other.ruled, other.skipped
        relevances = [value for value in (self.relevance, other.relevance) if value is not None]
        self.relevance = max(relevances, default=None)
        self.aliases = tuple(dict.fromkeys((*self.aliases, *other.aliases)))


def sightings(visit: Mapping[str, Any]) -> Iterable[Sighting]:
    """The stories that a visit tells of: its own, and those its page links to."""
    told, at, order = visit["unapplied"], visit["at"], visit_stamp(visit)
    discovered = {
        "crawl": visit["crawl"], "from": told["discovered_from"], "kind": told["discovered_kind"], "at": at
    }  # fmt: skip
    unasked = not is_visit(visit)
    yield Sighting(
        key=visit["story"], url=told["url"], site=told["site"], first=at, last=at, depth=told["depth"],
        found=order, discovered=discovered, titled=_NEVER, title=None, relevance=None,
        ruled=Int64(_REQUEST_CUT + order) if unasked else Int64(0), skipped=visit["reason"] if unasked else None,
        aliases=tuple(told["aliases"]) + ((told["url"],) if told["key"] != visit["story"] else ()),
    )  # fmt: skip
    hour = _LINK_CUT + time_stamp(at.replace(minute=0, second=0, microsecond=0))
    for target in told["targets"]:
        if target["key"] == visit["story"]:
            continue
        way = {"crawl": visit["crawl"], "from": visit["story"], "kind": target["kind"], "at": at}
        # by the hour, so that the same list on page after page is no news; when a link was followed tells nothing
        ruled = Int64(hour + crc32(target["skipped"].encode())) if target["skipped"] else _LINK
        yield Sighting(
            key=target["key"], url=target["url"], site=target["site"], first=at, last=at, depth=told["depth"] + 1,
            found=order, discovered=way, titled=order if target["title"] else _NEVER, title=target["title"],
            relevance=target["relevance"], ruled=ruled, skipped=target["skipped"],
        )  # fmt: skip


def join_sightings(visits: Iterable[Mapping[str, Any]]) -> dict[str, Sighting]:
    """All sightings of some visits, one for each story."""
    joined: dict[str, Sighting] = {}
    for visit in visits:
        for sighting in sightings(visit):
            known = joined.get(sighting.key)
            if known is None:
                joined[sighting.key] = sighting
            else:
                known.join(sighting)
    return joined


COMPARED: Final = dict.fromkeys(
    (
        "status",
        "reason",
        "first_seen",
        "last_seen",
        "depth",
        "order",
        "relevance",
        "fetched_at",
        "visits",
        "discovered.crawl",
        "merged_into",
    ),
    1,
)
"""The fields of a stored story that `is_news` looks at, and who counts stories or follows merges."""


def is_news(seen: Sighting, stored: Mapping[str, Any]) -> bool:
    """Whether a sighting may tell more of a stored story than that it was seen once more.

    What is compared only ever moves one way, so an answer of no stays right while others write.
    """
    order = stored["order"]
    rules = not stored["visits"] and seen.ruled > order["ruled"] and (seen.skipped or stored["status"] != "stub")
    relevant = seen.relevance is not None and not stored["fetched_at"] and seen.relevance > (stored["relevance"] or -1)
    return bool(
        stored["status"] == "merged"
        or seen.aliases
        or seen.first < stored["first_seen"]
        or seen.depth < stored["depth"]
        or seen.found < order["found"]
        or seen.titled < order["titled"]
        or rules
        or relevant
    )


# --- stories


def story_state(key: str, history: History, unapplied: Mapping[str, Mapping[str, Any]]) -> Document:
    """The fields of a story that follow from its visits, as far as they are at hand.

    Args:
        key: of the story.
        history: derived from all visits.
        unapplied: by visit id, what visits not yet applied tell. A visit that is applied has told it already.
    """
    latest = history.latest
    state: Document = {
        "status": history.status,
        "reason": history.reason,
        "visits": history.visits,
        "revisions": history.revisions,
        "fetched_at": history.fetched_at,
        "redirected_to": history.redirected_to,
        "last_visit": {name: latest[name] for name in ("at", "outcome", "reason", "crawl")},
    }
    told = unapplied.get(latest["_id"])
    if told:
        state["http"] = told["http"]
        state["next_visit_at"] = told["next_visit_at"] or _next_visit(history, told.get("revisit"))
        if latest["outcome"] == "unchanged" and told["http"]:
            # a 304 may leave out what it confirms, and may renew what it tells
            state |= {f"validators.{name}": told["http"][name] for name in _VALIDATORS if told["http"][name]}
    content = unapplied.get(history.content["_id"]) if history.content else None
    if content:
        state |= content["content"]
        if content["key"] != key:  # read under the address of a story that is merged into this one
            del state["url"], state["site"]
        state["validators"] = {name: (content["http"] or {}).get(name) for name in _VALIDATORS}
        if content["relevance"] is not None:
            state["relevance"] = float(content["relevance"])
    if history.relevance is not None:
        state["relevance"] = history.relevance
    return state


def _next_visit(history: History, revisit: Sequence[float] | None) -> datetime | None:
    """When the story is due again (`kolcrawl.policy.revisit`), as far as the crawl has a policy for it."""
    if not revisit:
        return None
    shortest, longest, chance = revisit
    return next_visit(
        history.latest["at"],
        published_at=history.content["published_at"] if history.content else None,
        first_seen=history.first_at,
        visits=history.good,
        changes=history.revisions,
        failures=history.failures,
        gone=history.status == "gone",
        bounds=Bounds(shortest=timedelta(seconds=shortest), longest=timedelta(seconds=longest), chance=chance),
    )


_VALIDATORS: Final = ("etag", "last_modified")


def new_story(seen: Sighting, state: Mapping[str, Any] | None, now: datetime) -> Document:
    """The whole document of a story that is not stored yet."""
    story = _blank(seen) | {
        "title": seen.title,
        "relevance": seen.relevance,
        "status": "skipped" if seen.skipped else "stub",
        "reason": seen.skipped,
        "first_seen": seen.first,
        "last_seen": seen.last,
        "depth": seen.depth,
        "discovered": seen.discovered,
        "aliases": list(seen.aliases[:MAX_ALIASES]),
        "order": {"found": seen.found, "titled": seen.titled, "ruled": seen.ruled},
        "updated_at": now,
    }
    if state:
        for name, value in state.items():
            outer, dot, inner = name.partition(".")
            if dot:
                story[outer] = {**(story.get(outer) or {}), inner: value}
            else:
                story[name] = value
    return story


def story_update(seen: Sighting, state: Mapping[str, Any] | None, now: datetime) -> list[Document]:
    """The update pipeline that brings a story, stored or not, to what is now known of it.

    Joins by least and greatest take the sighting in; `state` replaces what was derived from no more visits. A
    merged story is marked as `stray`, so that what it was told and what points to it reach its survivor (`identity`).
    """
    unread = is_null("$fetched_at")
    joined: Document = {
        "first_seen": {"$min": ["$first_seen", seen.first]},
        "last_seen": {"$max": ["$last_seen", seen.last]},
        "depth": {"$min": ["$depth", seen.depth]},
        "discovered": if_(
            {"$lt": [seen.found, {"$ifNull": ["$order.found", _NEVER]}]}, literal(seen.discovered), "$discovered"
        ),
        "order": {
            "found": {"$min": ["$order.found", seen.found]},
            "titled": {"$min": ["$order.titled", seen.titled]},
            "ruled": {"$max": ["$order.ruled", seen.ruled]},
        },
        "updated_at": now,
    }
    if seen.aliases:
        old: Document = {"$ifNull": ["$aliases", []]}
        fresh = {"$setDifference": [literal(list(seen.aliases)), old]}
        joined["aliases"] = {"$slice": [{"$concatArrays": [old, fresh]}, MAX_ALIASES]}
    # a merged story hands on what it is told; the rest is its survivor's affair
    stray = {**joined, "stray": {"$add": [{"$ifNull": ["$stray", 0]}, 1]}}
    rules = {"$and": [is_zero("$visits"), {"$gt": [seen.ruled, {"$ifNull": ["$order.ruled", Int64(0)]}]}]}
    joined["status"] = if_(rules, "skipped" if seen.skipped else "stub", {"$ifNull": ["$status", "stub"]})
    joined["reason"] = if_(rules, literal(seen.skipped), {"$ifNull": ["$reason", None]})
    if seen.title:
        earlier = {"$lt": [seen.titled, {"$ifNull": ["$order.titled", _NEVER]}]}
        joined["title"] = if_({"$and": [unread, earlier]}, literal(seen.title), {"$ifNull": ["$title", None]})
    if seen.relevance is not None:
        known = {"$ifNull": ["$relevance", None]}
        joined["relevance"] = if_(unread, {"$max": [known, seen.relevance]}, known)
    pipeline = [replace_stage(_merged(), [stray], [joined], before=literal(_blank(seen)))]
    return [*pipeline, *state_update(state, now)] if state else pipeline


def state_update(state: Mapping[str, Any], now: datetime) -> list[Document]:
    """The update pipeline that gives a stored story its state, unless one who knew more visits has."""
    whole = {name: value for name, value in state.items() if "." not in name}
    parts: dict[str, Document] = {}
    for name, value in state.items():
        outer, dot, inner = name.partition(".")
        if dot:
            parts.setdefault(outer, {})[inner] = value
    nested = [{outer: {"$mergeObjects": [f"${outer}", literal(inner)]}} for outer, inner in parts.items()]
    stale = {"$or": [_merged(), {"$gt": ["$visits", state["visits"]]}]}
    return [replace_stage(stale, [], [literal({**whole, "updated_at": now}), *nested])]


def _blank(seen: Sighting) -> Document:
    """A story of which nothing is known; a later field of the contract is added here."""
    return {
        "schema": SCHEMA, "url": seen.url, "aliases": [], "site": seen.site, "status": "stub", "title": None,
        "published_at": None, "published": None, "modified_at": None, "authors": [], "origin": None, "lang": None,
        "text": None, "excerpt": None, "text_chars": 0, "tags": [], "content_hash": None, "bands": None,
        "copy_similarity": None, "group": seen.key, "copy_of": None, "relevance": None, "reason": None, "http": None,
        "fetched_at": None, "next_visit_at": None, "visits": 0, "revisions": 0,
    }  # fmt: skip


# --- merged stories


def merged_story(visit: Mapping[str, Any] | None, root: str, address: str | None, now: datetime) -> Document:
    """What a merged story consists of: nothing but the way to its survivor.

    Args:
        visit: the visit that showed it, for a story that was not stored before; else None, for the fields that a
            stored one loses.
    """
    lost = {
        "status": "merged", "merged_into": root, "group": root, "updated_at": now, "text": None, "excerpt": None,
        "text_chars": 0, "content_hash": None, "bands": None, "copy_of": None, "copy_similarity": None,
        "visits": 0, "revisions": 0, "fetched_at": None, "next_visit_at": None, "reason": None,
    }  # fmt: skip
    if visit is None:
        return lost
    seen = next(iter(sightings(visit)))
    seen.url, seen.title, seen.aliases = address or seen.url, None, ()
    return new_story(seen, None, now) | lost


def story_sighting(story: Mapping[str, Any], root: str) -> Sighting:
    """What a merged story tells of its survivor's being there."""
    order = story.get("order") or {}
    return Sighting(
        key=root, url=story["url"], site=story["site"], first=story["first_seen"], last=story["last_seen"],
        depth=story["depth"], found=Int64(order.get("found", _NEVER)), discovered=story["discovered"],
        titled=Int64(order.get("titled", _NEVER)), title=story["title"],
        relevance=None if story["fetched_at"] else story["relevance"],
        ruled=Int64(order.get("ruled", 0)), skipped=None if story["visits"] else story["reason"],
        aliases=(story["url"], *story["aliases"]),
    )  # fmt: skip


def _merged() -> Document:
    return {"$eq": [{"$ifNull": ["$status", None]}, "merged"]}
