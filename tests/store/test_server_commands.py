"""No MongoDB server can be had here, so every command is held against what its versions 6, 7 and 8 are documented to
take: `mongodb_commands.toml`. What is not in the table fails until somebody has looked it up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from kolcrawl.export.write_export import export
from kolcrawl.network import Network, Selection
from kolcrawl.sample import SiteServer, grow
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.forget import forget, plan_forgetting
from kolcrawl.store.maintain.migrate import migrate, rederive_all
from kolcrawl.store.maintain.prune import prune
from kolcrawl.store.merge.undo import undo_merge
from kolcrawl.store.server.embedded import ensure_server
from kolcrawl.store.write.apply import apply_visits, recover
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.recount import recount
from tests.crawling import FAST, ROOT
from tests.store.recorded_commands import Recorder
from tests.store.visiting import a_run, address, at, key, link, visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


TABLE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "mongodb_commands.toml").read_text(encoding="utf-8"))
DATABASE = "recorded"


def judge(features: set[str], sizes: dict[str, int]) -> None:
    """Fail on what the table does not know, and on what is larger than it allows."""
    unknown = sorted(features - TABLE["documented"].keys())
    assert not unknown, f"look these up, and add them to the table: {unknown}"
    limits = TABLE["limits"]
    assert {name: size for name, size in sizes.items() if size > limits.get(name, limits["others"])} == {}


def judge_shards(filters: Iterable[Sequence[str]], changed: Iterable[Sequence[str]]) -> None:
    """Fail on a write of one document that a sharded cluster could not send to one shard, and on a change of a key."""
    keys = TABLE["shard_keys"]
    assert {collection for collection, *_ in filters} > {"stories", "links", "visits"}
    lost = [found for found in filters if found[0] in keys and keys[found[0]] not in found[1:]]
    assert not lost, f"their filters lack the shard key: {lost}"
    moved = [(collection, name) for collection, name in changed if keys.get(collection) == name]
    assert not moved, f"a shard key is changed: {moved}"


@pytest.mark.xdist_group("recorded")
def test_a_whole_crawl(data_dir: Path, tmp_path: Path) -> None:
    """A crawl of a small web, in a process of its own, sends nothing that is not in the table."""
    site, out = grow(12, seed=5), tmp_path / "commands.json"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MONGO_", "SCRAPY_"))}
    with SiteServer(site) as server:
        crawl = ["crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "max_pages=12", "-L", "ERROR", *FAST]
        subprocess.run(
            [sys.executable, "-m", "tests.store.recorded_commands", str(out), *crawl],
            cwd=ROOT,
            env=clean | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir), "MONGO_DATABASE": DATABASE},
            stdout=subprocess.DEVNULL,
            check=False,
        )
    recorded = json.loads(out.read_text(encoding="utf-8"))
    assert {"command insert", "command update", "update $set", "query $in"} <= set(recorded["features"])
    judge(set(recorded["features"]), recorded["sizes"])


def write(db: Any, run: str, *items: Any) -> None:
    """Write visits in one batch."""
    assert not apply_visits(db, [visit_document(item, run) for item in items]).refused


@pytest.mark.xdist_group("recorded")
def test_writers_readers_exports_and_repairs(data_dir: Path, tmp_path: Path) -> None:
    """So do visits of every outcome, merges and their undoing, removals, repairs, readers and exports."""
    recorder = Recorder()
    with MongoClient(ensure_server(data_dir), tz_aware=True, event_listeners=[recorder]) as client:
        db: Any = client[f"{DATABASE}_{os.getpid()}"]
        migrate(db)
        run = "20260302-003400-abcdef"
        db["crawls"].insert_one(a_run(run))
        listed = [link("hot", 1, "popular"), link("short", 2, "popular")]
        write(db, run, visit("a", 0, ["b", "short", *listed]), visit("b", 1, ["a", *listed]))
        write(db, run, visit("real", 2, known_as=[key("short")], aliases=[address("short")]))
        write(
            db, run, visit("a", 3, outcome="unchanged"), visit("b", 3, outcome="gone"), visit("c", 3, outcome="failed")
        )
        write(db, run, visit("a", 4, ["c", "short"], version="2"))
        undo_merge(db, key("short"), "user")
        recover(db)
        rederive_all(db)
        recount(db, run)
        assert [str(finding) for finding in check_store(db)] == []
        network = Network(db)
        read(network, run)
        export(network, Selection(), tmp_path / "network.jsonl")
        prune(db, at(3), tmp_path / "visits.jsonl.gz")
        write(db, run, visit("a", 5, ["c"], version="3"), visit("b", 5, ["a"]))
        forget(db, plan_forgetting(db, stories=[key("c")]))
        forget(db, plan_forgetting(db, crawl=run))
        client.drop_database(db.name)
    judge_shards(recorder.filters, recorder.changed)
    recorder.features.discard("command dropDatabase")
    judge({name for name in recorder.features if "dropDatabase" not in name}, recorder.sizes)


def read(network: Network, run: str) -> None:
    """Ask what a reader can ask."""
    for view in (network, network.as_of(at(3)), network.of_crawl(run)):
        list(view.stories())
        list(view.links_in([key("hot")]))
        list(view.links_out([key("a")]))
        view.counts()
        view.timeline([key("a"), key("b")])
        view.neighbourhood(address("a"), kinds=())
        view.visits(address("a"))
        view.revisions(address("a"))
        view.discovery(address("b"))
    network.group(address("a"))
    for collection in ("stories", "links"):
        list(network.changes(None, collection))  # type: ignore[arg-type]
