"""Bringing a database to the schema that this code writes, step by step.

A step takes a database from one schema number to the next. It must be safe to run twice, as it may be killed: the
number is raised only when the step is done. `rederive_all` is a repair, and the step for a later version that derives
more from the visits than this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from kolcrawl.errors import StoreError
from kolcrawl.store.bulk import KEYS_PER_QUERY
from kolcrawl.store.maintain.mend_merges import mend_merges
from kolcrawl.store.merge.repoint import repoint_merged_stories
from kolcrawl.store.merge.undo import finish_undoing
from kolcrawl.store.schema import SCHEMA, ensure_schema, prepare_collections
from kolcrawl.store.write.projection import rederive

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

Step = Callable[["Database[Document]"], None]


def _to_schema_2(db: Database[Document]) -> None:
    """Undo the merges that nothing proves, and give every story the field `redirected_to`."""
    prepare_collections(db)
    repoint_merged_stories(db)
    finish_undoing(db)
    db["stories"].update_many({"redirected_to": {"$exists": False}}, {"$set": {"redirected_to": None}})
    mend_merges(db)


STEPS: Final[Mapping[int, Step]] = {1: _to_schema_2}
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
            raise StoreError(f"database {db.name!r} has schema {number}, which no step leads on from")
        steps[number](db)
        db["meta"].update_one({"_id": "schema", "number": number}, {"$set": {"number": number + 1}})
        done.append(number + 1)
    if target == SCHEMA:
        ensure_schema(db)
    return done


def rederive_all(db: Database[Document], on_progress: Callable[[int], None] = lambda _: None) -> int:
    """Derive status, counts, links and revisions of all visited stories anew from the visits.

    Args:
        db: the database.
        on_progress: called with the number of stories done so far.

    Returns: how many stories.
    """
    done = 0
    with db["stories"].find({"visits": {"$gt": 0}}, {"_id": 1}) as cursor:
        while keys := [story["_id"] for story in islice(cursor, KEYS_PER_QUERY)]:
            rederive(db, keys)
            done += len(keys)
            on_progress(done)
    return done


def _number(db: Database[Document]) -> int:
    found = db["meta"].find_one({"_id": "schema"})
    return int(found["number"]) if found else SCHEMA
