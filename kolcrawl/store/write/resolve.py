"""Preparing visits before they are inserted: keys of merged stories become those of their canonical stories, and visits
that were answered `unchanged` name the visit that they confirm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from kolcrawl.errors import UrlError
from kolcrawl.store.bulk import chunks
from kolcrawl.store.derive import READ_OUTCOMES, visit_order
from kolcrawl.store.merge.lookup import canonical_key
from kolcrawl.store.merge.merge import shows_the_same
from kolcrawl.store.merge.undo import undo_merge
from kolcrawl.store.write.projection import StoredStories, look_up_stories
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.write.known_stories import KnownStories


def resolve_keys(
    db: Database[Document], visits: Sequence[Document], known: KnownStories | None = None, merges: int = 0
) -> StoredStories:
    """Replace the keys of merged stories in visits, in place.

    A merged story whose own address answers with a page of its own is not merged any more.

    Args:
        db: the database.
        visits: with all links of their pages.
        known: stories that need not be read, but for those that are visited.
        merges: `merge_count`.

    Returns: what is stored of the stories that the visits name.
    """
    named, visited = _named_keys(visits), {visit["story"] for visit in visits}
    stored: StoredStories = known.recall(named - visited, merges) if known is not None else {}
    stored |= look_up_stories(db, named - stored.keys())
    canonical = {
        key: canonical_key(db, story["merged_into"])
        for key, story in stored.items()
        if story and story["status"] == "merged"
    }
    if not canonical:
        return stored
    for key in _with_own_page(db, visits, canonical):
        undo_merge(db, key, "page")
        del canonical[key]
    for visit in visits:
        if visit["story"] in canonical:
            _redirect_visit(visit, canonical[visit["story"]])
        for link in visit["links"]:
            if link["to"] in canonical:
                link.setdefault("merged_from", link["to"])
                link["to"] = canonical[link["to"]]
        for target in visit["unapplied"]["targets"]:
            target["key"] = canonical.get(target["key"], target["key"])
    return look_up_stories(db, {*stored, *canonical.values()})


def fill_unchanged(db: Database[Document], visits: Sequence[Document], stored: StoredStories) -> None:
    """Note with visits that were answered `unchanged` which visit they confirm, and its version, in place.

    Where that visit was itself answered so, they confirm the one that it confirms.

    Args:
        db: the database.
        visits: of which some were answered so.
        stored: what is stored of their stories: mostly that names the visit.
    """
    unchanged = [
        visit
        for visit in visits
        if visit["outcome"] == "unchanged" and not _confirms_latest(visit, stored.get(visit["story"]))
    ]
    if not unchanged:
        return
    pages: dict[str, list[Document]] = {}
    for keys in chunks({visit["story"] for visit in unchanged}):
        where = {"story": {"$in": keys}, "outcome": {"$in": list(READ_OUTCOMES)}}
        for page in db["visits"].find(where, dict.fromkeys(("story", "at", "content_hash", "confirms"), 1)):
            pages.setdefault(page["story"], []).append(page)
    for page in visits:
        if page["outcome"] == "fetched":
            pages.setdefault(page["story"], []).append(page)
    for visit in sorted(unchanged, key=visit_order):
        known = sorted(pages.get(visit["story"], ()), key=visit_order)
        same_as = visit["unapplied"]["same_as"]
        earlier = [page for page in known if page["at"] <= visit["at"] and page["_id"] != visit["_id"]]
        confirmed = next((page for page in earlier if page["at"] == same_as), earlier[-1] if earlier else None)
        if confirmed:
            visit["confirms"] = confirmed.get("confirms") or confirmed["_id"]
            visit["content_hash"] = confirmed.get("content_hash")
        pages.setdefault(visit["story"], []).append(visit)


def _confirms_latest(visit: Document, story: Document | None) -> bool:
    """Note with a visit that it confirms the page which its story shows. Return whether it does."""
    page = (story or {}).get("page")
    if story is None or not page or story["fetched_at"] != visit["unapplied"]["same_as"]:
        return False
    visit["confirms"], visit["content_hash"] = page, story["content_hash"]
    return True


def _named_keys(visits: Iterable[Document]) -> set[str]:
    """Collect the keys of all stories that visits name."""
    keys = set()
    for visit in visits:
        keys.add(visit["story"])
        keys.update(link["to"] for link in visit["links"])
    return keys


def _with_own_page(db: Database[Document], visits: Iterable[Document], canonical: Mapping[str, str]) -> set[str]:
    """Find the merged stories whose own address answered with another page than their canonical story's."""
    found = set()
    for visit in visits:
        key = canonical.get(visit["story"])
        if key and visit["outcome"] == "fetched":
            into = db["stories"].find_one({"_id": key}, {"title": 1, "content_hash": 1, "text": 1})
            if into and into["content_hash"] and not shows_the_same(visit["unapplied"]["content"], into):
                found.add(visit["story"])
    return found


def _redirect_visit(visit: Document, canonical: str) -> None:
    """Make a visit to a merged story one to its canonical story.

    Where the old address has nothing any more, the canonical story is not gone: such a visit only failed.
    """
    key = visit["story"]
    visit.setdefault("merged_from", key)
    visit["story"] = canonical
    final = (visit["unapplied"]["http"] or {}).get("final_url")
    with suppress(UrlError):
        if visit["outcome"] == "gone" and final and story_key(final) == key:
            visit["outcome"] = "failed"
