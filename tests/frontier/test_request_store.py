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

from kolcrawl.frontier.request_store import DiskStore, JobDirError, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def spider(name: str = "a") -> Spider:
    return Spider(name)


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_both_speak_the_same(kind: str, tmp_path: Path) -> None:
    """The scheduler cannot tell the stores apart."""
    store = MemoryStore() if kind == "memory" else DiskStore(tmp_path, spider())
    assert store.see(b"1")
    assert not store.see(b"1")
    store.forget(b"1")
    assert store.see(b"1")
    first = store.put(Request("http://a.example/1"), "a.example")
    second = store.put(Request("http://a.example/2"), "a.example")
    assert first < second
    request, tries = store.take(first)
    assert (request.url, tries) == ("http://a.example/1", 0)
    store.done(first)
    assert store.get("left") is None
    store.note("left", {"a": [1, 2]})
    assert store.get("left") == {"a": [1, 2]}
    store.commit()
    store.close()
    store.close()


def test_more_than_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a JOBDIR, requests beyond the bound are put aside, and come back whole; what cannot be, stays."""
    monkeypatch.setattr("kolcrawl.frontier.request_store.IN_MEMORY", 2)
    store = MemoryStore(spider())
    given = [
        Request(f"http://a.example/{n}", priority=n, meta={"story": str(n)}, cb_kwargs={"depth": n}) for n in range(5)
    ]
    given.append(Request("http://a.example/5", meta={"story": spider()}))
    numbers = [store.put(request, "a.example") for request in given]
    assert numbers == sorted(set(numbers))
    taken = [store.take(number)[0] for number in reversed(numbers)][::-1]
    assert taken[0] is given[0]
    assert taken[2] is not given[2]
    assert taken[5] is given[5]
    assert [r.to_dict() for r in taken[:5]] == [r.to_dict() for r in given[:5]]
    with pytest.raises(KeyError):
        store.take(99)
    store.close()


def test_taken_up(tmp_path: Path) -> None:
    """A request is owed until it is done, and each attempt is counted."""
    store = DiskStore(tmp_path, spider())
    assert not store.resumed
    numbers = [store.put(Request(f"http://a.example/{n}", priority=n), "a.example") for n in range(3)]
    store.see(b"x")
    store.take(numbers[0])
    store.take(numbers[1])
    store.done(numbers[1])
    store.close()
    again = DiskStore(tmp_path, spider())
    assert again.resumed
    assert list(again.waiting()) == [("a.example", 0, numbers[0]), ("a.example", 2, numbers[2])]
    assert again.asked() == 1
    assert not again.see(b"x")
    assert again.take(numbers[0])[1] == 1
    assert again.put(Request("http://a.example/3"), "a.example") > numbers[2]  # ids are never given twice
    again.close()


def test_atomic(tmp_path: Path) -> None:
    """A process that dies before the commit leaves neither the request nor the mark that it was seen."""
    code = """
        import os, sys
        from pathlib import Path
        from scrapy import Request, Spider
        from kolcrawl.frontier.request_store import DiskStore
        store = DiskStore(Path(sys.argv[1]), Spider("a"))
        store.see(b"1"); store.put(Request("http://a.example/1"), "a.example"); store.commit()
        store.see(b"2"); store.put(Request("http://a.example/2"), "a.example")
        os.kill(os.getpid(), 9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], cwd=ROOT, check=False)
    store = DiskStore(tmp_path, spider())
    assert len(list(store.waiting())) == store.asked() == 1
    assert not store.see(b"1")
    assert store.see(b"2")
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


HARMS = {
    "random bytes": random_bytes,
    "cut": cut,
    "torn": torn,
    "another spider": change("UPDATE about SET value = 'b' WHERE name = 'spider'"),
    "another version": change("UPDATE about SET value = '0' WHERE name = 'format'"),
    "another database": another_database,
    "another scheduler": another_scheduler,
    "a file": a_file,
}


@pytest.mark.parametrize("harm", HARMS)
def test_refused(harm: str, tmp_path: Path) -> None:
    """A JOBDIR that is damaged or not ours is refused in one line that names it, and is left as it is."""
    job = tmp_path / "job"
    store = DiskStore(job, spider())
    for n in range(300):
        store.put(Request(f"http://a.example/{n}"), "a.example")
    store.close()
    HARMS[harm](job / "frontier.db")
    with pytest.raises(JobDirError) as caught:
        DiskStore(job, spider())
    assert caught.value.reason == "jobdir_unusable"
    assert str(job) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert job.exists()


def test_one_at_a_time(tmp_path: Path) -> None:
    """A JOBDIR that is in use is refused, and free again when its crawl has ended."""
    store = DiskStore(tmp_path, spider())
    with pytest.raises(JobDirError, match="in use by another crawl") as caught:
        DiskStore(tmp_path, spider())
    assert caught.value.reason == "jobdir_in_use"
    store.close()
    DiskStore(tmp_path, spider()).close()
