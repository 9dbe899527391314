"""Undoing a merge: a story that was merged into another becomes a story of its own again.

What names a merged story keeps the key that it named before (`merged_from`, of visits and of the links in them), and
the merged story keeps how it came to be merged and what it showed (`merge`). So visits, links and earlier versions
find the way back, and what follows from them is derived anew for both stories. The redirects by which the merged
address led to the other story become failed visits of its own, reason `redirected`.

A merge to be undone is noted first (`meta`, `undoing`), and each step may be repeated: a process that dies leaves work
that `finish_undoing` does at the next start. Writers need not wait: one that resolved its keys before finds that
`merge_count` has grown, and has its visits looked at again (`reclaim`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pymongo import InsertOne

from kolcrawl.errors import UrlError
from kolcrawl.store.bulk import bulk_write, chunks
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.derive import CONFIRMED_PARTS, READ_OUTCOMES
from kolcrawl.store.expressions import literal, set_later
from kolcrawl.store.history.stored_folds import void_folds
from kolcrawl.store.merge.lookup import canonical_key, linking_stories, raise_merge_count
from kolcrawl.store.merge.repoint import merge_lock
from kolcrawl.store.merge.restore import clear_state, drop_stale_links, restore_contents, restore_observed
from kolcrawl.store.read.listed_links import stored_lists
from kolcrawl.store.removals import note_removal
from kolcrawl.store.write.documents import NOT_SHOWN, visit_id
from kolcrawl.store.write.projection import rederive
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

_UNDOING: Final = {"_id": "undoing"}


def undo_merge(db: Database[Document], key: str, by: str) -> str | None:
    """Make a merged story one of its own again.

    Args:
        key: of the merged story.
        by: who found that the two are not one: `page`, `user` or `migration`; kept with the story.

    Returns: the key of the story that it was merged into; None where it is not merged.

    Raises:
        pymongo.errors.PyMongoError: the server failed; the next start finishes what was begun.
    """
    with merge_lock(db):
        story = db["stories"].find_one({"_id": key, "status": "merged"})
        if story is None:
            return None
        canonical = canonical_key(db, key)
        db["meta"].update_one(_UNDOING, {"$set": {f"pending.{key}": {"from": canonical, "by": by}}}, upsert=True)
        _undo(db, key, canonical, by)
        return canonical


def finish_undoing(db: Database[Document]) -> int:
    """Finish undoing merges that a process which died had begun to undo. Return how many merges."""
    noted = db["meta"].find_one(_UNDOING) or {}
    pending: dict[str, Document] = noted.get("pending") or {}
    for key, undo in pending.items():
        with merge_lock(db):
            _undo(db, key, undo["from"], undo["by"])
    return len(pending)


def reclaim(
    db: Database[Document], visits: Iterable[Mapping[str, Any]], lists: Iterable[Mapping[str, Any]] = ()
) -> None:
    """Give stories that are not merged any more what visits and lists recorded for their canonical story meanwhile."""
    names: dict[str, str] = {}
    for row in lists:
        names.update((link["merged_from"], link["to"]) for link in row["links"] if link.get("merged_from"))
    for visit in visits:
        named = [(visit.get("merged_from"), visit["story"])]
        named += [(link.get("merged_from"), link["to"]) for link in visit["links"]]
        names.update((key, canonical) for key, canonical in named if key)
    for chunk in chunks(names):
        for story in list(db["stories"].find({"_id": {"$in": chunk}, "status": {"$ne": "merged"}}, {"_id": 1})):
            with merge_lock(db):
                _bring_back(db, story["_id"], names[story["_id"]])


def _undo(db: Database[Document], key: str, canonical: str, by: str) -> None:
    now = datetime.now(UTC)
    reborn = set_later({"status": "stub", "reason": None, "group": key}, now)
    known = {"$concatArrays": [{"$ifNull": ["$unmerged", []]}, literal([{"from": canonical, "at": now, "by": by}])]}
    db["stories"].update_one(
        {"_id": key, "status": "merged"},
        [*reborn, {"$set": {"unmerged": known}}, {"$unset": ["merged_into", "stray"]}],
    )
    _bring_back(db, key, canonical)
    db["stories"].update_one({"_id": key}, {"$unset": {"merge": 1}})
    db["meta"].update_one(_UNDOING, {"$unset": {f"pending.{key}": 1}})


def _bring_back(db: Database[Document], key: str, canonical: str) -> None:
    """Give a story back everything that is its own. Each step may be repeated."""
    raise_merge_count(db)
    family = _family(db, key, canonical)
    now = datetime.now(UTC)
    others = [name for name in family if name != key]
    db["stories"].update_many({"_id": {"$in": others}}, set_later({"merged_into": key, "group": key}, now))
    moved = _take_back_visits(db, key, canonical, family)
    _note_redirects(db, key, canonical)
    sources = _take_back_links(db, key, canonical, family)
    for name in (key, canonical):
        clear_state(db, name)
    restore_contents(db, (key, canonical))
    for chunk in chunks(sources):
        rederive(db, chunk, to={key, canonical})
        drop_stale_links(db, chunk)
    for name in (key, canonical):
        restore_observed(db, name)
    raise_merge_count(db)  # what was set back may have been read in between
    _correct_discovery(db, key, canonical, moved)
    _forget_aliases(db, key, canonical, family)
    named = {"$or": [{"group": canonical}, {"copy_of": canonical}]}
    group_stories(db, [key, canonical, *(story["_id"] for story in db["stories"].find(named, {"_id": 1}))])
    note_removal(db)


def _family(db: Database[Document], key: str, canonical: str) -> list[str]:
    """List a story and those that were merged into it before it was merged itself."""
    into: dict[str, list[str]] = {}
    for story in db["stories"].find({"merged_into": {"$in": [key, canonical]}}, {"merge.into": 1}):
        into.setdefault((story.get("merge") or {}).get("into", ""), []).append(story["_id"])
    family = [key]
    for name in family:  # grows while it is walked
        family += [other for other in into.get(name, ()) if other not in family]
    return family


def _take_back_visits(db: Database[Document], key: str, canonical: str, family: list[str]) -> list[Document]:
    """Make visits, and the versions that they found, the story's own again. Return the visits that it has then."""
    for name in ("visits", "histories"):
        db[name].update_many({"story": canonical, "merged_from": {"$in": family}}, {"$set": {"story": key}})
        db[name].update_many({"story": key, "merged_from": key}, {"$unset": {"merged_from": 1}})
    for name in (key, canonical):
        _part_confirmations(db, name)
    moved = list(db["visits"].find({"story": key}, {"at": 1, "links.to": 1, "lists": 1}))
    for chunk in chunks(visit["_id"] for visit in moved):
        db["revisions"].update_many({"_id": {"$in": chunk}}, {"$set": {"story": key}})
    return moved


def _part_confirmations(db: Database[Document], story: str) -> None:
    """Give visits to a story that confirm one of another story what that one showed, so that they stand for it."""
    for visit in list(db["visits"].find({"story": story, "confirms": {"$exists": True}}, {"confirms": 1})):
        page = db["visits"].find_one({"_id": visit["confirms"]})
        if page and page["story"] != story:
            _stand_alone(db, visit["_id"], page)


def _stand_alone(db: Database[Document], visit: str, page: Mapping[str, Any]) -> None:
    own = {name: page[name] for name in CONFIRMED_PARTS if name in page}
    db["visits"].update_one({"_id": visit}, {"$set": own, "$unset": {"confirms": 1}})


def leave_confirmed(db: Database[Document], going: Iterable[Mapping[str, Any]], story: str) -> None:
    """Give visits to a story what they confirm of visits that go, so that they stand for themselves."""
    names = {visit["_id"] for visit in going}
    for visit in (
        list(db["visits"].find({"story": story, "confirms": {"$exists": True}}, {"confirms": 1})) if names else ()
    ):
        page = db["visits"].find_one({"_id": visit["confirms"]}) if visit["confirms"] in names else None
        if page and visit["_id"] not in names:
            _stand_alone(db, visit["_id"], page)


def _note_redirects(db: Database[Document], key: str, canonical: str) -> None:
    """Insert a failed visit of the story for each time that its address led to the other one."""
    target = db["stories"].find_one({"_id": canonical}, {"url": 1}) or {}
    story = db["stories"].find_one({"_id": key}, {"depth": 1}) or {}
    rows = []
    for visit in db["visits"].find({"story": canonical, "outcome": "fetched"}, {"unapplied": 0, "confirms": 0}):
        with suppress(UrlError):
            if story_key(visit["url"]) == key:
                name = visit_id(visit["crawl"], key, visit["at"])
                failed = {"_id": name, "story": key, "outcome": "failed", "reason": "redirected", "links": []}
                failed["lists"] = []
                led = {"redirected_to": target.get("url"), "depth": story.get("depth", visit.get("depth", 0))}
                rows.append(InsertOne({**visit, **NOT_SHOWN, **failed, **led}))
    bulk_write(db["visits"], rows)


def _take_back_links(db: Database[Document], key: str, canonical: str, family: list[str]) -> list[str]:
    """Make the links that named the story name it again. Return the stories that link to either, but for lists."""
    sources = [*{key, canonical, *linking_stories(db, [key, canonical])}]
    back = {"link.to": canonical, "link.merged_from": {"$in": family}}
    own = {"link.to": key, "link.merged_from": key}
    named = {"links.to": {"$in": [key, canonical]}, "links.merged_from": {"$in": family}}
    for chunk in chunks([row["_id"] for row in db["lists"].find(named, {"_id": 1})]):
        these, pages = {"_id": {"$in": chunk}}, {"list": {"$in": chunk}}
        db["page_lists"].update_many(pages, {"$set": {"updated_at": datetime.now(UTC)}})
        db["lists"].update_many(these, {"$set": {"links.$[link].to": key}}, array_filters=[back])
        db["lists"].update_many(these, {"$unset": {"links.$[link].merged_from": 1}}, array_filters=[own])
        db["page_lists"].update_many(pages, {"$set": {"updated_at": datetime.now(UTC)}})
    for chunk in chunks(sources):
        named = {"story": {"$in": chunk}, "links.merged_from": {"$in": family}}
        for name in ("visits", "histories"):
            db[name].update_many(named, {"$set": {"links.$[link].to": key}}, array_filters=[back])
            db[name].update_many(named, {"$unset": {"links.$[link].merged_from": 1}}, array_filters=[own])
        void_folds(db, chunk)
    return sources


def _correct_discovery(db: Database[Document], key: str, canonical: str, moved: list[Document]) -> None:
    """Correct where stories were discovered: on the story's own page, and not on the other's."""
    for visit in moved:
        lists = stored_lists(db, (entry["list"] for entry in visit.get("lists", ())))
        named = [*visit["links"], *(link for row in lists.values() for link in row["links"])]
        for chunk in chunks({link["to"] for link in named}):
            found = {"_id": {"$in": chunk}, "discovered.from": canonical, "discovered.at": visit["at"]}
            db["stories"].update_many(found, {"$set": {"discovered.from": key}})


def _forget_aliases(db: Database[Document], key: str, canonical: str, family: list[str]) -> None:
    """Give each of the two stories the addresses that are its own."""
    members = list(db["stories"].find({"_id": {"$in": family}}, {"url": 1, "aliases": 1}))
    addresses = {address for story in members for address in (story["url"], *story["aliases"])}
    db["stories"].update_one({"_id": canonical}, {"$pullAll": {"aliases": sorted(addresses)}})
    own = next((story["url"] for story in members if story["_id"] == key), None)
    db["stories"].update_one({"_id": key}, {"$addToSet": {"aliases": {"$each": sorted(addresses - {own})}}})


def visited_as(visit: Mapping[str, Any]) -> str | None:
    """Return the key of the address that a visit asked for; None where it is no address by today's rules."""
    try:
        return story_key(visit["url"])
    except UrlError:
        return None


def is_page(visit: Mapping[str, Any]) -> bool:
    """Return whether a visit had a page."""
    return visit["outcome"] in READ_OUTCOMES
