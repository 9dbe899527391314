"""Stories made up to be copies of each other, and where they should stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.copies.placing import Member, Place, places
from kolcrawl.story.fingerprint import content_hash, signature_of
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from kolcrawl.store.server.client import Store

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
Document = dict[str, Any]


def at(minutes: float) -> datetime:
    """A moment of that morning."""
    return MORNING + timedelta(minutes=minutes)


def key(name: str) -> str:
    """Key of a made-up story."""
    return story_key(f"https://example.com/{name}")


def content(text: Iterable[str] | None) -> Document:
    """The fields that a text leaves behind."""
    whole = "".join(text) if text is not None else None
    return {"text": whole, "content_hash": content_hash(None, whole)}


def story(name: str, text: Iterable[str] | None, published: float | None, seen: float = 0, **more: Any) -> Document:
    """A story document as the writer leaves it, before its copies are looked for."""
    url, here = f"https://example.com/{name}", key(name)
    fields = {
        "_id": here, "schema": 1, "url": url, "aliases": [], "site": "example.com", "status": "fetched",
        "title": name, "published_at": at(published) if published is not None else None, "published": None,
        "modified_at": None, "authors": [], "origin": None, "lang": "zh", "text": None, "excerpt": None,
        "text_chars": 0, "tags": [], "content_hash": None, "group": here, "copy_of": None, "copy_similarity": None,
        "relevance": None, "depth": 0, "discovered": {}, "reason": None, "http": None, "first_seen": at(seen),
        "last_seen": at(seen), "fetched_at": None, "next_visit_at": None, "updated_at": at(seen), "visits": 1,
        "revisions": 0,
    }  # fmt: skip
    return fields | content(text) | more


def placed(store: Store) -> dict[str, Place]:
    """Where each story of the database stands."""
    return {
        found["_id"]: Place(found["group"], found["copy_of"], found["copy_similarity"])
        for found in store.db["stories"].find({"status": {"$ne": "merged"}})
    }


def right(store: Store) -> dict[str, Place]:
    """Where each story should stand, worked out from all of them at once."""
    members = {
        found["_id"]: Member(
            found["_id"],
            signature_of(found["text"] or ""),
            found["published_at"],
            found["first_seen"],
            Place(found["_id"]),
        )
        for found in store.db["stories"].find({"status": {"$ne": "merged"}})
    }
    return places(members)


def write(store: Store, stories: Iterable[Document]) -> set[str]:
    """Insert stories, then look for their copies, as the writer does with a batch."""
    stories = list(stories)
    store.db["stories"].insert_many(stories)
    return group_stories(store.db, [found["_id"] for found in stories])
