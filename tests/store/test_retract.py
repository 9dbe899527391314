"""Readings that are taken back stay so beside another writer, and after a kill."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from pymongo.errors import PyMongoError

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.retract import retract_readings
from kolcrawl.store.write import projection
from kolcrawl.store.write.apply import recover
from kolcrawl.store.write.documents import visit_document
from tests.store.flaky import cut_after
from tests.store.test_correct_links import once_after
from tests.store.test_crash import CRAWL, CRAWL_FIELDS, contents, empty, write
from tests.store.visiting import key, visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

GOOD = visit("a", 0, ["b"])
NOTICE = visit("a", 10, ["b", "stub"], version="notice")
LATER = {
    "unchanged": visit("a", 20, outcome="unchanged"),
    "failed": visit("a", 20, outcome="failed"),
    "another version": visit("a", 20, ["b", "c"], version="2"),
}


def retract(db: Any, *items: StoryItem) -> None:
    """Take readings of `a` back."""
    ids = [visit_document(item, CRAWL)["_id"] for item in items]
    retract_readings(db, {key("a"): ids}, "failed", "no_article")


@pytest.fixture
def crawled(store: Store) -> Store:
    """A store in which a crawl has written a page that links to `a`, and a good reading of `a`."""
    store.db["crawls"].insert_one({"_id": CRAWL} | CRAWL_FIELDS)
    start_again(store)
    return store


def start_again(store: Store) -> None:
    """Leave nothing but what `crawled` has."""
    empty(store)
    store.db["folds"].delete_many({})
    write(store.db, [visit("seed", 0, ["a"])])
    write(store.db, [GOOD])


@pytest.mark.parametrize("step", ["read_visited_stories", "write_revisions"])
@pytest.mark.parametrize("later", LATER)
def test_a_writer_that_read_the_visit_before_it_was_taken_back(
    crawled: Store, monkeypatch: pytest.MonkeyPatch, later: str, step: str
) -> None:
    """Another crawl's visit to the story is written with what it read before: neither title, text, versions, links nor
    the stub of the reading come back, and no text is lost; all is as if it had been taken back after that visit."""
    write(crawled.db, [NOTICE])
    write(crawled.db, [LATER[later]])
    retract(crawled.db, NOTICE)
    wanted = contents(crawled)
    assert key("stub") not in wanted["stories"]
    start_again(crawled)
    write(crawled.db, [NOTICE])
    once_after(monkeypatch, projection, step, lambda: retract(crawled.db, NOTICE))
    write(crawled.db, [LATER[later]])
    assert list(check_store(crawled.db)) == []
    assert contents(crawled) == wanted


@pytest.mark.parametrize("step", ["read_visited_stories", "write_revisions"])
def test_the_writer_of_the_reading_itself(crawled: Store, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A reading is taken back before what follows from it is written: the good one before it, with its text, stays."""
    wanted = contents(crawled)
    once_after(monkeypatch, projection, step, lambda: retract(crawled.db, NOTICE))
    write(crawled.db, [NOTICE])
    assert list(check_store(crawled.db)) == []
    found = contents(crawled)
    assert found["revisions"] == {}
    assert found["links"] == wanted["links"]
    assert found["stories"].keys() == wanted["stories"].keys()
    for name in ("title", "text", "status", "content_hash"):
        assert found["stories"][key("a")][name] == wanted["stories"][key("a")][name]  # type: ignore[index]


def test_the_first_reading_of_a_story(crawled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A story is inserted by a reading that was taken back meanwhile: it has failed, and has no links."""
    first = visit("new", 10, ["stub"])
    name = visit_document(first, CRAWL)["_id"]
    taken = partial(retract_readings, crawled.db, {key("new"): [name]}, "failed", "no_article")
    once_after(monkeypatch, projection, "read_visited_stories", taken)
    write(crawled.db, [first])
    assert list(check_store(crawled.db)) == []
    story = crawled.db["stories"].find_one({"_id": key("new")})
    assert story
    assert (story["status"], story["reason"], story["text"]) == ("failed", "no_article", None)
    assert crawled.db["links"].count_documents({"from": key("new")}) == 0
    assert crawled.db["stories"].count_documents({"_id": key("stub")}) == 0


@pytest.mark.parametrize("commands", range(4, 40, 9))
def test_a_kill_in_between(crawled: Store, commands: int) -> None:
    """Whatever command is the last that reaches the server, the next start finishes it, or nothing was begun."""
    store = crawled
    write(store.db, [NOTICE])
    with cut_after(store, commands) as db, contextlib.suppress(PyMongoError):
        retract(db, NOTICE)
    store.db["meta"].delete_one({"_id": "merging"})  # the lease of a process that is gone
    recover(store.db)
    assert list(check_store(store.db)) == []
    story = store.db["stories"].find_one({"_id": key("a")})
    visits = store.db["visits"].count_documents({"story": key("a"), "outcome": "fetched"})
    assert story
    assert (story["title"], visits) in ((GOOD.title, 1), (NOTICE.title, 2))
    assert (store.db["stories"].count_documents({"_id": key("stub")}) == 1) is (visits == 2)
