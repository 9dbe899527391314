"""Finding the canonical story of a key. Stories are merged by `merge` and `repoint`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kolcrawl.store.bulk import ROWS_PER_REPLY, chunks
from kolcrawl.store.read.listed_links import listed_targets, stories_showing

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

_MAX_CHAIN: Final = 20
"""Merges that are followed from one story to the next; a longer chain is a fault, and must not hang a writer."""


def canonical_keys(db: Database[Document], keys: Iterable[str]) -> dict[str, str]:
    """Return those of some keys whose stories are merged, each with the key of its canonical story.

    A condition on `status` beside would take the embedded server twice as long for each.
    """
    merged: dict[str, str] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        found = db["stories"].find({"_id": {"$in": chunk}}, {"status": 1, "merged_into": 1})
        merged.update((story["_id"], story["merged_into"]) for story in found if story["status"] == "merged")
    return {key: canonical_key(db, into) for key, into in merged.items()}


def canonical_key(db: Database[Document], key: str) -> str:
    """Return the key of the canonical story of a key: its own where the story is not merged."""
    for _ in range(_MAX_CHAIN):
        story = db["stories"].find_one({"_id": key}, {"status": 1, "merged_into": 1})
        if story is None or story["status"] != "merged":
            break
        key = story["merged_into"]
    return key


def linking_stories(db: Database[Document], keys: Iterable[str]) -> set[str]:
    """Return the stories whose pages link to any of some keys, but for lists that many pages show.

    `distinct` has no more than 16 MB for its answer.
    """
    found = db["links"].find({"to": {"$in": list(keys)}}, {"_id": 0, "from": 1})
    return {link["from"] for link in found.batch_size(ROWS_PER_REPLY)}


def targets_of(db: Database[Document], keys: Iterable[str]) -> set[str]:
    """Return the stories to which the pages of some stories ever linked."""
    pages = list(keys)
    found = {
        link["to"]
        for chunk in chunks(pages)
        for link in db["links"].find({"from": {"$in": chunk}}, {"_id": 0, "to": 1}).batch_size(ROWS_PER_REPLY)
    }
    return found | listed_targets(db, pages)


def is_linked(db: Database[Document], key: str, *, besides: Container[str] = ()) -> bool:
    """Return whether any page links to a story, or ever did.

    Args:
        db: the database.
        key: of the story.
        besides: stories whose pages do not count.
    """
    sources = (link["from"] for link in db["links"].find({"to": key}, {"from": 1}))
    return any(source not in besides for source in sources) or any(
        source not in besides and source != key for source in stories_showing(db, [key])
    )


def raise_merge_count(db: Database[Document]) -> None:
    """Tell writers that what they know of stories may not hold any more."""
    db["meta"].update_one({"_id": "merges"}, {"$inc": {"count": 1}}, upsert=True)


def merge_count(db: Database[Document]) -> int:
    """Return a number that grows whenever any process begins to re-point what names a merged story, or removes one."""
    counter = db["meta"].find_one({"_id": "merges"})
    return counter["count"] if counter else 0
