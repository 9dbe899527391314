"""Stories that are seen linked again and again: noted now and then, exact in the end, lost by no crash."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from pymongo.errors import AutoReconnect

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.server import embedded
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write import last_seen as last_seen_module
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.last_seen import FLUSH_SIZE, LastSeen, Sighting, flush_last_seen
from kolcrawl.store.write.runs import Run, start_run, tidy_up
from kolcrawl.store.write.writer import StoryWriter, WriterOptions
from tests.store.visiting import SERVER, address, all_links, at, key, link, visit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

HOT = [link("hot", 1, "popular", skipped="kind"), link("old", 2, "popular")]


def pages(count: int) -> list[StoryItem]:
    """Pages a minute apart that all have the same list of popular stories."""
    return [visit(f"p{n}", n, HOT) for n in range(count)]


def story(store: Store, name: str) -> dict[str, Any]:
    """A stored story."""
    found = store.db["stories"].find_one({"_id": key(name)})
    assert found is not None
    return found


def seen(store: Store) -> list[datetime]:
    """When the popular stories were last seen."""
    return [story(store, name)["last_seen"] for name in ("hot", "old")]


def times(sightings: Mapping[str, Sighting]) -> dict[str, datetime]:
    """When stories were last seen, by key."""
    return {key: sighting.at for key, sighting in sightings.items()}


async def write(store: Store, run: Run, items: list[StoryItem], *, close: bool = True) -> None:
    """Write visits one after the other, each a batch of its own."""
    writer = StoryWriter(store, run.id, options=WriterOptions(linger=0.0))
    for item in items:
        await writer.write(item)
    if close:
        await writer.close()


def test_written_once_a_crawl_and_exact_at_its_end(store: Store) -> None:
    """The list on page after page writes nothing but the links, until the crawl ends; then all times are exact, and
    equal to those that are written at once."""
    run = start_run(store, spider="x")
    asyncio.run(write(store, run, pages(6)[:1]))
    before = [story(store, name)["updated_at"] for name in ("hot", "old")]
    asyncio.run(write(store, run, pages(6)[1:], close=False))
    assert [story(store, name)["updated_at"] for name in ("hot", "old")] == before
    assert sum(edge["to"] == key("hot") for edge in all_links(store.db)) == 6
    asyncio.run(write(store, run, pages(8)[6:]))
    assert seen(store) == [at(7), at(7)]
    apply_visits(store.db, [visit_document(visit("p9", 9, HOT), run.id)])
    assert seen(store) == [at(9), at(9)]
    assert story(store, "hot")["reason"] == "kind"
    assert list(check_store(store.db)) == []


def until_seen(store: Store, times: list[datetime]) -> None:
    """Wait: the thread notes them after it has acknowledged the last page."""
    deadline = time.monotonic() + 60
    while seen(store) != times:
        assert time.monotonic() < deadline, seen(store)
        time.sleep(0.02)


def test_noted_when_seen_no_more(store: Store) -> None:
    """A long crawl notes a story that its pages have ceased to link to; one that is on every page waits for the end."""
    items = pages(3) + [visit(f"p{n}", n, HOT[:1]) for n in range(3, 14)]
    asyncio.run(write(store, start_run(store, spider="x"), items, close=False))
    until_seen(store, [at(0), at(2)])


def test_noted_when_idle(store: Store) -> None:
    """With nothing else to write, a story is noted that a page read a minute later did not link to."""
    items = [*pages(2), visit("p2", 2.5, HOT[:1])]
    asyncio.run(write(store, start_run(store, spider="x"), items, close=False))
    until_seen(store, [at(0), at(1)])


def test_noted_when_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more observations_of than memory may hold, those of longest ago are noted."""
    monkeypatch.setattr(last_seen_module, "MAX_BUFFERED", 1)
    asyncio.run(write(store, start_run(store, spider="x"), pages(4), close=False))
    until_seen(store, [at(3), at(0)])


def test_due() -> None:
    """Nothing is due before ten minutes; then what is older than five, the oldest first, not too many at once."""
    seen = LastSeen()
    for minute in (0, 3, 4, 9):
        seen.add(f"{minute}", Sighting(at(minute)))
    seen.add("0", Sighting(at(2)))
    assert seen.due(at(13)) == {}
    assert times(seen.due(at(13.5))) == {"3": at(3), "4": at(4), "0": at(2)}
    many = LastSeen()
    for n in range(FLUSH_SIZE + 5):
        many.add(f"{n}", Sighting(at(0)))
    assert list(many.due(at(20))) == [f"{n}" for n in range(FLUSH_SIZE)]
    assert LastSeen().due(at(0)) == {}
    assert times(seen.due(at(5), idle=True)) == {"3": at(3), "0": at(2)}


def test_news_does_not_wait_while_a_story_is_seen_again_and_again() -> None:
    """A shorter way to a story that stands on every page is due ten minutes after it was noted: the next start looks
    through no more time than that."""
    seen = LastSeen()
    for minute in range(11):
        seen.add("everywhere", Sighting(at(minute), depth=1 if minute == 0 else None))
    assert seen.due(at(10)) == {}
    seen.add("everywhere", Sighting(at(10.4)))
    assert seen.due(at(10.5)) == {"everywhere": Sighting(at(10.4), depth=1)}
    seen.remove(["everywhere"])
    seen.add("everywhere", Sighting(at(10.6)))
    assert seen.due(at(11)) == {}


@pytest.mark.parametrize(("seconds", "new"), [(2.9, 230), (4, 250), (5, 400), (12, 900)])
def test_none_waits_beyond_what_the_next_start_reads(seconds: float, new: int) -> None:
    """However many stories a slow crawl sees, those not noted were seen within the time that is looked through after a
    crash, less some minutes for a database that is away."""
    seen = LastSeen()
    oldest = 0.0
    for batch in range(int(7200 / seconds)):
        now = at(batch * seconds / 60)
        for n in range(new):
            seen.add(f"{batch} {n}", Sighting(now))
        seen.remove(seen.due(now))
        first = next(iter(seen._seen.values()), Sighting(now))  # `all` would copy a hundred thousand at each step
        oldest = max(oldest, (now - first.at).total_seconds() / 60)
    assert 10 < oldest < 17


def test_a_failure_is_not_tried_again_at_once(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """While the database fails, what can wait waits, and at the end goes to disk for the next start."""
    tries = []

    def failing(*_: Any) -> None:
        tries.append(time.monotonic())
        raise AutoReconnect("away")

    monkeypatch.setattr("kolcrawl.store.write.writer.flush_last_seen", failing)
    monkeypatch.setattr("kolcrawl.store.write.writer.IDLE_SECONDS", 0.05)

    async def crawl() -> None:
        writer = StoryWriter(
            store, start_run(store, spider="x").id, options=WriterOptions(linger=0.0, spool_folder=tmp_path / "spool")
        )
        for item in (*pages(2), visit("p2", 2.5, HOT[:1])):
            await writer.write(item)
        while not tries:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)  # ten times the pause after which it would be tried again
        assert len(tries) == 1
        await writer.close()

    asyncio.run(crawl())
    assert len(tries) == 2
    kept = "".join(file.read_text() for file in (tmp_path / "spool").iterdir())
    assert key("hot") in kept
    assert key("old") in kept


def test_merging_meanwhile_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stories that others merge all the while do not keep the noting from its end."""
    run = start_run(store, spider="x")
    many = [link(f"s{n}", n + 1) for n in range(3 * FLUSH_SIZE)]
    apply_visits(store.db, [visit_document(visit("p", 0, many), run.id)])
    rounds = iter([0, 0, 1, 2, 2, 3, 3])  # what is asked for: it grows before each slice, and within the second
    monkeypatch.setattr(last_seen_module, "merge_count", lambda db: next(rounds))
    flush_last_seen(store.db, {key(f"s{n}"): Sighting(at(4)) for n in range(3 * FLUSH_SIZE)})
    assert store.db["stories"].count_documents({"last_seen": at(4)}) == 3 * FLUSH_SIZE
    assert next(rounds, None) is None


def test_written_with_the_story(store: Store) -> None:
    """What is written with a story for another reason need not be noted again."""
    run = start_run(store, spider="x")
    later = LastSeen()
    for item in pages(2):
        apply_visits(store.db, [visit_document(item, run.id)], last_seen=later)
    assert times(later.all()) == {key("hot"): at(1), key("old"): at(1)}
    apply_visits(store.db, [visit_document(visit("hot", 2), run.id)], last_seen=later)
    assert times(later.all()) == {key("old"): at(1)}
    assert seen(store) == [at(2), at(0)]


def test_a_killed_crawl(store: Store) -> None:
    """What a crawl had not noted when it was killed, the next start notes."""
    run = start_run(store, spider="x")
    asyncio.run(write(store, run, pages(5), close=False))
    assert seen(store) == [at(0), at(0)]
    gone = {"process": {"host": socket.gethostname(), "pid": 2**22 + 1, "born": "1"}}
    store.db["crawls"].update_one({"_id": run.id}, {"$set": gone})
    tidy_up(store)
    assert seen(store) == [at(4), at(4)]
    assert list(check_store(store.db)) == []


def test_a_lost_database(tmp_path: Path) -> None:
    """Where the database goes away before they are noted, they wait on disk for the next start."""
    store = open_store(embedded.ensure_server(tmp_path / "data") + "&serverSelectionTimeoutMS=500", "x", tmp_path / "o")
    try:
        run = start_run(store, spider="x")

        async def crawl() -> None:
            writer = StoryWriter(store, run.id, options=WriterOptions(linger=0.0, patience=0.5))
            for item in pages(4):
                await writer.write(item)
            embedded.stop(tmp_path / "data")
            await writer.close()

        asyncio.run(crawl())
        embedded.ensure_server(tmp_path / "data")
        assert seen(store) == [at(0), at(0)]
        tidy_up(store)
        assert seen(store) == [at(3), at(3)]
        assert not list((tmp_path / "o" / "spool").iterdir())
    finally:
        store.close()
        embedded.stop(tmp_path / "data")


def test_merged_meanwhile(store: Store) -> None:
    """That a story was seen counts for the one that it was merged into before that was noted."""
    run = start_run(store, spider="x")
    apply_visits(store.db, [visit_document(visit("p", 0, ["short"]), run.id)])
    later = LastSeen()
    apply_visits(store.db, [visit_document(visit("q", 5, ["short"]), run.id)], last_seen=later)
    assert times(later.all()) == {key("short"): at(5)}
    merging = visit("real", 2, known_as=[key("short")], aliases=[address("short")])
    apply_visits(store.db, [visit_document(merging, run.id)])
    assert story(store, "real")["last_seen"] == at(2)
    flush_last_seen(store.db, later.all())
    assert story(store, "real")["last_seen"] == at(5)
    assert list(check_store(store.db)) == []


def test_never_back(store: Store) -> None:
    """The latest observation counts, in memory and in the database, whatever comes later."""
    run = start_run(store, spider="x")
    apply_visits(store.db, [visit_document(item, run.id) for item in pages(3)])
    later = LastSeen()
    for minute in (1, 8, 4):
        later.add(key("hot"), Sighting(at(minute)))
    later.add(key("old"), Sighting(at(1)))
    flush_last_seen(store.db, later.all())
    assert seen(store) == [at(8), at(2)]


@pytest.mark.parametrize("turned", [False, True])
def test_why_a_link_is_not_followed(store: Store, turned: bool) -> None:
    """Of the reasons that crawls had for not following the links to a story the latest stands, in any order."""
    run = start_run(store, spider="x")
    visits = [
        visit("a", 0, [link("x", skipped="kind")]),
        visit("b", 90, [link("x", skipped="off_topic")]),
        visit("c", 91, [link("x", skipped="off_topic")]),
    ]
    for item in reversed(visits) if turned else visits:
        apply_visits(store.db, [visit_document(item, run.id)])
    assert (story(store, "x")["status"], story(store, "x")["reason"]) == ("skipped", "off_topic")
    apply_visits(store.db, [visit_document(visit("d", 92, ["x"]), run.id)])
    assert (story(store, "x")["status"], story(store, "x")["reason"]) == ("stub", None)


def closer_pages() -> list[StoryItem]:
    """Pages of which each shows a shorter way to a story, and more reason to think that it is about the topic."""
    return [visit(f"p{n}", n, [link("hot", 1, "popular", topic=n / 10), link("x", topic=n / 5)]) for n in range(4)]


def facts(store: Store, name: str) -> tuple[int, float | None, datetime]:
    """What is noted late of a story."""
    found = story(store, name)
    return found["depth"], found["relevance"], found["last_seen"]


def visits_from_afar() -> list[StoryItem]:
    """`closer_pages`, the first six steps from a seed and the last three."""
    items = closer_pages()
    for n, item in enumerate(items):
        item.depth = 6 - n
    return items


@pytest.mark.parametrize("killed", [False, True])
def test_shorter_ways_and_relevance_are_noted_late(store: Store, killed: bool) -> None:
    """That a known story is closer to a seed, or seems more relevant, is written once, at the end of the crawl or by
    the start after a kill, to what writing it at once comes to."""
    run = start_run(store, spider="x")
    asyncio.run(write(store, run, visits_from_afar(), close=not killed))
    if killed:
        assert [facts(store, name) for name in ("hot", "x")] == [(7, 0.0, at(0)), (7, 0.0, at(0))]
        gone = {"process": {"host": socket.gethostname(), "pid": 2**22 + 1, "born": "1"}}
        store.db["crawls"].update_one({"_id": run.id}, {"$set": gone})
        tidy_up(store)
    noted = [facts(store, name) for name in ("hot", "x")]
    assert noted == [(4, 0.3, at(3)), (4, pytest.approx(0.6), at(3))]
    at_once = store.client[f"{store.db.name}_at_once"]
    try:
        apply_visits(at_once, [visit_document(item, run.id) for item in visits_from_afar()])
        found = [at_once["stories"].find_one({"_id": key(name)}) for name in ("hot", "x")]
        assert noted == [(row["depth"], row["relevance"], row["last_seen"]) for row in found if row]
    finally:
        store.client.drop_database(at_once.name)


def test_what_was_read_meanwhile_keeps_its_relevance(store: Store) -> None:
    """Links to a story that another crawl has read since they were seen do not change how relevant its page is."""
    run = start_run(store, spider="x")
    later = LastSeen()
    for item in visits_from_afar():
        apply_visits(store.db, [visit_document(item, run.id)], last_seen=later)
    assert later.get(key("x")) == Sighting(at(3), 4, pytest.approx(0.6))
    apply_visits(store.db, [visit_document(visit("x", 9, relevance=0.2, depth=1), run.id)])
    flush_last_seen(store.db, later.all())
    assert facts(store, "x") == (1, 0.2, at(9))


def test_what_is_noted_is_written_with_the_story(store: Store) -> None:
    """A story that is written for another reason takes with it what is noted of it."""
    run = start_run(store, spider="x")
    later = LastSeen()
    for item in visits_from_afar():
        apply_visits(store.db, [visit_document(item, run.id)], last_seen=later)
    failed = visit("x", 5, outcome="failed", depth=9)
    apply_visits(store.db, [visit_document(failed, run.id)], last_seen=later)
    assert key("x") not in later.all()
    assert facts(store, "x") == (4, pytest.approx(0.6), at(5))


def test_one_that_is_refused_holds_up_no_other(store: Store) -> None:
    """Stories that were seen alike are updated together; one among them that the validator refuses costs none but
    it."""
    if SERVER:
        pytest.skip("a document that no validator takes cannot be made everywhere")
    names = ["c0", "c1", "c2", "c3"]
    apply_visits(store.db, [visit_document(visit("a", 0, names), "20260302-003400-abcdef")])
    broken = sorted(key(name) for name in names)[1]
    store.db.command("collMod", "stories", validationLevel="off")
    store.db["stories"].update_one({"_id": broken}, {"$unset": {"site": 1}})
    store.db.command("collMod", "stories", validationLevel="strict")
    flush_last_seen(store.db, {key(name): Sighting(at(9)) for name in names})
    late = {row["_id"] for row in store.db["stories"].find({"last_seen": at(9)})}
    assert late == {key(name) for name in names} - {broken}
