"""Reading the visits to stories, with what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kolcrawl.items import GONE_NOTICES
from kolcrawl.store.bulk import chunks
from kolcrawl.store.derive import LinkHistory, StoryHistory, VisitWalk, complete_visits, links_of, visit_order
from kolcrawl.store.history.folding import FOLDED_LINKS, unfold
from kolcrawl.store.history.histories import history_begins, read_histories, start_walk, walk_on
from kolcrawl.store.history.stored_folds import read_folds, void_folds
from kolcrawl.store.shared_lists import page_list_id
from kolcrawl.store.write.documents import link_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document


@dataclass(slots=True)
class VisitedStory:
    """The visits to a story as they were read, and what follows from them and those before."""

    visits: dict[str, Document]
    """By id: all, or those after its fold."""
    history: StoryHistory
    walk: VisitWalk
    begins: datetime | None = None
    """Moment up to which the visits are known by what was folded or kept of them; None where all were read."""
    fold: Document | None = None
    """Its fold before the visits were read, be it void; None where there was none."""
    goes_on_from: Document | None = None
    """The fold, where it was used."""
    has_links: bool = True
    """Whether the walk knows the links of the page."""

    def is_later(self, visit: Mapping[str, Any]) -> bool:
        """Return whether a visit is later than what is known without visits."""
        return self.begins is None or visit["at"] > self.begins

    def later(self, key: str) -> Document:
        """Return a query for the visits, or revisions, that are later than what is known without visits."""
        return {"story": key} | ({"at": {"$gt": self.begins}} if self.begins else {})


def read_visited_stories(
    db: Database[Document], keys: Iterable[str], visits: Mapping[str, Document], *, is_whole: bool = False
) -> dict[str, VisitedStory]:
    """Read the visits to stories, and derive what follows from them.

    Args:
        db: the database.
        keys: of the stories; those without a visit are left out.
        visits: visits that need not be read again, by id.
        is_whole: whether all visits are read, and all links known; else only those that may have changed.
    """
    rows: dict[str, dict[str, Document]] = {}
    for visit in visits.values():
        rows.setdefault(visit["story"], {})[visit["_id"]] = visit
    keys = list(keys)
    folds: dict[str, Document] = {}
    if not is_whole:
        leaving = {key for key in keys if all(map(_may_leave_links, rows.get(key, {}).values()))}
        folds = read_folds(db, leaving, has_links=False)
        folds |= read_folds(db, [key for key in keys if key not in leaving], has_links=True)
    found: dict[str, VisitedStory] = {}
    for key, fold in folds.items():
        if fold["visits"] and (story := _go_on(db, key, fold, rows.get(key, {}))):
            found[key] = story
    found |= _read_all(db, [key for key in keys if key not in found], rows, folds)
    return {key: found[key] for key in keys if key in found}


def _read_all(
    db: Database[Document],
    keys: Sequence[str],
    rows: dict[str, dict[str, Document]],
    folds: Mapping[str, Document],
) -> dict[str, VisitedStory]:
    """Read all visits to stories, then what is kept of those removed: these are removed after that is written."""
    for chunk in chunks(keys):
        known = [name for key in chunk for name, row in rows.get(key, {}).items() if _is_large(row)]
        # a small one costs the embedded server less to send than to leave out
        others = {"story": {"$in": chunk}} | ({"_id": {"$nin": known}} if known else {})
        for visit in db["visits"].find(others):  # to leave parts out costs the embedded server more than to send them
            rows.setdefault(visit["story"], {}).setdefault(visit["_id"], visit)
    _complete(db, [rows[key] for key in keys if key in rows])
    kept = read_histories(db, keys) if keys and history_begins(db) else {}
    found: dict[str, VisitedStory] = {}
    for key in keys:
        if key in rows or key in kept:
            walk = start_walk(key, kept.get(key, ()))
            own = rows.get(key, {})
            walk_on(walk, kept.get(key, ()), own.values())
            begins = max((history["until"] for history in kept.get(key, ())), default=None)
            found[key] = VisitedStory(own, walk.history(), walk, begins, folds.get(key))
    return found


def _is_large(visit: Mapping[str, Any]) -> bool:
    outcome: str = visit["outcome"]
    return outcome == "fetched"


def _complete(db: Database[Document], stories: Iterable[dict[str, Document]]) -> None:
    """Give visits that confirm another what that one showed."""
    stories = list(stories)
    pages = {name: visit for found in stories for name, visit in found.items()}
    elsewhere = {visit["confirms"] for visit in pages.values() if "confirms" in visit} - pages.keys()
    for chunk in chunks(elsewhere):  # of a story that is being parted from this one, or folded
        pages.update((page["_id"], page) for page in db["visits"].find({"_id": {"$in": chunk}}))
    for found in stories:
        unchanged = {name: dict(visit) for name, visit in found.items() if "confirms" in visit}
        complete_visits(unchanged.values(), pages)
        found |= unchanged


def _go_on(db: Database[Document], key: str, fold: Document, own: Mapping[str, Document]) -> VisitedStory | None:
    """Derive a story from its fold and the visits after it; None where the fold cannot be used."""
    since: Document = {"at": {"$gt": fold["since"]}} if fold["since"] else {}
    read_already = {*fold["folded"], *own}
    # a condition on `_id` beside would let the embedded server look at all visits to the story
    names = (row["_id"] for row in db["visits"].find({"story": key, **since}, {"_id": 1}))
    visits = dict(own)
    for chunk in chunks(name for name in names if name not in read_already):
        visits.update((row["_id"], row) for row in db["visits"].find({"_id": {"$in": chunk}}))
    # late, or written anew after somebody removed it
    unknown = (visit for name, visit in visits.items() if name not in fold["folded"] or "unapplied" in visit)
    if any(visit["at"] <= fold["until"] for visit in unknown):
        fold |= {"token": void_folds(db, [key]), "visits": 0}
        return None
    visits = {name: visit for name, visit in visits.items() if name not in fold["folded"]}
    whole = dict(fold)
    has_links = not all(_leaves_links(visit, fold) for visit in visits.values())
    if has_links:
        if "links" not in fold:
            whole |= db["folds"].find_one({"_id": key, "token": fold["token"]}, dict.fromkeys(FOLDED_LINKS, 1)) or {}
        if "links" not in whole:
            return None
        _complete(db, [visits])
    else:
        known = {fold["page"]: fold["before"] or {}}
        visits = {name: dict(visit) for name, visit in visits.items()}
        complete_visits(visits.values(), known)
    walk = unfold(key, whole)
    if has_links and not _add_former_links(db, walk, visits.values(), fold):
        return None
    for visit in sorted(visits.values(), key=visit_order):
        walk.step(visit)
    return VisitedStory(visits, walk.history(), walk, fold["until"], whole, whole, has_links)


def _may_leave_links(visit: Mapping[str, Any]) -> bool:
    return visit["outcome"] not in ("fetched", "gone") or "confirms" in visit


def _leaves_links(visit: Mapping[str, Any], fold: Mapping[str, Any]) -> bool:
    """Return whether a visit leaves the links of a page as they are."""
    if visit["outcome"] == "unchanged" or "confirms" in visit:
        shown = fold["before"] and fold["before"]["content_hash"] == visit["content_hash"]
        return bool(shown and visit.get("confirms") == fold["page"])
    return visit["outcome"] in ("failed", "skipped") or visit["reason"] in GONE_NOTICES


def _add_former_links(
    db: Database[Document], walk: VisitWalk, visits: Iterable[Mapping[str, Any]], fold: Mapping[str, Any]
) -> bool:
    """Add the links that visits saw and that the page had not shown for a while, as they are stored.

    Returns: whether all of them were derived from no more visits than were folded.
    """
    ends = {end: link for visit in visits for end, link in links_of(walk.story, visit).items()}
    for collection in ("links", "page_lists"):
        names = {
            page_list_id(walk.story, end[0]) if "list" in link else link_id(walk.story, *end): end
            for end, link in ends.items()
            if end not in walk.links and ("list" in link) == (collection == "page_lists")
        }
        for chunk in chunks(names):
            for row in db[collection].find({"_id": {"$in": chunk}}):
                if row["basis"] > fold["visits"]:
                    return False
                seen = LinkHistory(row, row["crawl"], row["first_seen"], row["last_seen"], row["seen_count"])
                walk.links[names[row["_id"]]] = seen
    return True
