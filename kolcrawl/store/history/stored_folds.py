"""Folds of stories: what follows from their visits up to a moment, so that the next visit is written without reading
these (`folding`).

A fold may be thrown away at any time, since it only repeats what the visits say. It is used as long as it knows all
visits up to its moment (`until`), which writers see to in this way:

- Only visits whose log entry is gone are folded, and a fold names those that it took up since the one before
  (`folded`, from `since` on). Whoever goes on from it looks whether further visits of that time are stored: one that
  was written while the fold was made.
- A visit that comes in late, at a moment that is folded already (from the spool, from a clock that is behind), is
  inserted before its writer reads the fold. So the writer sees that it is late, and voids the fold.
- Whoever moves, changes or removes visits voids the folds of their stories afterwards.
- A fold replaces the very one that was read before the visits (`token`), or none if there was none; so one that was
  voided meanwhile stays void.

After a fold was voided all visits are read once, and the story is folded anew.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from pymongo import UpdateOne

from kolcrawl.store.bulk import bulk_write, chunks
from kolcrawl.store.history.folding import FOLDED_LINKS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document


def read_folds(db: Database[Document], keys: Iterable[str], *, has_links: bool) -> dict[str, Document]:
    """Read the folds of stories; those without `visits` are void."""
    shown = None if has_links else dict.fromkeys(FOLDED_LINKS, 0)
    return {fold["_id"]: fold for chunk in chunks(keys) for fold in db["folds"].find({"_id": {"$in": chunk}}, shown)}


def void_folds(db: Database[Document], keys: Iterable[str]) -> str:
    """Void the folds of stories, also those that are being made. Return the token of the void folds."""
    token = secrets.token_hex(8)
    operations = [UpdateOne({"_id": key}, {"$set": {"token": token, "visits": 0}}, upsert=True) for key in keys]
    bulk_write(db["folds"], operations)
    return token
