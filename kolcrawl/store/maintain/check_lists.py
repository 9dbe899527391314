"""Verifying what lists that many pages show, and visits that only confirm a page, promise: a part of `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolcrawl.store.bulk import chunks
from kolcrawl.store.derive import READ_OUTCOMES
from kolcrawl.store.read.listed_links import stored_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

Fault = tuple[str, str, str]
"""Collection and id of a document, and what is wrong with it."""


def list_faults(
    db: Database[Document], pages: Iterable[Mapping[str, Any]], visits: Iterable[Mapping[str, Any]]
) -> Iterator[Fault]:
    """Yield the lists that are named and not stored, and those that name stories which are not stored or merged.

    Args:
        db: the database.
        pages: documents of `page_lists`.
        visits: which name lists, too.
    """
    naming = [("page_lists", page["_id"], page["list"]) for page in pages]
    naming += [("visits", visit["_id"], entry["list"]) for visit in visits for entry in visit.get("lists", ())]
    lists = stored_lists(db, (name for _, _, name in naming))
    for collection, document, name in naming:
        if name not in lists:
            yield collection, document, f"names list {name}, which is not stored"
    targets = {link["to"] for row in lists.values() for link in row["links"]}
    status = {
        story["_id"]: story["status"]
        for chunk in chunks(targets)
        for story in db["stories"].find({"_id": {"$in": chunk}}, {"status": 1})
    }
    for name, row in lists.items():
        for key in dict.fromkeys(link["to"] for link in row["links"]):
            if status.get(key, "merged") == "merged":
                what = "merged" if key in status else "not stored"
                yield "lists", name, f"names story {key}, which is {what}"


def confirmation_faults(visits: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """Yield the visits that confirm none of the visits which had a page of the same story.

    Args:
        visits: all those to some stories, as they are stored.
    """
    pages = {
        visit["_id"]: visit["story"]
        for visit in visits
        if visit["outcome"] in READ_OUTCOMES and "confirms" not in visit
    }
    for visit in visits:
        if "confirms" in visit and pages.get(visit["confirms"]) != visit["story"]:
            yield "visits", visit["_id"], f"confirms visit {visit['confirms']}, which had no page of its story"
