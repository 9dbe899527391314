"""Reading what is kept of visits that were removed (`histories`), and going on from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.bulk import chunks
from kolcrawl.store.derive import VisitWalk, visit_order
from kolcrawl.store.history.folding import absorb, join_walks, unfold
from kolcrawl.store.shared_lists import join_lists, listed_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

PRUNED: Final[Document] = {"_id": "pruned"}
"""Id of the note, in `meta`, of the moment before which visits were removed (`before`)."""


def history_begins(db: Database[Document]) -> datetime | None:
    """Return the moment before which visits were removed; None where none were."""
    noted = db["meta"].find_one(PRUNED)
    return noted["before"] if noted else None


def read_histories(db: Database[Document], keys: Iterable[str]) -> dict[str, list[Document]]:
    """Read what is kept of removed visits, by story: of one into which others were merged, several."""
    found: dict[str, list[Document]] = {}
    for chunk in chunks(keys):
        for history in db["histories"].find({"story": {"$in": chunk}}):
            found.setdefault(history["story"], []).append(history)
    return found


def start_walk(key: str, kept: Sequence[Mapping[str, Any]]) -> VisitWalk:
    """Return the walk of a story as it was when its earlier visits were removed; an empty one where none were."""
    if not kept:
        return VisitWalk(key)
    return join_walks(unfold(key, history) for history in kept)


def walk_on(walk: VisitWalk, kept: Sequence[Mapping[str, Any]], visits: Iterable[Mapping[str, Any]]) -> None:
    """Take the visits that are stored; those that what is kept counts already are passed over."""
    counted = {name for history in kept for name in history["stored"]}
    until = max((history["until"] for history in kept), default=None)
    for visit in sorted(visits, key=visit_order):
        if visit["_id"] in counted:
            continue
        if until is not None and visit["at"] <= until:
            absorb(walk, visit)
        else:
            walk.step(visit)


def with_listed_links(history: Mapping[str, Any], lists: Mapping[str, Document]) -> Document:
    """Return a history whose lists are told as the links in them."""
    links = list(history["links"])
    places: dict[int, list[int]] = {place: [place] for place in range(len(links))}
    for place, entry in enumerate(history["lists"], len(links)):
        targets = {link["to"]: link for link in reversed(listed_links(entry, lists.get(entry["list"])))}
        places[place] = list(range(len(links), len(links) + len(targets)))
        links += targets.values()
    spells = [
        {**spell, "which": [new for place in spell["which"] for new in places[place]]} for spell in history["spells"]
    ]
    return {**history, "links": links, "lists": [], "spells": spells}


def observations(history: Mapping[str, Any], lists: Mapping[str, Document]) -> Iterator[Document]:
    """Yield visits such as the removed ones may have been: when links were seen first, and when last."""
    rows = [*history["links"], *history["lists"]]
    for spell in history["spells"]:
        shown = [rows[place] for place in spell["which"]]
        for name in ("first_seen", "last_seen"):
            visit: Document = {
                "_id": history["_id"], "story": history["story"], "at": spell[name], "crawl": spell["crawl"],
                "outcome": "fetched", "depth": history["depth"],
                "links": [row for row in shown if "to" in row], "lists": [row for row in shown if "list" in row],
            }  # fmt: skip
            join_lists(visit, lists)
            yield visit
