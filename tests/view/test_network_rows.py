"""What is kept on disk between two starts: the same network comes of it as of the database itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kolcrawl.network import open_network
from kolcrawl.store.server.client import open_store
from kolcrawl.view import network_rows
from kolcrawl.view.library import Library
from kolcrawl.view.snapshot import link_columns, story_columns
from tests.view.generated_network import generate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kolcrawl.network import Network
    from kolcrawl.view.library import OpenNetwork

DATABASE = "kept"
STORIES, LINKS = 60, 200


@pytest.fixture
def network(data_dir: Path) -> Iterator[Network]:
    """A small generated network that a test may change."""
    store = open_store(None, DATABASE, data_dir)
    store.client.drop_database(DATABASE)
    store.close()
    store = open_store(None, DATABASE, data_dir)
    generate(store.db, STORIES, LINKS)
    with open_network(None, DATABASE, data_dir) as network:
        yield network
    store.client.drop_database(DATABASE)
    store.close()


def opened(network: Network, cache: Path | None) -> OpenNetwork:
    """Open a network as a new process would, links and map with it."""
    found = Library(network, cache).open("")
    found.map("stories")
    return found


def columns(found: OpenNetwork) -> dict[str, Any]:
    """Return all columns as lists."""
    links, stories, layout = found.links(), found.stories, found.map("stories").layout
    return {
        "keys": stories.keys,
        "titles": stories.titles,
        "status": stories.status.tolist(),
        "published": stories.published.tolist(),
        "copy_of": stories.copy_of.tolist(),
        "links": list(zip(links.source.tolist(), links.target.tolist(), links.kind.tolist(), strict=True)),
        "relevance": links.relevance.tolist(),
        "x": layout.x.tolist(),
        "names": found.map("stories").names,
    }


def test_kept_rows_are_the_database(network: Network, tmp_path: Path) -> None:
    """Read whole, kept, and read back: three times the same network."""
    whole = columns(opened(network, None))
    assert columns(opened(network, tmp_path)) == whole
    assert len(list(tmp_path.glob("*.npz"))) == 2
    assert columns(opened(network, tmp_path)) == whole


def test_only_what_was_written_since_is_read(network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A retitled story, a merged one, a changed and a new link come in; the rest is not asked for again."""
    opened(network, tmp_path)
    now = datetime.now(UTC)
    keys = [doc["_id"] for doc in network.db.stories.find({}, {"_id": 1}).sort("_id", 1)]
    network.db.stories.update_one({"_id": keys[0]}, {"$set": {"title": "改过的标题", "updated_at": now}})
    network.db.stories.update_one(
        {"_id": keys[1]}, {"$set": {"status": "merged", "merged_into": keys[0], "updated_at": now}}
    )
    link = network.db.links.find_one({"from": {"$nin": keys[:2]}, "to": {"$nin": keys[:2]}})
    assert link is not None
    network.db.links.update_one({"_id": link["_id"]}, {"$set": {"relevance": 0.125, "updated_at": now}})
    network.db.links.insert_one(link | {"_id": "new", "kind": "latest", "updated_at": now})
    # the merge took a link away, and gave another one to the canonical story
    network.db.links.delete_many({"$or": [{"from": keys[1]}, {"to": keys[1]}]})
    network.db.links.insert_one(link | {"_id": "moved", "to": keys[0], "kind": "random", "updated_at": now})
    asked: list[int] = []
    scan = network_rows.scan_links

    def counted(*args: Any, **options: Any) -> Iterator[dict[str, Any]]:
        rows = list(scan(*args, **options))
        asked.append(len(rows))
        return iter(rows)

    monkeypatch.setattr(network_rows, "scan_links", counted)
    found = opened(network, tmp_path)
    assert asked[0] < LINKS
    monkeypatch.undo()
    assert columns(found) == columns(opened(network, None))
    assert keys[1] not in found.stories.keys
    assert "改过的标题" in found.stories.titles


def test_another_database_of_the_name_is_read_whole(network: Network, tmp_path: Path) -> None:
    """Rows of a database that was dropped do not come back."""
    opened(network, tmp_path)
    network.db.crawls.delete_many({})
    network.db.stories.delete_many({})
    network.db.links.delete_many({})
    assert len(opened(network, tmp_path).stories) == 0


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"{}"])
def test_damaged_files_are_written_anew(network: Network, tmp_path: Path, content: bytes) -> None:
    """A torn file costs a whole reading, nothing else."""
    whole = columns(opened(network, tmp_path))
    for file in tmp_path.glob("*.npz"):
        file.write_bytes(content)
    assert columns(opened(network, tmp_path)) == whole
    assert all(file.stat().st_size > 100 for file in tmp_path.glob("*.npz"))


def test_a_page_is_told_what_was_written(network: Network) -> None:
    """After a write, the library counts it, and gives it when asked for fresh rows alone."""
    library = Library(network)
    first = library.open("")
    first.links()
    assert library.written_since("") == (0, 0)
    key = first.stories.keys[0]
    network.db.stories.update_one({"_id": key}, {"$set": {"title": "新标题", "updated_at": datetime.now(UTC)}})
    assert library.written_since("") == (1, 0)
    assert library.open("").stories.titles[0] != "新标题"
    assert library.open("", fresh=True).stories.titles[0] == "新标题"
    assert library.written_since("") == (0, 0)


def test_a_bounded_view_says_how_much_there_is(network: Network) -> None:
    """The stories seen first and the most relevant links are taken; the totals are those of the database."""
    rows = network_rows.read_story_rows(network)
    network_rows.read_link_rows(network, rows)
    stories = story_columns(rows, network, limit=20)
    assert (len(stories), stories.total) == (20, STORIES)
    assert stories.seen.max() <= min(row["seen"] for key, row in rows.stories.items() if key not in stories.place)
    whole = story_columns(rows, network)
    links = link_columns(rows, whole, limit=50)
    assert (len(links), links.total) == (50, LINKS)
    assert links.relevance.min() >= np.sort(rows.links[:, 3])[::-1][49]
