"""Stories that show a notice, since an older version took it for the story: found, and mended.

A notice is told by its words, as it is when a page is read; its page is not kept, so only short texts are judged. Where
an earlier version of the story holds a good reading, the visits that found the notice are taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kolcrawl.items import GONE_NOTICES
from kolcrawl.page.verdict.no_story import prose_paragraphs
from kolcrawl.page.verdict.notices import MAX_SHORT, NoticePage, notice_kind
from kolcrawl.store.derive import READ_OUTCOMES, visit_order
from kolcrawl.store.maintain.retract import retract_readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

_SHORT: Final = {"status": "fetched", "text_chars": {"$lte": MAX_SHORT}}
_SHOWN: Final = {"title": 1, "text": 1, "published_at": 1, "authors": 1, "content_hash": 1, "url": 1}


def mend_notices(db: Database[Document]) -> int:
    """Give stories that show a notice their last good reading back. May be run again.

    Returns: how many.
    """
    mended = 0
    for story in list(db["stories"].find(_SHORT, _SHOWN)):
        kind = _notice(story)
        visits = _notice_visits(db, story) if kind else []
        if kind and visits:
            retract_readings(db, {story["_id"]: visits}, "gone" if kind in GONE_NOTICES else "failed", kind)
            mended += 1
    return mended


def stories_with_notices(db: Database[Document], keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Find stories that show a notice.

    Args:
        keys: of stories, at most as many as a query takes.

    Yields: a story's key, and what is wrong.
    """
    for story in db["stories"].find({"_id": {"$in": list(keys)}, **_SHORT}, _SHOWN):
        if kind := _notice(story):
            remedy = "`scrapy migrate`" if _notice_visits(db, story) else f"`scrapy forget {story['_id']}`"
            yield story["_id"], f"{story['url']} shows a notice ({kind}) for a story, {story['title']!r}: {remedy}"


def _notice(story: Mapping[str, Any]) -> str | None:
    """Tell what kind of notice a story shows; None for any other. Only what is neither dated nor signed may be one."""
    if story["published_at"] or story["authors"]:
        return None
    text = story["text"] or ""
    return notice_kind(NoticePage([story["title"] or ""], text, len(prose_paragraphs(text)), False, False))


def _notice_visits(db: Database[Document], story: Mapping[str, Any]) -> list[str]:
    """Find the visits that read what a story shows, if the version before it is still there; else none."""
    visits = sorted(db["visits"].find({"story": story["_id"]}, {"links": 0, "unapplied": 0}), key=visit_order)
    pages = [visit for visit in visits if visit["outcome"] in READ_OUTCOMES and visit["content_hash"]]
    earlier = [visit for visit in pages if visit["content_hash"] != story["content_hash"]]
    if not earlier:
        return []
    version = {"story": story["_id"], "content_hash": earlier[-1]["content_hash"], "text": {"$ne": None}}
    before = db["revisions"].find_one(version, {"title": 1, "text": 1, "published_at": 1})
    if before is None or _notice({**before, "authors": []}):
        return []
    return [visit["_id"] for visit in pages if visit_order(visit) > visit_order(earlier[-1])]
