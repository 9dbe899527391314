"""Stories whose key is not what today's rules of URLs make of their address: given their own key, or merged.

A story's key is made by `kolcrawl.urls`, whose rules grow: a parameter turns out to be tracking, a site gets a rule.
Stories stored before would then be found under no key that a crawl asks for, and be stored once more. So the
database notes by which rules it was written (`meta`, `url_rules`), `scrapy check-store` tells when they differ, and
`scrapy migrate` re-keys: a story is merged (`repoint`) into the one that has its key now, which is made first where
there is none. Nothing is lost on the way, a process may die at any moment, and crawls may write meanwhile.

What older rules took for one story stays one: visits do not tell which address a link had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pymongo import InsertOne

from kolcrawl.errors import UrlError
from kolcrawl.store.bulk import bulk, chunks
from kolcrawl.store.merge.lookup import root_of
from kolcrawl.store.merge.merge import merge_into
from kolcrawl.store.merge.repoint import merging, settle_strays
from kolcrawl.store.write.story_updates import new_story, story_sighting
from kolcrawl.urls import canonical_url, rules_digest, site_of, story_key

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]

_KEPT: Final = ("http", "next_visit_at", "validators")  # facts of a story that only its latest visit told
_ROWS: Final = 10_000


@dataclass(slots=True)
class Rekeyed:
    """What was done."""

    moved: int = 0
    """Stories that have another key now."""
    merged: int = 0
    """Stories that turned out to be another that was there already."""


def rules_differ(db: Database[Document]) -> bool:
    """Whether the stories may have been stored by other rules of URLs than today's."""
    noted = db["meta"].find_one({"_id": "url_rules"})
    return noted is None or noted["digest"] != rules_digest()


def rekey(db: Database[Document], told: Callable[[int], None] = lambda _: None, *, force: bool = False) -> Rekeyed:
    """Give stories the keys of today's rules, if these are not the ones that they were stored by.

    Args:
        told: called with the number of stories dealt with so far.
        force: look at all of them anyway.
    Raises:
        pymongo.errors.PyMongoError: the server failed; calling again goes on where it stopped.
    """
    done = Rekeyed()
    digest = rules_digest()
    if not force and not rules_differ(db):
        return done
    settle_strays(db)
    for keys in chunks([*_misnamed(db)]):
        for story in list(db["stories"].find({"_id": {"$in": keys}, "status": {"$ne": "merged"}})):
            with merging(db):
                _rekey(db, story, done)
        _name_merged(db, keys)
        told(done.moved + done.merged)
    db["meta"].update_one({"_id": "url_rules"}, {"$set": {"digest": digest}}, upsert=True)
    return done


def _misnamed(db: Database[Document]) -> Iterator[str]:
    """Keys of the stories whose address has another key by today's rules."""
    with db["stories"].find({}, {"url": 1}).batch_size(_ROWS) as cursor:
        for story in cursor:
            if _key_of(story) != story["_id"]:
                yield story["_id"]


def _key_of(story: Mapping[str, Any]) -> str:
    try:
        return story_key(story["url"])
    except UrlError:  # no address by today's rules: it stays what it is
        return str(story["_id"])


def _rekey(db: Database[Document], story: Document, done: Rekeyed) -> None:
    old, now = story["_id"], datetime.now(UTC)
    key = _key_of(story)
    url = canonical_url(story["url"])
    root = root_of(db, key)
    if root == old:  # the story that today's rules name was merged into this one before: this is the way back
        db["stories"].update_one(
            {"_id": key}, {"$set": {"status": "stub", "group": key}, "$unset": {"merged_into": 1, "merge": 1}}
        )
        root = key
    seen = story_sighting(story, root)
    seen.url, seen.site = url, site_of(url)
    seen.aliases = tuple(alias for alias in seen.aliases if alias != url)
    errors = bulk(db["stories"], [InsertOne({"_id": root, **new_story(seen, None, now)})])
    merge_into(db, old, root, proof="key")
    settle_strays(db)
    kept = {name: story[name] for name in _KEPT if name in story}
    db["stories"].update_one({"_id": root, "visits": story["visits"]}, {"$set": kept})
    if errors:
        done.merged += 1
    else:
        done.moved += 1


def _name_merged(db: Database[Document], keys: list[str]) -> None:
    """Have the new keys of merged stories' addresses lead on, as their old ones do."""
    rows = []
    for story in db["stories"].find({"_id": {"$in": keys}, "status": "merged"}):
        key = _key_of(story)
        if key != story["merged_into"]:
            rows.append(InsertOne({**story, "_id": key}))
    bulk(db["stories"], rows)
