"""What was removed from a database is not shown again: not by a running page, not in files, not from what is kept."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kolcrawl.network import open_network
from kolcrawl.store.removals import copy_token, note_removal
from kolcrawl.store.server.client import open_store
from kolcrawl.view import network_rows
from kolcrawl.view.library import Library
from tests.view.conftest import ROOT, address_of, end_view, start_view
from tests.view.generated_network import generate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from kolcrawl.store.server.client import Store

DATABASE = "removals"
TITLE, ADDRESS = "要删除的标题", "https://removed.example/1.html"


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """A generated database with one story whose title and address no other has."""
    store = open_store(None, DATABASE, data_dir)
    store.client.drop_database(DATABASE)
    store.close()
    store = open_store(None, DATABASE, data_dir)
    generate(store.db, 30, 60)
    key = store.db.stories.find_one({"status": "fetched"})["_id"]  # type: ignore[index]
    store.db.stories.update_one({"_id": key}, {"$set": {"title": TITLE, "url": ADDRESS}})
    store.db.links.delete_many({"$or": [{"from": key}, {"to": key}]})
    yield store
    store.client.drop_database(DATABASE)
    store.close()


def command(data_dir: Path, *words: str) -> None:
    """Run a command that must succeed."""
    settings = ["-s", f"MONGO_DATABASE={DATABASE}", "-s", f"KOLCRAWL_DATA_DIR={data_dir}"]
    line = [sys.executable, "-m", "scrapy", *words, *settings]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def holding(folder: Path) -> list[str]:
    """Name the files that hold the title or the address; a kept table is not compressed."""
    words = (TITLE.encode(), ADDRESS.encode())
    return [file.name for file in folder.iterdir() if any(word in file.read_bytes() for word in words)]


def rows_kept(data_dir: Path, store: Store) -> Path:
    """Have a process keep the rows; return their file."""
    with open_network(None, DATABASE, data_dir) as network:
        Library(network, data_dir / "view").open("").links()
        return network_rows.rows_file(data_dir / "view", store.db, network_rows.CACHE_FORMAT)


def test_a_forgotten_story_is_shown_nowhere(store: Store, data_dir: Path, tmp_path: Path) -> None:
    """`scrapy forget` removes it from the running page, from a file written afterwards, and from the kept rows."""
    story = store.db.stories.find_one({"title": TITLE})
    assert story is not None
    process = start_view(data_dir, DATABASE)
    try:
        address = address_of(process)

        def ask(path: str, **given: Any) -> httpx.Response:
            return httpx.get(address + "api/" + path, params=given, timeout=60)

        before = ask("network").json()
        assert TITLE in before["columns"]["title"]
        ask("links")
        old_form = data_dir / "view" / "0123456789abcdef0123456789abcdef.npz"
        old_form.write_bytes(TITLE.encode())
        assert len(holding(data_dir / "view")) == 2
        assert ask("state", read_at=before["read_at"]).json()["replaced"] is False
        command(data_dir, "forget", story["_id"], "--yes")
        assert holding(data_dir / "view") == []
        assert ask("state", read_at=before["read_at"]).json()["replaced"] is True
        for path in ("stories.csv", "network", "stories?limit=1000", "network.html"):
            shown = ask(path)
            assert shown.status_code == 200
            assert TITLE not in shown.text
            assert ADDRESS not in shown.text
        after = ask("network").json()
        assert ask("state", read_at=before["read_at"]).json()["replaced"] is True, "places are not those of before"
        assert ask("state", read_at=after["read_at"]).json()["replaced"] is False
    finally:
        end_view(process)
    command(data_dir, "network", "--html", str(tmp_path / "network.html"))
    assert holding(tmp_path) == holding(data_dir / "view") == []


def test_an_open_page_takes_it_up(store: Store, data_dir: Path, browser: Browser) -> None:
    """A page that waits for news shows a forgotten story no more after 20 seconds, without a click."""
    story = store.db.stories.find_one({"title": TITLE})
    assert story is not None
    process = start_view(data_dir, DATABASE)
    try:
        page = browser.new_context(locale="en-GB").new_page()
        page.clock.install()
        page.goto(address_of(process))
        page.locator("#list").get_by_text("30 of 30").wait_for()
        command(data_dir, "forget", story["_id"], "--yes")
        page.clock.run_for(21_000)
        page.locator("#list").get_by_text("29 of 29").wait_for()
        assert TITLE not in page.content()
        page.context.close()
    finally:
        end_view(process)


def test_rows_of_before_a_removal_are_not_read(store: Store, data_dir: Path) -> None:
    """A file that the removal could not reach, as it was on another machine, is neither shown nor left."""
    file = rows_kept(data_dir, store)
    kept = file.read_bytes()
    store.db.stories.delete_one({"title": TITLE})
    note_removal(store.db)
    file.write_bytes(kept)
    with open_network(None, DATABASE, data_dir) as network:
        opened = Library(network).open("")
        assert TITLE not in opened.stories.titles
        rows = network_rows.read_story_rows(network, data_dir / "view")
    assert TITLE not in {row["title"] for row in rows.stories.values()}
    assert not file.exists()


def test_rows_are_not_kept_when_something_was_removed_meanwhile(store: Store, data_dir: Path) -> None:
    """A page that is reading links while a story is forgotten does not write the story to the disk afterwards."""
    rows_kept(data_dir, store).unlink()
    with open_network(None, DATABASE, data_dir) as network:
        rows = network_rows.read_story_rows(network, data_dir / "view")
        note_removal(store.db)
        network_rows.read_link_rows(network, rows, data_dir / "view")
    assert TITLE in {row["title"] for row in rows.stories.values()}
    assert holding(data_dir / "view") == []


def test_a_database_made_anew_has_another_token(store: Store, data_dir: Path) -> None:
    """A database that was dropped and made anew with the same crawls does not show what is kept of the former one."""
    former, crawls = copy_token(store.db), list(store.db.crawls.find())
    store.client.drop_database(DATABASE)
    assert copy_token(store.db) is None
    again = open_store(None, DATABASE, data_dir)
    again.db.crawls.insert_many(crawls)
    assert copy_token(again.db) not in (None, former)
    again.close()
