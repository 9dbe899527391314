"""The commands that look after the store, as a user runs them."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kolcrawl.store.history.histories import history_begins
from kolcrawl.store.schema import SCHEMA
from kolcrawl.store.server import embedded
from kolcrawl.store.server.client import Store, open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.store.write.spool import Spool
from tests.store.test_writer import some_visits
from tests.store.visiting import address, at, key, visit

SCRAPY = [sys.executable, "-m", "scrapy"]
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose server ends with the test."""
    yield tmp_path / "data"
    embedded.stop(tmp_path / "data")


@pytest.fixture
def store(data_dir: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A database of the test's own on the server that all share, for commands that do not look after the server."""
    opened = open_store(None, request.function.__name__[:60], data_dir)
    yield opened
    opened.client.drop_database(opened.db.name)
    opened.close()


def on(store: Store, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project on a database."""
    return scrapy(store.data_dir, *args, MONGO_DATABASE=store.db.name, **env)


def scrapy(folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project on a data folder."""
    environment = {**os.environ, "KOLCRAWL_DATA_DIR": str(folder), **env}
    return subprocess.run(
        [*SCRAPY, *args], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_what_looks_after_a_store_makes_none(tmp_path: Path) -> None:
    """A data folder that is not there is named and not made; a time that cannot be read is a wrong call."""
    for words in (("prune", "--before", "30d"), ("forget", "--site", "example.com"), ("merge", "list")):
        done = scrapy(tmp_path / "typo", *words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert f"scrapy {words[0]}: there is no data folder {tmp_path / 'typo'}" in done.stderr
    wrong = scrapy(tmp_path / "typo", "prune", "--before", "yesterday")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "--before='yesterday' is not a date" in wrong.stderr
    assert not (tmp_path / "typo").exists()


def test_mongo_in_the_foreground(folder: Path) -> None:
    """`scrapy mongo` runs the embedded server until Ctrl-C and says where it is; a second one reports it."""
    environment = {**os.environ, "KOLCRAWL_DATA_DIR": str(folder)}
    mongo = subprocess.Popen([*SCRAPY, "mongo"], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True)
    assert mongo.stdout is not None
    first = mongo.stdout.readline()
    assert re.match(r"mongodb://127\.0\.0\.1:\d+/ database kolcrawl: nothing yet", first)
    second = scrapy(folder, "mongo")
    assert second.returncode == 0
    assert second.stdout.startswith(first.split()[0])
    deadline = time.monotonic() + 20
    mongo.stdout.readline()
    mongo.stdout.readline()  # it waits now
    mongo.send_signal(signal.SIGINT)
    assert mongo.wait(timeout=max(1.0, deadline - time.monotonic())) == 0
    mongo.stdout.close()
    assert embedded.running(folder) is None
    assert "no embedded database is running" in scrapy(folder, "mongo", "--stop").stdout


def test_mongo_for_a_script(folder: Path) -> None:
    """`scrapy mongo --print` prints the address alone and ends, also where no server ran; it warns of a setting that is
    misspelled, and of none that only we do not know."""
    told = scrapy(folder, "mongo", "--print", "-s", "MONGODB_DATABASE=affair", "-s", "OF_ANOTHER_PACKAGE=1")
    assert told.returncode == 0
    assert told.stderr.startswith("scrapy: there is no setting MONGODB_DATABASE: did you mean MONGO_DATABASE?\n")
    running = embedded.running(folder)
    assert running is not None
    address = running.uri.partition("?")[0]
    assert told.stdout == f"{address}\n"
    assert told.stderr.splitlines()[1].startswith(f"{address} database kolcrawl: nothing yet")
    assert scrapy(folder, "mongo", "--stop").stdout == "stopped\n"


def test_looking_after_a_store(folder: Path) -> None:
    """What a crawl kept on disk is written by `flush-spool`; `check-store` finds nothing then, finds what is damaged,
    with exit code 1, and `migrate --rederive` mends it; `mongo --stop` ends the server."""
    store = open_store(None, "kolcrawl", folder)
    run = start_run(store, spider="related")
    spool = Spool(store, run.id)
    spool.add([visit_document(item, run.id) for item in some_visits(8)])
    spool.close()
    flushed = scrapy(folder, "flush-spool")
    assert (flushed.returncode, flushed.stdout) == (0, "8 visits written from 1 files, 0 had been written before\n")
    checked = scrapy(folder, "check-store")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.startswith(
        "no faults found in 8 stories, 40 links, 0 lists of further links, each stored once, 8 visits"
    )
    store.db["links"].update_many({}, {"$set": {"seen_count": 4}})
    checked = scrapy(folder, "check-store", "--max", "2")
    assert checked.returncode == 1
    assert checked.stdout.count("seen_count is 4") == 2
    assert "40 faults found" in checked.stdout
    whole = shlex.join([*SCRAPY, "check-store"])
    cut = subprocess.run(
        f"{whole} | head -c 5", shell=True, cwd=PROJECT, env={**os.environ, "KOLCRAWL_DATA_DIR": str(folder)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    where = f"in {store.uri_shown} database kolcrawl\n"  # stands there when `head` ends late
    assert (len(cut.stdout), cut.stderr.removesuffix(where)) == (5, "")  # a reader that stops reading
    assert scrapy(folder, "migrate", "--rederive").stdout.endswith("8 stories derived anew\n")
    assert scrapy(folder, "check-store").returncode == 0
    store.db["meta"].update_one({"_id": "url_rules"}, {"$set": {"digest": "of other rules"}})
    assert "1 fault found" in scrapy(folder, "check-store").stdout
    assert "keys by today's rules of URLs: 0 stories have new ones, 0 were merged" in scrapy(folder, "migrate").stdout
    assert scrapy(folder, "migrate").stdout == f"schema {SCHEMA}, as it was\n"
    store.close()
    assert scrapy(folder, "mongo", "--stop").stdout == "stopped\n"
    assert embedded.running(folder) is None


@pytest.mark.parametrize("command", ["mongo", "check-store"])
def test_a_database_that_cannot_be_had(command: str, folder: Path) -> None:
    """One line on standard error, without the password, and exit code 1; nothing is started in its place."""
    uri = "mongodb://me:geheim@127.0.0.1:9/?serverSelectionTimeoutMS=200"
    failed = scrapy(folder, command, MONGO_URI=uri)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"scrapy {command}: no database answers at mongodb://***@127.0.0.1:9/")
    assert failed.stderr.count("\n") == 1
    assert "geheim" not in failed.stdout + failed.stderr
    assert not folder.exists()


def test_merges_are_listed_and_undone(store: Store) -> None:
    """`merge list` shows each merged story with its proof; `merge undo` sets one apart, by URL or key; what is not
    merged gets one line and exit code 1; a wrong call says what to give."""
    run = start_run(store, spider="related").id
    led = {"known_as": [key("short")], "aliases": [address("short")], "proofs": {key("short"): "slug"}}
    for item in (visit("a", 0, ["short", "real"]), visit("real", 1, ["x"], **led)):
        apply_visits(store.db, [visit_document(item, run)])
    listed = on(store, "merge", "list")
    assert f"{key('short')}  {address('short')}" in listed.stdout
    assert "because of the same name in the address" in listed.stdout
    assert listed.stdout.endswith("1 merged story\n")
    assert on(store, "merge", "list", address("x")).stdout == "no merged stories\n"
    undone = on(store, "merge", "undo", address("short"))
    assert undone.stdout == f"{address('short')} is a story of its own again, apart from {key('real')}\n"
    assert {link["to"] for link in store.db["links"].find({"from": key("a")})} == {key("short"), key("real")}
    again = on(store, "merge", "undo", key("short"))
    assert (again.returncode, again.stderr) == (
        1,
        f"scrapy merge: {key('short')} is not merged: see `scrapy merge list`\n",
    )
    assert "say `merge list` or `merge undo`" in on(store, "merge").stderr
    assert on(store, "merge", "undo", "nonsense").stderr.startswith(
        "scrapy merge: 'nonsense' is neither a whole URL nor a key"
    )
    assert on(store, "check-store").returncode == 0


def test_forgetting_is_shown_before_it_is_done(store: Store) -> None:
    """`forget` shows what would go and changes nothing without --yes; with it the story and what came from it alone are
    gone; on a terminal that is not UTF-8, what is printed is printed."""
    run = start_run(store, spider="related").id
    for item in (visit("a", 0, ["b"], title="港口议会"), visit("b", 1, ["c"], depth=1)):
        apply_visits(store.db, [visit_document(item, run)])
    unknown = on(store, "forget", "--site", "exampl", "--yes")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith("scrapy forget: no site 'exampl' is known; the nearest: ")
    shown = on(store, "forget", address("a"))
    assert shown.returncode == 1
    assert "3 stories go; 2 visits and 2 links go" in shown.stdout
    assert store.db["stories"].count_documents({}) == 3
    poor = on(store, "story", address("a"), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (poor.returncode, "????" in poor.stdout) == (0, True)
    assert on(store, "forget", address("a"), "--yes").stdout.endswith("removed\n")
    assert store.db["stories"].count_documents({}) == 0
    assert "not in the network" in on(store, "forget", address("a"), "--yes").stderr
    assert "say what to forget" in on(store, "forget").stderr


def test_the_end_of_input_agrees_to_nothing(store: Store) -> None:
    """Ctrl-D at the question of `forget --all` on a terminal leaves the database as it is, without a traceback."""
    apply_visits(store.db, [visit_document(visit("a", 0), "ended")])
    here, terminal = os.openpty()
    environment = {**os.environ, "KOLCRAWL_DATA_DIR": str(store.data_dir), "MONGO_DATABASE": store.db.name}
    with subprocess.Popen(
        [*SCRAPY, "forget", "--all"], cwd=PROJECT, env=environment, stdin=terminal,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as asking:  # fmt: skip
        os.close(terminal)
        os.write(here, b"\x04")
        out, error = asking.communicate(timeout=120)
    os.close(here)
    assert (asking.returncode, error) == (1, "")
    assert out.endswith("nothing was removed (--yes removes without asking)\n")
    assert store.db["stories"].count_documents({}) == 1


def test_pruning_says_what_goes(store: Store, tmp_path: Path) -> None:
    """`prune` says what would go and changes nothing with --dry-run; without, old visits are in the archive and no
    more in the database, and what is asked of the time before is refused, or said to be incomplete."""
    run = start_run(store, spider="related").id
    for minute in range(4):
        apply_visits(store.db, [visit_document(visit("a", minute, ["b"], version=str(minute)), run)])
    archive = tmp_path / "visits.jsonl.gz"
    prune = ("prune", "--before", at(2).isoformat())
    assert "1 visits to 1 stories would go" in on(store, *prune, "--dry-run").stdout
    assert store.db["visits"].count_documents({}) == 4
    assert "1 visits to 1 stories were removed" in on(store, *prune, "--archive", str(archive)).stdout
    assert (store.db["visits"].count_documents({}), archive.exists()) == (3, True)
    assert "begins at 2026-03-02 00:36:00 UTC" in on(store, "story", address("a"), "--as-of", at(1).isoformat()).stderr
    assert "were removed by `scrapy prune`" in on(store, "changes").stderr
    assert "--before" in on(store, "prune").stderr


def test_what_is_still_to_come_cannot_be_pruned(store: Store) -> None:
    """A time in the future means now: the crawls that follow are not in the past that was removed."""
    apply_visits(store.db, [visit_document(visit("a", minute, version=str(minute)), "ended") for minute in range(2)])
    assert "stories were removed" in on(store, "prune", "--before", "2999-01-01").stdout
    begins = history_begins(store.db)
    assert begins is not None
    assert begins <= datetime.now(UTC)
