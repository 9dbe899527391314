"""What crawls learnt of sites, kept for the next ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.items import BlockLesson
from kolcrawl.page.related.site_memory import BLOCKS_VERSION, MAX_PLACES
from kolcrawl.store import site_notes
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.site_notes import store_blocks, store_varying, stored_blocks, stored_varying

if TYPE_CHECKING:
    import pytest

    from kolcrawl.store.server.client import Store


def test_kept_changed_and_removed(store: Store) -> None:
    """The parts of each site are kept, replaced and removed; the database passes its check, and its schema stays."""
    store_varying(store.db, "example.com", ["sid", "/1"])
    store_varying(store.db, "example.org", ["_t"])
    assert stored_varying(store.db) == {"example.com": ["sid", "/1"], "example.org": ["_t"]}
    store_varying(store.db, "example.com", ["sid"])
    store_varying(store.db, "example.org", [])
    assert stored_varying(store.db) == {"example.com": ["sid"]}
    assert list(check_store(store.db)) == []


def test_lessons_of_several_crawls_are_joined(store: Store) -> None:
    """Each place counts by the pages that tell of it; a site's surest places are kept; the database stays sound."""
    assert stored_blocks(store.db, "a.example") == []
    store_blocks(store.db, "a.example", [BlockLesson(7, 1.0, 3), BlockLesson(8, 0.0, 1)])
    joined = store_blocks(store.db, "a.example", [BlockLesson(7, 0.0, 1)])
    assert joined == stored_blocks(store.db, "a.example") == [BlockLesson(7, 0.75, 4), BlockLesson(8, 0.0, 1)]
    store_blocks(store.db, "a.example", [BlockLesson(place, 0.5, 2) for place in range(100, 300)])
    kept = stored_blocks(store.db, "a.example")
    assert (len(kept), kept[0].place) == (MAX_PLACES, 7)
    store.db["meta"].update_one({"_id": "blocks a.example"}, {"$set": {"version": BLOCKS_VERSION + 1}})
    assert stored_blocks(store.db, "a.example") == []
    assert list(check_store(store.db)) == []


def test_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more sites than are kept, those that were noted longest ago go."""
    monkeypatch.setattr(site_notes, "MAX_NOTED_SITES", 3)
    for number in range(6):
        store_varying(store.db, f"example{number}.com", ["sid"])
    assert len(stored_varying(store.db)) == store.db["meta"].count_documents({"parts": ["sid"]}) == 3
    assert "example5.com" in stored_varying(store.db)
