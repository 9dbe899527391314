"""Merging: when a fetch shows that two keys are one story, the other key's story becomes part of it.

A story whose page was found under another key (`StoryItem.known_as`: redirects, a believed canonical address) is
marked `merged`, with `merged_into` naming the survivor, which is the key of the address that the page itself goes
by. Everything that named the merged key is then re-pointed: visits and revisions of it, links from and to it,
groups and copies. The mark comes first and carries a `stray` count; the work can be done again at any time, by
any process, and the count is taken away only if nothing was added to it meanwhile. A writer that touches a merged
story adds to its count, so a link that came late is re-pointed, too.

A redirect is no proof that two stories are one. A story whose own text was read before is merged only into a
story with the same title or text; and a page that swallows ever more keys is a landing page, not a story. In both
cases the old key gets a `failed` visit with the reason `redirected`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.bulk import chunks
from kolcrawl.store.documents import content_of, redirected_visit
from kolcrawl.store.duplicates import group_stories
from kolcrawl.store.effects import rederive
from kolcrawl.store.stories import merged_story, story_sighting, story_update
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]

MAX_MERGED: Final = 20
"""Keys merged into one story, beyond which its page counts as a landing page."""
_LONGEST_CHAIN: Final = 20


def survivors(db: Database[Document], keys: Iterable[str]) -> dict[str, str]:
    """The merged ones of some keys, each with the key that stands for it now."""
    leads: dict[str, str] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        found = db["stories"].find({"_id": {"$in": chunk}, "status": "merged"}, {"merged_into": 1})
        leads.update((story["_id"], story["merged_into"]) for story in found)
    return {key: _root(db, lead) for key, lead in leads.items()}


def _root(db: Database[Document], key: str) -> str:
    for _ in range(_LONGEST_CHAIN):
        story = db["stories"].find_one({"_id": key, "status": "merged"}, {"merged_into": 1})
        if story is None:
            break
        key = story["merged_into"]
    return key


def merges_so_far(db: Database[Document]) -> int:
    """A number that has grown when any process has begun to merge a story since."""
    counter = db["meta"].find_one({"_id": "merges"})
    return counter["count"] if counter else 0


def stray(db: Database[Document], keys: Iterable[str]) -> None:
    """Note that something may still point to merged stories."""
    for chunk in chunks(keys):
        db["stories"].update_many({"_id": {"$in": chunk}, "status": "merged"}, {"$inc": {"stray": 1}})


def merge_known(db: Database[Document], visit: Mapping[str, Any]) -> tuple[int, list[Document]]:
    """Merge the stories under the other keys of a visited page into its story.

    Returns: how many were merged, and visits to be written to those that are not the same story.
    """
    told = visit["unapplied"]
    root = _root(db, visit["story"])
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
        if (story and not _same(db, story, root)) or _swallows(db, root):
            if story:
                apart.append(redirected_visit(visit, story, addresses.get(key)))
            continue
        _mark(db, key, root, visit, addresses.get(key))
        merged += 1
    return merged, apart


def _same(db: Database[Document], story: Mapping[str, Any], root: str) -> bool:
    """Whether a story may be part of another: its text was never read, or is the other's."""
    if story["fetched_at"] is None:
        return True
    into = db["stories"].find_one({"_id": root}, {"title": 1, "content_hash": 1, "text": 1})
    return into is not None and any(
        story[name] and story[name] == into[name] for name in ("content_hash", "title", "text")
    )


def _swallows(db: Database[Document], root: str) -> bool:
    return db["stories"].count_documents({"merged_into": root}, limit=MAX_MERGED) >= MAX_MERGED


def _mark(db: Database[Document], key: str, root: str, visit: Mapping[str, Any], address: str | None) -> None:
    now = datetime.now(UTC)
    # First the counter: a writer that began before the mark will look again.
    db["meta"].update_one({"_id": "merges"}, {"$inc": {"count": 1}}, upsert=True)
    blank = {name: value for name, value in merged_story(visit, root, address, now).items() if name != "stray"}
    mark = {"status": "merged", "merged_into": root, "updated_at": now}
    db["stories"].update_one(
        {"_id": key},
        {"$set": mark, "$inc": {"stray": 1}, "$setOnInsert": {k: v for k, v in blank.items() if k not in mark}},
        upsert=True,
    )
    chained = {"merged_into": key, "_id": {"$ne": root}}
    db["stories"].update_many(chained, {"$set": {"merged_into": root, "updated_at": now}})
    _break_circle(db, key)


def _break_circle(db: Database[Document], key: str) -> None:
    """Two processes may merge two stories into each other at once: the lesser key then survives."""
    circle = [key]
    while len(circle) <= _LONGEST_CHAIN:
        story = db["stories"].find_one({"_id": circle[-1], "status": "merged"}, {"merged_into": 1})
        if story is None:
            return
        if story["merged_into"] in circle:
            break
        circle.append(story["merged_into"])
    least = min(circle)
    freed = db["stories"].update_one(
        {"_id": least, "status": "merged"}, {"$set": {"status": "stub"}, "$unset": {"merged_into": 1, "stray": 1}}
    )
    if freed.modified_count:
        rederive(db, [least])


def settle_strays(db: Database[Document]) -> int:
    """Re-point whatever still names a merged story. Returns: how many merged stories were settled."""
    settled = 0
    for story in list(db["stories"].find({"stray": {"$gte": 1}})):
        if story["status"] == "merged":
            _settle(db, story)
            settled += 1
        else:
            db["stories"].update_one({"_id": story["_id"], "stray": story["stray"]}, {"$unset": {"stray": 1}})
    return settled


def _settle(db: Database[Document], story: Document) -> None:
    """Bring all that names a merged story over to its survivor. Each step may be repeated."""
    old, now = story["_id"], datetime.now(UTC)
    root = _root(db, old)
    seen = story_sighting(story, root)
    db["stories"].update_one({"_id": root}, story_update(seen, None, now))
    _move_visits(db, story, root)
    sources = db["links"].distinct("from", {"to": old})
    for chunk in chunks(sources):
        named = {"story": {"$in": chunk}, "links.to": old}
        db["visits"].update_many(named, {"$set": {"links.$[link].to": root}}, array_filters=[{"link.to": old}])
        rederive(db, chunk, to={root})
        db["links"].delete_many({"to": old, "from": {"$in": chunk}})
    for name in ("group", "copy_of"):
        named = {name: old, "_id": {"$nin": [old, root]}}
        db["stories"].update_many(named, {"$set": {name: root, "updated_at": now}})
    db["stories"].update_one({"_id": root, "group": old}, {"$set": {"group": root}})
    db["stories"].update_one(
        {"_id": root, "copy_of": {"$in": [old, root]}}, {"$set": {"copy_of": None, "copy_similarity": None}}
    )
    group_stories(db, [old, root])
    emptied = merged_story(None, root, None, now)
    db["stories"].update_one(
        {"_id": old, "stray": story["stray"]}, {"$set": emptied, "$unset": {"stray": 1, "signature": 1}}
    )


def _move_visits(db: Database[Document], story: Document, root: str) -> None:
    """Make a merged story's visits and earlier versions its survivor's."""
    old = story["_id"]
    db["revisions"].update_many({"story": old}, {"$set": {"story": root}})
    visits = list(db["visits"].find({"story": old}, {"links": 0}).sort("at", 1))
    if visits:
        fetched = [visit for visit in visits if visit["outcome"] == "fetched"]
        content = content_of(story) if story["content_hash"] or story["text"] else None
        if fetched and content and "unapplied" not in fetched[-1]:
            # Its text travels as if it had just been read: the survivor shows it, or keeps it as a revision.
            db["visits"].update_one({"_id": fetched[-1]["_id"]}, {"$set": {"unapplied": content, "story": root}})
        db["visits"].update_many({"story": old}, {"$set": {"story": root}})
    if visits or story["visits"]:
        rederive(db, [root])
        if visits:
            moved = [visit["_id"] for visit in visits if "unapplied" not in visit]
            for chunk in chunks(moved):
                db["visits"].update_many({"_id": {"$in": chunk}}, {"$unset": {"unapplied": 1}})
    db["links"].delete_many({"from": old})
