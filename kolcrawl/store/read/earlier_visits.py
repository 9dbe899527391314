"""What earlier crawls know of stories, for conditional requests and for deciding what is due."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pymongo.errors import PyMongoError

from kolcrawl.errors import StoreError
from kolcrawl.items import LinkItem
from kolcrawl.policy.earlier_crawls import KnownStory
from kolcrawl.store.bulk import chunks
from kolcrawl.store.derive import links_of
from kolcrawl.store.merge.lookup import canonical_key, canonical_keys
from kolcrawl.store.read.listed_links import links_from, stored_lists
from kolcrawl.store.shared_lists import join_lists
from kolcrawl.store.site_notes import store_blocks, store_varying, stored_blocks, stored_varying
from kolcrawl.store.write.writer import DATABASE_PATIENCE, FIRST_PAUSE, LONGEST_PAUSE
from kolcrawl.system.retry import Backoff, doubling_pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pymongo.database import Database

    from kolcrawl.items import BlockLesson
    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.server.client import Store

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
MAX_URLS_KEPT: Final = 50_000
"""Addresses of stories kept in memory, 300 bytes each."""
MAX_LISTS_REMEMBERED: Final = 2_000
"""Lists kept in memory, 2 kB each. Should a merge change one, its links lead to a key that `known` follows."""
StoredText = tuple[str | None, str | None]
"""Title and text."""
_Lookup = tuple[dict[str, None], "asyncio.Task[dict[str, Answer]]"]
"""Keys that are looked up together, and the task that looks them up."""


class StoredMemory:
    """`EarlierCrawls`, answered by the store in a thread, so that the event loop never waits."""

    def __init__(self, store: Store, *, patience: float = DATABASE_PATIENCE) -> None:
        """Prepare to answer.

        Args:
            store: an open store.
            patience: seconds for which a query is repeated while the database fails.
        """
        self._store, self._patience = store, patience
        self.given_up = False
        """Whether the database is given up: from then on nothing is asked, and nothing known."""
        self._asking = asyncio.Lock()
        self._next: _Lookup[KnownStory] | None = None
        self._next_links: _Lookup[list[LinkItem]] | None = None
        self._next_texts: _Lookup[StoredText] | None = None
        self._urls: dict[str, str] = {}
        self._lists: dict[str, Document] = {}
        self._pages: dict[str, str] = {}
        """Ids of the visits that read what stories show, by key, from the latest answers."""

    async def known(self, keys: Iterable[str]) -> dict[str, KnownStory]:
        """Return those of the stories whose page was read before and is not known to be gone, by the key asked for.

        What is asked for while an answer is awaited is looked up together next: a busy server answers few queries.
        """
        asked = list(keys)
        if self._next is None:
            together: dict[str, None] = {}
            self._next = together, asyncio.create_task(self._look_up(together))
        answer = await _joined(self._next, asked)
        if len(self._pages) > MAX_URLS_KEPT:
            self._pages.clear()
        self._pages.update((key, page) for key in asked if key in answer and (page := answer[key].page))
        return {key: answer[key] for key in asked if key in answer}

    async def _look_up(self, keys: dict[str, None]) -> dict[str, KnownStory]:
        async with self._asking:
            self._next = None  # whoever asks from here on waits for the next answer
            return await self._ask(lambda: known_stories(self._store.db, keys), {})

    async def links_of(self, key: str) -> list[LinkItem]:
        """Return the links of a story as of its latest page, in page order; looked up together likewise."""
        if self._next_links is None:
            together: dict[str, None] = {}
            self._next_links = together, asyncio.create_task(self._look_up_links(together))
        return (await _joined(self._next_links, [key])).get(key, [])

    async def _look_up_links(self, keys: dict[str, None]) -> dict[str, list[LinkItem]]:
        async with self._asking:
            self._next_links = None
            pages = {key: self._pages.pop(key) for key in keys if key in self._pages}
            return await self._ask(lambda: active_links(self._store.db, list(keys), self._urls, self._lists, pages), {})

    async def text_of(self, key: str) -> StoredText:
        """Return title and text of a story as of its latest page, None for what is not known; together likewise."""
        if self._next_texts is None:
            together: dict[str, None] = {}
            self._next_texts = together, asyncio.create_task(self._look_up_texts(together))
        return (await _joined(self._next_texts, [key])).get(key, (None, None))

    async def _look_up_texts(self, keys: dict[str, None]) -> dict[str, StoredText]:
        async with self._asking:
            self._next_texts = None
            return await self._ask(lambda: stored_texts(self._store.db, list(keys)), {})

    async def varying_parts(self) -> dict[str, list[str]]:
        """Return, by site, the parts of addresses that earlier crawls found to change no page."""
        return await self._ask(lambda: stored_varying(self._store.db), {})

    async def keep_varying(self, site: str, parts: Sequence[str]) -> None:
        """Keep those of a site; none removes what was kept."""
        await self._ask(lambda: store_varying(self._store.db, site, parts), None)

    async def blocks_of(self, host: str) -> list[BlockLesson]:
        """Return how much the blocks of a host's templates stay from page to page."""
        return await self._ask(lambda: stored_blocks(self._store.db, host), [])

    async def keep_blocks(self, host: str, lessons: Sequence[BlockLesson]) -> list[BlockLesson]:
        """Join new lessons with what is kept of a host, and return what is known then."""
        return await self._ask(lambda: store_blocks(self._store.db, host, lessons), [])

    async def _ask(self, query: Callable[[], Answer], unknown: Answer) -> Answer:
        """Run a query in a thread, and repeat it for as long as the writer tries again.

        Then the crawl is about to stop: an answer of `unknown` does no harm, where an error would lose the page.
        """
        backoff = Backoff(doubling_pauses(FIRST_PAUSE, LONGEST_PAUSE))
        while not self.given_up:
            try:
                return await asyncio.to_thread(query)
            except PyMongoError as error:
                pause = backoff.next_pause(self._patience - backoff.elapsed)
                if pause is None:
                    logger.warning("%s", self._store.explain(error))
                    break
            await asyncio.sleep(pause)
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self._store.revive)
        return unknown


async def _joined(lookup: _Lookup[Answer], keys: Iterable[str]) -> dict[str, Answer]:
    """Have some keys looked up with others, and wait for the answer."""
    together, answering = lookup
    together.update(dict.fromkeys(keys))
    return await asyncio.shield(answering)  # others wait for it, too


def known_stories(db: Database[Document], keys: Iterable[str]) -> dict[str, KnownStory]:
    """Return the stories whose page was read before and is not known to be gone, by the key asked for."""
    asked = list(dict.fromkeys(keys))
    found: dict[str, Document] = {}
    fields = {
        "url": 1, "status": 1, "merged_into": 1, "validators": 1, "next_visit_at": 1, "fetched_at": 1,
        "content_hash": 1, "visits": 1, "revisions": 1, "published_at": 1, "first_seen": 1, "page": 1,
    }  # fmt: skip
    for chunk in chunks(asked):
        # a condition on `status` beside would take the embedded server twice as long
        read = db["stories"].find({"_id": {"$in": chunk}}, fields)
        found.update((story["_id"], story) for story in read if story["status"] in ("fetched", "merged"))
    canonical = canonical_keys(db, [key for key, story in found.items() if story["status"] == "merged"])
    for chunk in chunks(set(canonical.values()) - found.keys()):
        found.update((story["_id"], story) for story in db["stories"].find({"_id": {"$in": chunk}}, fields))
    stories = {key: found.get(canonical.get(key, key)) for key in asked}
    return {key: _known(story) for key, story in stories.items() if story and story["status"] == "fetched"}


def _known(story: Document) -> KnownStory:
    validators = story.get("validators") or {}
    return KnownStory(
        key=story["_id"],
        url=story["url"],
        etag=validators.get("etag"),
        last_modified=validators.get("last_modified"),
        next_visit_at=story["next_visit_at"],
        fetched_at=story["fetched_at"],
        content_hash=story["content_hash"],
        visits=story["visits"],
        revisions=story["revisions"],
        published_at=story["published_at"],
        first_seen=story["first_seen"],
        page=story.get("page"),
    )


def active_links(
    db: Database[Document],
    keys: Sequence[str],
    urls: dict[str, str],
    lists: dict[str, Document] | None = None,
    pages: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, list[LinkItem]]:
    """Return the links that the latest visits to stories showed, in page order, by story.

    Args:
        db: the database.
        keys: of the stories, merged ones among them.
        urls: addresses of stories that were looked up before, by key; those that are looked up now are added.
        lists: likewise the lists that pages show, by id.
        pages: ids of the visits that read what stories show, by key: one document each in the place of one a link.
    """
    lists = {} if lists is None else lists
    if len(lists) > MAX_LISTS_REMEMBERED:
        lists.clear()
    found = _links_of_pages(db, {key: pages[key] for key in keys if key in pages}, lists)
    left = [key for key in keys if key not in found]
    _add_stored_links(db, left, lists, found)
    canonical = canonical_keys(db, [key for key in left if key not in found])  # a merged story has hardly any link
    _add_stored_links(db, set(canonical.values()) - found.keys(), lists, found)
    if len(urls) > MAX_URLS_KEPT:
        urls.clear()
    named = {link["to"] for links in found.values() for link in links}
    for chunk in chunks(named - urls.keys()):
        urls.update((story["_id"], story["url"]) for story in db["stories"].find({"_id": {"$in": chunk}}, {"url": 1}))
    items = {
        key: [
            _link_item(link, urls[link["to"]])
            for link in sorted(links, key=lambda link: (link["kind"], link["position"]))
            if link["to"] in urls
        ]
        for key, links in found.items()
    }
    shown = {key: items.get(canonical.get(key, key)) for key in keys}
    return {key: links_shown for key, links_shown in shown.items() if links_shown}


def _links_of_pages(
    db: Database[Document], pages: Mapping[str, str], lists: dict[str, Document]
) -> dict[str, list[Document]]:
    """Return the links of pages as the visits that read them have them, by the key asked for."""
    visits: dict[str, Document] = {}
    for chunk in chunks(dict.fromkeys(pages.values())):
        # whole: to leave parts out costs the embedded server half as much as to send them
        read = db["visits"].find({"_id": {"$in": chunk}})
        visits.update((visit["_id"], visit) for visit in read if visit["outcome"] == "fetched")
    named = {entry["list"] for visit in visits.values() for entry in visit.get("lists") or ()}
    lists |= stored_lists(db, named - lists.keys())
    for visit in visits.values():
        join_lists(visit, lists)
    links = {name: [dict(link) for link in links_of(visit["story"], visit).values()] for name, visit in visits.items()}
    return {key: links[name] for key, name in pages.items() if name in links}


def _add_stored_links(
    db: Database[Document], keys: Iterable[str], lists: dict[str, Document], found: dict[str, list[Document]]
) -> None:
    """Add the active links of stories, which are not merged, by story."""
    for chunk in chunks(dict.fromkeys(keys)):
        for link in db["links"].find({"from": {"$in": chunk}, "active": True}):
            found.setdefault(link["from"], []).append(link)
        for link in links_from(db, chunk, lists=lists):
            if link["active"]:
                found.setdefault(link["from"], []).append(link)


def _link_item(link: Mapping[str, Any], url: str) -> LinkItem:
    return LinkItem(
        url=url,
        kind=link["kind"],
        heading=link["heading"],
        position=link["position"],
        anchor=link["anchor"],
        to=link["to"],
        to_url=url,
        nofollow=bool(link.get("nofollow")),
        relevance=link.get("relevance"),
    )


def stored_texts(db: Database[Document], keys: Iterable[str]) -> dict[str, StoredText]:
    """Return title and text of stories, or of those that they were merged into, by the key asked for."""
    found: dict[str, Document] = {}
    fields = ["title", "text", "status", "merged_into"]
    for chunk in chunks(keys):
        found.update((story["_id"], story) for story in db["stories"].find({"_id": {"$in": chunk}}, fields))
    for key, story in found.items():
        if story["status"] == "merged":
            into = {"_id": canonical_key(db, story["merged_into"])}
            found[key] = db["stories"].find_one(into, fields) or story
    return {key: (story["title"], story.get("text")) for key, story in found.items()}
