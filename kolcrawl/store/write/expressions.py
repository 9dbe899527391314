"""Parts of update pipelines that MongoDB and SecantusDB answer alike."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def replace_stage(
    keep: Document, kept: list[Document], changed: list[Document], before: Document | None = None
) -> Document:
    """A stage that merges `kept` into the document where `keep` holds, else `changed`."""
    first = [before] if before else []
    return {
        "$replaceWith": if_(keep, {"$mergeObjects": ["$$ROOT", *kept]}, {"$mergeObjects": [*first, "$$ROOT", *changed]})
    }


def is_null(field: str) -> Document:
    return {"$eq": [{"$ifNull": [field, None]}, None]}


def is_zero(field: str) -> Document:
    return {"$eq": [{"$ifNull": [field, 0]}, 0]}


def if_(condition: Document, then: Any, otherwise: Any) -> Document:
    return {"$cond": [condition, then, otherwise]}


def literal(value: Any) -> Document:
    return {"$literal": value}
