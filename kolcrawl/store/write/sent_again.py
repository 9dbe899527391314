"""Pages that were sent again and show what they showed before: their visits confirm the one that read it first.

Many servers answer no conditional request. Such a page costs little more than one that is answered `unchanged`: its
links and lists are neither stored with the visit nor written anew. How much its links have to do with the page is not
judged again, either: that follows from titles and anchors, which are the same.

Lines that most pages of a site share are taken off a text (`kolcrawl.story.site_texts`). How many are known depends on
the pages read before, so two crawls make different texts of one and the same page. Title and text as the page alone
gives them (`reading_of`) say that it is the same: such a visit takes over the version that is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.bulk import chunks
from kolcrawl.store.write.documents import reading_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.write.projection import StoredStories

_FACTS: Final = ("content_hash", "text_hash", "title", "published_at")
_VERSION: Final = ("content_hash", "text", "excerpt", "text_chars", "signature", "bands")
"""Parts of what a visit found that go with the text."""


def confirm_sent_again(
    db: Database[Document], visits: Iterable[Document], stored: StoredStories
) -> dict[str, Document]:
    """Return, by id, those of some visits that confirm the page which their story shows, as they are stored.

    Args:
        db: the database.
        visits: as they would be stored otherwise (`split_lists`).
        stored: what is stored of their stories.
    """
    asked: dict[str, tuple[Document, str]] = {}
    for visit in visits:
        story = stored.get(visit["story"])
        if visit["outcome"] == "fetched" and story and (page := _page_of(story, visit)):
            asked[visit["_id"]] = visit, page
    pages: dict[str, Document] = {}
    for chunk in chunks({page for _, page in asked.values()}):
        shown = dict.fromkeys((*_FACTS, "story", "outcome", "links", "lists"), 1)
        pages.update((page["_id"], page) for page in db["visits"].find({"_id": {"$in": chunk}}, shown))
    confirming = {}
    for name, (visit, page) in asked.items():
        if page in pages and _shown(pages[page]) == _shown(visit):
            own = {part: value for part, value in visit.items() if part != "lists"}
            confirming[name] = {**own, "links": [], "confirms": page}
    return confirming


def _page_of(story: Mapping[str, Any], visit: Mapping[str, Any]) -> str | None:
    """Return the id of the visit whose page a story shows, if a later one may show the same."""
    same = visit["content_hash"] is not None and story.get("content_hash") == visit["content_hash"]
    read = story["fetched_at"]
    return story.get("page") if same and read and read < visit["at"] else None


def _shown(visit: Mapping[str, Any]) -> list[Any]:
    """Return what a visit's page showed, in a form that is compared."""
    links = [_without_judgement(link) for link in visit["links"]]
    lists = [
        (entry["list"], entry["kind"], [value is None for value in entry.get("relevances") or ()])
        for entry in visit.get("lists") or ()
    ]
    return [visit["story"], visit["outcome"], *(visit.get(name) for name in _FACTS), links, sorted(lists)]


def _without_judgement(link: Mapping[str, Any]) -> Document:
    own = {name: value for name, value in link.items() if name not in ("relevance", "topic")}
    return {**own, "is_judged": link.get("relevance") is not None}


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
