"""Writing the earlier versions of stories, which their visits found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pymongo import InsertOne, UpdateOne

from kolcrawl.store.bulk import DUPLICATE_KEY, bulk_write, chunks
from kolcrawl.store.write.documents import revision_document, revision_update

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.derive import VersionChange
    from kolcrawl.store.history.visited_stories import VisitedStory

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
    stored: dict[str, Document] = {}
    for names in chunks(change.visit["_id"] for key in changed for change in visited[key].history.changes):
        for revision in db["revisions"].find({"_id": {"$in": names}}, {"content_hash": 1, "changed": 1}):
            stored[revision["_id"]] = revision
    unwritten = [
        (key, change)
        for key in changed
        for change in visited[key].history.changes
        if not _is_written(change, stored.get(change.visit["_id"]))
    ]
    wanted = {(key, change.before["content_hash"]) for key, change in unwritten}
    texts = _texts(db, {key: visited[key] for key in changed}, log_entries, wanted)
    new: list[Document] = []
    differing: list[Document] = []
    for key, change in unwritten:
        text = texts.get((key, change.before["content_hash"]))
        revision = revision_document(key, change, text, visited[key].history.visits)
        (differing if change.visit["_id"] in stored else new).append(revision)
    errors = bulk_write(db["revisions"], [InsertOne(revision) for revision in new])
    differing += [new[index] for index, (code, _) in errors.items() if code == DUPLICATE_KEY]
    updates = [UpdateOne({"_id": row["_id"]}, revision_update(row), upsert=True) for row in differing]
    bulk_write(db["revisions"], updates)
    return set(changed)


def _is_written(change: VersionChange, known: Mapping[str, Any] | None) -> bool:
    if known is None:
        return False
    return bool((known["content_hash"], known["changed"]) == (change.before["content_hash"], change.changed))


def _texts(
    db: Database[Document],
    changed: Mapping[str, VisitedStory],
    log_entries: Mapping[str, Document],
    wanted: Set[tuple[str, str]],
) -> dict[tuple[str, str], str | None]:
    """Find texts by story and content hash, in the order in which texts move: visit, story, revision."""
    texts: dict[tuple[str, str], str | None] = {}
    for key, story in changed.items():
        for name in story.visits:
            content = log_entries.get(name, {}).get("content")
            if content and "text" in content:  # else it is the stored one (`sent_again`)
                texts[key, content["content_hash"]] = content["text"]
    for _ in range(MAX_TEXT_LOOKUPS):
        for collection, name in (("stories", "_id"), ("revisions", "story")):
            missing = wanted - texts.keys()
            for chunk in chunks(dict.fromkeys(key for key, _ in missing)):
                versions = sorted({version for key, version in missing if key in chunk})
                where = {name: {"$in": chunk}, "content_hash": {"$in": versions}, "text": {"$ne": None}}
                for row in db[collection].find(where, {name: 1, "content_hash": 1, "text": 1}):
                    texts.setdefault((row[name], row["content_hash"]), row["text"])
        if wanted <= texts.keys():
            break
    return texts


def drop_revisions(db: Database[Document], visited: Mapping[str, VisitedStory]) -> list[str]:
    """Remove revisions that a visit in between has made untrue. Return the stories with yet newer visits."""
    for key, story in visited.items():
        true = {change.visit["_id"] for change in story.history.changes}
        # asked for first: with a condition on `_id` the embedded server looks at all revisions of the story
        stored = db["revisions"].find(story.later(key), {"_id": 1})
        # a revision that was derived from more visits, or as many but not these, may hold the only copy of a text
        from_fewer_visits = {"basis": {"$not": {"$gte": story.history.visits}}}
        for chunk in chunks(row["_id"] for row in stored if row["_id"] not in true):
            db["revisions"].delete_many({"_id": {"$in": chunk}, **from_fewer_visits})
    return [
        key
        for key, story in visited.items()
        if db["visits"].count_documents(story.later(key)) != sum(map(story.is_later, story.visits.values()))
    ]
