"""Writing the earlier versions of stories, which their visits found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pymongo import InsertOne, UpdateOne

from kolcrawl.store.bulk import DUPLICATE_KEY, bulk_write, chunks
from kolcrawl.store.write.documents import revision_document, revision_update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.write.visited_stories import VisitedStory

MAX_TEXT_LOOKUPS: Final = 3
"""Times that a text is looked for: it may be missed once, when another writer moves it meanwhile."""


def write_revisions(
    db: Database[Document], visited: Mapping[str, VisitedStory], log_entries: Mapping[str, Document]
) -> set[str]:
    """Write the earlier versions of stories. Return the stories that have any.

    The text of a version may be stored in a single revision only. So a version that a visit in between moves to another
    revision is inserted there before the first is changed, and no revision that was derived from fewer visits (`basis`)
    replaces it.
    """
    changed = [key for key, story in visited.items() if story.history.changes]
    if not changed:
        return set()
    texts = _texts(db, {key: visited[key] for key in changed}, log_entries)
    stored: dict[str, Document] = {}
    for keys in chunks(changed):
        for revision in db["revisions"].find({"story": {"$in": keys}}, {"content_hash": 1, "changed": 1}):
            stored[revision["_id"]] = revision
    new: list[Document] = []
    differing: list[Document] = []
    for key in changed:
        for change in visited[key].history.changes:
            known = stored.get(change.visit["_id"])
            if known and (known["content_hash"], known["changed"]) == (change.before["content_hash"], change.changed):
                continue
            text = texts.get((key, change.before["content_hash"]))
            revision = revision_document(key, change, text, visited[key].history.visits)
            (differing if known else new).append(revision)
    errors = bulk_write(db["revisions"], [InsertOne(revision) for revision in new])
    differing += [new[index] for index, (code, _) in errors.items() if code == DUPLICATE_KEY]
    updates = [UpdateOne({"_id": row["_id"]}, revision_update(row), upsert=True) for row in differing]
    bulk_write(db["revisions"], updates)
    return set(changed)


def _texts(
    db: Database[Document], changed: Mapping[str, VisitedStory], log_entries: Mapping[str, Document]
) -> dict[tuple[str, str], str | None]:
    """Find texts by story and content hash, in the order in which texts move: visit, story, revision."""
    texts: dict[tuple[str, str], str | None] = {}
    for key, story in changed.items():
        for name in story.visits:
            content = log_entries.get(name, {}).get("content")
            if content:
                texts[key, content["content_hash"]] = content["text"]
    wanted = {
        (key, change.before["content_hash"]) for key, story in changed.items() for change in story.history.changes
    }
    for _ in range(MAX_TEXT_LOOKUPS):
        missing = wanted - texts.keys()
        if not missing:
            break
        for collection, name in (("stories", "_id"), ("revisions", "story")):
            for chunk in chunks(dict.fromkeys(key for key, _ in missing)):
                fields = {name: 1, "content_hash": 1, "text": 1}
                for row in db[collection].find({name: {"$in": chunk}, "text": {"$ne": None}}, fields):
                    texts.setdefault((row[name], row["content_hash"]), row["text"])
    return texts


def drop_revisions(db: Database[Document], visited: Mapping[str, VisitedStory]) -> list[str]:
    """Remove revisions that a visit in between has made untrue. Return the stories with yet newer visits."""
    for key, story in visited.items():
        true = [change.visit["_id"] for change in story.history.changes]
        # a revision that was derived from more visits may hold the only copy of a text
        from_no_more_visits = {"basis": {"$not": {"$gt": story.history.visits}}}
        db["revisions"].delete_many({"story": key, "_id": {"$nin": true}, **from_no_more_visits})
    return [
        key for key, story in visited.items() if db["visits"].count_documents({"story": key}) != story.history.visits
    ]
