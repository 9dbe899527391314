"""Bringing a database to the schema that this code writes, step by step.

A step takes a database from one schema number to the next. It must be safe to run twice, as it may be killed: the
number is raised only when the step is done. `rederive_all` is a repair, and the step for a later version that derives
more from the visits than this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from pymongo import InsertOne, UpdateOne

from kolcrawl.errors import StoreError
from kolcrawl.store.bulk import KEYS_PER_QUERY, WORKED_ROWS, bulk_write
from kolcrawl.store.copies.fingerprints import write_fingerprints
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.maintain.mend_merges import mend_merges
from kolcrawl.store.merge.repoint import repoint_merged_stories
from kolcrawl.store.merge.restore import clear_state, restore_contents
from kolcrawl.store.merge.undo import finish_undoing
from kolcrawl.store.schema import SCHEMA, ensure_schema, prepare_collections
from kolcrawl.store.write.apply import recover
from kolcrawl.store.write.projection import rederive

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


STEPS: Final[Mapping[int, Step]] = {1: _to_schema_2, 2: _to_schema_3}
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
                if db["visits"].find_one({"story": key}, {"_id": 1}):
                    restore_contents(db, [key])
                    group_stories(db, [key])
            rederive(db, keys)
            done += len(keys)
            on_progress(done)
    recover(db)  # visits that were kept with what they found
    return done


def _stories_with_fewer_visits(db: Database[Document], keys: list[str]) -> list[str]:
    """Find the stories that were derived from more visits than there are."""
    count: list[Document] = [{"$match": {"story": {"$in": keys}}}, {"$group": {"_id": "$story", "visits": {"$sum": 1}}}]
    there = {row["_id"]: row["visits"] for row in db["visits"].aggregate(count)}
    stories = db["stories"].find({"_id": {"$in": keys}}, {"visits": 1})
    return [story["_id"] for story in stories if story["visits"] > there.get(story["_id"], 0)]


def _number(db: Database[Document]) -> int:
    found = db["meta"].find_one({"_id": "schema"})
    return int(found["number"]) if found else SCHEMA
