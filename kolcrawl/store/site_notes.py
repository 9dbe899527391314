"""What crawls learnt of sites, kept for the next ones: a document a site in `meta`, bounded in number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from kolcrawl.items import BlockLesson, joined_lesson
from kolcrawl.page.related.site_memory import BLOCKS_VERSION, MAX_PLACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

MAX_NOTED_SITES: Final = 2_000
"""Sites of which something is kept; those that were noted longest ago go first."""
_VARYING: Final = "varying "
"""Prefix of the ids of documents of varying parts; the site follows."""
_BLOCKS: Final = "blocks "
"""Prefix of those of the blocks of a host."""


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
    _note(db, _VARYING, site, note)


def stored_blocks(db: Database[Document], host: str) -> list[BlockLesson]:
    """Return how much the blocks of a host's templates stay, by what earlier crawls saw."""
    note = db["meta"].find_one({"_id": _BLOCKS + host, "version": BLOCKS_VERSION}) or {}
    return [BlockLesson(int(place), float(staying), int(pages)) for place, staying, pages in note.get("places", [])]


def store_blocks(db: Database[Document], host: str, lessons: Sequence[BlockLesson]) -> list[BlockLesson]:
    """Join new lessons with what is kept of a host, the surest places first, and return what is known then."""
    joined = {lesson.place: lesson for lesson in stored_blocks(db, host)}
    for lesson in lessons:
        joined[lesson.place] = joined_lesson(joined.get(lesson.place), lesson)
    kept = sorted(joined.values(), key=lambda lesson: (-lesson.pages, lesson.place))[:MAX_PLACES]
    note = {"version": BLOCKS_VERSION, "places": [list(lesson) for lesson in kept], "at": datetime.now(UTC)}
    _note(db, _BLOCKS, host, note)
    return kept


def _note(db: Database[Document], prefix: str, name: str, note: Document) -> None:
    """Write a note; of more than are kept, those that were noted longest ago go."""
    added = db["meta"].update_one({"_id": prefix + name}, {"$set": note}, upsert=True).upserted_id
    if added is not None:
        old = db["meta"].find({"_id": {"$regex": f"^{prefix}"}}, {"_id": 1}).sort("at", -1).skip(MAX_NOTED_SITES)
        for one in old:
            db["meta"].delete_one({"_id": one["_id"]})
