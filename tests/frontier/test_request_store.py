"""What survives in a JOBDIR, and which JOBDIRs are refused."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scrapy import Request, Spider

from kolcrawl.frontier.request_store import (
    DamagedRequestError,
    DiskRequestStore,
    JobDirError,
    MemoryRequestStore,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def spider(name: str = "a") -> Spider:
    return Spider(name)


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_both_speak_the_same(kind: str, tmp_path: Path) -> None:
    """The scheduler cannot tell the stores apart."""
    store = MemoryRequestStore() if kind == "memory" else DiskRequestStore(tmp_path, spider())
    assert store.mark_seen(b"1")
    assert not store.mark_seen(b"1")
    store.unmark_seen(b"1")
    assert store.mark_seen(b"1")
    first = store.add(Request("http://a.example/1"), "a.example")
    second = store.add(Request("http://a.example/2"), "a.example")
    assert first < second
    request, tries = store.lease(first)
    assert (request.url, tries) == ("http://a.example/1", 0)
    store.ack(first)
    assert store.get_note("left") is None
    store.set_note("left", {"a": [1, 2]})
    assert store.get_note("left") == {"a": [1, 2]}
    store.commit()
    store.close()
    store.close()


def test_more_than_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a JOBDIR, requests beyond the bound are put aside, and come back whole; what cannot be, stays."""
    monkeypatch.setattr("kolcrawl.frontier.request_store.MAX_IN_MEMORY", 2)
    store = MemoryRequestStore(spider())
    given = [
        Request(f"http://a.example/{n}", priority=n, meta={"story": str(n)}, cb_kwargs={"depth": n}) for n in range(5)
    ]
    given.append(Request("http://a.example/5", meta={"story": spider()}))
    numbers = [store.add(request, "a.example") for request in given]
    assert numbers == sorted(set(numbers))
    taken = [store.lease(number)[0] for number in reversed(numbers)][::-1]
    assert taken[0] is given[0]
    assert taken[2] is not given[2]
    assert taken[5] is given[5]
    assert [r.to_dict() for r in taken[:5]] == [r.to_dict() for r in given[:5]]
    with pytest.raises(KeyError):
        store.lease(99)
    store.close()


def test_taken_up(tmp_path: Path) -> None:
    """A request is pending until it is acknowledged, and each attempt is counted."""
    store = DiskRequestStore(tmp_path, spider())
    assert not store.resumed
    numbers = [store.add(Request(f"http://a.example/{n}", priority=n), "a.example") for n in range(3)]
    store.mark_seen(b"x")
    store.lease(numbers[0])
    store.lease(numbers[1])
    store.ack(numbers[1])
    store.close()
    again = DiskRequestStore(tmp_path, spider())
    assert again.resumed
    assert list(again.pending()) == [("a.example", 0, numbers[0]), ("a.example", 2, numbers[2])]
    assert again.count_seen() == 1
    assert not again.mark_seen(b"x")
    assert again.lease(numbers[0])[1] == 1
    assert again.add(Request("http://a.example/3"), "a.example") > numbers[2]  # ids are never given twice
    again.close()


def test_atomic(tmp_path: Path) -> None:
    """A process that dies before the commit leaves neither the request nor the mark that it was seen."""
    code = """
        import os, sys
        from pathlib import Path
        from scrapy import Request, Spider
        from kolcrawl.frontier.request_store import DiskRequestStore
        store = DiskRequestStore(Path(sys.argv[1]), Spider("a"))
        store.mark_seen(b"1"); store.add(Request("http://a.example/1"), "a.example"); store.commit()
        store.mark_seen(b"2"); store.add(Request("http://a.example/2"), "a.example")
        os.kill(os.getpid(), 9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], cwd=ROOT, check=False)
    store = DiskRequestStore(tmp_path, spider())
    assert len(list(store.pending())) == store.count_seen() == 1
    assert not store.mark_seen(b"1")
    assert store.mark_seen(b"2")
    store.close()


def random_bytes(path: Path) -> None:
    path.write_bytes(os.urandom(50_000))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def torn(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = os.urandom(4096)
    path.write_bytes(content)


def change(statement: str) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        with sqlite3.connect(path) as db:
            db.execute(statement)
        db.close()

    return harm


def another_database(path: Path) -> None:
    path.unlink()
    change("CREATE TABLE mine (x)")(path)


def another_scheduler(path: Path) -> None:
    (path.parent / "requests.queue").mkdir()


def a_file(path: Path) -> None:
    for inside in path.parent.iterdir():
        inside.unlink()
    path.parent.rmdir()
    path.parent.write_text("x")


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_link_to_nowhere(path: Path) -> None:
    a_file(path)
    path.parent.unlink()
    path.parent.symlink_to(path.parent.parent / "gone" / "job")


HARMS = {
    "random bytes": random_bytes,
    "cut": cut,
    "torn": torn,
    "another spider": change("UPDATE about SET value = 'b' WHERE name = 'spider'"),
    "another version": change("UPDATE about SET value = '0' WHERE name = 'format'"),
    "another database": another_database,
    "a table is missing": change("ALTER TABLE state RENAME TO other"),
    "another scheduler": another_scheduler,
    "a file": a_file,
    "a directory": a_directory,
    "a link to nowhere": a_link_to_nowhere,
}


@pytest.mark.parametrize("harm", HARMS)
def test_refused(harm: str, tmp_path: Path) -> None:
    """A JOBDIR that is damaged or not ours is refused in one line with it and the remedy, and is left as it is."""
    job = tmp_path / "job"
    store = DiskRequestStore(job, spider())
    for n in range(300):
        store.add(Request(f"http://a.example/{n}"), "a.example")
    store.close()
    HARMS[harm](job / "frontier.db")
    with pytest.raises(JobDirError) as caught:
        DiskRequestStore(job, spider())
    assert caught.value.reason == "jobdir_unusable"
    assert str(job) in str(caught.value)
    assert "remove" in str(caught.value) or "name another directory" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert job.is_symlink() or job.exists()


def test_an_empty_file_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file without a byte, as a killed start or a full disk leaves it, is begun anew, and the log says so."""
    DiskRequestStore(tmp_path, spider()).close()
    assert caplog.messages == []
    (tmp_path / "frontier.db").write_bytes(b"")
    store = DiskRequestStore(tmp_path, spider())
    assert not store.resumed
    store.close()
    assert [f"{tmp_path / 'frontier.db'} is empty" in line for line in caplog.messages] == [True]


DAMAGE = {
    "no JSON": "request = 'x'",
    "no request": "request = '[1, 2]'",
    "no callback of the spider": """request = '{"url":"http://a.example/","callback":"__init__"}'""",
    "no URL": """request = '{"url":"x"}'""",
    "no text": "request = x'ff00'",
    "no number of attempts": "tries = 'x'",
    "no host": "host = x'ff00'",
    "no priority": "priority = 'high'",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_row_is_named_and_set_aside(damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One row of three is no request any more: it is named in one line and counted, never handed out, and kept for a
    person to look at; the others are, and the next start has forgotten it."""
    store = DiskRequestStore(tmp_path, spider())
    ids = [store.add(Request(f"http://a.example/{n}"), "a.example") for n in range(3)]
    store.close()
    change(f"UPDATE requests SET {DAMAGE[damage]} WHERE id = {ids[1]}")(tmp_path / "frontier.db")
    again = DiskRequestStore(tmp_path, spider())
    leased, problems = [], []
    for _, _, request_id in again.pending():
        try:
            leased.append(again.lease(request_id)[0].url)
        except DamagedRequestError as error:
            problems.append((request_id, "\n" in str(error)))
    assert problems in ([], [(ids[1], False)])
    assert leased == ["http://a.example/0", "http://a.example/2"]
    assert again.damaged == 1
    assert [f"frontier.db: request {ids[1]} is damaged" in line for line in caplog.messages] == [True]
    again.close()
    last = DiskRequestStore(tmp_path, spider())
    assert [request_id for _, _, request_id in last.pending()] == [ids[0], ids[2]]
    assert last.damaged == 0
    last.close()
    with sqlite3.connect(tmp_path / "frontier.db") as db:
        assert db.execute("SELECT id FROM damaged").fetchall() == [(ids[1],)]
    db.close()


def test_a_damaged_note_is_missing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Notes that are no JSON, or no text, are named and taken as missing; the others are read."""
    store = DiskRequestStore(tmp_path, spider())
    for name in ("taken/a", "taken/b", "taken/c"):
        store.set_note(name, {"pages": 1})
    store.close()
    change("UPDATE state SET value = '{' WHERE name = 'taken/a'")(tmp_path / "frontier.db")
    change("UPDATE state SET value = x'ff' WHERE name = 'taken/b'")(tmp_path / "frontier.db")
    again = DiskRequestStore(tmp_path, spider())
    assert again.get_note("taken/a") is None
    assert list(again.notes_with_prefix("taken/")) == [("c", {"pages": 1})]
    assert again.damaged == 3
    assert all("is damaged" in line for line in caplog.messages)
    again.close()


def test_one_at_a_time(tmp_path: Path) -> None:
    """A JOBDIR that is in use is refused, and free again when its crawl has ended."""
    store = DiskRequestStore(tmp_path, spider())
    with pytest.raises(JobDirError, match="in use by another crawl") as caught:
        DiskRequestStore(tmp_path, spider())
    assert caught.value.reason == "jobdir_in_use"
    store.close()
    DiskRequestStore(tmp_path, spider()).close()
