"""Reading the visits to stories, with what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.store.bulk import chunks
from kolcrawl.store.derive import StoryHistory, complete_visits, derive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document


@dataclass(slots=True)
class VisitedStory:
    """The visits to a story as they were read, and what follows from them."""

    visits: dict[str, Document]
    """By id."""
    history: StoryHistory


def read_visited_stories(
    db: Database[Document], keys: Iterable[str], visits: Mapping[str, Document]
) -> dict[str, VisitedStory]:
    """Read the visits to stories, and derive what follows from them.

    Args:
        db: the database.
        keys: of the stories; those without a visit are left out.
        visits: visits that need not be read again, by id.
    """
    rows: dict[str, dict[str, Document]] = {}
    for visit in visits.values():
        rows.setdefault(visit["story"], {})[visit["_id"]] = visit
    keys = list(keys)
    for chunk in chunks(keys):
        known = [name for key in chunk for name in rows.get(key, ())]
        others = {"story": {"$in": chunk}, "_id": {"$nin": known}}
        for visit in db["visits"].find(others, {"bytes": 0, "elapsed_ms": 0, "url": 0}):
            rows.setdefault(visit["story"], {})[visit["_id"]] = visit
    known_pages = {name: visit for found in rows.values() for name, visit in found.items()}
    elsewhere = {visit["confirms"] for visit in known_pages.values() if "confirms" in visit} - known_pages.keys()
    for chunk in chunks(elsewhere):  # of a story that is being parted from this one
        known_pages.update((page["_id"], page) for page in db["visits"].find({"_id": {"$in": chunk}}))
    for found in rows.values():
        unchanged = {name: dict(visit) for name, visit in found.items() if "confirms" in visit}
        complete_visits(unchanged.values(), known_pages)
        found |= unchanged
    return {key: VisitedStory(rows[key], derive(key, rows[key].values())) for key in keys if key in rows}
