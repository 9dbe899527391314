"""The change of a story that is still as it was read, by the fields that change: far smaller than a pipeline. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.write.story_updates import MAX_ALIASES, Observation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from kolcrawl.store.bson_types import Document

_STEP: Final = timedelta(milliseconds=1)
"""The least that two times differ by in the database."""


def direct_update(
    seen: Observation, state: Mapping[str, Any] | None, stored: Mapping[str, Any] | None, now: datetime
) -> tuple[Document, Document] | None:
    """Return the change that `story_update` makes to a story as it was read, as a query and an update.

    The query finds the story only if nobody has written it since. None where the change depends on more than was read.
    """
    if (
        stored is None
        or "updated_at" not in stored
        or stored["status"] == "merged"
        or type(stored["aliases"]) is not list
    ):
        return None
    if state and (stored["visits"] > state["visits"] or "validators" not in {*stored, *state}):
        return None
    order, unread = stored["order"], stored["fetched_at"] is None
    combined: Document = {
        "order": {
            "found": min(order["found"], seen.discovered_order),
            "titled": min(order["titled"], seen.title_order),
            "ruled": max(order["ruled"], seen.status_rank),
        },
        "aliases": list(dict.fromkeys((*stored["aliases"], *seen.aliases)))[:MAX_ALIASES],
    }
    if seen.discovered_order < order["found"]:
        combined["discovered"] = seen.discovered
    if not stored["visits"] and seen.status_rank > order["ruled"]:
        combined |= {"status": "skipped" if seen.skip_reason else "stub", "reason": seen.skip_reason}
    if unread and seen.title and seen.title_order < order["titled"]:
        combined["title"] = seen.title
    if unread and seen.relevance is not None:
        combined["relevance"] = max(seen.relevance, -1.0 if stored["relevance"] is None else stored["relevance"])
    for name, value in (state or {}).items():
        outer, dot, inner = name.partition(".")
        if dot:
            combined[outer] = {**(combined.get(outer, stored.get(outer)) or {}), inner: value}
        else:
            combined[name] = value
    changed = dict(_changed_fields(combined, stored))
    # whoever writes a story makes this later; the embedded server finds no other field beside `_id` as fast
    where = {"_id": seen.key, "updated_at": stored["updated_at"]}
    update: Document = {"$set": {**changed, "updated_at": max(now, stored["updated_at"] + _STEP)}}
    # that a story was seen again is written beside all else (`flush_last_seen`), and need not make it later
    if seen.last > stored["last_seen"]:
        update["$max"] = {"last_seen": seen.last}
    earliest: Document = {"first_seen": seen.first} if seen.first < stored["first_seen"] else {}
    if seen.depth < stored["depth"]:
        earliest["depth"] = seen.depth
    if earliest:
        update["$min"] = earliest
    return where, update


def _changed_fields(combined: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that differ from what is stored; of an object with the same fields, those of its own."""
    for name, value in combined.items():
        if name not in stored:
            yield name, value
        elif isinstance(value, dict) and isinstance(stored[name], dict) and value.keys() == stored[name].keys():
            yield from ((f"{name}.{part}", own) for part, own in value.items() if own != stored[name][part])
        elif stored[name] != value:
            yield name, value
