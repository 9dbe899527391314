"""Merging: when a fetch shows that two keys are one story, the other key's story becomes part of it.

A story whose page was found under another key (`StoryItem.known_as`: redirects, a believed canonical address) is
marked `merged`, with `merged_into` naming the survivor, which is the key of the address that the page itself goes
by. What named the merged key is then re-pointed (`repoint`).

Each such key comes with its proof (`kolcrawl.policy.redirects`), which the merged story keeps (`merge`). A story whose
own text was read before is merged only into a story with the same title or text; a page into which ever more links
lead whose texts agree with its headline is a landing page, not a story; and two stories that a user set apart stay so.
In these cases the other key gets a `failed` visit with the reason `redirected`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.errors import UrlError
from kolcrawl.policy.redirects import is_same_story
from kolcrawl.store.bulk import chunks
from kolcrawl.store.merge.lookup import root_of
from kolcrawl.store.merge.repoint import merging
from kolcrawl.store.write.documents import redirected_visit
from kolcrawl.store.write.story_updates import merged_story
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]

MAX_MERGED: Final = 20
"""Keys merged into one story by its headline alone, beyond which its page counts as a landing page."""


def merge_known(db: Database[Document], visits: Iterable[Mapping[str, Any]]) -> tuple[int, list[Document]]:
    """Merge the stories under the other keys of visited pages into the pages' stories.

    Returns: how many were merged, and visits to be written to those that are not the same story.
    """
    telling = [visit for visit in visits if visit["unapplied"]["known_as"]]
    if not telling:
        return 0, []
    merged, apart = 0, []
    with merging(db):
        for visit in telling:
            count, moved = _merge(db, visit)
            merged += count
            apart += moved
    return merged, apart


def _merge(db: Database[Document], visit: Mapping[str, Any]) -> tuple[int, list[Document]]:
    told = visit["unapplied"]
    root = root_of(db, visit["story"])
    others = [key for key in told["known_as"] if key != root]
    stories: dict[str, Document] = {}
    for chunk in chunks(others):
        stories.update((story["_id"], story) for story in db["stories"].find({"_id": {"$in": chunk}}))
    addresses = {story_key(url): url for url in told["aliases"]}
    merged, apart = 0, []
    for key in others:
        story = stories.get(key)
        if story and story["status"] == "merged":
            continue
        proof = _proof_of(visit, story, addresses.get(key), told.get("proofs", {}).get(key))
        if not proof or (story and not _may_join(db, story, root)) or (proof == "title" and _swallows(db, root)):
            if story:
                apart.append(redirected_visit(visit, story, addresses.get(key)))
            continue
        blank = merged_story(visit, root, addresses.get(key), datetime.now(UTC))
        merge_into(db, key, root, blank, proof=proof, at=visit["at"])
        merged += 1
    return merged, apart


def _proof_of(
    visit: Mapping[str, Any], story: Mapping[str, Any] | None, address: str | None, given: str | None
) -> str | None:
    """Find what proves that a key is the visited story; judge it for visits that an older version left in the spool."""
    told = visit["unapplied"]
    if given or "proofs" in told or address is None:
        return given
    anchor = story["title"] if story and story["fetched_at"] is None else None
    try:
        return is_same_story(address, told["url"], anchor=anchor, title=visit["title"])
    except UrlError:
        return None


def _may_join(db: Database[Document], story: Mapping[str, Any], root: str) -> bool:
    """Whether a story may be part of another: no user set them apart, and its text was never read or is the other's."""
    if any(undone["from"] == root and undone["by"] == "user" for undone in story.get("unmerged", ())):
        return False
    if story["fetched_at"] is None:
        return True
    into = db["stories"].find_one({"_id": root}, {"title": 1, "content_hash": 1, "text": 1})
    return into is not None and shows_the_same(story, into)


def shows_the_same(story: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two stories show the same title or text."""
    return any(story[name] and story[name] == other[name] for name in ("content_hash", "title", "text"))


def _swallows(db: Database[Document], root: str) -> bool:
    by_title = {"merged_into": root, "merge.proof": "title"}
    return db["stories"].count_documents(by_title, limit=MAX_MERGED) >= MAX_MERGED


def merge_into(
    db: Database[Document],
    key: str,
    root: str,
    blank: Mapping[str, Any] | None = None,
    *,
    proof: str,
    at: datetime | None = None,
) -> None:
    """Mark a story as merged into another; `settle_strays` brings over what names it.

    Args:
        blank: the story as it is to be stored if it is not there yet; None where it is.
        proof: what shows that they are one.
        at: when that was found; None for now.
    """
    now = datetime.now(UTC)
    mark = {
        "status": "merged",
        "merged_into": root,
        "updated_at": now,
        "merge": {"into": root, "proof": proof, "at": at or now},
    }
    update: Document = {"$set": mark, "$inc": {"stray": 1}}
    if blank:
        update["$setOnInsert"] = {name: value for name, value in blank.items() if name not in {*mark, "stray"}}
    db["stories"].update_one({"_id": key}, update, upsert=blank is not None)
    chained = {"merged_into": key, "_id": {"$ne": root}}
    db["stories"].update_many(chained, {"$set": {"merged_into": root, "updated_at": now}})
