"""What `scrapy changes`, `copies`, `timeline` and `find` show, as tables with every column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kolcrawl.network.selection import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from kolcrawl.network import CopyGroup, Event, FoundStory
    from kolcrawl.network.selection import Row
    from kolcrawl.report.story_changes import StoryChange

CHANGE_COLUMNS: Final = (
    Column("at", "time"),  # when it was found
    Column("what", "string"),
    Column("title", "string"),
    Column("title_before", "string"),
    Column("url", "string"),
    Column("site", "string"),
    Column("key", "string"),
    Column("published_at", "time"),
    Column("published_before", "time"),
    Column("sentences_added", "integer"),
    Column("sentences_removed", "integer"),
    Column("added", "string"),
    Column("removed", "string"),
)
COPY_COLUMNS: Final = (
    *(Column(f"original_{name}", "string") for name in ("title", "url", "site", "key")),
    Column("original_published_at", "time"),
    *(Column(f"copy_{name}", "string") for name in ("title", "url", "site", "key")),
    Column("copy_published_at", "time"),
    Column("delay_minutes", "double"),
    Column("similarity", "double"),
    Column("retitled", "boolean"),
    Column("sentences_added", "integer"),
    Column("sentences_removed", "integer"),
    Column("added", "string"),
    Column("removed", "string"),
)
EVENT_COLUMNS: Final = (
    Column("at", "time"),
    Column("what", "string"),
    Column("title", "string"),  # of that moment
    Column("title_before", "string"),
    Column("published_before", "time"),
    Column("url", "string"),
    Column("site", "string"),
    Column("key", "string"),
    Column("status", "string"),
    Column("group", "string"),
    Column("copy_of", "string"),
)
FOUND_COLUMNS: Final = (
    Column("published_at", "time"),
    Column("published_precision", "string"),
    Column("published_day", "string"),
    Column("status", "string"),
    Column("reason", "string"),
    Column("title", "string"),
    Column("context", "string"),  # the words in the text
    *(Column(name, "string") for name in ("url", "site", "key", "lang", "authors", "origin", "tags")),
    *(Column(name, "string") for name in ("group", "copy_of")),
    Column("relevance", "double"),
    Column("depth", "integer"),
    Column("revisions", "integer"),
    *(Column(name, "time") for name in ("first_seen", "last_seen", "fetched_at")),
    Column("text", "string"),
)
LISTED_SEPARATOR: Final = "; "


@dataclass(frozen=True, slots=True)
class Listing:
    """A table."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Row]
    """Values by the name of the column."""


def list_changes(changes: Iterable[StoryChange]) -> Listing:
    """Make a row for each change."""
    rows = (
        {column.name: getattr(change, column.name, None) for column in CHANGE_COLUMNS}
        | {"what": LISTED_SEPARATOR.join(change.what)}
        | _differing(change.added, change.removed)
        for change in changes
    )
    return Listing("changes", CHANGE_COLUMNS, rows)


def list_copies(groups: Iterable[CopyGroup]) -> Listing:
    """Make a row for each copy, beside its original."""
    rows = (
        _of_story("original_", group.original)
        | _of_story("copy_", copy.story)
        | {
            "delay_minutes": None if copy.delay is None else round(copy.delay.total_seconds() / 60, 2),
            "similarity": copy.story.get("copy_similarity"),
            "retitled": copy.retitled,
        }
        | _differing(copy.added, copy.removed)
        for group in groups
        for copy in group.copies
    )
    return Listing("copies", COPY_COLUMNS, rows)


def list_events(events: Iterable[Event]) -> Listing:
    """Make a row for each event of a timeline."""
    rows = (
        {column.name: event.story.get(column.name) for column in EVENT_COLUMNS}
        | {
            "at": event.at,
            "what": event.what,
            "key": event.story["_id"],
            "title": event.title,
            "title_before": event.detail.get("title"),
            "published_before": event.detail.get("published_at"),
        }
        for event in events
    )
    return Listing("timeline", EVENT_COLUMNS, rows)


def list_found(found: Iterable[FoundStory]) -> Listing:
    """Make a row for each story found, with its text."""
    return Listing("stories", FOUND_COLUMNS, map(_found_row, found))


def _found_row(found: FoundStory) -> Row:
    story = found.story
    published = story.get("published") or {}
    return {column.name: story.get(column.name) for column in FOUND_COLUMNS} | {
        "key": story["_id"],
        "context": found.context,
        "published_precision": published.get("precision"),
        "published_day": published.get("day"),
        "authors": LISTED_SEPARATOR.join(story.get("authors") or ()) or None,
        "tags": LISTED_SEPARATOR.join(story.get("tags") or ()) or None,
    }


def _of_story(prefix: str, story: Mapping[str, Any]) -> Row:
    names = {"title": "title", "url": "url", "site": "site", "key": "_id", "published_at": "published_at"}
    return {f"{prefix}{name}": story.get(field) for name, field in names.items()}


def _differing(added: Sequence[str], removed: Sequence[str]) -> Row:
    """Return the sentences that one of two texts lacks, a line each, and how many they are."""
    return {
        "sentences_added": len(added),
        "sentences_removed": len(removed),
        "added": "\n".join(added) or None,
        "removed": "\n".join(removed) or None,
    }
