"""Documents and updates of stories. Pure.

`Observation` is what a visit shows of the existence of a story: its own, or one that its page links to. `story_state`
is what follows from the visits to a story. `new_story` and `story_update` are the same change of a story, as a whole
document and as an update pipeline. Values from pages go into pipelines only under `$literal`: a title that begins
with `$` is text, not a field path.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from bson import Int64

from kolcrawl.policy.revisit import Bounds, next_visit
from kolcrawl.policy.scope import CUT_ORDER
from kolcrawl.store.expressions import if_, is_null, is_zero, later, literal, replace_stage
from kolcrawl.store.schema import SCHEMA
from kolcrawl.store.write.documents import is_visit, time_stamp, visit_stamp
from kolcrawl.store.write.last_seen import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.derive import StoryHistory

MAX_ALIASES: Final = 100
"""Addresses kept for a story; a trap that redirects from ever new ones must not grow a document without end."""
_NEVER: Final = Int64(2**62)
# Ranks of what decides whether an unread story is `skipped` or a `stub`, lowest first. An observation of a higher rank
# overrules the others, whatever their order: a link that the crawl does not follow; a link that it follows; a request
# that it decided not to send.
_LINK_SKIPPED, _LINK_FOLLOWED, _REQUEST_SKIPPED = (Int64(rank << 58) for rank in range(3))


# --- what a visit shows of the existence of a story


@dataclass(slots=True)
class Observation:
    """That a story exists, as shown by visits to it or to pages that link to it.

    Observations are combined by minimum and maximum, so neither their order nor repetition matters.
    """

    key: str
    url: str
    site: str
    first: datetime
    last: datetime
    depth: int
    discovered_order: Int64
    """Order of the visit that `discovered` is from; the earliest wins (`order.found` in the database)."""
    discovered: Document
    title_order: Int64
    """Order of the link whose anchor `title` is; the earliest that has one wins (`order.titled` in the database)."""
    title: str | None
    relevance: float | None
    status_rank: Int64
    """Rank and order of what decides between stub and skipped; the greatest wins (`order.ruled` in the database)."""
    skip_reason: str | None
    """Why the story is skipped; None where it is a stub."""
    aliases: tuple[str, ...] = ()

    def combine(self, other: Observation) -> None:
        """Combine this observation with another of the same story."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.depth = min(self.depth, other.depth)
        if other.discovered_order < self.discovered_order:
            self.discovered_order, self.discovered = other.discovered_order, other.discovered
        if other.title_order < self.title_order:
            self.title_order, self.title = other.title_order, other.title
        if other.status_rank > self.status_rank:
            self.status_rank, self.skip_reason = other.status_rank, other.skip_reason
        relevances = [value for value in (self.relevance, other.relevance) if value is not None]
        self.relevance = max(relevances, default=None)
        self.aliases = tuple(dict.fromkeys((*self.aliases, *other.aliases)))

    def add_sighting(self, sighting: Sighting) -> None:
        """Combine this observation with what was noted of the same story before."""
        self.last = max(self.last, sighting.at)
        if sighting.depth is not None:
            self.depth = min(self.depth, sighting.depth)
        if sighting.relevance is not None:
            self.relevance = max(self.relevance or 0.0, sighting.relevance)


def observations_of(visit: Mapping[str, Any]) -> Iterable[Observation]:
    """Yield the observations of a visit: of its own story, and of those that its page links to."""
    entry, at, order = visit["unapplied"], visit["at"], visit_stamp(visit)
    discovered = {
        "crawl": visit["crawl"], "from": entry["discovered_from"], "kind": entry["discovered_kind"], "at": at
    }  # fmt: skip
    not_sent = not is_visit(visit)
    yield Observation(
        key=visit["story"], url=entry["url"], site=entry["site"], first=at, last=at, depth=entry["depth"],
        discovered_order=order, discovered=discovered, title_order=_NEVER, title=None, relevance=None,
        status_rank=Int64(_REQUEST_SKIPPED + order) if not_sent else Int64(0),
        skip_reason=visit["reason"] if not_sent else None,
        aliases=tuple(entry["aliases"]) + ((entry["url"],) if entry["key"] != visit["story"] else ()),
    )  # fmt: skip
    hour = _LINK_SKIPPED + time_stamp(at.replace(minute=0, second=0, microsecond=0))
    for target in entry["targets"]:
        if target["key"] == visit["story"]:
            continue
        way = {"crawl": visit["crawl"], "from": visit["story"], "kind": target["kind"], "at": at}
        # The rank of a skipped link counts hours, so that the same list on page after page changes nothing; within an
        # hour the reason decides. That of a followed link is the same at all times: when does not matter.
        rank = Int64(hour + CUT_ORDER.get(target["skipped"], 0)) if target["skipped"] else _LINK_FOLLOWED
        yield Observation(
            key=target["key"], url=target["url"], site=target["site"], first=at, last=at, depth=entry["depth"] + 1,
            discovered_order=order, discovered=way,
            title_order=order if target["title"] else _NEVER, title=target["title"],
            relevance=target["relevance"], status_rank=rank, skip_reason=target["skipped"],
        )  # fmt: skip


def combine_observations(visits: Iterable[Mapping[str, Any]]) -> dict[str, Observation]:
    """Combine the observations of some visits. Return one for each story, by key."""
    combined: dict[str, Observation] = {}
    for visit in visits:
        for observation in observations_of(visit):
            known = combined.get(observation.key)
            if known is None:
                combined[observation.key] = observation
            else:
                known.combine(observation)
    return combined


COMPARED_FIELDS: Final = dict.fromkeys((
    "status", "reason", "first_seen", "last_seen", "depth", "order", "relevance", "fetched_at", "visits",
    "discovered.crawl", "merged_into", "aliases", "updated_at", "revisions", "redirected_to", "confirmed", "http",
    "validators", "page", "content_hash", "restored", "reading",
), 1)  # fmt: skip
"""Fields of a stored story that observations are compared with, that are needed to count and to follow merges, and that
a visit often leaves as they are."""


def is_new_information(seen: Observation, stored: Mapping[str, Any]) -> bool:
    """Return whether an observation may show more of a stored story than `new_sighting` tells of it.

    What is compared only ever moves one way, so an answer of False stays right while others write.
    """
    order = stored["order"]
    outranks = seen.status_rank > order["ruled"] and (seen.skip_reason or stored["status"] != "stub")
    if order["ruled"] >= _REQUEST_SKIPPED and (stored["status"], stored["reason"]) == ("skipped", seen.skip_reason):
        outranks = False  # each crawl that does not ask for it says so again
    return bool(
        stored["status"] == "merged"
        or seen.aliases
        or seen.first < stored["first_seen"]
        or seen.discovered_order < order["found"]
        or seen.title_order < order["titled"]
        or (outranks and not stored["visits"])
    )


def new_sighting(seen: Observation, stored: Mapping[str, Any]) -> Sighting | None:
    """Return what an observation that is no new information shows of a stored story; None where that is nothing."""
    known = -1 if stored["relevance"] is None else stored["relevance"]
    closer = seen.depth < stored["depth"]
    more_relevant = seen.relevance is not None and not stored["fetched_at"] and seen.relevance > known
    if not (closer or more_relevant or seen.last > stored["last_seen"]):
        return None
    return Sighting(seen.last, seen.depth if closer else None, seen.relevance if more_relevant else None)


# --- stories


def story_state(key: str, history: StoryHistory, log_entries: Mapping[str, Mapping[str, Any]]) -> Document:
    """Return the fields of a story that follow from its visits, as far as they are known.

    Args:
        key: of the story.
        history: derived from all visits.
        log_entries: by visit id, the log entries (`unapplied`) of visits that are not yet applied. What a visit that
            is applied showed is in the story already.
    """
    latest = history.latest
    state: Document = {
        "status": history.status,
        "reason": history.reason,
        "visits": history.visits,
        "revisions": history.revisions,
        "fetched_at": history.fetched_at,
        "redirected_to": history.redirected_to,
        "page": history.page,
        "confirmed": {"visits": history.confirmations, "at": history.confirmed_at} if history.confirmations else None,
        "last_visit": {name: latest[name] for name in ("at", "outcome", "reason", "crawl")},
    }
    entry = log_entries.get(latest["_id"])
    if entry:
        state["http"] = entry["http"]
        state["next_visit_at"] = entry["next_visit_at"] or _next_visit(history, entry.get("revisit"))
        if latest["outcome"] == "unchanged" and entry["http"]:
            # a 304 may leave out the validators that it confirms, and may renew them
            state |= {f"validators.{name}": entry["http"][name] for name in _VALIDATORS if entry["http"][name]}
    entry = log_entries.get(history.content["_id"]) if history.content else None
    if entry:
        content = {"reading": None, **entry["content"]}  # older versions noted none
        state |= {name: value for name, value in content.items() if name not in _FINGERPRINT}
        if entry["key"] != key:  # read under the address of a story that is merged into this one
            del state["url"], state["site"]
        state["validators"] = {name: (entry["http"] or {}).get(name) for name in _VALIDATORS}
        if entry["relevance"] is not None:
            state["relevance"] = float(entry["relevance"])
    if history.relevance is not None:
        state["relevance"] = history.relevance
    return state


def _next_visit(history: StoryHistory, revisit: Sequence[float] | None) -> datetime | None:
    """Return when the story is due again (`kolcrawl.policy.revisit`); None where the crawl has no policy for it."""
    if not revisit:
        return None
    shortest, longest, chance = revisit
    return next_visit(
        history.latest["at"],
        published_at=history.content["published_at"] if history.content else None,
        first_seen=history.first_at,
        visits=history.pages,
        changes=history.revisions,
        failures=history.failures,
        gone=history.status == "gone",
        bounds=Bounds(shortest=timedelta(seconds=shortest), longest=timedelta(seconds=longest), chance=chance),
    )


_VALIDATORS: Final = ("etag", "last_modified")
_FINGERPRINT: Final = ("signature", "bands")
"""Parts of what a visit found that are kept in `fingerprints`; visits of schema 2 hold the bands, too."""


def new_story(seen: Observation, state: Mapping[str, Any] | None, now: datetime) -> Document:
    """Return the whole document of a story that is not stored yet."""
    story = _empty_story(seen) | {
        "title": seen.title,
        "relevance": seen.relevance,
        "status": "skipped" if seen.skip_reason else "stub",
        "reason": seen.skip_reason,
        "first_seen": seen.first,
        "last_seen": seen.last,
        "depth": seen.depth,
        "discovered": seen.discovered,
        "aliases": list(seen.aliases[:MAX_ALIASES]),
        "order": {"found": seen.discovered_order, "titled": seen.title_order, "ruled": seen.status_rank},
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


def story_update(
    seen: Observation, state: Mapping[str, Any] | None, now: datetime, stored: Mapping[str, Any] | None = None
) -> list[Document]:
    """Return the update pipeline that brings a story, stored or not, to what is now known of it.

    The observation is combined with what is stored by minimum and maximum; `state` replaces what was derived from no
    more visits, unless the story was restored since it was read (`stored`). A merged story is marked as dangling
    (`stray`), so that the observation, and what points to the merged story, reach its canonical story (`repoint`).
    """
    unread = is_null("$fetched_at")
    combined: Document = {
        "first_seen": {"$min": ["$first_seen", seen.first]},
        "last_seen": {"$max": ["$last_seen", seen.last]},
        "depth": {"$min": ["$depth", seen.depth]},
        "discovered": if_(
            {"$lt": [seen.discovered_order, {"$ifNull": ["$order.found", _NEVER]}]},
            literal(seen.discovered),
            "$discovered",
        ),
        "order": {
            "found": {"$min": ["$order.found", seen.discovered_order]},
            "titled": {"$min": ["$order.titled", seen.title_order]},
            "ruled": {"$max": ["$order.ruled", seen.status_rank]},
        },
        "updated_at": later(now),
    }
    if seen.aliases:
        old: Document = {"$ifNull": ["$aliases", []]}
        new = {"$setDifference": [literal(list(seen.aliases)), old]}
        combined["aliases"] = {"$slice": [{"$concatArrays": [old, new]}, MAX_ALIASES]}
    # a merged story only hands the observation on: its status and title are those of its canonical story
    dangling = {**combined, "stray": {"$add": [{"$ifNull": ["$stray", 0]}, 1]}}
    outranks = {"$and": [is_zero("$visits"), {"$gt": [seen.status_rank, {"$ifNull": ["$order.ruled", Int64(0)]}]}]}
    combined["status"] = if_(outranks, "skipped" if seen.skip_reason else "stub", {"$ifNull": ["$status", "stub"]})
    combined["reason"] = if_(outranks, literal(seen.skip_reason), {"$ifNull": ["$reason", None]})
    if seen.title:
        earlier = {"$lt": [seen.title_order, {"$ifNull": ["$order.titled", _NEVER]}]}
        combined["title"] = if_({"$and": [unread, earlier]}, literal(seen.title), {"$ifNull": ["$title", None]})
    if seen.relevance is not None:
        known = {"$ifNull": ["$relevance", None]}
        combined["relevance"] = if_(unread, {"$max": [known, seen.relevance]}, known)
    pipeline = [replace_stage(_is_merged(), [dangling], [combined], before=literal(_empty_story(seen)))]
    return [*pipeline, *state_update(state, now, stored)] if state else pipeline


def state_update(state: Mapping[str, Any], now: datetime, stored: Mapping[str, Any] | None = None) -> list[Document]:
    """Return the update pipeline that sets the state of a story, unless more visits, or a restoring, overrule it."""
    whole = {name: value for name, value in state.items() if "." not in name}
    parts: dict[str, Document] = {}
    for name, value in state.items():
        outer, dot, inner = name.partition(".")
        if dot:
            parts.setdefault(outer, {})[inner] = value
    nested = [{outer: {"$mergeObjects": [f"${outer}", literal(inner)]}} for outer, inner in parts.items()]
    outdated = [_is_merged(), {"$gt": ["$visits", state["visits"]]}]
    if stored is not None:
        outdated.append({"$ne": [{"$ifNull": ["$restored", 0]}, stored.get("restored", 0)]})
    return [replace_stage({"$or": outdated}, [], [literal(whole), {"updated_at": later(now)}, *nested])]


def _empty_story(seen: Observation) -> Document:
    """Return a story of which nothing is known but that it exists; a new field of the contract is added here."""
    return {
        "schema": SCHEMA, "url": seen.url, "aliases": [], "site": seen.site, "status": "stub", "title": None,
        "published_at": None, "published": None, "modified_at": None, "authors": [], "origin": None, "lang": None,
        "text": None, "excerpt": None, "text_chars": 0, "tags": [], "content_hash": None,
        "copy_similarity": None, "group": seen.key, "copy_of": None, "relevance": None, "reason": None, "http": None,
        "fetched_at": None, "next_visit_at": None, "visits": 0, "revisions": 0,
    }  # fmt: skip


# --- merged stories


def merged_fields(canonical: str) -> Document:
    """Return the fields of a merged story: nothing is left but the key of its canonical story.

    Args:
        canonical: key of the canonical story.
    """
    return {
        "status": "merged", "merged_into": canonical, "group": canonical, "text": None,
        "excerpt": None, "text_chars": 0, "content_hash": None, "copy_of": None,
        "copy_similarity": None, "visits": 0, "revisions": 0, "fetched_at": None, "next_visit_at": None, "reason": None,
        "confirmed": None,
    }  # fmt: skip


def merged_story(visit: Mapping[str, Any], canonical: str, address: str | None, now: datetime) -> Document:
    """Return the whole document of a merged story that was not stored before.

    Args:
        visit: the visit that showed that the two are one.
        canonical: key of the canonical story.
        address: URL of the merged story; None where it is not known.
        now: when the document is written.
    """
    seen = next(iter(observations_of(visit)))
    seen.url, seen.title, seen.aliases = address or seen.url, None, ()
    return new_story(seen, None, now) | merged_fields(canonical)


def observation_of_merged(story: Mapping[str, Any], canonical: str) -> Observation:
    """Return what a merged story shows of the existence of its canonical story."""
    order = story.get("order") or {}
    return Observation(
        key=canonical, url=story["url"], site=story["site"], first=story["first_seen"], last=story["last_seen"],
        depth=story["depth"], discovered_order=Int64(order.get("found", _NEVER)), discovered=story["discovered"],
        title_order=Int64(order.get("titled", _NEVER)), title=story["title"],
        relevance=None if story["fetched_at"] else story["relevance"],
        status_rank=Int64(order.get("ruled", 0)), skip_reason=None if story["visits"] else story["reason"],
        aliases=(story["url"], *story["aliases"]),
    )  # fmt: skip


def _is_merged() -> Document:
    return {"$eq": [{"$ifNull": ["$status", None]}, "merged"]}
