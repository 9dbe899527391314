"""Runs: noted at the start, counted at the end, and marked as aborted when their process is gone."""

from __future__ import annotations

import os
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.errors import StoreError
from kolcrawl.report.counts import CrawlCounts
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import mark_aborted, past_shares, start_run
from kolcrawl.store.write.writer import WriterStats
from kolcrawl.story.fingerprint import content_hash, signature_of
from tests.made_texts import chinese
from tests.store.flaky import clock_behind
from tests.store.visiting import at, visit

if TYPE_CHECKING:
    from kolcrawl.store.server.client import Store


def tally(pages: int) -> CrawlCounts:
    """What a crawl of some pages counts."""
    counted = CrawlCounts()
    for n in range(pages):
        counted.add(visit(str(n), n, ["x"]))
    counted.add(visit("bad", 99, outcome="failed"))
    return counted


def test_a_run_from_start_to_end(store: Store) -> None:
    """The document of a run holds what docs/mongodb.md promises, passes its validator, and sorts by time."""
    first = start_run(store, spider="related", seeds=["https://a.example/"], args={"depth": 2}, about="小米")
    counts = tally(12)
    counts.link_cuts.cut("ab" * 16, "depth", "related")
    seconds = first.finish("finished", counts, WriterStats(stubs=3, added_stories=15, new_links=20), "ok", [])
    second = start_run(store, spider="related", job="77")
    assert first.id != second.id
    run = store.db["crawls"].find_one({"_id": first.id})
    assert run is not None
    assert run["counts"] == {
        "fetched": 12, "unchanged": 0, "failed": 1, "gone": 0, "skipped": 1, "stubs": 3, "links": 12,
        "new_stories": 15, "new_links": 20, "copies": 0,
        "on_topic": 0, "not_due": 0, "repeats": 0,
    }  # fmt: skip
    noted = (run["finished_at"] - run["started_at"]).total_seconds()
    assert abs(seconds - noted) < 0.002  # the database keeps milliseconds
    assert run["failures"] == {"http_503": 1}
    assert run["skipped"] == {"depth": 1}
    assert run["sites"][0]["site"] == "example.com"
    assert run["quality"] == {"state": "ok", "why": [], "notes": []}
    assert {"kolcrawl", "scrapy", "python"} <= run["versions"].keys()
    assert list(check_store(store.db)) == []
    assert past_shares(store, ["example.com", "other.example"])["example.com"]["with_related"] == 1.0


def test_copies_whose_original_came_later_count(store: Store) -> None:
    """A reprint that a run reads before its original is among the copies that it notes at its end."""
    run = start_run(store, spider="related")
    text = "".join(chinese(400, Random(5)))
    read = {"text": text, "content_hash": content_hash(None, text), "signature": signature_of(text)}
    written = 0
    for name, hours in (("reprint", 5), ("original", 1)):
        item = visit(name, hours, published_at=at(hours), **read)
        written += apply_visits(store.db, [visit_document(item, run.id)]).copies
    run.finish("finished", tally(2), WriterStats(copies=written), "ok", [])
    found = store.db["crawls"].find_one({"_id": run.id})
    assert found is not None
    assert (written, found["counts"]["copies"]) == (0, 1)


def test_aborted(store: Store) -> None:
    """Marked as aborted are: a run whose process is gone; one whose process number belongs to another process by now;
    one of another host that is silent for long. A run of this process, and one of another host that gave a sign of
    life, are not."""
    alive = start_run(store, spider="related")
    now = datetime.now(UTC)
    template: dict[str, Any] = store.db["crawls"].find_one({"_id": alive.id}) or {}

    def another(name: str, process: dict[str, Any], heartbeat: datetime) -> None:
        store.db["crawls"].insert_one({**template, "_id": name, "process": process, "heartbeat_at": heartbeat})

    host = socket.gethostname()
    another("gone", {"host": host, "pid": 2**22 + 1, "born": "1"}, now)
    another("number taken", {"host": host, "pid": os.getpid(), "born": "1"}, now)
    another("silent", {"host": "elsewhere", "pid": 1, "born": "1"}, now - timedelta(minutes=11))
    another("elsewhere", {"host": "elsewhere", "pid": 1, "born": "1"}, now - timedelta(minutes=1))
    assert set(mark_aborted(store.db)) == {"gone", "number taken", "silent"}
    assert mark_aborted(store.db) == []
    run = store.db["crawls"].find_one({"_id": "silent"})
    assert run is not None
    assert (run["finish_reason"], run["quality"]["state"]) == ("aborted", "failed")
    assert run["finished_at"] < now - timedelta(minutes=10)
    alive.heartbeat(tally(3))
    run = store.db["crawls"].find_one({"_id": alive.id})
    assert run is not None
    assert (run["finished_at"], run["counts"]["fetched"]) == (None, 3)


def test_a_killed_run_is_counted_by_what_it_wrote(store: Store) -> None:
    """A run that was killed before it noted anything gets the numbers that it would have noted, and those of the
    database: visits by outcome, links seen and links new, failures, sites; what another run found is not its own.
    It lasted until its last visit."""
    before = start_run(store, spider="related")
    apply_visits(store.db, [visit_document(visit("old", 0, ["known"]), before.id)])
    killed = start_run(store, spider="related")
    items = [
        visit("a", 1, ["b", "c", "known"]),
        visit("b", 2, ["c", "d"], published_at=at(0)),
        visit("c", 3, outcome="failed"),
        visit("d", 4, outcome="gone"),
        visit("a", 5, outcome="unchanged"),
    ]
    counted, written = CrawlCounts(), WriterStats()
    for item in items:
        counted.add(item)
    for item in items:
        applied = apply_visits(store.db, [visit_document(item, killed.id)])
        written.added_stories += applied.added_stories
        written.stubs += applied.new_stubs
        written.new_links += applied.new_links
    killed.heartbeat(CrawlCounts(skip_reasons=Counter(robots=7)))
    gone = {"process": {"host": socket.gethostname(), "pid": 2**22 + 1, "born": "1"}, "heartbeat_at": at(1)}
    store.db["crawls"].update_one({"_id": killed.id}, {"$set": gone})
    assert mark_aborted(store.db) == [killed.id]
    found = store.db["crawls"].find_one({"_id": killed.id})
    killed.finish("finished", counted, written, "ok", [])
    wanted = store.db["crawls"].find_one({"_id": killed.id})
    assert found is not None
    assert wanted is not None
    assert found["counts"] == wanted["counts"] | {"skipped": 7}
    assert found["finished_at"] == at(5)
    assert found["counts"] == {
        "fetched": 2, "unchanged": 1, "failed": 1, "gone": 1, "skipped": 7, "stubs": 0, "links": 5,
        "new_stories": 4, "new_links": 5, "copies": 0, "on_topic": 0, "not_due": 0, "repeats": 1,
    }  # fmt: skip
    for row in (*found["sites"], *wanted["sites"]):
        del row["copied_text"], row["common_text"]  # visits have no texts
    assert (found["failures"], found["sites"]) == (wanted["failures"], wanted["sites"])
    assert found["failures"] == {"http_503": 1, "http_404": 1}
    outcomes = ("fetched", "unchanged", "failed", "gone")
    assert sum(found["counts"][name] for name in outcomes) == store.db["visits"].count_documents({"crawl": killed.id})
    assert found["counts"]["new_links"] == store.db["links"].count_documents({"crawl": killed.id})
    assert list(check_store(store.db)) == []


def test_a_clock_a_year_ahead(store: Store) -> None:
    """A run whose machine's clock is a year ahead of the database's is refused with one line, and leaves nothing."""
    with (
        clock_behind(store, timedelta(days=365)) as behind,
        pytest.raises(StoreError, match="365 days ahead") as caught,
    ):
        start_run(behind, spider="related")
    assert "\n" not in str(caught.value)
    assert store.db["crawls"].count_documents({}) == 0


@pytest.mark.parametrize(("minutes", "words"), [(20, "20 minutes ahead of"), (-2000, "2000 minutes behind"), (2, None)])
def test_a_clock_that_differs(store: Store, minutes: int, words: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """A clock that is some minutes ahead, or behind by any time, is warned of once in a run; seconds are not."""
    with clock_behind(store, timedelta(minutes=minutes)) as behind:
        run = start_run(behind, spider="related")
        run.heartbeat()
        run.heartbeat()
    assert [words in line for line in caplog.messages] == ([True] if words else [])


def test_a_clock_that_is_set_ahead_while_a_crawl_runs(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """A clock that jumps ahead in the middle of a crawl is warned of, once."""
    run = start_run(store, spider="related")
    with clock_behind(store, timedelta(days=30)) as behind:
        run.store = behind
        run.heartbeat()
        run.heartbeat()
    assert ["30 days ahead" in line for line in caplog.messages] == [True]


def test_crawls_of_a_clock_that_was_ahead(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """When the clock is right again, what was crawled in the future is named."""
    run = start_run(store, spider="related")
    store.db["crawls"].update_one({"_id": run.id}, {"$set": {"started_at": datetime.now(UTC) + timedelta(days=300)}})
    start_run(store, spider="related")
    assert any(f"a clock that was ahead are in this database ({run.id})" in line for line in caplog.messages)
