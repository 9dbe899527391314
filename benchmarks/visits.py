"""What the next visit to a story costs the database: its second, its 200th, its 1,000th, with a fold and without.

    python benchmarks/visits.py [--visits 1000]

One story on a server of its own is visited again and again, each time with another text, thirty links and two lists,
one of them another each time; a second story stays as it is. Of the visits from each number on the median is shown:
processor milliseconds of the server, and kilobytes that go to it and come back. A visit without a fold reads all
earlier ones, as the first after a merge does: the fold is removed before it.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import bson
from pymongo import MongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.processes import processor_clock
from kolcrawl.items import HttpFacts, LinkItem, StoryItem
from kolcrawl.store.schema import ensure_schema
from kolcrawl.store.server.embedded import ensure_server, running, stop
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.urls import story_key

RUN: Final = "20260101-000000-abcdef"
FIRST: Final = datetime(2026, 1, 1, tzinfo=UTC)
NUMBERS: Final = (2, 200, 1000)
WITH_FOLD, WITHOUT_FOLD = 9, 3
"""Visits measured from each number on."""
AT_ONCE: Final = 50


class Wire(CommandListener):
    """Bytes that go to and fro."""

    def __init__(self) -> None:
        self.bytes = 0

    def started(self, event: CommandStartedEvent) -> None:
        """Count a command."""
        self.bytes += len(bson.encode(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Count an answer."""
        self.bytes += len(bson.encode(event.reply))

    def failed(self, event: CommandFailedEvent) -> None:
        """Do nothing."""


def visit(name: str, number: int, *, changes: bool) -> StoryItem:
    """Return a visit to a story; the first one that does not change reads it, the others find it unchanged."""
    url = f"https://news.example.com/{name}"
    item = StoryItem(
        key=story_key(url), url=url, requested_url=url, site="example.com", outcome="fetched",
        visited_at=FIRST + timedelta(hours=number), discovered_kind="seed",
        http=HttpFacts(status=200, etag=None, last_modified=None, final_url=url),
    )  # fmt: skip
    if not changes and number:
        item.outcome, item.same_as = "unchanged", FIRST + timedelta(hours=number - 1)
        return item
    item.title, item.text = f"Story {number}", f"Text {number}. " * 100
    item.content_hash = hashlib.sha256(item.text.encode()).hexdigest()
    named = [(f"own{place}", "related") for place in range(30)]
    named += [(f"hot{place}", "popular") for place in range(5)]
    named += [(f"new{number}-{place}", "latest") for place in range(5)]
    item.links = [_link(target, place, kind) for place, (target, kind) in enumerate(named, 1)]
    return item


def _link(target: str, place: int, kind: Any) -> LinkItem:
    url = f"https://news.example.com/{target}"
    return LinkItem(
        url=url,
        to_url=url,
        to=story_key(url),
        kind=kind,
        heading=kind,
        position=place,
        anchor=f"What {target} is about",
    )


def measure(db: Any, wire: Wire, pid: int, items: Sequence[StoryItem], *, folds: bool) -> tuple[float, float]:
    """Write visits one by one. Return the median of milliseconds and kilobytes a visit."""
    times, sizes = [], []
    for item in items:
        document = visit_document(item, RUN)
        if not folds:
            db["folds"].delete_many({"_id": item.key})
        wire.bytes, began = 0, time.clock_gettime(processor_clock(pid))
        refused = apply_visits(db, [document]).refused
        times.append(1000 * (time.clock_gettime(processor_clock(pid)) - began))
        sizes.append(wire.bytes / 1000)
        if refused:
            raise SystemExit(f"refused: {refused}")
    return statistics.median(times), statistics.median(sizes)


def costs(db: Any, wire: Wire, pid: int, numbers: Sequence[int], *, changes: bool) -> list[list[tuple[float, float]]]:
    """Visit a story. Return what the visits around the numbers cost, with its fold and without."""
    found: list[list[tuple[float, float]]] = [[], []]
    number, name = 0, "changing" if changes else "staying"
    for wanted in numbers:
        while number < wanted - 1:  # many at once: how they came in does not matter later
            count = min(AT_ONCE, wanted - 1 - number)
            items = [visit(name, number + place, changes=changes) for place in range(count)]
            apply_visits(db, [visit_document(item, RUN) for item in items])
            number += count
        for folds, measured, row in ((True, WITH_FOLD, found[0]), (False, WITHOUT_FOLD, found[1])):
            items = [visit(name, number + place, changes=changes) for place in range(measured)]
            row.append(measure(db, wire, pid, items, folds=folds))
            number += measured
    return found


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=NUMBERS[-1], help="leave out the numbers beyond")
    numbers = [number for number in NUMBERS if number <= parser.parse_args().visits]
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, Python {platform.python_version()}")
    print(f"\n| a visit: server ms, kB to and fro | {' | '.join(f'{number:,}' for number in numbers)} |")
    print("|---|" + "---|" * len(numbers))
    wire = Wire()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with MongoClient(ensure_server(Path(folder)), tz_aware=True, event_listeners=[wire]) as client:
                server = running(Path(folder))
                assert server is not None
                ensure_schema(client["visits"])
                for changes in (True, False):
                    found = costs(client["visits"], wire, server.pid, numbers, changes=changes)
                    for fold, row in zip(("with its fold", "without"), found, strict=True):
                        shown = f"{'changed' if changes else 'unchanged'}, {fold}"
                        print(f"| {shown} | {' | '.join(f'{ms:.0f}, {size:.0f}' for ms, size in row)} |", flush=True)
        finally:
            stop(Path(folder))


if __name__ == "__main__":
    main()
