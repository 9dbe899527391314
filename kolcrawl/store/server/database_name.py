"""The id of a database, which stays what it is whatever its hosts are called: a spool file names it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

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
