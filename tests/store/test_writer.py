"""The writer: acknowledged means stored, one bad story sinks no other, two writers never disagree."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent

from kolcrawl.errors import StoreError
from kolcrawl.report.counts import CrawlCounts
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.read.earlier_visits import StoredMemory
from kolcrawl.store.server import embedded
from kolcrawl.store.server.client import Store, open_store
from kolcrawl.store.write import last_seen, projection
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import Run, start_run, tidy_up
from kolcrawl.store.write.writer import StoryWriter, WriteResult, WriterOptions, WriterStats
from kolcrawl.system.processes import age_of
from tests.store.test_derive import found, in_order
from tests.store.visiting import SERVER, all_links, at, expected, key, link, visit

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from kolcrawl.items import StoryItem


def faults(store: Store) -> list[str]:
    """What `scrapy check-store` would print."""
    return [str(finding) for finding in check_store(store.db)]


def uri_of(store: Store) -> str:
    """The address of the server of an open store."""
    return f"mongodb://127.0.0.1:{store.client.address[1]}/?directConnection=true"  # type: ignore[index]


async def write_all(store: Store, run: Run, items: list[StoryItem], **options: object) -> list[WriteResult]:
    """Write items at once, as a crawl does."""
    writer = StoryWriter(store, run.id, options=WriterOptions(**options))  # type: ignore[arg-type]
    try:
        return await asyncio.gather(*(writer.write(item) for item in items))
    finally:
        await writer.close()


def some_visits(count: int, minutes: float = 0) -> list[StoryItem]:
    """A small site: each story links to the next five."""
    return [visit(str(n), minutes + n, [str((n + step) % count) for step in range(1, 6)]) for n in range(count)]


def test_acknowledged_means_stored(store: Store) -> None:
    """When `write` returns, story, stubs, links and visit are there, and every promise holds."""
    run = start_run(store, spider="related")

    async def crawl() -> None:
        writer = StoryWriter(store, run.id)
        result = await writer.write(visit("a", 0, ["b", link("c", 1, "popular", skipped="off_topic")]))
        assert result == WriteResult()
        assert store.db["stories"].find_one({"_id": key("b")})["status"] == "stub"  # type: ignore[index]
        skipped = store.db["stories"].find_one({"_id": key("c")})
        assert skipped is not None
        assert (skipped["status"], skipped["reason"], skipped["title"]) == ("skipped", "off_topic", "about c")
        assert [edge["active"] for edge in all_links(store.db, "a")] == [True, True]
        assert store.db["visits"].count_documents({"story": key("a"), "crawl": run.id}) == 1
        await writer.close()
        with pytest.raises(StoreError, match="closed"):
            await writer.write(visit("b", 1))

    asyncio.run(crawl())
    assert faults(store) == []


def test_batches(store: Store) -> None:
    """Stories written at once share round trips: far fewer batches than stories, and the counts add up."""
    run = start_run(store, spider="related")

    async def crawl() -> None:
        writer = StoryWriter(store, run.id)
        await asyncio.gather(*(writer.write(item) for item in some_visits(120)))
        await writer.close()
        stats = writer.stats
        assert stats.stories == 120
        assert stats.batches <= 12
        assert (stats.added_stories, stats.stubs, stats.new_links) == (120, 0, 600)

    asyncio.run(crawl())
    assert faults(store) == []


def test_one_bad_story_sinks_no_other(store: Store) -> None:
    """Stories that the validators, the size limit or the encoding refuse are told apart; the rest of the batch is
    written, and nothing of the refused is left but a file."""
    run = start_run(store, spider="related")
    bad = {
        "place": visit("place", 1, [link("x", 0)]),
        "relevance": visit("relevance", 1, relevance=3.0),
        "surrogate": visit("surrogate", 1, title="\ud83d cut in half"),
        "size": visit("size", 1, text="x" * 17_000_000),
    }
    good = some_visits(10)
    results = asyncio.run(write_all(store, run, [*good[:5], *bad.values(), *good[5:]]))
    assert [bool(result.refused) for result in results] == [False] * 5 + [True] * 4 + [False] * 5
    assert "large" in (results[8].refused or "")
    assert store.db["visits"].count_documents({}) == 10
    assert faults(store) == []
    kept = store.data_dir / "spool" / f"{run.id}.refused.jsonl"
    assert len(kept.read_text().splitlines()) == 4 + 1  # and a header
    kept.unlink()


def test_a_status_of_twenty_digits(store: Store) -> None:
    """A status that HTTP does not know costs no story: it is stored without one."""
    run = start_run(store, spider="related")
    odd = [visit("odd", 1, status=2 * 10**19), visit("none", 2, status=-1, outcome="failed")]
    assert not any(result.refused for result in asyncio.run(write_all(store, run, odd)))
    assert [row["http_status"] for row in store.db["visits"].find()] == [None, None]
    assert store.db["stories"].count_documents({"http.status": None, "http.final_url": {"$ne": None}}) == 2
    assert faults(store) == []


def test_the_event_loop_never_waits(store: Store) -> None:
    """While 150 stories are written, no command goes to the database from the thread of the event loop."""
    run = start_run(store, spider="related")

    class Senders(CommandListener):
        threads: ClassVar[set[int]] = set()

        def started(self, event: CommandStartedEvent) -> None:
            self.threads.add(threading.get_ident())

        def succeeded(self, event: object) -> None: ...

        def failed(self, event: object) -> None: ...

    with MongoClient(uri_of(store), tz_aware=True, event_listeners=[Senders()]) as client:
        watched = Store(client, client[store.db.name], store.uri_shown, store.embedded, store.data_dir)
        asyncio.run(write_all(watched, run, some_visits(150)))
        assert Senders.threads
        assert threading.get_ident() not in Senders.threads
    assert store.db["visits"].count_documents({}) == 150


def test_two_writers_whose_clocks_stand_still(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """All writes of two crawls carry the same time: none takes another's write for its own, and nothing is lost. Two
    quick writes of a story within one millisecond are like that, and so are clocks of two machines that differ."""

    class StandingClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> StandingClock:
            return cls(2026, 3, 2, tzinfo=tz)

    for module in (projection, last_seen):
        monkeypatch.setattr(module, "datetime", StandingClock)
    test_two_writers_at_once(store)


def test_two_writers_at_once(store: Store) -> None:
    """Two crawls write visits to the same stories at once, out of order, with changes: what is there is what the plain
    model says of all visits in the order of time."""
    runs = [start_run(store, spider="related") for _ in range(2)]
    chance = random.Random(7)
    names = [f"both-{n}" for n in range(6)]
    entries: dict[str, tuple[str, StoryItem]] = {}
    for _ in range(160):
        run, name, minutes = chance.choice(runs), chance.choice(names), chance.randrange(400)
        links = chance.sample([other for other in names if other != name], 3)
        outcome = chance.choice(["fetched"] * 6 + ["gone", "failed"])
        item = visit(name, minutes, links, outcome=outcome, version=chance.choice("ABC"))
        entries[visit_document(item, run.id)["_id"]] = (run.id, item)
    visits = list(entries.values())

    async def crawl() -> None:
        other = open_store(SERVER, store.db.name, store.data_dir)
        mine = [[item for crawl, item in visits if crawl == run.id] for run in runs]
        await asyncio.gather(
            write_all(store, runs[0], mine[0], batch=3), write_all(other, runs[1], mine[1], batch=5, linger=0.0)
        )
        other.close()

    asyncio.run(crawl())
    like = expected(in_order(visits))
    got = found(store, list(like.stories), like)
    assert got.stories == like.stories
    assert got.links == like.links
    assert sorted(got.revisions, key=str) == sorted(like.revisions, key=str)
    assert faults(store) == []


CRAWLER = """
import asyncio, sys
from pathlib import Path
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.runs import start_run
from kolcrawl.store.write.writer import StoryWriter, WriterOptions
from tests.store.test_writer import some_visits
from tests.store.visiting import SERVER

async def main():
    store = open_store(SERVER, sys.argv[1], Path(sys.argv[2]))
    run = start_run(store, spider="related")
    writer = StoryWriter(store, run.id, options=WriterOptions(batch=4))
    print("ready", flush=True)

    async def one(item):
        await writer.write(item)
        print(item.key, flush=True)

    await asyncio.gather(*(one(item) for item in some_visits(200, float(sys.argv[3]))))
    await writer.close()
    print("done", flush=True)

asyncio.run(main())
"""


def test_killed_crawlers(store: Store) -> None:
    """Crawls of the same stories, two at once, are killed with SIGKILL at various moments. Everything they had
    acknowledged is there; the next start puts right what they left, and marks them as aborted."""
    chance = random.Random(3)
    acknowledged: list[str] = []
    for round_ in range(3):
        crawls = []
        for number in range(2):
            command = [sys.executable, "-c", CRAWLER, store.db.name, str(store.data_dir), str(number + 2 * round_)]
            crawls.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True))
        for crawl in crawls:
            assert crawl.stdout is not None
            assert crawl.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.3, 1.0))
        for crawl in crawls:
            os.kill(crawl.pid, signal.SIGKILL)
            acknowledged += [line for line in crawl.communicate()[0].split("\n")[:-1] if line != "done"]
    assert acknowledged
    tidy_up(store)
    assert faults(store) == []
    stored = [visit["story"] for visit in store.db["visits"].find({}, {"story": 1})]
    for story in set(acknowledged):
        assert stored.count(story) >= acknowledged.count(story)
    assert store.db["crawls"].count_documents({"finish_reason": "aborted"}) == 6


def test_killed_server(tmp_path: Path) -> None:
    """The embedded server is killed with SIGKILL in the middle of a crawl, twice: it comes back by itself, every story
    is acknowledged, and every promise holds."""
    store = open_store(None, "killed", tmp_path / "data")
    try:
        run = start_run(store, spider="related")

        async def crawl() -> list[WriteResult]:
            writer, memory = StoryWriter(store, run.id, options=WriterOptions(batch=10)), StoredMemory(store)
            writes = [asyncio.create_task(writer.write(item)) for item in some_visits(90)]
            for _ in range(2):
                await asyncio.sleep(0.4)
                while (server := embedded.running(tmp_path / "data")) is None:
                    await asyncio.sleep(0.1)
                os.kill(server.pid, signal.SIGKILL)
                await memory.known([key("0"), key("1")])
            results = await asyncio.gather(*writes)
            await writer.close()
            assert writer.lost is None
            return results

        results = asyncio.run(crawl())
        assert not any(result.spooled or result.refused for result in results)
        assert store.db["visits"].count_documents({}) == 90
        assert faults(store) == []
    finally:
        store.close()
        embedded.stop(tmp_path / "data")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limits of another process are set on Linux only")
def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server can write no more (its files may not grow), which breaks its engine while it still answers: it is
    ended and started anew, where there is room again, and every story is acknowledged."""
    data = tmp_path / "data"
    store = open_store(None, "full", data)
    try:
        run = start_run(store, spider="related")
        asyncio.run(write_all(store, run, some_visits(5)))
        first = embedded.running(data)
        assert first is not None
        resource.prlimit(first.pid, resource.RLIMIT_FSIZE, (150_000, 150_000))
        hour = {first.pid: 3600.0}  # one that has just been started is given time to get well
        monkeypatch.setattr(embedded, "age_of", lambda pid: age_of(pid) + hour.get(pid, 0.0))
        items = [visit(f"full-{n}", n, text=os.urandom(40_000).hex()) for n in range(60)]
        results = asyncio.run(write_all(store, run, items))
        assert not any(result.spooled or result.refused for result in results)
        second = embedded.running(data)
        assert second is not None
        assert second.pid != first.pid, "the limit was never met"
        assert store.db["visits"].count_documents({}) == 65
        assert faults(store) == []
    finally:
        store.close()
        embedded.stop(data)


def test_lost_server(tmp_path: Path) -> None:
    """A server that is not ours goes away for good: the writer says so once, keeps every story on disk, and the next
    start writes each of them once, with nothing lost. Times and bytes survive the disk."""
    data = tmp_path / "data"
    uri = embedded.ensure_server(data) + "&serverSelectionTimeoutMS=500"
    store = open_store(uri, "lost", tmp_path / "other")
    run = start_run(store, spider="related")
    reasons: list[str] = []
    items = some_visits(40)
    items[7].signature, items[7].bands = b"\x00\xff", [2**62, -5]

    async def crawl() -> None:
        writer = StoryWriter(store, run.id, on_lost=reasons.append, options=WriterOptions(patience=0.5, batch=10))
        first = await asyncio.gather(*(writer.write(item) for item in items[:10]))
        embedded.stop(data)
        rest = await asyncio.gather(*(writer.write(item) for item in items[10:]))
        await writer.close()
        assert not any(result.spooled for result in first)
        assert all(result.spooled for result in rest)

    asyncio.run(crawl())
    run.finish("store_unavailable", CrawlCounts(), WriterStats(), "failed", ["the crawl stopped"])
    assert len(reasons) == 1
    assert "no database answers" in reasons[0]
    store.close()
    assert uri.startswith(embedded.ensure_server(data))  # it comes back where it was
    store = open_store(uri, "lost", tmp_path / "other")
    try:
        assert store.db["visits"].count_documents({}) == 10
        flushed = tidy_up(store)
        assert (flushed.written, flushed.repeated, flushed.files) == (30, 0, 1)
        assert not list((tmp_path / "other" / "spool").iterdir())
        assert tidy_up(store).files == 0
        run_at = store.db["visits"].find_one({"story": items[30].key})
        assert run_at is not None
        assert run_at["at"] == at(30)
        ended = store.db["crawls"].find_one({"_id": run.id})
        assert ended is not None
        assert (ended["finish_reason"], ended["quality"]["state"]) == ("store_unavailable", "failed")
        assert faults(store) == []
    finally:
        store.close()
        embedded.stop(data)


def test_a_story_that_the_database_chokes_on(store: Store) -> None:
    """A story on which the server fails with an error of its own, not a refusal, is told apart when patience is at an
    end: the others are written, and the crawl goes on."""
    run = start_run(store, spider="related")
    items = some_visits(6)
    asyncio.run(write_all(store, run, [visit("bad", 1)]))
    spoilt = {"$set": {"aliases": "no list"}}
    store.db["stories"].update_one({"_id": key("bad")}, spoilt, bypass_document_validation=True)
    bad = visit("bad", 3, aliases=["https://news.example.com/other"])
    results = asyncio.run(write_all(store, run, [*items[:3], bad, *items[3:]], patience=0.3))
    assert [bool(result.refused) for result in results] == [False] * 3 + [True] + [False] * 3
    assert store.db["visits"].count_documents({"unapplied": {"$exists": True}}) == 0
    assert store.db["visits"].count_documents({}) == 7


def test_round_trips(store: Store) -> None:
    """A batch of fifty pages with twenty links each takes at most one round trip a page, read for the first time or
    again."""
    run = start_run(store, spider="related")

    class Counter(CommandListener):
        commands = 0

        def started(self, event: CommandStartedEvent) -> None:
            Counter.commands += 1

        def succeeded(self, event: object) -> None: ...

        def failed(self, event: object) -> None: ...

    with MongoClient(uri_of(store), tz_aware=True, event_listeners=[Counter()]) as client:
        for minutes in (0, 1000):
            Counter.commands = 0
            items = [visit(str(n), minutes + n, [str((n * 7 + m) % 90) for m in range(1, 21)]) for n in range(50)]
            apply_visits(client[store.db.name], [visit_document(item, run.id) for item in items])
            assert 10 < Counter.commands <= 50
