"""Bringing a database to the schema that this code writes, step by step.

A step takes a database from one schema number to the next. It must be safe to run twice, as it may be killed: the
number is raised only when the step is done. `rederive_all` is a repair, and the step for a later version that derives
more from the visits than this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pymongo import InsertOne, UpdateOne

from kolcrawl.errors import StoreError
from kolcrawl.items import LISTED_KINDS
from kolcrawl.store.bulk import KEYS_PER_QUERY, WORKED_ROWS, bulk_write
from kolcrawl.store.copies.fingerprints import write_fingerprints
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.derive import CONFIRMED_PARTS, READ_OUTCOMES, visit_order
from kolcrawl.store.history.visited_stories import read_visited_stories
from kolcrawl.store.maintain.mend_merges import mend_merges
from kolcrawl.store.merge.repoint import repoint_merged_stories
from kolcrawl.store.merge.restore import clear_state, restore_contents
from kolcrawl.store.merge.undo import finish_undoing
from kolcrawl.store.removals import note_removal
from kolcrawl.store.schema import SCHEMA, ensure_schema, prepare_collections
from kolcrawl.store.shared_lists import split_lists
from kolcrawl.store.write.apply import recover
from kolcrawl.store.write.projection import rederive, write_page_lists

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

Step = Callable[["Database[Document]"], None]


def _to_schema_2(db: Database[Document]) -> None:
    """Undo the merges that nothing proves, and give every story the field `redirected_to`."""
    prepare_collections(db)
    _move_fingerprints(db)  # those that group stories look for them there
    repoint_merged_stories(db)
    finish_undoing(db)
    db["stories"].update_many({"redirected_to": {"$exists": False}}, {"$set": {"redirected_to": None}})
    mend_merges(db)


def _to_schema_3(db: Database[Document]) -> None:
    """Move what copies are recognised by to `fingerprints`, and note with stories what visits only confirmed."""
    prepare_collections(db)
    _move_fingerprints(db)
    _note_confirmations(db)


def _to_schema_4(db: Database[Document]) -> None:
    """Store lists that many pages show once (`shared_lists`), and let visits name what they only confirm.

    Of each story the lists are inserted first, then its visits are changed to name them, then it is noted when its page
    showed them, and last its links in such lists go: a kill loses nothing, and what is done is passed over.
    """
    prepare_collections(db)
    with db["stories"].find({}, {"_id": 1}).batch_size(WORKED_ROWS) as cursor:
        while keys := [story["_id"] for story in islice(cursor, KEYS_PER_QUERY)]:
            visits = list(db["visits"].find({"story": {"$in": keys}}, _CHANGED_VISIT))
            _list_links(db, visits)
            _name_confirmed(db, visits)
            write_page_lists(db, sorted({visit["story"] for visit in visits}))
            db["links"].delete_many({"from": {"$in": keys}, "kind": {"$in": list(LISTED_KINDS)}})


_CHANGED_VISIT: Final = {"unapplied": 0, "url": 0}


def _list_links(db: Database[Document], visits: Sequence[Document]) -> None:
    """Take lists out of the links of visits, in place and in the database."""
    lists: dict[str, Document] = {}
    changed = []
    for visit in visits:
        split, named = split_lists(visit)
        if named:
            lists |= named
            visit |= split
            changed.append(
                UpdateOne({"_id": visit["_id"]}, {"$set": {"links": visit["links"], "lists": visit["lists"]}})
            )
    bulk_write(db["lists"], [InsertOne(row) for row in lists.values()])
    bulk_write(db["visits"], changed)


def _name_confirmed(db: Database[Document], visits: Iterable[Document]) -> None:
    """Let visits that were answered `unchanged`, and hold what an earlier one showed, name that one."""
    pages: dict[str, Document] = {}
    changed = []
    for visit in sorted(visits, key=visit_order):
        page = pages.get(visit["story"])
        if visit["outcome"] not in READ_OUTCOMES or "confirms" in visit:
            continue
        if visit["outcome"] == "unchanged" and page and _parts(page) == _parts(visit):
            named = {"$set": {"confirms": page["_id"], "links": []}, "$unset": dict.fromkeys(_NOT_REPEATED, 1)}
            changed.append(UpdateOne({"_id": visit["_id"]}, named))
        else:
            pages[visit["story"]] = visit
    bulk_write(db["visits"], changed)


_NOT_REPEATED: Final = ("text_hash", "title", "published_at", "lists")


def _parts(visit: Mapping[str, Any]) -> Document:
    """Return what a visit that only confirms another has of that one."""
    return {name: visit.get(name) for name in CONFIRMED_PARTS}


def _note_confirmations(db: Database[Document]) -> None:
    """Derive the stories anew whose page a server said to be unchanged: their links counted these visits themselves."""
    with db["stories"].find({"visits": {"$gt": 1}}, {"_id": 1}).batch_size(WORKED_ROWS) as cursor:
        while keys := [story["_id"] for story in islice(cursor, KEYS_PER_QUERY)]:
            unchanged = db["visits"].find({"story": {"$in": keys}, "outcome": "unchanged"}, {"story": 1})
            rederive(db, sorted({visit["story"] for visit in unchanged}))


def _move_fingerprints(db: Database[Document]) -> None:
    """Move fingerprints to their own collection, as they are stored: a crowded band stays left out.

    Each is inserted before its fields are taken from the story, so a kill loses none. The index goes last, when it is
    nearly empty: the embedded server removes its entries one by one, in a single command.
    """
    with db["stories"].find({"content_hash": {"$ne": None}}, {"_id": 1}).batch_size(WORKED_ROWS) as cursor:
        while keys := [story["_id"] for story in islice(cursor, KEYS_PER_QUERY)]:
            fields = ["content_hash", "signature", "bands"]
            own = {"_id": {"$in": keys}, "status": {"$ne": "merged"}, "signature": {"$exists": True}}
            rows = [
                {
                    "_id": story["_id"],
                    "schema": 3,
                    "content_hash": story["content_hash"],
                    "signature": story["signature"],
                    "bands": story["bands"] or [],
                }
                for story in db["stories"].find(own, fields)
            ]
            bulk_write(db["fingerprints"], [InsertOne(row) for row in rows])  # those that are there were moved before
            moved = [UpdateOne({"_id": row["_id"]}, {"$unset": {"signature": 1, "bands": 1}}) for row in rows]
            bulk_write(db["stories"], moved)
            write_fingerprints(db, keys, {})  # of stories that had none
    if "bands_1" in db["stories"].index_information():
        db["stories"].drop_index("bands_1")


STEPS: Final[Mapping[int, Step]] = {1: _to_schema_2, 2: _to_schema_3, 3: _to_schema_4}
"""The steps by the number that they start from. Schema 1 is the first."""


def migrate(db: Database[Document], *, steps: Mapping[int, Step] = STEPS, target: int = SCHEMA) -> list[int]:
    """Run the steps that a database lacks, then create missing validators and indexes.

    Args:
        db: the database.
        steps: by the number that they start from.
        target: the number to reach.

    Returns: the numbers that the steps led to; empty if the database was up to date.

    Raises:
        StoreError: the database is of a newer version, or of one from which no step leads on.
        pymongo.errors.PyMongoError: the server failed; running it again goes on where it stopped.
    """
    done = []
    while (number := _number(db)) < target:
        if number not in steps:
            raise StoreError(
                "database {name!r} has schema {number}, which no step leads on from", name=db.name, number=number
            )
        steps[number](db)
        note_removal(db)
        db["meta"].update_one({"_id": "schema", "number": number}, {"$set": {"number": number + 1}})
        done.append(number + 1)
    if target == SCHEMA:
        ensure_schema(db)
    return done


def rederive_all(db: Database[Document], on_progress: Callable[[int], None] = lambda _: None) -> int:
    """Derive status, counts, links and revisions of all visited stories anew from the visits.

    A story of whose visits some were removed is derived from those that are left; versions that only the others saw go
    with them. One that has none any more stays as it is, and its next visit begins anew.

    Args:
        db: the database.
        on_progress: called with the number of stories done so far.

    Returns: how many stories.
    """
    done = 0
    with db["stories"].find({"visits": {"$gt": 0}}, {"_id": 1}).batch_size(WORKED_ROWS) as cursor:
        while keys := [story["_id"] for story in islice(cursor, KEYS_PER_QUERY)]:
            for key in _stories_with_fewer_visits(db, keys):
                clear_state(db, key)
                if any(db[name].find_one({"story": key}, {"_id": 1}) for name in ("visits", "histories")):
                    restore_contents(db, [key])
                    group_stories(db, [key])
            rederive(db, keys)
            done += len(keys)
            on_progress(done)
    recover(db)  # visits that were kept with what they found
    note_removal(db)
    return done


def _stories_with_fewer_visits(db: Database[Document], keys: list[str]) -> list[str]:
    """Find the stories that were derived from more visits than there are, those removed by `prune` included."""
    there = read_visited_stories(db, keys, {}, is_whole=True)
    stories = db["stories"].find({"_id": {"$in": keys}}, {"visits": 1})
    return [
        story["_id"]
        for story in stories
        if story["visits"] > (there[story["_id"]].history.visits if story["_id"] in there else 0)
    ]


def _number(db: Database[Document]) -> int:
    found = db["meta"].find_one({"_id": "schema"})
    return int(found["number"]) if found else SCHEMA
