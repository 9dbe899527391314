"""Which stories are merged, and into which: for whoever holds a key. Who merges them is `identity`, `repoint`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.bulk import chunks

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]

_LONGEST_CHAIN: Final = 20


def survivors(db: Database[Document], keys: Iterable[str]) -> dict[str, str]:
    """The merged ones of some keys, each with the key that stands for it now."""
    leads: dict[str, str] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        found = db["stories"].find({"_id": {"$in": chunk}, "status": "merged"}, {"merged_into": 1})
        leads.update((story["_id"], story["merged_into"]) for story in found)
    return {key: root_of(db, lead) for key, lead in leads.items()}


def root_of(db: Database[Document], key: str) -> str:
    for _ in range(_LONGEST_CHAIN):
        story = db["stories"].find_one({"_id": key, "status": "merged"}, {"merged_into": 1})
        if story is None:
            break
        key = story["merged_into"]
    return key


def merges_so_far(db: Database[Document]) -> int:
    """A number that has grown when any process has begun to re-point what names a merged story since."""
    counter = db["meta"].find_one({"_id": "merges"})
    return counter["count"] if counter else 0
