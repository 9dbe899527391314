"""What bringing a store of the old make to today's schema costs, and whether it survives a kill.

    python benchmarks/migration.py                       50,000 stories on the embedded server
    python benchmarks/migration.py --stories 5000

A store of schema 3 is made, past the validators: a tenth of its stories are pages, each with nine related links, the
eight popular ones of its site and eight random ones; half the pages were read twice, and a third of them were found
unchanged after that. All links, these of lists, too, have documents of their own, and visits hold them all. Then it is
migrated by a process that is killed (SIGKILL) when a third of the pages are done, and by a second one, to the end. All
links, as readers see them, are compared before and after.
CPU time is that of the processes and of the server.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import MongoClient

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.processes import spent
from kolcrawl.items import HttpFacts, LinkItem, LinkKind, StoryItem
from kolcrawl.store.derive import CONFIRMED_PARTS, derive
from kolcrawl.store.maintain.migrate import migrate
from kolcrawl.store.read.listed_links import all_listed_links
from kolcrawl.store.read.reader import count_all_confirmations
from kolcrawl.store.schema import prepare_collections
from kolcrawl.store.server.embedded import ensure_server, running, stop
from kolcrawl.store.write.documents import link_document, visit_document
from kolcrawl.store.write.story_updates import Observation, combine_observations, new_story, story_state
from kolcrawl.urls import story_key

Document = dict[str, Any]

RUN = "20260101-000000-000000"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
OLD_SCHEMA = 3
PAGE_SHARE = 10
"""One story in so many is a page that was read."""
PAGES_A_SITE, OWN_LINKS, LISTED_LINKS = 10, PAGE_SHARE - 1, 8
PAGES_A_BATCH = 200
COMPARED_LINK_FIELDS = (
    "from", "to", "kind", "heading", "position", "anchor", "active", "first_seen", "last_seen", "seen_count", "crawl",
)  # fmt: skip


def url_of(number: int) -> str:
    """Address of a made-up story."""
    return f"https://news.example.com/story/{number}"


def link_to(number: int, kind: LinkKind, position: int) -> LinkItem:
    """Make a link to a made-up story."""
    url = url_of(number)
    return LinkItem(
        url=url, to=story_key(url), to_url=url, kind=kind, position=position, heading=kind, anchor=f"Story {number}"
    )


def old_visits(page: int, pages: int, stories: int) -> list[Document]:
    """Make the visits to a page as schema 3 stored them, oldest first, with their log entries."""
    visits: list[Document] = []
    for turn in range(1 + page % 2):
        draw = random.Random(page * 2 + turn)
        own = pages + page * OWN_LINKS
        links = [link_to((own + place) % stories, "related", place + 1) for place in range(OWN_LINKS)]
        first = page // PAGES_A_SITE * LISTED_LINKS
        links += [link_to((first + place) % stories, "popular", place + 1) for place in range(LISTED_LINKS)]
        drawn = draw.sample(range(stories), LISTED_LINKS)
        links += [link_to(number, "random", place) for place, number in enumerate(drawn, 1)]
        text = f"Story {page} as of its version {turn}. " * 20
        url = url_of(page)
        item = StoryItem(
            key=story_key(url), url=url, requested_url=url, site="example.com", outcome="fetched",
            visited_at=EPOCH + timedelta(days=turn, seconds=page), discovered_kind="seed", links=links,
            title=f"Story {page}", text=text, content_hash=hashlib.sha256(text.encode()).hexdigest(),
            http=HttpFacts(status=200, etag=None, last_modified=None, final_url=url),
        )  # fmt: skip
        visits.append(visit_document(item, RUN) | {"schema": OLD_SCHEMA})
    if page % 3 == 0:
        item = StoryItem(
            key=story_key(url), url=url, requested_url=url, site="example.com", outcome="unchanged",
            visited_at=EPOCH + timedelta(days=5, seconds=page), discovered_kind="seed",
            http=HttpFacts(status=304, etag=None, last_modified=None, final_url=url),
        )  # fmt: skip
        repeated = {name: visits[-1][name] for name in CONFIRMED_PARTS if name in visits[-1]}
        visits.append(visit_document(item, RUN) | repeated | {"schema": OLD_SCHEMA})
    return visits


def build(db: Any, stories: int) -> None:
    """Make a store of schema 3 in an empty database."""
    prepare_collections(db)
    pages, now = stories // PAGE_SHARE, datetime.now(UTC)
    seen: dict[str, Observation] = {}
    for begin in range(0, pages, PAGES_A_BATCH):
        rows: dict[str, list[Document]] = {"stories": [], "links": [], "visits": []}
        for page in range(begin, min(begin + PAGES_A_BATCH, pages)):
            visits = old_visits(page, pages, stories)
            key, history = visits[0]["story"], derive(visits[0]["story"], visits)
            observed = combine_observations(visits)
            state = story_state(key, history, {visit["_id"]: visit["unapplied"] for visit in visits})
            del state["page"]
            rows["stories"].append({"_id": key, **new_story(observed.pop(key), state, now), "schema": OLD_SCHEMA})
            for target, one in observed.items():
                seen[target].combine(one) if target in seen else seen.setdefault(target, one)
            links = (link_document(key, end, link, len(visits), now) for end, link in history.links.items())
            rows["links"] += [link | {"schema": OLD_SCHEMA} for link in links]
            rows["visits"] += [{name: part for name, part in row.items() if name != "unapplied"} for row in visits]
        insert(db, rows)
    read = {story_key(url_of(page)) for page in range(pages)}
    stubs = [number for number in range(pages, stories) if story_key(url_of(number)) in seen]
    for begin in range(0, len(stubs), 2_000):
        keys = [story_key(url_of(number)) for number in stubs[begin : begin + 2_000]]
        named = [
            {"_id": key, **new_story(seen[key], None, now), "schema": OLD_SCHEMA} for key in keys if key not in read
        ]
        insert(db, {"stories": named})
    db["meta"].update_one({"_id": "schema"}, {"$set": {"number": OLD_SCHEMA}}, upsert=True)


def insert(db: Any, rows: dict[str, list[Document]]) -> None:
    """Insert documents past the validators."""
    for name, documents in rows.items():
        if documents:
            db[name].insert_many(documents, ordered=False, bypass_document_validation=True)


def links_of_all(db: Any) -> Iterator[Document]:
    """Yield all links as readers see them, in no order."""
    batch: list[Document] = []
    for link in all_rows(db):
        batch.append(link)
        if len(batch) == 5_000:
            count_all_confirmations(db, batch)
            yield from batch
            batch = []
    count_all_confirmations(db, batch)
    yield from batch


def all_rows(db: Any) -> Iterable[Document]:
    """Yield the documents of links, then those that lists amount to."""
    with db["links"].find() as cursor:
        yield from cursor
    yield from all_listed_links(db, {})


def digests(db: Any) -> set[bytes]:
    """Tell links apart by 16 bytes each."""
    return {
        hashlib.blake2b(repr([link[name] for name in COMPARED_LINK_FIELDS]).encode(), digest_size=16).digest()
        for link in links_of_all(db)
    }


def migrating(uri: str, name: str) -> subprocess.Popen[bytes]:
    """Start a process that migrates a database."""
    program = [sys.executable, __file__, "--migrate", uri, "--database", name]
    return subprocess.Popen(program, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])})


def killed_migration(client: Any, uri: str, name: str, pages: int) -> int:
    """Migrate until a third of the pages are done, then kill. Return how many were."""
    process, done = migrating(uri, name), 0
    while process.poll() is None:
        # one page has two lists, every other one three
        done = int(client[name]["page_lists"].estimated_document_count()) * 2 // 5
        if done >= pages // 3:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.1)
    process.wait()
    return done


def benchmark(stories: int) -> int:
    """Build, migrate, compare; print what it took. Return the exit code."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        data = Path(folder)
        uri = ensure_server(data)
        stack.callback(stop, data)
        client: Any = stack.enter_context(MongoClient(uri, tz_aware=True))
        found, name = running(data), "migration"
        server = found.pid if found else 0
        db = client[name]
        began = spent(server), time.process_time()
        build(db, stories)
        print(f"built: {spent(server) - began[0]:.0f} s of the server, {time.process_time() - began[1]:.0f} s of this")
        counts = {kind: db[kind].estimated_document_count() for kind in ("stories", "links", "visits")}
        print("  ".join(f"{kind} {count}" for kind, count in counts.items()), flush=True)
        before = digests(db)
        began_server, began_children = spent(server), children()
        done = killed_migration(client, uri, name, stories // PAGE_SHARE)
        number = db["meta"].find_one({"_id": "schema"})["number"]
        print(f"killed with some {done} pages done, schema {number}", flush=True)
        returned = migrating(uri, name).wait()
        took = spent(server) - began_server, children() - began_children
        number = db["meta"].find_one({"_id": "schema"})["number"]
        print(
            f"migrated (exit code {returned}, schema {number}): {took[0]:.0f} s of the server, {took[1]:.0f} s of both"
        )
        after = digests(db)
        counts = {kind: db[kind].estimated_document_count() for kind in ("links", "lists", "page_lists")}
        print("  ".join(f"{kind} {count}" for kind, count in counts.items()))
        print(f"links before {len(before)}, after {len(after)}, lost {len(before - after)}, new {len(after - before)}")
        return 0 if before == after and not returned else 1


def children() -> float:
    """CPU seconds of the processes that were started and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def main() -> int:
    """Run the benchmark, or migrate a database for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=50_000)
    parser.add_argument("--migrate", metavar="URI", help=argparse.SUPPRESS)
    parser.add_argument("--database", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.migrate:
        with MongoClient(options.migrate, tz_aware=True) as client:
            migrate(client[options.database])
        return 0
    return benchmark(options.stories)


if __name__ == "__main__":
    sys.exit(main())
