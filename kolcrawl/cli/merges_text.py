"""The merged stories of a database, as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.errors import ArgumentError, UrlError
from kolcrawl.locale import clock, mark, tr, trn, zone_name
from kolcrawl.store.bulk import chunks
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from pymongo.database import Database

_ROWS: Final = 100
_NO_PROOF = mark("nothing that is known")
_PROOFS: Final = {
    "address": mark("the same path"),
    "canonical": mark("the page's own word"),
    "id": mark("the same id"),
    "key": mark("one key by the rules of URLs"),
    "parameter": mark("a part of the address that changes from view to view"),
    "slug": mark("the same name in the address"),
    "title": mark("the link's text, which is the headline"),
}


def key_of(story: str) -> str:
    """Return the key that a user means by a URL or a key.

    Raises:
        ArgumentError: it is neither.
    """
    if re.fullmatch(r"[0-9a-f]{32}", story):
        return story
    try:
        return story_key(story)
    except UrlError:
        raise ArgumentError(
            "{story!r} is neither a whole URL nor a key, which has 32 digits from 0 to f", story=story
        ) from None


def merge_lines(db: Database[dict[str, Any]], key: str | None = None) -> Iterator[str]:
    """List merged stories: address and key, where they lead, and what proves it.

    Args:
        key: list only this story, or those that were merged into it; None lists all.
    """
    where: dict[str, Any] = {"status": "merged"}
    if key is not None:
        where["$or"] = [{"_id": key}, {"merged_into": key}]
    count = 0
    merged = list(db["stories"].find(where, {"url": 1, "title": 1, "merged_into": 1, "merge.proof": 1, "merge.at": 1}))
    merged.sort(key=lambda story: (story["merged_into"], story["url"]))
    for chunk in chunks([story["_id"] for story in merged], _ROWS):
        rows = [story for story in merged if story["_id"] in set(chunk)]
        roots = {story["merged_into"] for story in rows}
        found = {
            root["_id"]: root for root in db["stories"].find({"_id": {"$in": sorted(roots)}}, {"url": 1, "title": 1})
        }
        for story in rows:
            count += 1
            merge, root = story.get("merge") or {}, found.get(story["merged_into"], {})
            proof = tr(_PROOFS.get(merge.get("proof", ""), _NO_PROOF))
            yield f"{story['_id']}  {story['url']}"
            yield tr("  is {url}  {title}", url=root.get("url", story["merged_into"]), title=root.get("title") or "")
            line = tr("  because of {proof}", proof=proof)
            if merge.get("at"):
                line = tr("{line}, {time} {zone}", line=line, time=clock(merge["at"]), zone=zone_name())
            yield line
    yield trn("{n} merged story", "{n} merged stories", count) if count else tr("no merged stories")
