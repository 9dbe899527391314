"""The spool: what is on disk is written once, to the database it is meant for, whatever happened meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.store.write.spool import Spool, flush_spool, spool_folder
from tests.store.test_writer import some_visits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kolcrawl.store.server.client import Store


@pytest.fixture
def lonely(store: Store, tmp_path: Path) -> Iterator[Store]:
    """The store with a spool folder of its own."""
    shared, store.data_dir = store.data_dir, tmp_path
    yield store
    store.data_dir = shared


def test_partly_written_before(lonely: Store) -> None:
    """A flush that was killed in the middle is done again: each visit is there once."""
    crawl = start_run(lonely, spider="x").id
    visits = [visit_document(item, crawl) for item in some_visits(20)]
    spool = Spool(lonely, crawl)
    spool.add(visits[:12])
    spool.add(visits[12:])
    spool.close()
    apply_visits(lonely.db, [visit_document(item, crawl) for item in some_visits(20)[:7]])
    flushed = flush_spool(lonely)
    assert (flushed.written, flushed.repeated, flushed.files) == (13, 7, 1)
    assert lonely.db["visits"].count_documents({}) == 20
    assert list(check_store(lonely.db)) == []
    assert list(spool_folder(lonely).iterdir()) == []


def test_a_line_cut_short(lonely: Store) -> None:
    """A crash in the middle of a line costs that line, which was never acknowledged, and no other; what is added after
    a restart is read."""
    crawl = start_run(lonely, spider="x").id
    visits = [visit_document(item, crawl) for item in some_visits(5)]
    spool = Spool(lonely, crawl)
    spool.add(visits[:3])
    spool.close()
    spool.path.write_text(spool.path.read_text()[:-40])
    spool = Spool(lonely, crawl)
    spool.add(visits[3:])
    spool.close()
    assert flush_spool(lonely).written == 4


def test_meant_for_another_database(lonely: Store, data_dir: Path) -> None:
    """A file for another database is left alone until that database is opened."""
    crawl = start_run(lonely, spider="x").id
    spool = Spool(lonely, crawl)
    spool.add([visit_document(item, crawl) for item in some_visits(2)])
    spool.close()
    other = open_store(None, lonely.db.name + "_other", data_dir)
    other.data_dir = lonely.data_dir
    assert flush_spool(other).for_others == 1
    assert other.db["visits"].count_documents({}) == 0
    other.client.drop_database(other.db.name)
    other.close()
    assert flush_spool(lonely).written == 2


def test_in_use(lonely: Store) -> None:
    """A file that a crawl is still adding to is left to it."""
    spool = Spool(lonely, "20260302-003400-abcdef")
    spool.add([visit_document(some_visits(1)[0], "20260302-003400-abcdef")])
    assert flush_spool(lonely).busy == 1
    spool.close()
    assert flush_spool(lonely).files == 1


def test_no_secrets(lonely: Store) -> None:
    """The file says which server it is for without the credentials of its URI."""
    lonely.embedded, lonely.uri_shown = False, "mongodb://***@db.example/"
    spool = Spool(lonely, "20260302-003400-abcdef")
    spool.add([])
    spool.close()
    assert spool.path.read_text() == (
        f'{{"spool": 1, "server": "mongodb://***@db.example/", "database": "{lonely.db.name}"}}\n'
    )
    lonely.embedded = True
