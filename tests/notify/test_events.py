"""Events: crawls that went badly, sites that block, stories that are new."""

from __future__ import annotations

from pathlib import Path

from kolcrawl.network import open_network
from kolcrawl.notify.events import blocked_events, crawl_events, story_events
from kolcrawl.report.counts import CrawlCounts, SiteCounts
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from tests.store.visiting import at, visit


def test_a_crawl_that_went_well_is_no_event() -> None:
    """A failed or degraded crawl is one event."""
    assert crawl_events("ok", []) == []
    assert [event.event for event in crawl_events("failed", ["no story was fetched"])] == ["crawl_failed"]
    assert [event.event for event in crawl_events("degraded", ["x"])] == ["crawl_degraded"]


def test_a_site_blocks_that_refuses_several_pages_or_all() -> None:
    """A site with one dead page among many does not."""
    counts = CrawlCounts(sites={"open.example": SiteCounts(pages=40), "shut.example": SiteCounts(failed=1)})
    found = blocked_events({"open.example": 2, "shut.example": 1}, counts)
    assert [event.site for event in found] == ["shut.example"]
    assert [event.site for event in blocked_events({"open.example": 3}, counts)] == ["open.example"]


def test_a_story_that_failed_at_first_is_new_when_it_is_read(data_dir: Path) -> None:
    """Only a page that was read before makes a story an old one."""
    store = open_store(None, "late_reading", data_dir)
    first = start_run(store, spider="related")
    apply_visits(store.db, [visit_document(visit("a", 0, outcome="failed"), first.id)])
    apply_visits(store.db, [visit_document(visit("b", 0), first.id)])
    store.db["crawls"].update_one({"_id": first.id}, {"$set": {"started_at": at(0)}})
    second = start_run(store, spider="related")
    store.db["crawls"].update_one({"_id": second.id}, {"$set": {"started_at": at(1)}})
    apply_visits(store.db, [visit_document(visit(name, 2), second.id) for name in ("a", "b")])
    with open_network(None, "late_reading", data_dir) as network:
        visited = {story["_id"]: True for story in network.stories()}
        events = list(story_events(network, second.id, visited))
    store.close()
    assert [(event.event, event.key) for event in events] == [("new_story", visit("a", 2).key)]


def test_what_was_rewritten_or_is_back_is_an_event(data_dir: Path) -> None:
    """Of the stories that the crawl visited, and only of what it found itself."""
    store = open_store(None, "rewritten_events", data_dir)
    first, second = (start_run(store, spider="related") for _ in range(2))
    steps = [
        (visit("a", 0), first), (visit("b", 1), first), (visit("b", 2, outcome="gone"), first),
        (visit("a", 10, version="2"), second), (visit("b", 11), second),
    ]  # fmt: skip
    for item, run in steps:
        apply_visits(store.db, [visit_document(item, run.id)])
    for run, minute in ((first, 0), (second, 9)):
        store.db["crawls"].update_one({"_id": run.id}, {"$set": {"started_at": at(minute)}})
    with open_network(None, "rewritten_events", data_dir) as network:
        visited = dict.fromkeys((story["_id"] for story in network.stories()), True)
        told = [(event.event, event.key) for event in story_events(network, second.id, visited)]
        assert list(story_events(network, second.id, {})) == []
    store.close()
    a, b = visit("a", 0).key, visit("b", 0).key
    assert told == [("title_changed", a), ("text_changed", a), ("story_returned", b)]
