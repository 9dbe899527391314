"""Deriving one story anew from what is stored, texts included: needed to undo a merge.

Other writers only ever replace what was derived from fewer visits; here visits were taken away, so the number of visits
that a story's documents were derived from is set back first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.bulk import chunks
from kolcrawl.store.derive import visit_order
from kolcrawl.store.expressions import set_later
from kolcrawl.store.history.histories import read_histories
from kolcrawl.store.history.stored_folds import void_folds
from kolcrawl.store.history.visited_stories import read_visited_stories
from kolcrawl.store.merge.lookup import linking_stories, raise_merge_count
from kolcrawl.store.read.listed_links import pages_linking_to, stories_showing
from kolcrawl.store.write.documents import content_of, visit_stamp
from kolcrawl.store.write.projection import rederive
from kolcrawl.text.normalize import excerpt

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

_NOT_READ: Final[Document] = {
    "published_at": None, "published": None, "modified_at": None, "authors": [], "origin": None, "lang": None,
    "text": None, "excerpt": None, "text_chars": 0, "tags": [], "content_hash": None,
    "raw_title": None, "sources": {}, "noindex": False, "reading": None,
}  # fmt: skip
"""What a story shows of its page before the page is read."""


def clear_state(db: Database[Document], key: str) -> None:
    """Set back by how many visits a story and its documents were derived from, so that fewer count, too.

    Whoever has read its visits before finds that `merge_count` has grown, and that the story was restored.
    """
    raise_merge_count(db)
    void_folds(db, [key])
    restored = {"$set": {"restored": {"$add": [{"$ifNull": ["$restored", 0]}, 1]}}}
    blank = set_later({"visits": 0, "confirmed": None}, datetime.now(UTC))
    db["stories"].update_one({"_id": key}, [*blank, restored])
    db["links"].update_many({"from": key}, {"$set": {"basis": 0}})
    db["page_lists"].update_many({"story": key}, {"$set": {"basis": 0}})
    db["revisions"].update_many({"story": key}, {"$set": {"basis": 0}})


def restore_contents(db: Database[Document], keys: Collection[str]) -> None:
    """Derive stories anew from their visits, with the texts of their versions wherever among them they are found.

    A text may be in one place only, which deriving another of the stories would remove: so each text is given to a
    visit that found it before anything is derived.
    """
    contents = _contents(db, set(keys))
    for key in keys:
        _give_contents(db, key, contents)
    now = datetime.now(UTC)
    for key in keys:
        known = read_visited_stories(db, [key], {}, is_whole=True).get(key)
        if known is None:
            blank = _NOT_READ | {
                "status": "stub",
                "reason": None,
                "revisions": 0,
                "fetched_at": None,
                "http": None,
                "page": None,
            }
            db["stories"].update_one(
                {"_id": key},
                set_later(blank | {"next_visit_at": None, "redirected_to": None, "confirmed": None}, now),
            )
            db["links"].delete_many({"from": key})
            db["page_lists"].delete_many({"story": key})
            db["revisions"].delete_many({"story": key})
            continue
        if known.history.content is None:
            db["stories"].update_one({"_id": key}, set_later(_NOT_READ, now))
        rederive(db, [key])
        true = [change.visit["_id"] for change in known.history.changes]
        db["revisions"].delete_many({**known.later(key), "_id": {"$nin": true}})
        drop_stale_links(db, [key])
    db["visits"].update_many({"story": {"$in": list(keys)}, "unapplied.moved": True}, {"$unset": {"unapplied": 1}})


def drop_stale_links(db: Database[Document], stories: list[str]) -> int:
    """Remove the links, and the lists of pages, that no visit of these stories saw. Return how many.

    The links are read first: each that another writer adds was shown by a visit that is read. One that is written anew
    meanwhile was derived from more visits (`basis`), and stays.
    """
    ends = (("links", "from", "to"), ("page_lists", "story", "list"))
    stored = {
        name: list(db[name].find({source: {"$in": stories}}, {source: 1, target: 1, "kind": 1, "basis": 1}))
        for name, source, target in ends
    }
    visited = read_visited_stories(db, stories, {}, is_whole=True)
    removed = 0
    for name, source, target in ends:
        stale: dict[int | None, list[str]] = {}
        for link in stored[name]:
            known = visited.get(link[source])
            if known and (link[target], link["kind"]) not in known.history.links:
                stale.setdefault(link.get("basis"), []).append(link["_id"])
        for basis, names in stale.items():
            for chunk in chunks(names):
                removed += db[name].delete_many({"_id": {"$in": chunk}, "basis": basis}).deleted_count
    return removed


def _give_contents(db: Database[Document], key: str, contents: Mapping[str, Document]) -> None:
    """Give the latest visit of each version of a story what the story showed then, as if it had just been read."""
    story = db["stories"].find_one({"_id": key})
    if story is None:
        return
    latest: dict[str, Document] = {}
    for visit in sorted(db["visits"].find({"story": key, "outcome": "fetched"}, {"links": 0}), key=visit_order):
        if visit["content_hash"]:
            latest[visit["content_hash"]] = visit
    for version, visit in latest.items():
        content = contents.get(version) or _content_by(visit, None)
        kept = {} if version == story["content_hash"] else {"http": None, "next_visit_at": None}
        entry = content_of({**story, **_NOT_READ, **content, **kept})
        marked = {"_id": visit["_id"], "unapplied.targets": {"$exists": False}}
        db["visits"].update_one(marked, {"$set": {"unapplied": {**entry, "moved": True}}})


def _contents(db: Database[Document], keys: set[str]) -> dict[str, Document]:
    """Collect what stories show, or showed once, by version; as whole as it is to be had."""
    names = [*_NOT_READ, "title"]
    found: dict[str, Document] = {}
    for key in sorted(keys):
        for row in db["revisions"].find({"story": key, "content_hash": {"$ne": None}}):
            if row["text"] is not None or row["content_hash"] not in found:
                found[row["content_hash"]] = _content_by(row, row["text"])
    for visit in db["visits"].find({"story": {"$in": sorted(keys)}, "unapplied.content.text": {"$exists": True}}):
        found[visit["content_hash"]] = {name: visit["unapplied"]["content"].get(name) for name in names}
    for story in db["stories"].find({"_id": {"$in": sorted(keys)}}):
        for shown in ((story.get("merge") or {}).get("content"), story):
            if shown and shown.get("content_hash") and (shown.get("text") or shown["content_hash"] not in found):
                found[shown["content_hash"]] = {name: shown.get(name) for name in names}
    return found


def _content_by(row: Mapping[str, Any], text: str | None) -> Document:
    """Make what is left of a version: title, text and publication time."""
    return _NOT_READ | {
        "title": row["title"],
        "text": text,
        "excerpt": (excerpt(text) or None) if text else None,
        "text_chars": len(text or ""),
        "published_at": row["published_at"],
        "content_hash": row["content_hash"],
    }


def restore_observed(db: Database[Document], key: str) -> None:
    """Set anew when and how a story was seen, from the visits to it and to the pages that link to it."""
    story = db["stories"].find_one({"_id": key})
    if story is None:
        return
    own = list(db["visits"].find({"story": key}, {"at": 1, "crawl": 1, "depth": 1}))
    for history in read_histories(db, [key]).get(key, ()):  # by which crawl, the story itself says
        removed = {"_id": key, "crawl": story["discovered"]["crawl"], "depth": history["depth"]}
        own += [removed | {"at": history["first_at"]}, removed | {"at": history["latest"]["at"]}]
    linking = list(pages_linking_to(db, key, linking_stories(db, [key]) | stories_showing(db, [key])))
    moments = [visit["at"] for visit in own] + [visit["at"] for visit, _ in linking]
    if not moments:
        return
    depths = [visit["depth"] for visit in own if visit.get("depth") is not None]
    depths += [visit["depth"] + 1 for visit, _ in linking if visit.get("depth") is not None]
    fields: Document = {"first_seen": min(moments), "last_seen": max(moments), "depth": min(depths, default=0)}
    seed = min((visit for visit in own if visit.get("depth") == 0), key=visit_order, default=None)
    if linking:
        visit, link = min(linking, key=lambda pair: (visit_order(pair[0]), pair[1]["position"]))
        if seed is None or visit_order(visit) < visit_order(seed):
            way = {"crawl": visit["crawl"], "from": visit["story"], "kind": link["kind"], "at": visit["at"]}
            fields |= {"discovered": way, "order.found": visit_stamp(visit)}
            seed = None
        named = [pair for pair in linking if pair[1]["anchor"]]
        if named and story["fetched_at"] is None:
            visit, link = min(named, key=lambda pair: (visit_order(pair[0]), pair[1]["position"]))
            fields |= {"title": link["anchor"], "order.titled": visit_stamp(visit)}
    if seed is not None:
        way = {"crawl": seed["crawl"], "from": None, "kind": "seed", "at": seed["at"]}
        fields |= {"discovered": way, "order.found": visit_stamp(seed)}
    topics = [float(link["topic"]) for _, link in linking if link.get("topic") is not None]
    if story["fetched_at"] is None:
        fields["relevance"] = max(topics, default=None)
    db["stories"].update_one({"_id": key}, set_later(fields, datetime.now(UTC)))
