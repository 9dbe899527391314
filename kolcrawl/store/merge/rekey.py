"""Re-keying: stories whose key is not the one that today's URL rules give their address are moved or merged.

A story's key is computed by `kolcrawl.urls`, whose rules grow: a parameter turns out to be tracking, a site gets a
rule. Stories that were stored before would then be found under no key that a crawl asks for, and be stored once more.
So the database notes by which rules it was written (`meta`, `url_rules`), `scrapy check-store` reports when they
differ, and `scrapy migrate` re-keys: a story is merged (`repoint`) into the one that has its key now, which is
inserted first where there is none. Nothing is lost on the way, a process may die at any moment, and crawls may write
meanwhile.

What older rules took for one story stays one: visits do not tell which address a link had.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pymongo import InsertOne

from kolcrawl.errors import UrlError
from kolcrawl.store.bulk import ROWS_PER_REPLY, bulk_write, chunks
from kolcrawl.store.merge.lookup import canonical_key
from kolcrawl.store.merge.merge import merge_into
from kolcrawl.store.merge.repoint import merge_lock, repoint_merged_stories
from kolcrawl.store.removals import note_removal
from kolcrawl.store.write.story_updates import new_story, observation_of_merged
from kolcrawl.urls import canonical_url, rules_digest, site_of, story_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

_FROM_LATEST_VISIT: Final = ("http", "next_visit_at", "validators")
"""Fields of a story that only its latest visit showed."""


@dataclass(slots=True)
class RekeyResult:
    """What re-keying did."""

    moved: int = 0
    """Stories that have another key now."""
    merged: int = 0
    """Stories that turned out to be another that was there already."""


def rules_differ(db: Database[Document]) -> bool:
    """Return whether the stories may have been stored by other URL rules than today's."""
    noted = db["meta"].find_one({"_id": "url_rules"})
    return noted is None or noted["digest"] != rules_digest()


def rekey(
    db: Database[Document], on_progress: Callable[[int], None] = lambda _: None, *, force: bool = False
) -> RekeyResult:
    """Give stories the keys of today's rules, if these are not the ones that they were stored by.

    Args:
        db: the database.
        on_progress: called with the number of stories dealt with so far.
        force: check all stories even where the rules are the same.

    Raises:
        pymongo.errors.PyMongoError: the server failed; calling again goes on where it stopped.
    """
    done = RekeyResult()
    digest = rules_digest()
    if not force and not rules_differ(db):
        return done
    repoint_merged_stories(db)
    for keys in chunks([*_keys_to_change(db)]):
        for story in list(db["stories"].find({"_id": {"$in": keys}, "status": {"$ne": "merged"}})):
            with merge_lock(db):
                _rekey(db, story, done)
        _add_keys_of_merged(db, keys)
        on_progress(done.moved + done.merged)
    db["meta"].update_one({"_id": "url_rules"}, {"$set": {"digest": digest}}, upsert=True)
    note_removal(db)
    return done


def _keys_to_change(db: Database[Document]) -> Iterator[str]:
    """Yield the keys of the stories whose address has another key by today's rules."""
    with db["stories"].find({}, {"url": 1}).batch_size(ROWS_PER_REPLY) as cursor:
        for story in cursor:
            if _key_today(story) != story["_id"]:
                yield story["_id"]


def _key_today(story: Mapping[str, Any]) -> str:
    try:
        return story_key(story["url"])
    except UrlError:  # not an address by today's rules: it stays as it is
        return str(story["_id"])


def _rekey(db: Database[Document], story: Document, done: RekeyResult) -> None:
    old, now = story["_id"], datetime.now(UTC)
    key = _key_today(story)
    url = canonical_url(story["url"])
    canonical = canonical_key(db, key)
    if canonical == old:  # the story that today's rules name was merged into this one before: this is the way back
        db["stories"].update_one(
            {"_id": key}, {"$set": {"status": "stub", "group": key}, "$unset": {"merged_into": 1, "merge": 1}}
        )
        canonical = key
    seen = observation_of_merged(story, canonical)
    seen.url, seen.site = url, site_of(url)
    seen.aliases = tuple(alias for alias in seen.aliases if alias != url)
    errors = bulk_write(db["stories"], [InsertOne({"_id": canonical, **new_story(seen, None, now)})])
    merge_into(db, old, canonical, proof="key")
    repoint_merged_stories(db)
    kept = {name: story[name] for name in _FROM_LATEST_VISIT if name in story}
    db["stories"].update_one({"_id": canonical, "visits": story["visits"]}, {"$set": kept})
    if errors:
        done.merged += 1
    else:
        done.moved += 1


def _add_keys_of_merged(db: Database[Document], keys: list[str]) -> None:
    """Insert merged stories under the keys that their addresses have today, beside the old keys."""
    rows = []
    for story in db["stories"].find({"_id": {"$in": keys}, "status": "merged"}):
        key = _key_today(story)
        if key != story["merged_into"]:
            rows.append(InsertOne({**story, "_id": key}))
    bulk_write(db["stories"], rows)
