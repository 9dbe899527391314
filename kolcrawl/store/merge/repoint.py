"""Re-pointing: whatever names a merged story is made to name its survivor.

A merged story is marked first (`identity`), with a `stray` count. Then its visits and revisions become its
survivor's, links from and to it are derived anew, groups and copies follow, and last the count is taken away, if
nothing was added to it meanwhile. Each step may be repeated, so a process that dies leaves work that the next
batch of any crawl does. One process at a time merges and re-points (`merging`).

Writers do not wait for that. A writer that touches a merged story adds to its count. One that resolved its keys
before a mark was there, and writes links after the re-pointing passed, finds that `merges_so_far` has grown, and
re-points what it wrote itself (`settle_ends`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import DuplicateKeyError

from kolcrawl.errors import StoreError
from kolcrawl.store.bulk import chunks
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.merge.lookup import merges_so_far, root_of, survivors
from kolcrawl.store.write.documents import content_of
from kolcrawl.store.write.effects import Ends, rederive
from kolcrawl.store.write.story_updates import merged_story, story_sighting, story_update
from kolcrawl.system.processes import is_alive, this_process

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]

LEASE: Final = timedelta(seconds=60)
"""How long a process of another host that dies while it merges keeps others from it."""
_mine = threading.local()


@contextlib.contextmanager
def merging(db: Database[Document]) -> Iterator[None]:
    """Be the only one who merges stories of this database; may be entered again by who is in.

    Raises:
        StoreError: another process holds it far longer than any merge takes.
    """
    held: set[str] = _mine.__dict__.setdefault("held", set())
    if db.name in held:
        _renew(db)
        yield
        return
    deadline = time.monotonic() + 2 * LEASE.total_seconds()
    while not (_renew(db) or _inherit(db)):
        if time.monotonic() > deadline:
            raise StoreError("another process has been merging stories for minutes: end it, or wait")
        time.sleep(0.02)
    held.add(db.name)
    try:
        yield
    finally:
        held.discard(db.name)
        db["meta"].delete_one({"_id": "merging", "owner": _owner()})


def _owner() -> str:
    """This thread's name for itself; a fork gets one of its own."""
    if getattr(_mine, "pid", None) != os.getpid():
        _mine.pid, _mine.owner = os.getpid(), secrets.token_hex(8)
    owner: str = _mine.owner
    return owner


def _renew(db: Database[Document]) -> bool:
    now = datetime.now(UTC)
    free = {"_id": "merging", "$or": [{"owner": _owner()}, {"until": {"$lt": now}}]}
    try:
        db["meta"].update_one(free, {"$set": _lease(now)}, upsert=True)
    except DuplicateKeyError:
        return False
    return True


def _inherit(db: Database[Document]) -> bool:
    """Take over from a process of this host that died while it merged."""
    held = db["meta"].find_one({"_id": "merging"})
    if held is None or is_alive(held.get("process")) is not False:
        return False
    dead = {"_id": "merging", "owner": held["owner"]}
    return db["meta"].update_one(dead, {"$set": _lease(datetime.now(UTC))}).modified_count == 1


def _lease(now: datetime) -> Document:
    return {"owner": _owner(), "process": this_process(), "until": now + LEASE}


def stray(db: Database[Document], keys: Iterable[str]) -> None:
    """Note that something may still point to merged stories."""
    for chunk in chunks(keys):
        db["stories"].update_many({"_id": {"$in": chunk}, "status": "merged"}, {"$inc": {"stray": 1}})


def settle_ends(db: Database[Document], ends: Ends, merges: int) -> None:
    """Look again at links that were written, if stories were merged meanwhile.

    Args:
        ends: from and to of the links.
        merges: `merges_so_far` before their keys were resolved; -1 if they may name merged stories anyway.
    """
    if merges_so_far(db) == merges:
        return
    leads = survivors(db, {key for end in ends for key in end})
    if not leads:
        return
    with merging(db):
        for old in leads:
            _repoint_links(db, old, {source for source, target in ends if target == old})
        stray(db, leads)


def settle_strays(db: Database[Document]) -> int:
    """Re-point whatever still names a merged story. Returns: how many merged stories were settled."""
    strays = {"stray": {"$gte": 1}}
    settled = 0
    if db["stories"].find_one(strays, {"_id": 1}) is None:
        return settled
    with merging(db):
        for story in list(db["stories"].find(strays)):
            _settle(db, story)
            settled += 1
    return settled


def _settle(db: Database[Document], story: Document) -> None:
    """Bring all that names a merged story over to its survivor. Each step may be repeated."""
    old, now = story["_id"], datetime.now(UTC)
    # A writer that had resolved its keys before the mark was there must look again before it is done.
    db["meta"].update_one({"_id": "merges"}, {"$inc": {"count": 1}}, upsert=True)
    root = root_of(db, old)
    if story["merged_into"] != root:  # which was merged in its turn meanwhile
        passed_on = {"merged_into": root, "updated_at": now}
        db["stories"].update_one({"_id": old, "merged_into": story["merged_into"]}, {"$set": passed_on})
    seen = story_sighting(story, root)
    own = db["stories"].find_one({"_id": root}, {"url": 1})
    seen.aliases = tuple(alias for alias in seen.aliases if own and alias != own["url"])
    db["stories"].update_one({"_id": root}, story_update(seen, None, now))
    _move_visits(db, story, root)
    _repoint_links(db, old, db["links"].distinct("from", {"to": old}))
    for name in ("group", "copy_of"):
        named = {name: old, "_id": {"$nin": [old, root]}}
        db["stories"].update_many(named, {"$set": {name: root, "updated_at": now}})
    db["stories"].update_one({"_id": root, "group": old}, {"$set": {"group": root}})
    db["stories"].update_one(
        {"_id": root, "copy_of": {"$in": [old, root]}}, {"$set": {"copy_of": None, "copy_similarity": None}}
    )
    group_stories(db, [old, root])
    emptied = merged_story(None, root, None, now)
    del emptied["merged_into"]  # it may have been passed on again
    if story["content_hash"]:  # what it showed, should the merge be undone
        emptied["merge.content"] = content_of(story)["content"]
    db["stories"].update_one(
        {"_id": old, "stray": story["stray"]}, {"$set": emptied, "$unset": {"stray": 1, "signature": 1}}
    )


def _repoint_links(db: Database[Document], old: str, sources: Iterable[str]) -> None:
    """Make the links of some stories to a merged one links to its survivor."""
    root = root_of(db, old)
    for chunk in chunks(sources):
        named = {"story": {"$in": chunk}, "links.to": old}
        first = {"link.to": old, "link.merged_from": {"$exists": False}}
        db["visits"].update_many(named, {"$set": {"links.$[link].merged_from": old}}, array_filters=[first])
        db["visits"].update_many(named, {"$set": {"links.$[link].to": root}}, array_filters=[{"link.to": old}])
        _rederive(db, chunk, to={root})
        db["links"].delete_many({"to": old, "from": {"$in": chunk}})


def _rederive(db: Database[Document], stories: Iterable[str], *, to: Collection[str] | None = None) -> None:
    merges = merges_so_far(db)
    settle_ends(db, rederive(db, stories, to=to), merges)


def _move_visits(db: Database[Document], story: Document, root: str) -> None:
    """Make a merged story's visits and earlier versions its survivor's."""
    old = story["_id"]
    db["revisions"].update_many({"story": old}, {"$set": {"story": root}})
    visits = list(db["visits"].find({"story": old}, {"links": 0, "unapplied.targets": 0}).sort("at", 1))
    fetched = [visit for visit in visits if visit["outcome"] == "fetched"]
    carrier = fetched[-1] if fetched else None
    if carrier and carrier["content_hash"] == story["content_hash"]:
        # Its text travels as if it had just been read: the survivor shows it, or keeps it as a revision.
        one = {"_id": carrier["_id"]}
        going_on = {**one, "unapplied.depth": {"$gte": 0}}
        if not db["visits"].update_one(going_on, {"$set": {"unapplied.moved": True}}).matched_count:
            db["visits"].update_one(one, {"$set": {"unapplied": {**content_of(story), "moved": True}}})
    first = {"story": old, "merged_from": {"$exists": False}}
    db["visits"].update_many(first, {"$set": {"story": root, "merged_from": old}})
    db["visits"].update_many({"story": old}, {"$set": {"story": root}})
    if visits or story["visits"]:
        _rederive(db, [root])
    if carrier:
        db["visits"].update_one({"_id": carrier["_id"], "unapplied.moved": True}, {"$unset": {"unapplied": 1}})
    db["links"].delete_many({"from": old})
