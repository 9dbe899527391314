"""What crawls learnt of sites, kept for the next ones: a document a site in `meta`, bounded in number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

MAX_NOTED_SITES: Final = 2_000
"""Sites of which something is kept; those that were noted longest ago go first."""
_VARYING: Final = "varying "
"""Prefix of the ids of these documents; the site follows."""


def stored_varying(db: Database[Document]) -> dict[str, list[str]]:
    """Return, by site, the parts of addresses that change no page there."""
    notes = db["meta"].find({"_id": {"$regex": f"^{_VARYING}"}}).sort("at", -1).limit(MAX_NOTED_SITES)
    return {note["_id"].removeprefix(_VARYING): note["parts"] for note in notes}


def store_varying(db: Database[Document], site: str, parts: Sequence[str]) -> None:
    """Keep those of a site; none removes what was kept."""
    if not parts:
        db["meta"].delete_one({"_id": _VARYING + site})
        return
    note = {"parts": list(parts), "at": datetime.now(UTC)}
    added = db["meta"].update_one({"_id": _VARYING + site}, {"$set": note}, upsert=True).upserted_id
    if added is not None:
        old = db["meta"].find({"_id": {"$regex": f"^{_VARYING}"}}, {"_id": 1}).sort("at", -1).skip(MAX_NOTED_SITES)
        for one in old:
            db["meta"].delete_one({"_id": one["_id"]})
