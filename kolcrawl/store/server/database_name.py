"""The id of a database, which stays what it is whatever its hosts are called, and what tells a restored copy from it:
a spool file names both."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final
from uuid import UUID

from pymongo.write_concern import WriteConcern

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

DATABASE_ID: Final = "database"
"""Of the document in `meta`."""


def database_id(db: Database[Document]) -> str:
    """Return the id of a database; give it one if it has none.

    Raises:
        pymongo.errors.PyMongoError: the server failed.
    """
    while (found := db["meta"].find_one({"_id": DATABASE_ID})) is None:
        journalled = WriteConcern(
            **{**db.write_concern.document, "j": True}
        )  # a file that names it may outlive a crash
        meta = db.get_collection("meta", write_concern=journalled)
        meta.update_one({"_id": DATABASE_ID}, {"$setOnInsert": {"id": secrets.token_hex(16)}}, upsert=True)
    known: str = found["id"]
    return known


def collection_id(db: Database[Document]) -> str | None:
    """Return the id that the server gave to the collection which holds the database's id; None where it gives none.

    A copy that is restored from a dump has another; a member of the cluster, or the server under another name, has not.

    Raises:
        pymongo.errors.PyMongoError: the server failed.
    """
    for found in db.list_collections(filter={"name": "meta"}):
        uuid = found.get("info", {}).get("uuid")
        if isinstance(uuid, UUID):  # where the URI says how these are represented
            return uuid.hex
        return uuid.hex() if isinstance(uuid, bytes) else None
    return None
