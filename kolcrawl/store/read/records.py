"""The documents of the network as readers receive them: the fields that docs/mongodb.md promises, as types.

They are plain dictionaries, so a field that a later version adds is simply present.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Required, TypedDict


class Story(TypedDict, total=False):
    """A node: one article. Times are aware, in UTC. The fingerprints behind `group` are left out."""

    _id: Required[str]
    schema: int
    url: Required[str]
    aliases: list[str]
    site: Required[str]
    status: Required[str]
    title: Required[str | None]
    published_at: Required[datetime | None]
    published: dict[str, str] | None
    modified_at: datetime | None
    authors: list[str]
    origin: str | None
    lang: str | None
    text: str | None
    excerpt: str | None
    text_chars: int
    tags: list[str]
    content_hash: str | None
    copy_similarity: float | None
    group: Required[str]
    copy_of: str | None
    relevance: float | None
    depth: Required[int]
    discovered: dict[str, Any]
    reason: Required[str | None]
    http: dict[str, Any] | None
    merged_into: str | None
    first_seen: Required[datetime]
    last_seen: Required[datetime]
    fetched_at: datetime | None
    last_visit: dict[str, Any]
    next_visit_at: datetime | None
    updated_at: datetime
    visits: int
    revisions: int


# `from` is a keyword of Python, hence the functional form.
Link = TypedDict(
    "Link",
    {
        "_id": str,
        "from": str,
        "to": str,
        "kind": str,
        "heading": str | None,
        "position": int,
        "anchor": str,
        "relevance": float | None,
        "active": bool,
        "first_seen": datetime,
        "last_seen": datetime,
        "updated_at": datetime,
        "seen_count": int,
        "crawl": str,
    },
)


class Neighbour(NamedTuple):
    """A link and the story at its other end."""

    link: Link
    story: Story


class Discovery(NamedTuple):
    """One step of the way on which a story was found."""

    story: Story
    link: Link | None
    """The link that led here; None at a seed, or when the page no longer exists in the network."""


class Event(NamedTuple):
    """One entry of a timeline."""

    at: datetime
    what: str
    """`published`, `found` (first seen by a crawl), `changed` or `gone`."""
    story: Story
    detail: dict[str, Any]
    """`changed`: the earlier values, by field."""
    title: str | None
    """Of the story at that moment, a change counted in; that of today stands in `story`."""


class Change(NamedTuple):
    """A document that changed, and where to go on after it."""

    document: dict[str, Any]
    cursor: str
    """To be kept, and passed to the next call of `changes`."""
