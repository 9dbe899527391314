"""Finding the canonical story of a key. Stories are merged by `merge` and `repoint`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kolcrawl.store.bulk import ROWS_PER_REPLY, chunks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

_MAX_CHAIN: Final = 20
"""Merges that are followed from one story to the next; a longer chain is a fault, and must not hang a writer."""


def canonical_keys(db: Database[Document], keys: Iterable[str]) -> dict[str, str]:
    """Return those of some keys whose stories are merged, each with the key of its canonical story."""
    merged: dict[str, str] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        found = db["stories"].find({"_id": {"$in": chunk}, "status": "merged"}, {"merged_into": 1})
        merged.update((story["_id"], story["merged_into"]) for story in found)
    return {key: canonical_key(db, into) for key, into in merged.items()}


def canonical_key(db: Database[Document], key: str) -> str:
    """Return the key of the canonical story of a key: its own where the story is not merged."""
    for _ in range(_MAX_CHAIN):
        story = db["stories"].find_one({"_id": key, "status": "merged"}, {"merged_into": 1})
        if story is None:
            break
        key = story["merged_into"]
    return key


def linking_stories(db: Database[Document], keys: Iterable[str]) -> set[str]:
    """Return the stories whose pages link to any of some keys; `distinct` has no more than 16 MB for its answer."""
    found = db["links"].find({"to": {"$in": list(keys)}}, {"_id": 0, "from": 1})
    return {link["from"] for link in found.batch_size(ROWS_PER_REPLY)}


def merge_count(db: Database[Document]) -> int:
    """Return a number that grows whenever any process begins to re-point what names a merged story."""
    counter = db["meta"].find_one({"_id": "merges"})
    return counter["count"] if counter else 0
