"""What writing a story costs as the store grows: at 10 thousand, 100 thousand and 1 million stories, in one run.

    python benchmarks/growth.py                  the embedded server; 20 minutes of CPU time, 4 GB of disk
    python benchmarks/growth.py --sizes 10000,100000 --bands 42
    python benchmarks/growth.py --mongo URI      any server, in a database of its own that is dropped

The store is filled with documents that have every field and index of real stories, and random fingerprints; to save
time they are inserted past the validators, and stand in the index of bands `--bands` times, not 42. At each size
batches of 50 visits are written the way a crawl writes them (`apply_visits`): to 40 new stories and to 10 near
copies of stories that were there from the beginning, each linking to two stories of the store and three new ones.
CPU time is that of the client and the server together, without making fingerprints. In turn with each batch, one like
it is written to a second store, which keeps the first size: what else the machine does slows both alike.

The embedded server runs without its oplog, and with a cache of 4 GB: with the usual 256 MB, mere filling may stall.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson import Int64
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener, CommandStartedEvent, CommandSucceededEvent

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.edits import edited
from benchmarks.processes import spent
from kolcrawl.items import HttpFacts, LinkItem, StoryItem
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.schema import SCHEMA, ensure_schema
from kolcrawl.store.server.embedded import SERVER_PROGRAM
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.last_seen import LastSeen, flush_last_seen
from kolcrawl.store.write.story_updates import Observation, new_story
from kolcrawl.story.fingerprint import BANDS, fingerprint_story
from kolcrawl.urls import story_key

Document = dict[str, Any]

START = datetime(2026, 1, 1, tzinfo=UTC)
SIZES = (10_000, 100_000, 1_000_000)
FEW_BANDS = 3
STRANGERS, COPIES = 40, 10
"""In a batch."""
LINKS_TO_OLD, LINKS_TO_NEW = 2, 3
BATCHES = 12
"""Measured at each size; the median counts."""
FILLED_AT_ONCE = 100
SETTLES = 20.0
"""Seconds after filling: what a server still has to do for it in the background is not the measured stories' cost."""
ORIGINALS = 100


class Traffic(CommandListener):
    """What goes to and fro."""

    def __init__(self) -> None:
        self.commands = self.documents = 0

    def started(self, event: CommandStartedEvent) -> None:
        self.commands += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        cursor = event.reply.get("cursor", {})
        self.documents += len(cursor.get("firstBatch", ())) + len(cursor.get("nextBatch", ()))

    def failed(self, event: object) -> None:
        pass


# --- texts and stories


@dataclass
class World:
    """Where made-up stories come from."""

    chance: random.Random
    words: str = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
    serial: int = 0
    originals: list[list[str]] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    """Addresses of some of the stories filled in."""

    def text(self) -> list[str]:
        """Sentences with some 2,000 characters."""
        return ["".join(self.chance.choices(self.words, k=self.chance.randint(15, 45))) + "。" for _ in range(65)]

    def address(self) -> str:
        """Make the documents of a story that is new."""
        self.serial += 1
        return f"https://news{self.serial % 500}.example/story/{self.serial}"

    def visit(self, text: Sequence[str]) -> Document:
        """Make a first visit to a new story."""
        url = self.address()
        ends = [*self.chance.sample(self.old, LINKS_TO_OLD), *(self.address() for _ in range(LINKS_TO_NEW))]
        item = StoryItem(
            key=story_key(url),
            url=url,
            requested_url=url,
            site=f"news{self.serial % 500}.example",
            outcome="fetched",
            visited_at=START + timedelta(days=1, seconds=self.serial),
            title="".join(text)[:20],
            published_at=START + timedelta(minutes=self.serial),
            text="\n".join(text),
            http=HttpFacts(status=200, etag=None, last_modified=None, final_url=url),
            discovered_kind="seed",
            links=[
                LinkItem(
                    url=end, to=story_key(end), to_url=end, kind="related", heading="相关", position=n, anchor="见此"
                )
                for n, end in enumerate(ends, 1)
            ],
        )
        return visit_document(fingerprint_story(item), "growth")


def filler(world: World, bands: int) -> tuple[Document, Document]:
    """Make a story as it is stored, and a random fingerprint."""
    url = world.address()
    key = story_key(url)
    if len(world.old) < 1000:
        world.old.append(url)
    way = {"crawl": "growth", "from": None, "kind": "seed", "at": START}
    seen = Observation(
        key=key, url=url, site=f"news{world.serial % 500}.example", first=START, last=START, depth=1,
        discovered_order=Int64(world.serial), discovered=way, title_order=Int64(world.serial), title="见此",
        relevance=None, status_rank=Int64(0), skip_reason=None,
    )  # fmt: skip
    state = {
        "status": "fetched", "visits": 1, "fetched_at": START, "published_at": START + timedelta(minutes=world.serial),
        "content_hash": key * 2,
    }  # fmt: skip
    fingerprint = {
        "_id": key, "schema": SCHEMA, "content_hash": key * 2, "signature": world.chance.randbytes(512),
        "bands": [Int64(world.chance.getrandbits(63)) for _ in range(bands)],
    }  # fmt: skip
    return {"_id": key, **new_story(seen, state, START)}, fingerprint


# --- measuring


@dataclass
class Measured:
    """What was measured on a store, in milliseconds of CPU a story but for the counts."""

    written: list[float] = field(default_factory=list)
    copies: list[float] = field(default_factory=list)
    commands: int = 0
    documents: int = 0


@dataclass
class Filled:
    """A store that is being filled."""

    db: Any
    world: World
    bands: int
    held: int = 0

    def start(self) -> None:
        """Make the collections, and the stories of which there will be copies."""
        ensure_schema(self.db)
        self.fill(FILLED_AT_ONCE)
        self.world.originals = [self.world.text() for _ in range(ORIGINALS)]
        apply_visits(self.db, [self.world.visit(text) for text in self.world.originals])
        self.held = self.db["stories"].count_documents({})

    def fill(self, count: int) -> None:
        """Insert stories."""
        rows = [filler(self.world, self.bands) for _ in range(count)]
        for name, documents in zip(("stories", "fingerprints"), zip(*rows, strict=True), strict=True):
            self.db[name].insert_many(documents, ordered=False, bypass_document_validation=True)
        self.held += count

    def fill_up(self, size: int, ends: float) -> None:
        """Insert stories until there are so many, or the time is up."""
        while self.held < size and time.monotonic() < ends:
            self.fill(min(FILLED_AT_ONCE, size - self.held))


def measure(client: Any, name: str, server: int | None, sizes: Sequence[int], bands: int, minutes: float) -> bool:
    """Fill a store and measure on the way; prints a line for each size reached in time. Returns: whether all were,
    and a story costs less than half more at the last than in the small store.
    """
    traffic = client.options.event_listeners[0]
    ends = time.monotonic() + 60 * minutes
    small = Filled(client[f"{name}_small"], World(random.Random(2)), bands)
    large = Filled(client[f"{name}_large"], World(random.Random(1)), bands)
    for store in (small, large):
        store.start()
    small.fill_up(sizes[0], ends)
    print(f"stories of the stores are listed under {bands} bands each; in milliseconds of CPU a story:")
    print(f"(in brackets, at the same time, in a store of {sizes[0]})")
    print("   stories   to write one            of it copies      round trips  documents read   to fill in")
    grown = 0.0
    for size in sizes:
        started, before = cpu_seconds(server), large.held
        large.fill_up(size, ends)
        filled = 1000 * (cpu_seconds(server) - started) / max(1, large.held - before)
        time.sleep(SETTLES)
        here, there = Measured(), Measured()
        for number in range(BATCHES + 1):  # in turn: what else the machine does slows both alike
            for store, measured in ((large, here), (small, there)):
                measure_batch(store, traffic, server, measured if number else Measured())  # the first one warms up
        now, then = statistics.median(here.written), statistics.median(there.written)
        grown = now / then
        stories = BATCHES * (STRANGERS + COPIES)
        print(
            f"  {large.held:8}  {now:6.2f} ({then:.2f}) x {grown:4.2f}  {statistics.median(here.copies):5.2f}"
            f" ({statistics.median(there.copies):.2f})  {here.commands / stories:12.2f}"
            f"  {here.documents / stories:14.1f}  {filled:11.2f}",
            flush=True,
        )
        if large.held < size:
            print(f"  the time was up before {size}")
            return False
    return grown < 1.5


def measure_batch(store: Filled, traffic: Traffic, server: int | None, measured: Measured) -> None:
    """Write a batch, and take away again what it left."""
    db, world = store.db, store.world
    each = 1000 / (STRANGERS + COPIES)
    texts = [world.text() for _ in range(STRANGERS)]
    spare = world.text()
    originals = world.chance.sample(world.originals, COPIES)
    texts += [edited(text, 0.1, "mixed", spare, world.chance) for text in originals]
    visits = [world.visit(text) for text in texts]
    keys = [visit["story"] for visit in visits]
    traffic.commands = traffic.documents = 0
    begun = cpu_seconds(server)
    later = LastSeen()
    applied = apply_visits(db, visits, last_seen=later)
    flush_last_seen(db, later.all())
    measured.written.append((cpu_seconds(server) - begun) * each)
    measured.commands += traffic.commands
    measured.documents += traffic.documents
    if applied.copies != COPIES:
        raise SystemExit(f"{applied.copies} of {COPIES} copies were found")
    begun = cpu_seconds(server)
    group_stories(db, keys)  # all is in its place: what is left is looking
    measured.copies.append((cpu_seconds(server) - begun) * each)
    for name, fields in (("stories", ("_id", "discovered.from")), ("links", ("from",)), ("visits", ("story",))):
        for name_of in fields:
            clear(db[name], name_of, keys)


def clear(collection: Any, name: str, keys: list[str]) -> None:
    """Delete what is of some stories."""
    if name == "discovered.from":  # no index: the new stories that they link to, by way of their links
        links = collection.database["links"].find({"from": {"$in": keys}}, {"to": 1})
        stored = collection.find({"_id": {"$in": [link["to"] for link in links]}, "visits": 0}, {"_id": 1})
        name, keys = "_id", [story["_id"] for story in stored]
    collection.delete_many({name: {"$in": keys}})


def cpu_seconds(server: int | None) -> float:
    """Return the CPU time that this process, and the server if it runs here, have used."""
    return time.process_time() + (spent(server) if server else 0.0)


# --- the server


@contextlib.contextmanager
def embedded() -> Iterator[tuple[str, int]]:
    """Start an embedded server without oplog and with a large cache; return its URI and process."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        config = Path(folder, "secantusd.toml")
        config.touch()
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    str(Path(sys.executable).parent / SERVER_PROGRAM), "--config", str(config), "--host", "127.0.0.1",
                    "--port", str(port), "--storage-path", str(Path(folder, "data")), "--cache-size", "4G",
                    "--standalone",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            yield f"mongodb://127.0.0.1:{port}/?directConnection=true", process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def growth(sizes: Sequence[int], *, bands: int, minutes: float, mongo: str | None) -> int:
    """Measure and print. Returns: 0 if all sizes were reached, and a story costs less than half more at the last."""
    with contextlib.ExitStack() as stack:
        uri, server = (mongo, None) if mongo else stack.enter_context(embedded())
        client: MongoClient[Document] = MongoClient(uri, tz_aware=True, event_listeners=[Traffic()], retryWrites=False)
        stack.callback(client.close)
        name = f"growth_benchmark_{random.getrandbits(32):08x}"
        client.admin.command("ping")
        try:
            return 0 if measure(client, name, server, sizes, bands, minutes) else 1
        finally:
            for size in ("small", "large") if mongo else ():
                with contextlib.suppress(PyMongoError):
                    client.drop_database(f"{name}_{size}")


def main() -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="stories in the store")
    parser.add_argument("--bands", type=int, default=FEW_BANDS, help=f"of each story filled in; {BANDS} are usual")
    parser.add_argument("--minutes", type=float, default=60, help="of filling, at most")
    parser.add_argument("--mongo", help="URI of the server; the embedded one when left out")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    return growth(sizes, bands=options.bands, minutes=options.minutes, mongo=options.mongo)


if __name__ == "__main__":
    sys.exit(main())
