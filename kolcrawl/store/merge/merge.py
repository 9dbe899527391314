"""Merging: when a fetch shows that two keys are one story, the other key's story becomes part of it.

A story whose page was found under another key (`StoryItem.known_as`: redirects, a believed canonical address) is
marked `merged`, with the key of its canonical story in `merged_into`: that of the address which the page itself gives.
What named the merged key is then re-pointed (`repoint`).

Each such key comes with its proof (`kolcrawl.policy.redirects`), which the merged story keeps (`merge`). A story whose
own text was read before is merged only into a story with the same title or text; a page into which ever more links
lead whose texts agree with its headline is a landing page, not a story; and two stories that a user set apart stay so.
In these cases the other key gets a `failed` visit with the reason `redirected`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.errors import UrlError
from kolcrawl.policy.redirects import is_same_story
from kolcrawl.store.bulk import chunks
from kolcrawl.store.expressions import if_, is_null, later, literal, set_later
from kolcrawl.store.merge.lookup import canonical_key
from kolcrawl.store.merge.repoint import merge_lock
from kolcrawl.store.write.documents import redirected_visit
from kolcrawl.store.write.story_updates import merged_story
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

MAX_MERGED_BY_TITLE: Final = 20
"""Keys merged into one story by its headline alone, beyond which its page counts as a landing page."""


def merge_known_keys(db: Database[Document], visits: Iterable[Mapping[str, Any]]) -> tuple[int, list[Document]]:
    """Merge the stories under the other keys of visited pages into the pages' stories.

    Returns: how many were merged, and visits to be written to those that are not the same story.
    """
    with_other_keys = [visit for visit in visits if visit["unapplied"]["known_as"]]
    if not with_other_keys:
        return 0, []
    merged, redirected = 0, []
    with merge_lock(db):
        for visit in with_other_keys:
            count, failed = _merge(db, visit)
            merged += count
            redirected += failed
    return merged, redirected


def _merge(db: Database[Document], visit: Mapping[str, Any]) -> tuple[int, list[Document]]:
    entry = visit["unapplied"]
    canonical = canonical_key(db, visit["story"])
    others = [key for key in entry["known_as"] if key != canonical]
    stories: dict[str, Document] = {}
    for chunk in chunks(others):
        stories.update((story["_id"], story) for story in db["stories"].find({"_id": {"$in": chunk}}))
    addresses = {story_key(url): url for url in entry["aliases"]}
    merged, redirected = 0, []
    for key in others:
        story, address = stories.get(key), addresses.get(key)
        if story and story["status"] == "merged":
            continue
        proof = _proof_of(visit, story, address, entry.get("proofs", {}).get(key))
        if proof and (story is None or _may_join(db, story, canonical)) and not _is_landing_page(db, canonical, proof):
            new = merged_story(visit, canonical, address, datetime.now(UTC))
            merge_into(db, key, canonical, new, proof=proof, at=visit["at"])
            merged += 1
        elif story:
            redirected.append(redirected_visit(visit, story, address))
    return merged, redirected


def _proof_of(
    visit: Mapping[str, Any], story: Mapping[str, Any] | None, address: str | None, given: str | None
) -> str | None:
    """Find what proves that a key is the visited story; judge it for visits that an older version left in the spool."""
    entry = visit["unapplied"]
    if given or "proofs" in entry or address is None:
        return given
    anchor = story["title"] if story and story["fetched_at"] is None else None
    try:
        return is_same_story(address, entry["url"], anchor=anchor, title=visit["title"])
    except UrlError:
        return None


def _may_join(db: Database[Document], story: Mapping[str, Any], canonical: str) -> bool:
    """Return whether a story may be merged into another.

    It may unless a user set them apart, or its text was read and is not the other's.
    """
    if any(undone["from"] == canonical and undone["by"] == "user" for undone in story.get("unmerged", ())):
        return False
    if story["fetched_at"] is None:
        return True
    into = db["stories"].find_one({"_id": canonical}, {"title": 1, "content_hash": 1, "text": 1})
    return into is not None and shows_the_same(story, into)


def shows_the_same(story: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two stories show the same title or text."""
    return any(story[name] and story[name] == other[name] for name in ("content_hash", "title", "text"))


def _is_landing_page(db: Database[Document], canonical: str, proof: str) -> bool:
    """Return whether so many stories were merged into another by its headline alone that one more proves nothing."""
    if proof != "title":
        return False
    by_title = {"merged_into": canonical, "merge.proof": "title"}
    return db["stories"].count_documents(by_title, limit=MAX_MERGED_BY_TITLE) >= MAX_MERGED_BY_TITLE


def merge_into(
    db: Database[Document],
    key: str,
    canonical: str,
    new: Mapping[str, Any] | None = None,
    *,
    proof: str,
    at: datetime | None = None,
) -> None:
    """Mark a story as merged into another; `repoint_merged_stories` re-points what names it.

    Args:
        new: the document to insert if the story is not stored; None where it is.
        proof: what shows that they are one.
        at: when that was found; None for now.
    """
    now = datetime.now(UTC)
    mark = {"status": "merged", "merged_into": canonical, "merge": {"into": canonical, "proof": proof, "at": at or now}}
    counted = {"updated_at": later(now), "stray": {"$add": [{"$ifNull": ["$stray", 0]}, 1]}}
    before = if_(is_null("$status"), literal(dict(new or {})), literal({}))
    merged = {"$mergeObjects": [before, "$$ROOT", literal(mark), counted]}
    db["stories"].update_one({"_id": key}, [{"$replaceWith": merged}], upsert=new is not None)
    chained = {"merged_into": key, "_id": {"$ne": canonical}}
    db["stories"].update_many(chained, set_later({"merged_into": canonical}, now))
