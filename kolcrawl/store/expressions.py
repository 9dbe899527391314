"""Parts of update pipelines that MongoDB and SecantusDB evaluate alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from kolcrawl.store.bson_types import Document


def replace_stage(
    keep: Document, kept: list[Document], changed: list[Document], before: Document | None = None
) -> Document:
    """Return a stage that merges `kept` into the document where `keep` holds, else `changed`.

    Args:
        keep: a condition.
        kept, changed: expressions of documents, of which later ones win.
        before: an expression of a document whose fields the stored ones win over; for a new document.
    """
    first = [before] if before else []
    return {
        "$replaceWith": if_(keep, {"$mergeObjects": ["$$ROOT", *kept]}, {"$mergeObjects": [*first, "$$ROOT", *changed]})
    }


def is_null(field: str) -> Document:
    """Return the condition that a field is null or missing."""
    return {"$eq": [{"$ifNull": [field, None]}, None]}


def is_zero(field: str) -> Document:
    """Return the condition that a number is zero or missing."""
    return {"$eq": [{"$ifNull": [field, 0]}, 0]}


def if_(condition: Document, then: Any, otherwise: Any) -> Document:
    """Return a conditional expression."""
    return {"$cond": [condition, then, otherwise]}


def later(now: datetime) -> Document:
    """Return the time of a write, later than that of the write before: whoever read the document in between, or within
    the same millisecond, finds it changed."""
    return {"$max": [now, {"$add": ["$updated_at", 1]}]}


def set_later(fields: Mapping[str, Any], now: datetime) -> list[Document]:
    """Return an update pipeline that sets fields of a story, and when it was written (`later`)."""
    return [{"$set": {**{name: literal(value) for name, value in fields.items()}, "updated_at": later(now)}}]


def literal(value: Any) -> Document:
    """Return a value as an expression that is not evaluated."""
    return {"$literal": value}
