"""What a run found, counted anew from what it wrote: for a run that was killed before it noted its counts.

The numbers are those that the run itself would have noted, except for stories that it left out without a request,
which leave no visit.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from kolcrawl.errors import UrlError
from kolcrawl.items import LinkItem, StoryItem
from kolcrawl.report.counts import CrawlCounts
from kolcrawl.store.bulk import KEYS_PER_QUERY, WORKED_ROWS, chunks
from kolcrawl.store.read.listed_links import fill_visits, links_from
from kolcrawl.store.write.writer import WriterStats
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

_SHOWN = {
    "story": 1, "at": 1, "url": 1, "outcome": 1, "reason": 1, "title": 1, "published_at": 1, "text_hash": 1,
    "merged_from": 1, "links.to": 1, "links.kind": 1, "links.merged_from": 1, "lists": 1, "confirms": 1,
}  # fmt: skip


def recount(db: Database[Document], run: str) -> tuple[CrawlCounts, WriterStats]:
    """Count what a run's visits saw, and what it was the first to see.

    Reads the visits of the run, and by key the stories that these name, under the keys that they had then, too: no
    index says what a run discovered, and reading all stories takes too long in a large network.
    """
    counts, written = CrawlCounts(), WriterStats()
    visited: set[str] = set()
    named: set[str] = set()
    for visit in _visits(db, run):
        counts.add(_item(visit))
        visited.add(visit["story"])
        for seen in ({"to": visit["story"], "merged_from": visit.get("merged_from")}, *visit["links"]):
            named.update(key for key in (seen["to"], seen.get("merged_from")) if key)
        written.stories += 1
    written.copies = _count_copies(db, visited)
    for keys in chunks(visited):
        written.new_links += db["links"].count_documents({"from": {"$in": keys}, "crawl": run})
        written.new_links += sum(link["crawl"] == run for link in links_from(db, keys))
    for keys in chunks(named):
        discovered = {"_id": {"$in": keys}, "discovered.crawl": run}
        for story in db["stories"].find(discovered, {"visits": 1, "status": 1}):
            written.added_stories += 1
            written.stubs += not story["visits"] and story["status"] != "merged"
    return counts, written


def count_copies(db: Database[Document], run: str) -> int:
    """Count the stories that a run visited, and that are copies of others by now.

    What the writer counts as it goes on lacks those whose original was read after them.
    """
    return _count_copies(db, {visit["story"] for visit in db["visits"].find({"crawl": run}, {"story": 1})})


def _count_copies(db: Database[Document], stories: Iterable[str]) -> int:
    copies = {"copy_of": {"$ne": None}, "status": "fetched"}
    return sum(db["stories"].count_documents({"_id": {"$in": keys}, **copies}) for keys in chunks(stories))


def _visits(db: Database[Document], run: str) -> Iterator[Document]:
    """Yield the visits of a run with the links of their pages."""
    with db["visits"].find({"crawl": run}, _SHOWN).batch_size(WORKED_ROWS) as found:
        while visits := list(islice(found, KEYS_PER_QUERY)):
            fill_visits(db, visits)
            yield from visits


def _item(visit: Mapping[str, Any]) -> StoryItem:
    """Return the item of a visit, as far as it is counted."""
    return StoryItem(
        key=visit["story"],
        url=visit["url"],
        requested_url=visit["url"],
        site=_site(visit["url"]),
        outcome=visit["outcome"],
        visited_at=visit["at"],
        reason=visit["reason"],
        title=visit.get("title"),
        published_at=visit.get("published_at"),
        text=visit.get("text_hash"),
        links=[*_links(visit)],
    )


def _links(visit: Mapping[str, Any]) -> Iterator[LinkItem]:
    for link in visit["links"]:
        yield LinkItem(url="", kind=link["kind"], heading=None, position=1, anchor="", to=link["to"])


def _site(url: str) -> str:
    try:
        return site_of(url)
    except UrlError:
        return ""
