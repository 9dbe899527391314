"""The spool: what is on disk is written once, to the database it is meant for, whatever happened meanwhile."""

from __future__ import annotations

import json
import resource
import signal
from typing import TYPE_CHECKING

import pytest

from kolcrawl.errors import StoreError
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.store.write.spool import Spool, flush_spool, spool_folder
from tests.store.test_writer import some_visits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


def line_of(content: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    """The content of a file with one line changed."""
    lines = content.split(b"\n")
    lines[number] = change(lines[number])
    return b"\n".join(lines)


def as_before(content: bytes) -> bytes:
    """The content as a version without checksums and ids wrote it."""
    header, *lines = (line[9:] for line in content.split(b"\n"))
    former = {"spool": 1, "server": "embedded", "database": json.loads(header)["database"]}
    return b"\n".join([json.dumps(former).encode(), *lines])


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], int, int]] = {
    "none": (lambda all_: all_, 6, 0),
    "last line cut": (lambda all_: all_[:-200], 5, 0),
    "a byte flipped": (lambda all_: line_of(all_, 3, lambda line: line[:90] + b"\xff" + line[91:]), 5, 1),
    "a letter changed": (lambda all_: line_of(all_, 3, lambda line: line.replace(b"example", b"examplf", 1)), 5, 1),
    "half a line": (lambda all_: line_of(all_, 3, lambda line: line[: len(line) // 2]), 5, 1),
    "two halves": (lambda all_: line_of(all_, 3, lambda line: line.replace(b",", b",\n", 1)), 5, 2),
    "a number": (lambda all_: line_of(all_, 3, lambda _: b"5"), 5, 1),
    "another document": (lambda all_: line_of(all_, 3, lambda _: b'{"_id": "abc"}'), 5, 1),
    "wrong types": (lambda all_: line_of(all_, 3, lambda _: b'{"_id": "a", "at": 5, "links": 7, "url": []}'), 5, 1),
    "a bad date": (lambda all_: line_of(as_before(all_), 3, lambda x: x.replace(b'Long": "', b'Long": "x', 1)), 5, 1),
    "a bad type": (lambda all_: line_of(as_before(all_), 3, lambda x: x.replace(b'"$date"', b'"$dbte"', 1)), 5, 1),
    "no targets": (lambda all_: line_of(as_before(all_), 3, lambda x: x.replace(b'"targets"', b'"tragets"')), 5, 1),
    "header damaged": (lambda all_: line_of(all_, 0, lambda line: b"\xff" + line[1:]), 6, 1),
    "header lost": (lambda all_: all_.partition(b"\n")[2], 6, 0),
    "an older version's": (as_before, 6, 0),
    "noise": (lambda all_: all_ + bytes(range(256)) + b"\n", 6, 2),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage(lonely: Store, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    """A file of six visits is damaged: what can be read is written; any other line that was acknowledged is
    named in the log and kept, byte for byte, in a file of its own; the next flush has nothing to do."""
    harm, written, damaged = DAMAGE[damage]
    crawl = start_run(lonely, spider="x").id
    spool = Spool(lonely, crawl)
    spool.add([visit_document(item, crawl) for item in some_visits(6)])
    spool.close()
    whole = spool.path.read_bytes()
    spool.path.write_bytes(harm(whole))
    flushed = flush_spool(lonely)
    assert (flushed.written, flushed.damaged) == (written, damaged)
    assert lonely.db["visits"].count_documents({}) == written
    assert list(check_store(lonely.db)) == []
    kept = b"".join(path.read_bytes() for path in spool_folder(lonely).iterdir())
    assert kept.count(b"\n") == damaged
    assert set(kept.splitlines(keepends=True)) <= set(harm(whole).splitlines(keepends=True))
    if damaged:
        assert f"{spool.path}: {damaged} lines cannot be read" in caplog.text
    assert flush_spool(lonely).files == 0
    assert b"".join(path.read_bytes() for path in spool_folder(lonely).iterdir()) == kept


def test_a_lost_header_sends_nothing_elsewhere(lonely: Store, data_dir: Path) -> None:
    """A file that has lost its header is written to the database it is meant for, and to no other."""
    crawl = start_run(lonely, spider="x").id
    spool = Spool(lonely, crawl)
    spool.add([visit_document(item, crawl) for item in some_visits(2)])
    spool.close()
    spool.path.write_bytes(spool.path.read_bytes().partition(b"\n")[2])
    other = open_store(None, lonely.db.name + "_other", data_dir)
    other.data_dir = lonely.data_dir
    assert flush_spool(other).for_others == 1
    assert other.db["visits"].count_documents({}) == 0
    other.client.drop_database(other.db.name)
    other.close()
    assert flush_spool(lonely).written == 2


def test_a_full_disk_spoils_no_later_line(lonely: Store) -> None:
    """An append that the disk takes in part only is taken back: what is added later is read."""
    crawl = start_run(lonely, spider="x").id
    visits = [visit_document(item, crawl) for item in some_visits(3)]
    spool = Spool(lonely, crawl)
    spool.add(visits[:1])
    size = spool.path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
        with pytest.raises(OSError, match="File too large"):
            spool.add(visits[1:2])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, former)
    assert spool.path.stat().st_size == size
    spool.add(visits[2:])
    spool.close()
    flushed = flush_spool(lonely)
    assert (flushed.written, flushed.damaged) == (2, 0)


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
    assert spool.path.read_text()[9:] == (
        f'{{"spool": 3, "id": "{lonely.id}", "database": "{lonely.db.name}", "server": "mongodb://***@db.example/",'
        f' "collection": "{lonely.collection}"}}\n'
    )
    lonely.embedded = True


def spooled(store: Store, count: int) -> Spool:
    """A file with some visits that is not flushed."""
    spool = Spool(store, start_run(store, spider="x").id)
    spool.add([visit_document(item, spool.path.stem) for item in some_visits(count)])
    spool.close()
    return spool


def test_another_address_of_the_same_database(lonely: Store) -> None:
    """A file follows its database to another host name, and goes to no other database there."""
    spooled(lonely, 2)
    lonely.embedded, lonely.uri_shown = False, "mongodb://db.example/?replicaSet=rs"
    itself, lonely.id = lonely.id, "0" * 32
    assert flush_spool(lonely).for_others == 1
    lonely.id = itself
    assert flush_spool(lonely).written == 2
    lonely.embedded = True


def test_a_restored_copy_does_not_take_what_belongs_to_the_original(
    lonely: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """At another server, with collections that were made there, a file of the same id waits, and a start says so; it
    goes there when a person says so, and to the original as ever."""
    spooled(lonely, 2)
    original = lonely.collection
    assert original is not None
    lonely.embedded, lonely.uri_shown, lonely.collection = False, "mongodb://copy.example/", "0" * 32
    start_run(lonely, spider="x")
    assert "kept for the database at embedded" in caplog.text
    flushed = flush_spool(lonely)
    assert (flushed.held, flushed.written, flushed.held_for) == (1, 0, "embedded")
    assert lonely.db["visits"].count_documents({}) == 0
    lonely.embedded, lonely.collection = True, None
    assert flush_spool(lonely).written == 2
    spooled(lonely, 2)
    lonely.embedded = False
    assert flush_spool(lonely, held=True).files == 1
    lonely.embedded, lonely.collection = True, original


def test_a_file_in_the_place_of_the_folder(lonely: Store) -> None:
    """A start says what is in the way, and what to do, before anything has to be kept."""
    spool_folder(lonely).write_text("")
    with pytest.raises(StoreError, match=r"spool is a file.*move it away"):
        start_run(lonely, spider="x")


def test_a_file_of_an_earlier_version(lonely: Store) -> None:
    """A file of an earlier version, which names the server's address, goes to the database at that address alone."""
    itself, lonely.id = lonely.id, None
    spooled(lonely, 2)
    lonely.id = itself
    lonely.embedded, lonely.uri_shown = False, "mongodb://db.example/"
    assert flush_spool(lonely).for_others == 1
    lonely.embedded = True
    assert flush_spool(lonely).written == 2


def test_the_id_of_a_database_stays(lonely: Store, data_dir: Path) -> None:
    """Whoever opens a database finds the same id, another database has another one, and a reader gives it none."""
    again = open_store(None, lonely.db.name, data_dir)
    other = open_store(None, lonely.db.name + "_other", data_dir)
    reader = open_store(None, lonely.db.name + "_third", data_dir, prepare=False)
    assert again.id == lonely.id
    assert other.id not in (None, lonely.id)
    assert (reader.id, reader.db["meta"].find_one({})) == (None, None)
    other.client.drop_database(other.db.name)
    for one in (again, other, reader):
        one.close()
