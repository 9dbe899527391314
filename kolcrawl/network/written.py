"""Documents in the order in which they were written: what `Network.changes` tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING

from kolcrawl.errors import ArgumentError
from kolcrawl.store.bulk import chunks
from kolcrawl.store.read.listed_links import links_from
from kolcrawl.store.read.reader import INTERNAL_FIELDS, count_all_confirmations, utc
from kolcrawl.store.read.records import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pymongo.database import Database

Cursor = tuple[datetime | None, str]
"""A moment, and the id of the last document of that moment that was dealt with."""


def written_since(
    db: Database[dict[str, Any]], collection: str, cursor: Cursor, grace_period: timedelta
) -> Iterator[Change]:
    """Yield the documents that were written after a moment or a cursor, oldest change first.

    Args:
        db: the database.
        collection: `stories` or `links`.
        cursor: from `read_cursor`.
        grace_period: how old a change must be to be told.
    """
    moment, after = cursor
    window = {"$lte": datetime.now(UTC) - grace_period} | ({"$gte": moment} if moment else {})
    found: Iterable[dict[str, Any]] = _written_documents(db, collection, window)
    if collection == "links":
        found = merge(found, _written_listed_links(db, window), key=lambda doc: (doc["updated_at"], doc["_id"]))
    for batch in chunks(doc for doc in found if doc["updated_at"] != moment or doc["_id"] > after):
        cursors = [f"{doc['updated_at'].isoformat()}/{doc['_id']}" for doc in batch]
        if collection == "links":
            count_all_confirmations(db, batch)
        yield from map(Change, batch, cursors)


def _written_documents(db: Database[dict[str, Any]], collection: str, window: object) -> Iterator[dict[str, Any]]:
    """Yield the documents of a collection whose `updated_at` is within a window, oldest first.

    Args:
        db: the database.
        collection: its name.
        window: a condition on `updated_at`.
    """
    for batch in chunks(_written_ids(db, collection, window)):
        keys = [row["_id"] for row in batch]
        docs = {doc["_id"]: doc for doc in db[collection].find({"_id": {"$in": keys}}, INTERNAL_FIELDS)}
        yield from ({**docs[key], **row} for key, row in zip(keys, batch, strict=True) if key in docs)


def _written_listed_links(db: Database[dict[str, Any]], window: object) -> Iterator[dict[str, Any]]:
    """Yield the links that are stored as lists, likewise: those of a page whenever one of its lists was written."""
    written = _written_ids(db, "page_lists", window, ("story", "kind"))
    for at, rows in groupby(written, key=lambda row: row["updated_at"]):
        pages = {(row["story"], row["kind"]) for row in rows}
        stories = chunks(sorted({story for story, _ in pages}))
        links = [link for keys in stories for link in links_from(db, keys) if (link["from"], link["kind"]) in pages]
        for link in sorted(links, key=lambda link: str(link["_id"])):
            yield link | {"updated_at": at}


def _written_ids(
    db: Database[dict[str, Any]], collection: str, window: object, fields: Iterable[str] = ()
) -> Iterable[Mapping[str, Any]]:
    shown = dict.fromkeys(("updated_at", *fields), 1)
    found = db[collection].find({"updated_at": window}, shown)
    return found.sort([("updated_at", ASCENDING), ("_id", ASCENDING)]).allow_disk_use(True)


def read_cursor(since: str | datetime | None) -> Cursor:
    """Read a cursor, a moment, or None for all there is.

    Raises:
        ArgumentError: it is none.
    """
    if since is None or isinstance(since, datetime):
        return utc(since), ""
    moment, slash, after = since.partition("/")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        at = None
    if not slash or at is None:
        raise ArgumentError("{since!r} is not a cursor: give a time, or the cursor of an earlier change", since=since)
    return utc(at), after
