"""Verifying what is kept of visits that are folded or removed: a part of `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.history.folding import unfold
from kolcrawl.store.history.histories import start_walk, walk_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.derive import LinkHistory, VisitWalk

_COMPARED_PARTS: Final = (
    "visits", "first_at", "page_exists", "fetched_at", "pages", "failures", "revisions", "relevance", "confirmations",
    "confirmed_at",
)  # fmt: skip


def walk_of(key: str, visits: Sequence[Mapping[str, Any]], kept: Sequence[Mapping[str, Any]]) -> VisitWalk:
    """Return what follows from the visits to a story and from what is kept of those removed."""
    walk = start_walk(key, kept)
    walk_on(walk, kept, visits)
    return walk


def fold_faults(
    db: Database[Document],
    keys: Sequence[str],
    visits: Mapping[str, Sequence[Mapping[str, Any]]],
    kept: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Iterator[tuple[str, str, str]]:
    """Yield the folds of some stories that do not say what the visits up to their moment say.

    A fold that lacks a visit of its time, which another crawl wrote while it was made, is no fault: whoever would go on
    from it sees that by the names that it holds, and voids it (`stored_folds`).

    Args:
        db: the database.
        keys: of the stories.
        visits: all to these stories, by story.
        kept: what is kept of removed ones, by story.
    """
    for fold in db["folds"].find({"_id": {"$in": list(keys)}, "visits": {"$gt": 0}}):
        key = fold["_id"]
        earlier = [visit for visit in visits.get(key, ()) if visit["at"] <= fold["until"]]
        if any(_is_unknown(visit, fold) for visit in earlier):
            continue
        before = [visit for visit in earlier if "unapplied" not in visit]
        histories = [history for history in kept.get(key, ()) if history["until"] <= fold["until"]]
        right, found = walk_of(key, before, histories), unfold(key, fold)
        wrong = [name for name in _COMPARED_PARTS if getattr(right, name) != getattr(found, name)]
        if right.shown != found.shown:
            wrong.append("shown")
        elif any(_seen(right.links[end]) != _seen(found.links[end]) for end in right.shown):
            wrong.append("links")
        if wrong:
            yield "folds", key, f"{', '.join(wrong)} are not what the visits up to {fold['until']} say"


def _is_unknown(visit: Mapping[str, Any], fold: Mapping[str, Any]) -> bool:
    """Tell whether a visit of the time that a fold took up is none of those that it names."""
    is_recent = fold["since"] is None or visit["at"] > fold["since"]
    return is_recent and (visit["_id"] not in fold["folded"] or "unapplied" in visit)


def _seen(link: LinkHistory) -> tuple[Any, ...]:
    return link.first_seen, link.last_seen, link.seen_count, link.crawl
