"""Visits that were removed from the database, as by an index that expires them: nothing fetched since is lost, it is
said, and `scrapy migrate --rederive` mends it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.migrate import rederive_all
from kolcrawl.store.write.apply import apply_visits, recover
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.story.fingerprint import fingerprint_story
from tests.store.visiting import at, key, visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

GONE = 4
"""Visits that are removed."""


@pytest.fixture
def run(store: Store) -> str:
    """A story with six visits, each of another version with another link beside one that stays; some are removed."""
    run = start_run(store, spider="related").id
    for number in range(6):
        write(store, run, version(number))
    assert store.db["visits"].delete_many({"story": key("a"), "at": {"$lt": at(GONE)}}).deleted_count == GONE
    return run


def version(number: int) -> StoryItem:
    """A visit that finds the version of a minute."""
    return visit("a", number, ["b", f"l{number}"], title=f"Title {number}", text=f"Text {number}.")


def write(store: Store, run: str, *items: StoryItem) -> None:
    """Write visits in a batch."""
    assert not apply_visits(store.db, [visit_document(fingerprint_story(item), run) for item in items]).refused


def story(store: Store) -> tuple[str, str, str, int]:
    """Status, title, text and visits of the story."""
    found = store.db["stories"].find_one({"_id": key("a")}) or {}
    return found["status"], found["title"], found["text"], found["visits"]


def test_what_is_fetched_after_a_removal(store: Store, run: str, caplog: pytest.LogCaptureFixture) -> None:
    """Without a fold a new version cannot show, as the story was derived from more visits: that is said, also at the
    next start, and the version is kept. Derived anew it shows, with the links of its page, and every promise holds."""
    store.db["folds"].delete_many({})
    with caplog.at_level(logging.WARNING):
        write(store, run, version(7), visit("other", 7, ["a"]))
        assert story(store) == ("fetched", "Title 5", "Text 5.", 6)
        assert f"3 visits to story {key('a')} were removed" in caplog.text
        caplog.clear()
        assert recover(store.db) == 0
        assert "`scrapy migrate --rederive`" in caplog.text
    kept = store.db["visits"].find_one({"story": key("a"), "unapplied.content.text": "Text 7."})
    assert kept is not None
    assert rederive_all(store.db) == 2
    assert story(store) == ("fetched", "Title 7", "Text 7.", 3)
    active = {link["to"] for link in store.db["links"].find({"from": key("a"), "active": True})}
    assert active == {key("b"), key("l7")}
    assert [str(finding) for finding in check_store(store.db)] == []
    texts = {row["text"] for row in store.db["revisions"].find({"story": key("a")})}
    assert texts == {"Text 4.", "Text 5."}
    write(store, run, visit("a", 8, outcome="gone"))
    assert story(store)[0] == "gone"
    assert [str(finding) for finding in check_store(store.db)] == []


def test_what_was_folded_is_not_needed(store: Store, run: str, caplog: pytest.LogCaptureFixture) -> None:
    """A story goes on from its fold when visits that are folded are removed: new versions show, and count."""
    with caplog.at_level(logging.WARNING):
        write(store, run, version(7))
    assert story(store) == ("fetched", "Title 7", "Text 7.", 7)
    write(store, run, visit("a", 8, outcome="gone"))
    assert story(store)[0] == "gone"
    assert "were removed" not in caplog.text


def test_no_visit_is_left(store: Store, run: str) -> None:
    """A story whose visits are all gone keeps what it shows; derived anew, its next visit counts as the first."""
    store.db["visits"].delete_many({"story": key("a")})
    rederive_all(store.db)
    assert story(store) == ("fetched", "Title 5", "Text 5.", 0)
    write(store, run, version(9))
    assert story(store) == ("fetched", "Title 9", "Text 9.", 1)
    assert [link["active"] for link in store.db["links"].find({"from": key("a"), "to": key("l9")})] == [True]


def test_another_writer_is_no_removal(store: Store, run: str, caplog: pytest.LogCaptureFixture) -> None:
    """Visits written twice, and late ones, are told from removed ones: nothing is said, and nothing kept."""
    items = [visit("c", minute, ["b"], version=str(minute)) for minute in (1, 3, 2)]
    with caplog.at_level(logging.WARNING):
        for item in (*items, items[0]):
            write(store, run, item)
    assert "were removed" not in caplog.text
    assert store.db["visits"].count_documents({"story": key("c"), "unapplied": {"$exists": True}}) == 0


def test_an_index_that_expires_visits_is_named(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """The start of a crawl names the index; without one it says nothing."""
    with caplog.at_level(logging.WARNING):
        start_run(store, spider="related")
        assert "removes documents" not in caplog.text
        store.db["visits"].create_index("at", expireAfterSeconds=86_400, name="old_visits")
        start_run(store, spider="related")
    assert "removes documents after a time (old_visits)" in caplog.text
