"""What is known of a story after some of its visits, as a document from which the later ones go on. Pure.

A fold (`folds`) is what `derive.VisitWalk` holds after all visits up to a moment, so that the next visit needs none of
them. It has the links that the page shows; that of one which is shown no more is its document in `links` or
`page_lists`. The history of removed visits (`histories`) has all links, and stands for visits that are not stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.derive import (
    READ_OUTCOMES,
    LinkHistory,
    VersionChange,
    VisitWalk,
    differing_parts,
    is_other_version,
    links_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.derive import LinkEnd

_COUNTS: Final = (
    "visits", "first_at", "depth", "page", "page_exists", "fetched_at", "pages", "failures", "revisions", "relevance",
    "confirmations", "confirmed_at",
)  # fmt: skip
_VISITS: Final[Mapping[str, tuple[str, ...]]] = {
    "latest": ("_id", "at", "outcome", "reason", "crawl", "redirected_to"),
    "deciding": ("at", "outcome", "reason"),
    "content": ("_id", "at", "content_hash", "title", "published_at", "confirms"),
    "before": ("content_hash", "text_hash", "title", "published_at"),
}
"""Visits that what follows depends on, and what it needs of them."""
FOLDED_LINKS: Final = ("links", "lists", "spells")
"""Parts of a fold that a visit which only confirms the page does not need."""
_SPELL: Final = ("crawl", "first_seen", "last_seen", "seen_count")


def folded(walk: VisitWalk, ends: Collection[LinkEnd]) -> Document:
    """Return what a walk holds, with some of its links.

    Links that were seen alike are told together (`spells`): when, and which they are by their place in `links` and
    then `lists`. So a fold is hardly larger than a visit.
    """
    document: Document = {name: getattr(walk, name) for name in _COUNTS}
    for name, parts in _VISITS.items():
        visit = getattr(walk, name)
        document[name] = {part: visit.get(part) for part in parts} if visit else None
    known = [(end, link) for end, link in walk.links.items() if end in ends]
    known.sort(key=lambda pair: "list" in pair[1].latest)
    document["links"] = [dict(link.latest) for _, link in known if "list" not in link.latest]
    document["lists"] = [dict(link.latest) for _, link in known if "list" in link.latest]
    spells: dict[tuple[Any, ...], Document] = {}
    for place, (end, link) in enumerate(known):
        seen = tuple(getattr(link, name) for name in _SPELL)
        shown = end in walk.shown
        spell = spells.setdefault((*seen, shown), {**dict(zip(_SPELL, seen, strict=True)), "shown": shown, "which": []})
        spell["which"].append(place)
    document["spells"] = list(spells.values())
    return document


def unfold(story: str, document: Mapping[str, Any]) -> VisitWalk:
    """Return the walk of a story as it was when it was folded; without its links where they were not read."""
    walk = VisitWalk(story)
    for name in (*_COUNTS, *_VISITS):
        setattr(walk, name, document[name])
    rows = [*document.get("links", ()), *document.get("lists", ())]
    for spell in document.get("spells", ()):
        for place in spell["which"]:
            end = _end_of(rows[place])
            if end[0] == story:
                continue
            seen = LinkHistory(rows[place], *(spell[name] for name in _SPELL))
            known = walk.links.get(end)
            walk.links[end] = seen if known is None else _joined_link(known, seen)  # two that a merge made one
            if spell["shown"]:
                walk.shown.setdefault(end, rows[place])
    return walk


def _end_of(row: Mapping[str, Any]) -> LinkEnd:
    return row.get("list") or row["to"], row["kind"]


def _joined_link(one: LinkHistory, other: LinkHistory) -> LinkHistory:
    first = sorted((one, other), key=lambda link: link.first_seen)
    last = max(one, other, key=lambda link: link.last_seen)
    return LinkHistory(
        last.latest, first[0].crawl, first[0].first_seen, last.last_seen, one.seen_count + other.seen_count
    )


def join_walks(walks: Iterable[VisitWalk]) -> VisitWalk:
    """Join the walks of stories that were merged: counts add up, and the state is that of the latest page state."""
    ordered = sorted(
        walks, key=lambda walk: (walk.deciding is not None, (walk.deciding or walk.latest or {}).get("at"))
    )
    joined = ordered[-1]
    for other in ordered[:-1]:
        other.settle_confirmations()
        joined.visits += other.visits
        joined.pages += other.pages
        joined.revisions += other.revisions
        joined.first_at = min(at for at in (joined.first_at, other.first_at) if at)
        joined.depth = min((depth for depth in (joined.depth, other.depth) if depth is not None), default=None)
        if other.latest and joined.latest and other.latest["at"] > joined.latest["at"]:
            joined.latest = other.latest
        joined.content, joined.before = joined.content or other.content, joined.before or other.before
        joined.relevance = other.relevance if joined.relevance is None else joined.relevance
        joined.fetched_at = max((at for at in (joined.fetched_at, other.fetched_at) if at), default=None)
        for end, link in other.links.items():
            known = joined.links.get(end)
            joined.links[end] = link if known is None else _joined_link(known, link)
    return joined


def absorb(walk: VisitWalk, visit: Mapping[str, Any]) -> None:
    """Take a visit of the time of removed ones: of one before the latest page state what it saw counts, and what is
    shown stays; a later one decides. Failures after it that were removed are known by their number alone."""
    latest, failures = walk.latest, walk.failures
    if walk.deciding is None or visit["at"] > walk.deciding["at"]:
        walk.step(visit)
        walk.failures = max(walk.failures, failures)
    else:
        _count_earlier(walk, visit)
    if latest is not None and latest["at"] > visit["at"]:
        walk.latest = latest


def _count_earlier(walk: VisitWalk, visit: Mapping[str, Any]) -> None:
    walk.visits += 1
    walk.first_at = min(walk.first_at or visit["at"], visit["at"])
    walk.depth = min((depth for depth in (walk.depth, visit.get("depth")) if depth is not None), default=None)
    if visit["outcome"] not in READ_OUTCOMES:
        return
    walk.pages += 1
    walk.fetched_at = max(walk.fetched_at or visit["at"], visit["at"])
    shown = links_of(walk.story, visit)
    for end, link in shown.items():
        seen = LinkHistory(link, visit["crawl"], visit["at"], visit["at"], 1)
        known = walk.links.get(end)
        walk.links[end] = seen if known is None else _joined_link(known, seen)
    if "unapplied" in visit:
        walk.touched.update(shown)
    if walk.before and visit["content_hash"] is not None and is_other_version(visit, walk.before):
        walk.changes.append(VersionChange(visit, visit, differing_parts(visit, walk.before)))
        walk.revisions += 1
