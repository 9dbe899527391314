"""`scrapy forget --all`: a whole database goes with what the data folder holds of it, and nothing else goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kolcrawl.notify.options import OUTBOX_FOLDER
from kolcrawl.notify.outbox import remove_stored, store_notification
from kolcrawl.store.maintain.forget_database import forget_database, look_at_database
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import Run, start_run
from kolcrawl.store.write.spool import Spool
from tests.crawling import scrapy
from tests.notify.receivers import NOTIFICATION
from tests.store.visiting import visit

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.store.server.client import Store


def filled(data_dir: Path, database: str) -> tuple[Store, Run, list[Path]]:
    """A database with a run that goes on, a visit, two spool files, and a notification that waits."""
    store = open_store(None, database, data_dir)
    run = start_run(store, spider="related")
    apply_visits(store.db, [visit_document(visit("a", 0), run.id)])
    files = []
    for suffix in ("", ".refused"):
        spool = Spool(store, run.id, suffix=suffix)
        spool.add([visit_document(visit("b", 1), run.id)])
        spool.close()
        files.append(spool.path)
    damaged = files[0].with_name(f"{run.id}.0123abcd.damaged.jsonl")
    damaged.write_bytes(b"{half a line\n")
    told = replace(NOTIFICATION, crawl=run.id, database=database)
    waiting = store_notification(data_dir / OUTBOX_FOLDER, "webhook", told)
    return store, run, [*files, damaged, waiting]


def end(run: Run) -> None:
    """Note that a run is over."""
    run.store.db["crawls"].update_one({"_id": run.id}, {"$set": {"finished_at": datetime.now(UTC)}})


def test_one_database_of_two(data_dir: Path) -> None:
    """Its collections, spool files and waiting notifications are gone; those of another database stay."""
    over, run, files = filled(data_dir, "over")
    kept, other, others = filled(data_dir, "kept")
    end(run)
    whole = look_at_database(over)
    assert (whole.stories, whole.visits, whole.crawls, whole.running) == (1, 1, {run.id}, ())
    assert sorted(whole.files) == sorted(files[:3])
    forget_database(over, whole)
    remove_stored(data_dir / OUTBOX_FOLDER, "over", whole.crawls)
    assert [path for path in files if path.exists()] == []
    assert "over" not in over.client.list_database_names()
    assert kept.db["visits"].count_documents({}) == 1
    assert all(path.exists() for path in others)
    assert look_at_database(kept).running == (other.id,)
    anew = open_store(None, "over", data_dir)
    assert look_at_database(anew).is_empty
    for path in others:
        path.unlink()
    for store in (over, kept, anew):
        store.close()


def test_the_command_asks_and_waits_for_crawls(data_dir: Path) -> None:
    """Nothing goes while a crawl writes, nor without a yes; with one all goes, and a second time there is nothing."""
    store, run, files = filled(data_dir, "asked")
    words = ("forget", "--all", "-s", "MONGO_DATABASE=asked")
    busy = scrapy(*words, "--yes", data_dir=data_dir)
    assert busy.returncode == 1
    assert f"a crawl is writing to the database 'asked': stop it first ({run.id})" in busy.stderr
    end(run)
    asked = scrapy(*words, data_dir=data_dir)
    assert asked.returncode == 1
    assert "the whole database 'asked' at mongodb://127.0.0.1:" in asked.stdout
    assert " goes: 1 story, 1 visit, 1 crawl\n" in asked.stdout
    assert all(str(path) in asked.stdout for path in files[:3])
    assert all(path.exists() for path in files)
    done = scrapy(*words, "--yes", data_dir=data_dir)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "removed")
    assert not any(path.exists() for path in files)
    again = scrapy(*words, "--yes", data_dir=data_dir)
    assert (again.returncode, again.stdout) == (1, "")
    assert "the database 'asked' holds nothing" in again.stderr
    store.close()
