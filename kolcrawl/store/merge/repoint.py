"""Re-pointing: whatever names a merged story is made to name its canonical story.

A merged story is marked as dangling first (`merge`), by the count `stray`. Then its visits and revisions become those
of its canonical story, links from and to it are derived anew, groups and copies follow, and last the count is removed,
if nothing was added to it meanwhile. Each step may be repeated, so a process that dies leaves work that the next batch
of any crawl does. One process at a time merges and re-points (`merge_lock`).

Writers do not wait for that. A writer that touches a merged story adds to its count. A writer that resolved its keys
before a story was marked, and writes links after the re-pointing, finds that `merge_count` has grown, and re-points
what it wrote itself (`repair_links`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pymongo import InsertOne
from pymongo.errors import DuplicateKeyError

from kolcrawl.errors import StoreUnavailableError
from kolcrawl.store.bulk import bulk_write, chunks
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.expressions import set_later
from kolcrawl.store.history.stored_folds import void_folds
from kolcrawl.store.merge.lookup import canonical_key, canonical_keys, linking_stories, merge_count, raise_merge_count
from kolcrawl.store.write.documents import content_of
from kolcrawl.store.write.projection import LinkEnds, rederive
from kolcrawl.store.write.story_updates import merged_fields, observation_of_merged, story_update
from kolcrawl.system.processes import is_alive, this_process
from kolcrawl.system.retry import Backoff, doubling_pauses

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

MERGE_LEASE: Final = timedelta(seconds=60)
"""How long a process of another host that dies while it merges keeps others from merging."""
FIRST_LOCK_PAUSE, LONGEST_LOCK_PAUSE = 0.02, 1.0  # seconds between two tries to get the right, doubling
_thread = threading.local()


@contextlib.contextmanager
def merge_lock(db: Database[Document]) -> Iterator[None]:
    """Hold the right to merge stories of a database, which one thread at a time has; re-entrant.

    Raises:
        StoreUnavailableError: another process has held it for long; trying again later may do.
    """
    held: set[str] = _thread.__dict__.setdefault("held", set())
    if db.name in held:
        _renew(db)
        yield
        return
    backoff = Backoff(doubling_pauses(FIRST_LOCK_PAUSE, LONGEST_LOCK_PAUSE))
    while not (_renew(db) or _take_over(db)):
        pause = backoff.next_pause(2 * MERGE_LEASE.total_seconds() - backoff.elapsed)
        if pause is None:
            raise StoreUnavailableError("another process has been merging stories for minutes: end it, or wait")
        time.sleep(pause)
    held.add(db.name)
    try:
        yield
    finally:
        held.discard(db.name)
        db["meta"].delete_one({"_id": "merging", "owner": _owner()})


def _owner() -> str:
    """Return the name of this thread; a fork has one of its own."""
    if getattr(_thread, "pid", None) != os.getpid():
        _thread.pid, _thread.owner = os.getpid(), secrets.token_hex(8)
    owner: str = _thread.owner
    return owner


def _renew(db: Database[Document]) -> bool:
    now = datetime.now(UTC)
    free = {"_id": "merging", "$or": [{"owner": _owner()}, {"until": {"$lt": now}}]}
    try:
        db["meta"].update_one(free, {"$set": _lease(now)}, upsert=True)
    except DuplicateKeyError:
        return False
    return True


def _take_over(db: Database[Document]) -> bool:
    """Take over from a process of this host that died while it merged."""
    held = db["meta"].find_one({"_id": "merging"})
    if held is None or is_alive(held.get("process")) is not False:
        return False
    dead = {"_id": "merging", "owner": held["owner"]}
    return db["meta"].update_one(dead, {"$set": _lease(datetime.now(UTC))}).modified_count == 1


def _lease(now: datetime) -> Document:
    return {"owner": _owner(), "process": this_process(), "until": now + MERGE_LEASE}


def mark_dangling(db: Database[Document], keys: Iterable[str]) -> None:
    """Mark merged stories as dangling: something may still point to them."""
    for chunk in chunks(keys):
        db["stories"].update_many({"_id": {"$in": chunk}, "status": "merged"}, {"$inc": {"stray": 1}})


def repair_links(db: Database[Document], ends: LinkEnds, merges: int) -> None:
    """Re-point links that were written while stories were merged.

    Args:
        db: the database.
        ends: from and to of the links.
        merges: `merge_count` before their keys were resolved; -1 if they may name merged stories anyway.
    """
    if merge_count(db) == merges:
        return
    merged = canonical_keys(db, {key for end in ends for key in end})
    if not merged:
        return
    with merge_lock(db):
        for old in merged:
            _repoint_links(db, old, {source for source, target in ends if target == old})
        mark_dangling(db, merged)


def repair_lists(db: Database[Document], lists: Mapping[str, Document], merges: int) -> None:
    """Repair lists that were written while stories were merged, or that somebody removed meanwhile.

    Args:
        db: the database.
        lists: by id, as they were written.
        merges: `merge_count` before their keys were resolved; -1 if they may name merged stories anyway.
    """
    if not lists or merge_count(db) == merges:
        return
    bulk_write(db["lists"], [InsertOne(row) for row in lists.values()])
    merged = canonical_keys(db, {link["to"] for row in lists.values() for link in row["links"]})
    if not merged:
        return
    with merge_lock(db):
        for old in merged:
            _repoint_lists(db, old)
        mark_dangling(db, merged)


def repoint_merged_stories(db: Database[Document]) -> int:
    """Re-point whatever still names a merged story. Return how many merged stories were dangling."""
    dangling = {"stray": {"$gte": 1}}
    if db["stories"].find_one(dangling, {"_id": 1}) is None:
        return 0
    with merge_lock(db):
        stories = list(db["stories"].find(dangling))
        for story in stories:
            _repoint_story(db, story)
    return len(stories)


def _repoint_story(db: Database[Document], story: Document) -> None:
    """Re-point everything that names a merged story. Each step may be repeated."""
    old, now = story["_id"], datetime.now(UTC)
    # A writer that had resolved its keys before the story was marked must repair its links before it is done.
    raise_merge_count(db)
    canonical = canonical_key(db, old)
    if story["merged_into"] != canonical:  # that story was itself merged meanwhile
        passed_on = set_later({"merged_into": canonical}, now)
        db["stories"].update_one({"_id": old, "merged_into": story["merged_into"]}, passed_on)
    seen = observation_of_merged(story, canonical)
    own = db["stories"].find_one({"_id": canonical}, {"url": 1})
    seen.aliases = tuple(alias for alias in seen.aliases if own and alias != own["url"])
    db["stories"].update_one({"_id": canonical}, story_update(seen, None, now))
    _move_visits(db, story, canonical)
    _repoint_links(db, old, linking_stories(db, [old]))
    _repoint_lists(db, old)
    for name in ("group", "copy_of"):
        named = {name: old, "_id": {"$nin": [old, canonical]}}
        db["stories"].update_many(named, set_later({name: canonical}, now))
    db["stories"].update_one({"_id": canonical, "group": old}, {"$set": {"group": canonical}})
    db["stories"].update_one(
        {"_id": canonical, "copy_of": {"$in": [old, canonical]}}, {"$set": {"copy_of": None, "copy_similarity": None}}
    )
    group_stories(db, [old, canonical])
    emptied = merged_fields(canonical)
    del emptied["merged_into"]  # it may have been passed on again
    if story["content_hash"]:  # what it showed, should the merge be undone
        emptied["merge.content"] = content_of(story)["content"]
    done = [*set_later(emptied, now), {"$unset": "stray"}]
    db["stories"].update_one({"_id": old, "stray": story["stray"]}, done)


def _repoint_links(db: Database[Document], old: str, sources: Iterable[str]) -> None:
    """Make the links of some stories to a merged story links to its canonical story."""
    canonical = canonical_key(db, old)
    for chunk in chunks(sources):
        if not _renew(db):  # a story to which thousands of pages link takes longer than a lease
            raise StoreUnavailableError("another process took over the merging of stories: it goes on there")
        named = {"story": {"$in": chunk}, "links.to": old}
        first = {"link.to": old, "link.merged_from": {"$exists": False}}
        for name in ("visits", "histories"):
            db[name].update_many(named, {"$set": {"links.$[link].merged_from": old}}, array_filters=[first])
            db[name].update_many(named, {"$set": {"links.$[link].to": canonical}}, array_filters=[{"link.to": old}])
        void_folds(db, chunk)
        _rederive(db, chunk, to={canonical})
        db["links"].delete_many({"to": old, "from": {"$in": chunk}})


def _repoint_lists(db: Database[Document], old: str) -> None:
    """Make lists that name a merged story name its canonical story.

    The pages that show them count as written then, before and after: whoever reads what was changed reads them again.
    """
    canonical = canonical_key(db, old)
    named = {"links.to": {"$in": [old, canonical]}}
    shown = {"links.to": 1, "links.merged_from": 1}
    found = [row for row in db["lists"].find(named, shown) if any(old in named_keys(link) for link in row["links"])]
    first = {"link.to": old, "link.merged_from": {"$exists": False}}
    for chunk in chunks(row["_id"] for row in found):
        these, pages = {"_id": {"$in": chunk}}, {"list": {"$in": chunk}}
        db["page_lists"].update_many(pages, {"$set": {"updated_at": datetime.now(UTC)}})
        db["lists"].update_many(these, {"$set": {"links.$[link].merged_from": old}}, array_filters=[first])
        db["lists"].update_many(these, {"$set": {"links.$[link].to": canonical}}, array_filters=[{"link.to": old}])
        db["page_lists"].update_many(pages, {"$set": {"updated_at": datetime.now(UTC)}})


def named_keys(link: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the keys that a link names: of its target, and of the one that was merged into it."""
    return link["to"], link.get("merged_from")


def _rederive(db: Database[Document], stories: Iterable[str], *, to: Collection[str] | None = None) -> None:
    merges = merge_count(db)
    repair_links(db, rederive(db, stories, to=to), merges)


def _move_visits(db: Database[Document], story: Document, canonical: str) -> None:
    """Make the visits and earlier versions of a merged story those of its canonical story."""
    old = story["_id"]
    db["revisions"].update_many({"story": old}, {"$set": {"story": canonical}})
    visits = list(db["visits"].find({"story": old}, {"links": 0, "unapplied.targets": 0}).sort("at", 1))
    fetched = [visit for visit in visits if visit["outcome"] == "fetched"]
    carrier = fetched[-1] if fetched else None
    if carrier and carrier["content_hash"] == story["content_hash"]:
        # Its text moves as if it had just been read: the canonical story shows it, or keeps it as a revision.
        one = {"_id": carrier["_id"]}
        going_on = {**one, "unapplied.depth": {"$gte": 0}}
        if not db["visits"].update_one(going_on, {"$set": {"unapplied.moved": True}}).matched_count:
            db["visits"].update_one(one, {"$set": {"unapplied": {**content_of(story), "moved": True}}})
    first = {"story": old, "merged_from": {"$exists": False}}
    for name in ("visits", "histories"):
        db[name].update_many(first, {"$set": {"story": canonical, "merged_from": old}})
        db[name].update_many({"story": old}, {"$set": {"story": canonical}})
    void_folds(db, [old, canonical])
    if visits or story["visits"]:
        _rederive(db, [canonical])
    if carrier:
        db["visits"].update_one({"_id": carrier["_id"], "unapplied.moved": True}, {"$unset": {"unapplied": 1}})
    db["links"].delete_many({"from": old})
    db["page_lists"].delete_many({"story": old})
