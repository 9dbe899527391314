"""The collections of the network: validators, indexes and the schema number, created when a store is opened.

Creating them is safe to repeat, and safe when several processes start at once. A schema number newer than this code
knows is refused, so that an old program cannot spoil what a newer one wrote; an older one asks for
`scrapy migrate`. Beside the collections of the contract there is `meta`, one document with that number.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure

from kolcrawl.errors import StoreError
from kolcrawl.items import LINK_KINDS, LISTED_KINDS
from kolcrawl.locale import Message, mark
from kolcrawl.urls import rules_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.database import Database

logger = logging.getLogger(__name__)

SCHEMA: Final = 4
"""Number of the contract that this code writes and reads."""

STATUSES: Final = ("stub", "fetched", "failed", "gone", "skipped", "merged")
OUTCOMES: Final = ("fetched", "unchanged", "failed", "gone", "skipped")

_NAMESPACE_EXISTS = 48
_UNAUTHORIZED = 13
_NOT_SUPPORTED = {115, 238}  # CommandNotSupported, NotImplemented
_NO_VALIDATOR = mark("the server takes no validators: nothing there holds the types in %r")

# --- validators: the types of docs/mongodb.md; fields may be added, so none forbids further ones
_KEY = {"bsonType": "string", "pattern": "^[0-9a-f]{32}$"}
_KEY_OR_NULL = {"bsonType": ["string", "null"], "pattern": "^[0-9a-f]{32}$"}
_TEXT = {"bsonType": "string"}
_TEXT_OR_NULL = {"bsonType": ["string", "null"]}
_DATE = {"bsonType": "date"}
_DATE_OR_NULL = {"bsonType": ["date", "null"]}
_INT = {"bsonType": ["int", "long"]}
_COUNT = {"bsonType": ["int", "long"], "minimum": 0}
_SHARE_OR_NULL = {"bsonType": ["double", "int", "null"], "minimum": 0, "maximum": 1}
_TEXTS = {"bsonType": "array", "items": _TEXT}
_OBJECT = {"bsonType": "object"}
_OBJECT_OR_NULL = {"bsonType": ["object", "null"]}
_SCHEMA = {"enum": list(range(1, SCHEMA + 1))}  # that by which the document was first written

_LINK_SEEN: dict[str, Any] = {
    "bsonType": "object",
    "required": ["to", "kind", "heading", "position", "anchor"],
    "properties": {
        "to": _KEY,
        "kind": {"enum": list(LINK_KINDS)},
        "heading": _TEXT_OR_NULL,
        "position": {"bsonType": ["int", "long"], "minimum": 1},
        "anchor": _TEXT,
        "merged_from": _KEY,
    },
}

_OBSERVED: dict[str, Any] = {
    "active": {"bsonType": "bool"},
    "first_seen": _DATE,
    "last_seen": _DATE,
    "updated_at": _DATE,
    "seen_count": {"bsonType": ["int", "long"], "minimum": 1},
    "crawl": _TEXT,
}
"""Of what pages show, a link or a list: when it was observed."""
_LINK_LISTED = {
    "bsonType": "object",
    "required": ["to", "heading", "position", "anchor"],
    "properties": {name: rule for name, rule in _LINK_SEEN["properties"].items() if name != "kind"},
}
_LIST_SEEN = {
    "bsonType": "object",
    "required": ["list", "kind"],
    "properties": {"list": _TEXT, "kind": {"enum": list(LISTED_KINDS)}},
}

_PROPERTIES: Final[dict[str, dict[str, Any]]] = {
    "stories": {
        "_id": _KEY,
        "schema": _SCHEMA,
        "url": _TEXT,
        "aliases": _TEXTS,
        "site": _TEXT,
        "status": {"enum": list(STATUSES)},
        "title": _TEXT_OR_NULL,
        "published_at": _DATE_OR_NULL,
        "published": _OBJECT_OR_NULL,
        "modified_at": _DATE_OR_NULL,
        "authors": _TEXTS,
        "origin": _TEXT_OR_NULL,
        "lang": _TEXT_OR_NULL,
        "text": _TEXT_OR_NULL,
        "excerpt": _TEXT_OR_NULL,
        "text_chars": _COUNT,
        "tags": _TEXTS,
        "content_hash": _TEXT_OR_NULL,
        "copy_similarity": _SHARE_OR_NULL,
        "group": _KEY,
        "copy_of": _KEY_OR_NULL,
        "relevance": _SHARE_OR_NULL,
        "depth": _COUNT,
        "discovered": _OBJECT,
        "reason": _TEXT_OR_NULL,
        "http": _OBJECT_OR_NULL,
        "merged_into": _KEY_OR_NULL,
        "merge": _OBJECT,
        "unmerged": {"bsonType": "array", "items": _OBJECT},
        "redirected_to": _TEXT_OR_NULL,
        "confirmed": _OBJECT_OR_NULL,
        "first_seen": _DATE,
        "last_seen": _DATE,
        "fetched_at": _DATE_OR_NULL,
        "next_visit_at": _DATE_OR_NULL,
        "updated_at": _DATE,
        "visits": _COUNT,
        "revisions": _COUNT,
    },
    "links": {
        "_id": _TEXT,
        "schema": _SCHEMA,
        "from": _KEY,
        "to": _KEY,
        "kind": {"enum": list(LINK_KINDS)},
        "heading": _TEXT_OR_NULL,
        "position": {"bsonType": ["int", "long"], "minimum": 1},
        "anchor": _TEXT,
        "relevance": _SHARE_OR_NULL,
        **_OBSERVED,
    },
    "visits": {
        "_id": _TEXT,
        "schema": _SCHEMA,
        "story": _KEY,
        "crawl": _TEXT,
        "at": _DATE,
        "url": _TEXT,
        "outcome": {"enum": list(OUTCOMES)},
        "reason": _TEXT_OR_NULL,
        "http_status": {"bsonType": ["int", "long", "null"]},
        "redirected_to": _TEXT_OR_NULL,
        "merged_from": _KEY,
        "content_hash": _TEXT_OR_NULL,
        "bytes": _COUNT,
        "elapsed_ms": _COUNT,
        "links_left_out": _COUNT,
        "links": {"bsonType": "array", "items": _LINK_SEEN},
        "lists": {"bsonType": "array", "items": _LIST_SEEN},
        "confirms": _TEXT,
        "corrected_at": _DATE,
    },
    "lists": {
        "_id": _TEXT,
        "schema": _SCHEMA,
        "kind": {"enum": list(LISTED_KINDS)},
        "links": {"bsonType": "array", "items": _LINK_LISTED},
    },
    "page_lists": {
        "_id": _TEXT,
        "schema": _SCHEMA,
        "story": _KEY,
        "list": _TEXT,
        "kind": {"enum": list(LISTED_KINDS)},
        "relevances": {"bsonType": "array", "items": _SHARE_OR_NULL},
        **_OBSERVED,
    },
    "histories": {
        "_id": _KEY,
        "schema": _SCHEMA,
        "story": _KEY,
        "merged_from": _KEY,
        "until": _DATE,
        "visits": _COUNT,
        "first_at": _DATE,
        "stored": _TEXTS,
        "links": {"bsonType": "array", "items": _LINK_SEEN},
        "lists": {"bsonType": "array", "items": _LIST_SEEN},
        "spells": {"bsonType": "array", "items": _OBJECT},
    },
    "revisions": {
        "_id": _TEXT,
        "schema": _SCHEMA,
        "story": _KEY,
        "at": _DATE,
        "changed": {"bsonType": "array", "items": {"enum": ["title", "text", "published_at", "gone"]}, "minItems": 1},
        "title": _TEXT_OR_NULL,
        "text": _TEXT_OR_NULL,
        "content_hash": _TEXT_OR_NULL,
        "published_at": _DATE_OR_NULL,
    },
    "fingerprints": {
        "_id": _KEY,
        "schema": _SCHEMA,
        "content_hash": _TEXT,
        "signature": {"bsonType": ["binData", "null"]},
        "bands": {"bsonType": "array", "items": _INT},
    },
    "crawls": {
        "_id": _TEXT,
        "schema": _SCHEMA,
        "spider": _TEXT,
        "job": _TEXT_OR_NULL,
        "args": _OBJECT,
        "about": _TEXT_OR_NULL,
        "seeds": _TEXTS,
        "settings": _OBJECT,
        "versions": _OBJECT,
        "started_at": _DATE,
        "finished_at": _DATE_OR_NULL,
        "finish_reason": _TEXT_OR_NULL,
        "counts": _OBJECT,
        "failures": _OBJECT,
        "skipped": _OBJECT,
        "sites": {"bsonType": "array", "items": _OBJECT},
        "quality": _OBJECT,
    },
}

# May be absent: what only merged stories, or those that were, have; what visits and runs of older versions have not.
_OPTIONAL: Final = {
    "confirmed",
    "merged_into",
    "merge",
    "unmerged",
    "redirected_to",
    "merged_from",
    "links_left_out",
    "lists",
    "confirms",
    "corrected_at",
    "relevances",
    "skipped",
}


def _index(*fields: str, **options: Any) -> IndexModel:
    return IndexModel([(name, ASCENDING) for name in fields], **options)


INDEXES: Final[dict[str, Sequence[IndexModel]]] = {
    "stories": (
        _index("site", "published_at"),  # stories by site and time; `forget --site`
        _index("group"),  # the members of a group
        _index("url"),  # a story by its address
        _index("aliases"),  # likewise, by an address that once led to it
        _index("copy_of", sparse=True),  # the copies of a story, when it changes
        _index("status", "next_visit_at"),  # stories by status, those that are due, the merged ones
        _index("updated_at", "_id"),  # `changes`; a story that nobody has written since it was read
        _index("merged_into", sparse=True),  # the stories that were merged into one
        _index("stray", sparse=True),  # merged stories that something still points to: `repoint`
    ),
    "links": (
        _index("from", "kind", "position"),  # the links of a page, in its order
        _index("to", "kind"),  # the links to a story
        _index("updated_at", "_id"),  # `changes`
    ),
    "visits": (
        _index("story", "at"),  # the visits to a story, up to a moment
        _index("crawl", "at"),  # those of a crawl, up to a moment
        _index("unapplied.depth", sparse=True),  # visits with a log entry: `apply`
    ),
    "lists": (_index("links.to"),),  # the lists that name a story
    "page_lists": (
        _index("story", "kind"),  # the lists of a page
        _index("list"),  # the pages that show a list
        _index("updated_at", "_id"),  # `changes`
    ),
    "histories": (_index("story"),),  # what removed visits to a story said
    "revisions": (
        _index("story", "at"),  # the earlier versions of a story
        _index("at"),  # what was found changed since a moment
    ),
    "fingerprints": (_index("bands"),),  # likely copies share a band
    "crawls": (_index("started_at"),),  # the latest runs
}

COLLECTIONS: Final = tuple(INDEXES)


def validator(collection: str) -> dict[str, Any]:
    """Return the `$jsonSchema` validator of a collection."""
    properties = _PROPERTIES[collection]
    required = [name for name in properties if name not in _OPTIONAL]
    return {"$jsonSchema": {"bsonType": "object", "required": required, "properties": properties}}


def ensure_schema(db: Database[dict[str, Any]]) -> None:
    """Create the collections, validators and indexes that are missing, and note the schema number.

    Raises:
        StoreError: the database was written by a newer or older kolcrawl, or the user may not create indexes.
        pymongo.errors.PyMongoError: the server fails.
    """
    check_schema_number(db)
    prepare_collections(db)
    if db["meta"].find_one({"_id": "schema"}) is None:  # a new database: its keys are made by today's rules (`rekey`)
        db["meta"].update_one({"_id": "url_rules"}, {"$setOnInsert": {"digest": rules_digest()}}, upsert=True)
    # last, so that a database with a number has all the rest, whenever a process died
    db["meta"].update_one({"_id": "schema"}, {"$setOnInsert": {"number": SCHEMA}}, upsert=True)


def prepare_collections(db: Database[dict[str, Any]]) -> None:
    """Create the collections, validators and indexes that are missing, whatever the schema number.

    Raises:
        StoreError: the user may not create indexes.
        pymongo.errors.PyMongoError: the server fails.
    """
    present = {info["name"]: info for info in db.list_collections()}
    try:
        for name in COLLECTIONS:
            wanted = validator(name)
            if name not in present:
                _create(db, name, wanted)
            elif present[name].get("options", {}).get("validator") != wanted:
                _set_validator(db, name, wanted)
            db[name].create_indexes(list(INDEXES[name]))
    except OperationFailure as error:
        message = error.details.get("errmsg") if error.details else error
        needed = Message(" (the database user needs the roles readWrite and dbAdmin)")
        roles = needed if error.code == _UNAUTHORIZED else ""
        raise StoreError(
            "cannot prepare collections in database {name!r}: {message}{roles}",
            name=db.name,
            message=message,
            roles=roles,
        ) from error


def check_schema_number(db: Database[dict[str, Any]], *, older: bool = False) -> None:
    """Check that this code can work with a database.

    Args:
        older: whether an older schema will do.

    Raises:
        StoreError: the database holds another schema than this code writes.
    """
    found = db["meta"].find_one({"_id": "schema"})
    number = found["number"] if found else SCHEMA
    if number > SCHEMA:
        raise StoreError(
            "database {name!r} was written by a newer kolcrawl (schema {number}, this one knows"
            " {schema}): install that version, or choose another MONGO_DATABASE",
            name=db.name,
            number=number,
            schema=SCHEMA,
        )
    if number < SCHEMA and not older:
        raise StoreError(
            "database {name!r} has the older schema {number}: run `scrapy migrate` first", name=db.name, number=number
        )


def _set_validator(db: Database[dict[str, Any]], name: str, wanted: dict[str, Any]) -> None:
    try:
        db.command("collMod", name, validator=wanted, validationLevel="strict", validationAction="error")
    except OperationFailure as error:
        if error.code not in _NOT_SUPPORTED:
            raise
        logger.warning(_NO_VALIDATOR, name)


def _create(db: Database[dict[str, Any]], name: str, wanted: dict[str, Any]) -> None:
    try:
        db.create_collection(name, validator=wanted)
    except CollectionInvalid:
        pass  # another process was faster
    except OperationFailure as error:
        if error.code in _NOT_SUPPORTED:
            logger.warning(_NO_VALIDATOR, name)
            db.create_collection(name)
        elif error.code != _NAMESPACE_EXISTS:
            raise
