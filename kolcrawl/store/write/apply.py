"""Writing visits and all that follows from them, so that it is right after any crash, replay or race.

Door: `apply_visits`. How it holds together:

1. A visit is inserted first, whole, with everything it found in its `unapplied` part: a log written ahead. What
   follows from it (stories, links, revisions) is then derived from the *set* of visits to the story (`derive`) and
   written; last, `unapplied` is taken out. A process that dies in between leaves the visit marked, and
   `recover` (run at the start of a crawl) or the next visit to the story finishes the work. A visit that is stored
   and not marked is done: writing it again is a no-op.
2. Of two writers that derive at the same time, the one that knew more visits is right: its number of visits goes
   with what it writes (`visits` of a story, `basis` of a link), and nothing derived from fewer replaces it. The
   writer whose visit was inserted last reads after all others were inserted, hence knows all.
3. What is no function of the visits of one story (first and last seen, depth, how it was found) joins by least
   and greatest, which neither order nor repetition can change.
4. Earlier texts move from the visit to the story to `revisions`, each copy made before the other goes; a writer that
   changed revisions looks again whether visits came in meanwhile, and if so repeats.

So counts need no increments and no transactions, and the cost of a write does not grow with the collection. A batch
takes a dozen round trips, one for each fifty stories that it names, and one for each four texts whose copies are
looked for: two a page, in batches of a dozen pages with some fifty links each.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import bson
from bson.errors import BSONError
from pymongo import InsertOne
from pymongo.errors import AutoReconnect, OperationFailure
from pymongo.write_concern import WriteConcern

from kolcrawl.errors import UrlError
from kolcrawl.store.bulk import DUPLICATE, bulk, chunks
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.derive import READ, visit_order
from kolcrawl.store.merge.lookup import merges_so_far, root_of
from kolcrawl.store.merge.merge import merge_known, shows_the_same
from kolcrawl.store.merge.repoint import settle_ends, settle_strays
from kolcrawl.store.merge.undo import finish_undoing, reclaim, undo_merge
from kolcrawl.store.server.client import breaks_of
from kolcrawl.store.write.documents import is_visit
from kolcrawl.store.write.effects import Stored, Written, look_up, write_effects
from kolcrawl.store.write.story_updates import join_sightings
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.write.last_seen import LastSeen

logger = logging.getLogger(__name__)

Document = dict[str, Any]

MAX_BYTES: Final = 15_000_000
"""Of one visit with its text; MongoDB's limit is 16 MiB."""
UNRESOLVED: Final = -1


@dataclass(slots=True)
class Applied:
    """What became of some visits."""

    refused: dict[str, str] = field(default_factory=dict)
    """By visit id, why the database refused it."""
    repeated: set[str] = field(default_factory=set)
    """Visits that had been written before."""
    new_stories: int = 0
    new_stubs: int = 0
    """Stories newly known from a link alone, less those of the same crawl that now were visited."""
    new_links: int = 0
    copies: int = 0
    merged: int = 0

    def join(self, other: Applied) -> None:
        """Count what became of further visits."""
        self.refused |= other.refused
        self.repeated |= other.repeated
        for name in ("new_stories", "new_stubs", "new_links", "copies", "merged"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def add(self, written: Written) -> None:
        """Count what was written."""
        self.new_stories += written.new_stories
        self.new_stubs += written.new_stubs
        self.new_links += written.new_links


def apply_visits(db: Database[Document], visits: Sequence[Document], *, last_seen: LastSeen | None = None) -> Applied:
    """Write visits and what follows from them.

    Args:
        visits: from `visit_document`; changed in place (keys that were merged become their survivors').
        last_seen: takes observations that tell no more than that a story was seen again; None writes them.
    Raises:
        pymongo.errors.PyMongoError: the server failed; calling again with the same visits is safe and needed.
    """
    applied, breaks = Applied(), breaks_of(db.client)
    batch = {visit["_id"]: visit for visit in visits if _fits(visit, applied)}
    merges = merges_so_far(db)
    stored = _resolve(db, batch.values())
    asked = {name: visit for name, visit in batch.items() if is_visit(visit)}
    _fill_unchanged(db, list(asked.values()))
    if _insert(db, asked, applied):
        merges = UNRESOLVED
    settled = applied.refused.keys() | applied.repeated
    left = [visit for name, visit in batch.items() if name not in settled]
    _write(db, left, merges, applied, breaks, stored=stored, last_seen=last_seen)
    return applied


def apply_each(db: Database[Document], visits: Sequence[Document]) -> Applied:
    """Write visits one by one, after they failed as a batch: one that the database chokes on must not stop the rest.

    Raises:
        pymongo.errors.PyMongoError: the server is gone, or chokes on every one of several.
    """
    together = Applied()
    for visit in visits:
        name = visit["_id"]
        try:
            applied = apply_visits(db, [visit])
        except OperationFailure as error:
            together.refused[name] = str(error).partition(", full error:")[0]
            if len(together.refused) == len(visits):
                raise
            continue
        together.join(applied)
    for names in chunks(together.refused):
        db["visits"].delete_many({"_id": {"$in": names}, "unapplied.depth": {"$gte": 0}})
    return together


def recover(db: Database[Document]) -> int:
    """Finish what a process that died left half written.

    Safe while other crawls write: what they have in hand is derived twice, to the same result.
    Returns: how many visits were finished.
    """
    done = 0
    marked = [visit["_id"] for visit in db["visits"].find({"unapplied.depth": {"$gte": 0}}, {"_id": 1})]
    for names in chunks(marked):
        visits = list(db["visits"].find({"_id": {"$in": names}, "unapplied.depth": {"$gte": 0}}))
        try:
            done += _finish(db, visits)
        except OperationFailure:
            for visit in visits:
                try:
                    done += _finish(db, [visit])
                except OperationFailure as error:  # left as it is: the check of the store tells of it
                    logger.error("visit %s of %r cannot be finished: %s", visit["_id"], visit["url"], error)
    settle_strays(db)
    finish_undoing(db)
    return done


def _finish(db: Database[Document], visits: Sequence[Document]) -> int:
    _write(db, visits, UNRESOLVED, Applied(), breaks_of(db.client))
    db["visits"].update_many({"_id": {"$in": [visit["_id"] for visit in visits]}}, {"$unset": {"unapplied": 1}})
    return len(visits)


def _fits(visit: Document, applied: Applied) -> bool:
    try:
        size = len(bson.encode(visit))
    except (BSONError, UnicodeEncodeError, OverflowError) as error:
        applied.refused[visit["_id"]] = f"cannot be encoded: {error}"
        return False
    if size > MAX_BYTES:
        applied.refused[visit["_id"]] = f"too large: {size} bytes"
        return False
    return True


def _resolve(db: Database[Document], visits: Iterable[Document]) -> Stored:
    """Let visits speak of survivors where they name stories that have been merged.

    Returns: what is stored of the stories that they name.
    """
    visits = list(visits)
    stored = look_up(db, _named(visits))
    merged = {key: story for key, story in stored.items() if story and story["status"] == "merged"}
    leads = {key: root_of(db, story["merged_into"]) for key, story in merged.items()}
    if not leads:
        return stored
    for key in _own_pages(db, visits, leads):
        undo_merge(db, key, "page")
        del leads[key]
    for visit in visits:
        if visit["story"] in leads:
            _visit_as(visit, leads[visit["story"]])
        for link in visit["links"]:
            if link["to"] in leads:
                link.setdefault("merged_from", link["to"])
                link["to"] = leads[link["to"]]
        for target in visit["unapplied"]["targets"]:
            target["key"] = leads.get(target["key"], target["key"])
    return look_up(db, {*stored, *leads.values()})


def _own_pages(db: Database[Document], visits: Iterable[Document], leads: Mapping[str, str]) -> set[str]:
    """Find the merged stories whose own address answered with a page of their own, not their survivor's."""
    own = set()
    for visit in visits:
        root = leads.get(visit["story"])
        if root and visit["outcome"] == "fetched":
            into = db["stories"].find_one({"_id": root}, {"title": 1, "content_hash": 1, "text": 1})
            if into and into["content_hash"] and not shows_the_same(visit["unapplied"]["content"], into):
                own.add(visit["story"])
    return own


def _visit_as(visit: Document, root: str) -> None:
    """Make a visit to a merged story one to its survivor. That the old address has nothing any more does not tell that
    the survivor's has nothing."""
    key = visit["story"]
    visit.setdefault("merged_from", key)
    visit["story"] = root
    final = (visit["unapplied"]["http"] or {}).get("final_url")
    with suppress(UrlError):
        if visit["outcome"] == "gone" and final and story_key(final) == key:
            visit["outcome"] = "failed"


def _named(visits: Iterable[Document]) -> set[str]:
    """All stories that visits name."""
    keys = set()
    for visit in visits:
        keys.add(visit["story"])
        keys.update(link["to"] for link in visit["links"])
    return keys


def _fill_unchanged(db: Database[Document], visits: Sequence[Document]) -> None:
    """Give visits that were answered `unchanged` the links and version of the visit they confirm."""
    waiting = [visit for visit in visits if visit["outcome"] == "unchanged"]
    if not waiting:
        return
    pages: dict[str, list[Document]] = {}
    for keys in chunks({visit["story"] for visit in waiting}):
        for page in db["visits"].find({"story": {"$in": keys}, "outcome": {"$in": list(READ)}}, {"unapplied": 0}):
            pages.setdefault(page["story"], []).append(page)
    for page in visits:
        if page["outcome"] == "fetched":
            pages.setdefault(page["story"], []).append(page)
    for visit in sorted(waiting, key=visit_order):
        known = sorted(pages.get(visit["story"], ()), key=visit_order)
        same_as = visit["unapplied"]["same_as"]
        earlier = [page for page in known if page["at"] <= visit["at"] and page["_id"] != visit["_id"]]
        base = next((page for page in earlier if page["at"] == same_as), earlier[-1] if earlier else None)
        if base:
            for name in ("content_hash", "text_hash", "title", "published_at", "links"):
                visit[name] = base.get(name)
            visit["links"] = list(visit["links"] or ())
        pages.setdefault(visit["story"], []).append(visit)


def _insert(db: Database[Document], visits: dict[str, Document], applied: Applied) -> bool:
    """Insert visits; those that are there already and marked go on with what is stored. Returns: whether any do."""
    names = list(visits)
    errors = bulk(db["visits"], [InsertOne(visits[name]) for name in names])
    there = [names[index] for index, (code, _) in errors.items() if code == DUPLICATE]
    applied.refused |= {names[index]: said for index, (code, said) in errors.items() if code != DUPLICATE}
    for keys in chunks(there):
        for stored in db["visits"].find({"_id": {"$in": keys}}):
            if "unapplied" in stored:
                visits[stored["_id"]].clear()
                visits[stored["_id"]].update(stored)
            else:
                applied.repeated.add(stored["_id"])
    return len(there) > len(applied.repeated)


def _write(
    db: Database[Document],
    visits: Sequence[Document],
    merges: int,
    applied: Applied,
    breaks: int,
    *,
    stored: Stored | None = None,
    last_seen: LastSeen | None = None,
) -> None:
    """Write what follows from visits that are stored and marked, and take their marks away.

    Args:
        merges: `merges_so_far` before keys were resolved, or UNRESOLVED.
        breaks: `breaks_of` the client before anything was written.
        stored, last_seen: as `write_effects` takes them.
    """
    if not visits:
        return
    mine = {visit["_id"]: visit for visit in visits if is_visit(visit)}
    stories = dict.fromkeys(visit["story"] for visit in mine.values())
    written = write_effects(db, join_sightings(visits), stories, mine, stored=stored, last_seen=last_seen)
    applied.add(written)
    for name, visit in list(mine.items()):
        if visit["story"] in written.refused:  # nothing half done may stay
            applied.refused[name] = written.refused[visit["story"]]
            db["visits"].delete_one({"_id": name, "unapplied": {"$exists": True}})
            del mine[name]
    links = {(visit["story"], link["to"]) for visit in mine.values() for link in visit["links"]}
    settle_ends(db, written.ends | links, merges)
    if merges_so_far(db) != merges:
        reclaim(db, mine.values())
    merged, apart = merge_known(db, mine.values())
    applied.merged += merged
    settle_strays(db)
    fetched = {visit["story"] for visit in mine.values() if visit["outcome"] == "fetched"}
    applied.copies += len(group_stories(db, fetched | written.earlier) & fetched)
    if apart:
        apply_visits(db, apart)
    if breaks_of(db.client) != breaks:
        # a server killed in between has lost what it had not written yet, and the rest went on with its successor
        raise AutoReconnect("the server went away in the middle of a batch")
    _unmark(db, list(mine))


def _unmark(db: Database[Document], names: Sequence[str]) -> None:
    """Take the marks of visits away, as the last write of a batch.

    The server is asked to have it in its journal on the disk, and all before it along, before it counts as
    acknowledged; asking for that on each write would be slow.
    """
    journalled = WriteConcern(**{**db.write_concern.document, "j": True})
    visits, meta = (db.get_collection(name, write_concern=journalled) for name in ("visits", "meta"))
    for chunk in chunks(names):
        # what a merge has moved is taken away by who moves it
        done = {"_id": {"$in": chunk}, "unapplied.moved": {"$ne": True}}
        visits.update_many(done, {"$unset": {"unapplied": 1}})
    if not names:
        meta.update_one({"_id": "sync"}, {"$inc": {"count": 1}}, upsert=True)
