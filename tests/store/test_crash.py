"""The line to the database is cut after any command: what is written again, or finished by the next start, is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pymongo.errors import PyMongoError

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.write.apply import apply_visits, recover
from kolcrawl.store.write.documents import visit_document
from tests.store.flaky import cut_after
from tests.store.visiting import address, at, key, link, visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

CRAWL = "20260302-003400-abcdef"
CUTS = range(1, 140, 7)


def first_day() -> list[StoryItem]:
    """A story whose links name `b` under another address, and `b`, read there."""
    listed = [link("d", 1, "popular"), link("b-short", 2, "popular")]
    return [visit("a", 0, ["b-short", "c", *listed]), visit("c", 1, ["a", "b-short", *listed])]


def second_day() -> list[StoryItem]:
    """`a` has changed and lost a link, `c` is gone, and `b-short` turns out to be `b`."""
    return [
        visit("a", 10, ["d", "b-short", link("b-short", 1, "popular")], version="2"),
        visit("c", 11, outcome="gone"),
        visit("b", 12, ["a"], aliases=[address("b-short")], known_as=[key("b-short")]),
    ]


def write(db: object, items: list[StoryItem]) -> None:
    """Write visits in one batch."""
    applied = apply_visits(db, [visit_document(item, CRAWL) for item in items])  # type: ignore[arg-type]
    assert not applied.refused


def contents(store: Store) -> dict[str, dict[str, object]]:
    """All documents without what may differ: when they were written, and the writer's own notes."""
    return {
        name: {
            document["_id"]: {
                k: v for k, v in document.items() if k not in ("updated_at", "basis", "order", "restored")
            }
            for document in store.db[name].find()
        }
        for name in ("stories", "links", "lists", "page_lists", "visits", "revisions")
    }


@pytest.fixture
def quiet(store: Store) -> dict[str, dict[str, object]]:
    """What a quiet run leaves; the database is empty again."""
    store.db["crawls"].insert_one({"_id": CRAWL} | CRAWL_FIELDS)
    write(store.db, first_day())
    write(store.db, second_day())
    assert list(check_store(store.db)) == []
    left = contents(store)
    assert left["stories"][key("b-short")]["merged_into"] == key("b")  # type: ignore[index]
    empty(store)
    return left


CRAWL_FIELDS = {
    "schema": 1, "spider": "related", "job": None, "args": {}, "about": None, "seeds": [], "settings": {},
    "versions": {}, "started_at": at(0), "finished_at": at(20), "finish_reason": "finished", "counts": {},
    "failures": {}, "sites": [], "quality": {},
}  # fmt: skip


def same(one: dict[str, dict[str, object]], other: dict[str, dict[str, object]], commands: int) -> None:
    """Fail, showing the first document that differs."""
    for name, documents in other.items():
        assert one[name].keys() == documents.keys(), f"{name}, cut after {commands} commands"
        for key_, document in documents.items():
            assert one[name][key_] == document, f"{name}, cut after {commands} commands"


def cut_off(store: Store, commands: int) -> bool:
    """Write the second day over a line that is cut. Returns: whether it was."""
    with cut_after(store, commands) as db:
        try:
            write(db, second_day())
        except PyMongoError:
            return True
    return False


def empty(store: Store) -> None:
    """Remove all but the run."""
    for name in ("stories", "links", "lists", "page_lists", "visits", "revisions", "fingerprints"):
        store.db[name].delete_many({})


def test_written_again_after_a_cut_anywhere(store: Store, quiet: dict[str, dict[str, object]]) -> None:
    """The line is cut after the first, eighth, ... command of a batch that changes, removes and merges; the batch is
    written again. The database is that of a quiet run, each time."""
    for commands in CUTS:
        write(store.db, first_day())
        cut = cut_off(store, commands)
        write(store.db, second_day())
        same(contents(store), quiet, commands)
        empty(store)
        if not cut:
            break
    assert commands > 30, "the line was not cut in the middle of the work"


def test_finished_by_the_next_start_after_a_cut_anywhere(store: Store, quiet: dict[str, dict[str, object]]) -> None:
    """The same, but the writer is never heard of again: the next start finishes what reached the database, and no
    promise is broken. Either all of a visit is there, or nothing."""
    for commands in CUTS:
        commands += 2  # not where the other test cuts
        write(store.db, first_day())
        cut = cut_off(store, commands)
        recover(store.db)
        assert [str(finding) for finding in check_store(store.db)] == [], f"cut after {commands} commands"
        if store.db["visits"].count_documents({}) == len(quiet["visits"]):
            same(contents(store), quiet, commands)
        empty(store)
        if not cut:
            break
