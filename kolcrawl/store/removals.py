"""What was removed from a database must go from copies of it, too: a token that every removal changes, and the files.

A copy that was read under another token than today's may hold what the database does not hold any more.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from typing import TYPE_CHECKING, Final

from kolcrawl.locale import os_reason
from kolcrawl.store.server.database_name import DATABASE_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

logger = logging.getLogger(__name__)

VIEW_FOLDER: Final = "view"
"""Folder, in the data folder, of what the page of `scrapy network` keeps."""
_REMOVALS: Final = "removals"
_ROWS: Final = "rows-"
"""How the names of files of rows begin; those of older versions began otherwise."""


def note_removal(db: Database[Document]) -> None:
    """Make all copies of the rows of a database invalid.

    Who removes calls it before, so that what was read earlier is not shown meanwhile, and again afterwards, for what
    was read in between.
    """
    db["meta"].update_one({"_id": _REMOVALS}, {"$set": {"token": secrets.token_hex(16)}}, upsert=True)


def copy_token(db: Database[Document]) -> str | None:
    """Return what a copy of the rows is valid under; None where there was no crawl, so that there is nothing to copy.

    It changes with every removal, and is another for another database of the same name.
    """
    first = db["crawls"].find_one({}, {"_id": 1}, sort=[("_id", 1)])
    if first is None:
        return None
    notes = {note["_id"]: note for note in db["meta"].find({"_id": {"$in": [DATABASE_ID, _REMOVALS]}})}
    of = notes.get(DATABASE_ID, {}).get("id", "")
    return f"{of} {first['_id']} {notes.get(_REMOVALS, {}).get('token', '')}"


def rows_file(folder: Path, db: Database[Document], version: int) -> Path:
    """Name the file of the rows of a database.

    Args:
        folder: that the files are in.
        db: the database; two servers may have one of the same name.
        version: of the form of the rows.
    """
    note = db["meta"].find_one({"_id": DATABASE_ID}) or {}
    form = f"{version} {note.get('id', '')}"
    return folder / f"{_ROWS}{_digest(db.name)}-{_digest(form)}.npz"


def remove_kept_rows(data_dir: Path, database: str) -> None:
    """Remove what the page keeps of a database, and what older versions kept of any; maps hold places alone.

    A file that cannot be removed is logged: it is not shown again, but it is still there.
    """
    for file in _kept_rows(data_dir / VIEW_FOLDER, f"{_ROWS}{_digest(database)}-"):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s cannot be removed, and may hold what was forgotten: %s", file, os_reason(error))


def _kept_rows(folder: Path, beginning: str) -> Iterator[Path]:
    for file in [*folder.glob("*.npz"), *folder.glob(".*.part")]:
        name = file.name.removeprefix(".")
        if ".map.npz" not in name and (name.startswith(beginning) or not name.startswith(_ROWS)):
            yield file


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
