"""Folding stories after their visits were applied; how folds stay right is told in `stored_folds`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from pymongo import InsertOne, UpdateOne

from kolcrawl.store.bulk import bulk_write
from kolcrawl.store.history.folding import FOLDED_LINKS, folded

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.history.visited_stories import VisitedStory

MAX_UNFOLDED: Final = 4
"""Visits after which a story is folded though they hardly cost anything: they only confirm a page, or failed."""


def write_folds(db: Database[Document], stories: Mapping[str, VisitedStory], applied: Collection[str]) -> None:
    """Fold stories after visits to them were applied.

    Args:
        db: the database.
        stories: as they were read for the last time.
        applied: ids of the visits whose log entries were removed since.
    """
    operations: list[InsertOne[Document] | UpdateOne] = []
    for key, story in stories.items():
        if not is_due(story) or any("unapplied" in row and name not in applied for name, row in story.visits.items()):
            continue
        fold = fold_document(story)
        if story.fold is None:
            operations.append(InsertOne({"_id": key, **fold}))
        else:
            changed = {name: value for name, value in fold.items() if story.fold.get(name, key) != value}
            operations.append(UpdateOne({"_id": key, "token": story.fold["token"]}, {"$set": changed}))
    bulk_write(db["folds"], operations)  # of what others have folded or voided meanwhile nothing is replaced


def is_due(story: VisitedStory) -> bool:
    """Return whether a story is to be folded: reading its visits costs more than reading a fold."""
    later = [visit for visit in story.visits.values() if story.goes_on_from is None or story.is_later(visit)]
    pages = sum(visit["outcome"] == "fetched" for visit in later)
    return len(later) >= MAX_UNFOLDED or pages > (1 if story.goes_on_from is None else 0)


def fold_document(story: VisitedStory) -> Document:
    """Return the fold of a story with all visits that were read."""
    document: dict[str, Any] = folded(story.walk, story.walk.shown.keys())
    if not story.has_links:
        for name in FOLDED_LINKS:
            del document[name]
    before = story.goes_on_from
    document["token"] = secrets.token_hex(8)
    document["since"] = before["until"] if before else None
    document["until"] = max(visit["at"] for visit in story.visits.values())
    document["folded"] = sorted(
        name for name, visit in story.visits.items() if before is None or visit["at"] > before["until"]
    )
    return document
