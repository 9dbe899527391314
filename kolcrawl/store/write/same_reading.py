"""Readings of a page that differ only in what the crawl knew of its site: the text that is stored stays.

Lines that most pages of a site share are taken off a text (`kolcrawl.story.site_texts`). How many are known depends on
the pages read before, so two crawls make different texts of one and the same page. Title and text as the page alone
gives them (`reading`) say that it is the same: such a visit takes over the version that is stored, and the first text
is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.shared_lists import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.write.projection import StoredStories

_VERSION: Final = ("content_hash", "text", "excerpt", "text_chars", "signature", "bands")
"""Parts of what a visit found that go with the text."""


def reading_of(title: str | None, text_hash: str | None) -> str | None:
    """Return the digest of a title and a text as the page alone gives them; None where there is no text."""
    return digest(title or "", text_hash) if text_hash else None


def keep_stored_texts(visits: Iterable[Document], stored: StoredStories) -> dict[str, Document]:
    """Return, by id, those of some visits that read again what is stored, with the version that is stored.

    Args:
        visits: as they would be stored otherwise.
        stored: what is stored of their stories.
    """
    return {visit["_id"]: _kept(visit, story) for visit in visits if (story := _story_read_again(visit, stored))}


def _story_read_again(visit: Mapping[str, Any], stored: StoredStories) -> Document | None:
    story = stored.get(visit["story"])
    if story is None or visit["outcome"] != "fetched" or None in (story.get("content_hash"), visit["content_hash"]):
        return None
    reading = reading_of(visit["title"], visit["text_hash"])
    same = reading is not None and story.get("reading") == reading
    later = story["fetched_at"] is not None and story["fetched_at"] < visit["at"]
    return story if same and later and story["content_hash"] != visit["content_hash"] else None


def _kept(visit: Document, story: Mapping[str, Any]) -> Document:
    entry = visit["unapplied"]
    content = {name: value for name, value in entry["content"].items() if name not in _VERSION}
    return {**visit, "content_hash": story["content_hash"], "unapplied": {**entry, "content": content}}
