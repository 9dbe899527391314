"""Reading the links that are stored as lists (`shared_lists`), and visits with all that they saw.

`links_from` and `links_to` answer as a query of `links` would. What has been read of lists may be kept: only a merge
changes them.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from kolcrawl.items import LISTED_KINDS
from kolcrawl.store.bulk import ROWS_PER_REPLY, chunks
from kolcrawl.store.derive import READ_OUTCOMES, complete_visits
from kolcrawl.store.history.histories import observations, read_histories
from kolcrawl.store.shared_lists import edges, join_lists

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

MAX_LISTS_KEPT: Final = 5_000
"""Lists kept in memory while all links are read; each has some 2 kB."""


def stored_lists(db: Database[Document], names: Iterable[str]) -> dict[str, Document]:
    """Read lists, by id."""
    return {
        row["_id"]: row for chunk in chunks(dict.fromkeys(names)) for row in db["lists"].find({"_id": {"$in": chunk}})
    }


def are_listed(kinds: Sequence[str]) -> bool:
    """Return whether links of some kinds may be stored as lists; no kinds stand for all."""
    return not kinds or any(kind in LISTED_KINDS for kind in kinds)


def links_from(
    db: Database[Document], keys: Collection[str], kinds: Sequence[str] = (), lists: dict[str, Document] | None = None
) -> Iterator[Document]:
    """Yield the links of such kinds on the pages of some stories, at most as many as a query takes, in no order.

    Args:
        db: the database.
        keys: of the stories.
        kinds: of the links; none stand for all.
        lists: lists that need not be read again, by id; those that are read now are added.
    """
    if are_listed(kinds):
        where: Document = {"story": {"$in": list(keys)}} | ({"kind": {"$in": list(kinds)}} if kinds else {})
        rows = list(db["page_lists"].find(where))
        known = {} if lists is None else lists
        known |= stored_lists(db, {row["list"] for row in rows} - known.keys())
        yield from edges(rows, known)


def links_to(db: Database[Document], keys: Collection[str], kinds: Sequence[str] = ()) -> Iterator[Document]:
    """Yield the links of such kinds that lead to some stories, at most as many as a query takes, in no order."""
    if not are_listed(kinds):
        return
    wanted = set(keys)
    naming = {"links.to": {"$in": list(keys)}} | ({"kind": {"$in": list(kinds)}} if kinds else {})
    lists = {row["_id"]: row for row in db["lists"].find(naming)}
    for row in lists.values():  # what else they name is not asked for, and its other lists are not read
        row["links"] = [link if link["to"] in wanted else {**link, "to": ""} for link in row["links"]]
    rows = (row for chunk in chunks(lists) for row in db["page_lists"].find({"list": {"$in": chunk}}))
    yield from (link for link in edges(rows, lists) if link["to"])


def stories_showing(db: Database[Document], keys: Collection[str]) -> set[str]:
    """Return the stories whose pages showed a list that names any of some stories."""
    found = db["lists"].find({"links.to": {"$in": list(keys)}}, {"_id": 1})
    names = [row["_id"] for row in found.batch_size(ROWS_PER_REPLY)]
    pages = (row for chunk in chunks(names) for row in db["page_lists"].find({"list": {"$in": chunk}}, {"story": 1}))
    return {row["story"] for row in pages}


def listed_targets(db: Database[Document], keys: Iterable[str]) -> set[str]:
    """Return the stories that lists on the pages of some stories name."""
    shown = {
        row["list"] for chunk in chunks(keys) for row in db["page_lists"].find({"story": {"$in": chunk}}, {"list": 1})
    }
    return {link["to"] for row in stored_lists(db, shown).values() for link in row["links"]}


def all_listed_links(db: Database[Document], where: Mapping[str, object]) -> Iterator[Document]:
    """Yield the links of such kinds of all pages for which a document of `page_lists` matches, in no order."""
    pages = (row["story"] for row in db["page_lists"].find(where, {"story": 1}).batch_size(ROWS_PER_REPLY))
    lists: dict[str, Document] = {}
    for keys in chunks(dict.fromkeys(pages)):
        rows = list(db["page_lists"].find({"story": {"$in": keys}}))
        if len(lists) > MAX_LISTS_KEPT:
            lists = {}
        lists |= stored_lists(db, {row["list"] for row in rows} - lists.keys())
        yield from edges(rows, lists)


def fill_visits(db: Database[Document], visits: Sequence[Document]) -> None:
    """Give visits, in place, all links that their pages showed: those of lists, and those of a visit confirmed."""
    give_pages(db, visits)
    lists = stored_lists(db, {entry["list"] for visit in visits for entry in visit.get("lists") or ()})
    for visit in visits:
        join_lists(visit, lists)


def give_pages(db: Database[Document], visits: Sequence[Document]) -> None:
    """Give visits that confirm another, in place, what its page showed."""
    known = {visit["_id"]: visit for visit in visits}
    named = {visit["confirms"] for visit in visits if visit.get("confirms")} - known.keys()
    for chunk in chunks(named):
        known.update((row["_id"], row) for row in db["visits"].find({"_id": {"$in": chunk}}, {"unapplied": 0}))
    complete_visits(visits, known)


def pages_linking_to(db: Database[Document], key: str, sources: Iterable[str]) -> Iterator[tuple[Document, Document]]:
    """Yield the visits to some stories whose page linked to a story, each with that link.

    For those that were removed there are such as they may have been (`observations`).
    """
    for chunk in chunks(sources):
        where = {"story": {"$in": chunk}, "outcome": {"$in": list(READ_OUTCOMES)}}
        visits = list(db["visits"].find(where, {"unapplied": 0}))
        fill_visits(db, visits)
        kept = [history for found in read_histories(db, chunk).values() for history in found]
        lists = stored_lists(db, {entry["list"] for history in kept for entry in history["lists"]})
        for visit in chain(visits, *(observations(history, lists) for history in kept)):
            if visit["story"] != key:
                yield from ((visit, link) for link in visit["links"] if link["to"] == key)
