"""The file that opens without a server: its policy, and data that cannot break out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from kolcrawl.view import offline_page
from kolcrawl.view.library import Library
from tests.view.conftest import DATABASE, HOSTILE_TITLES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.network import Network
    from tests.view.conftest import Known

pytestmark = pytest.mark.xdist_group("view")


@pytest.fixture(scope="module")
def page(data_dir: Path, known: tuple[Known, list[str]], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file that `scrapy network --html` writes."""
    file = tmp_path_factory.mktemp("offline") / "network.html"
    command = [sys.executable, "-m", "scrapy", "network", "--html", str(file)]
    command += ["-s", f"MONGO_DATABASE={DATABASE}", "-s", f"KOLCRAWL_DATA_DIR={data_dir}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{known[0].stories} stories written" in done.stdout
    return file.read_text(encoding="utf-8")


def test_the_policy_names_the_only_script_and_style(page: str) -> None:
    """The hashes are those of the script and the style in the file, so no other can run; nothing is fetched."""
    policy = re.search(r'content="(default-src [^"]*)"', page)
    assert policy
    assert "connect-src" not in policy[1], "falls back to default-src 'none'"
    for element, directive in (("script", "script-src"), ("style", "style-src")):
        contents = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert len(contents) == 1
        digest = base64.b64encode(hashlib.sha256(contents[0].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy[1]


def test_data_cannot_leave_its_element(page: str, known: tuple[Known, list[str]]) -> None:
    """Hostile titles are data: the element that holds them ends where it should, and they are in it whole."""
    data = re.search(r'<script type="application/json" id="network">(.*?)</script>', page, re.DOTALL)
    assert data
    assert "<" not in data[1]
    columns = json.loads(data[1])["network"]["columns"]
    assert len(columns["key"]) == known[0].stories
    assert set(HOSTILE_TITLES) <= set(columns["title"])


def test_the_file_holds_versions_headings_and_ways(page: str, viewed: Network) -> None:
    """Earlier versions, the headings of links, and where a story was found are those of the database."""
    found = re.search(r'<script type="application/json" id="network">(.*?)</script>', page, re.DOTALL)
    assert found
    data = json.loads(found[1])
    keys = data["network"]["columns"]["key"]
    stored = list(viewed.db.revisions.find())
    assert {key: one["text"] for key, (one,) in data["revisions"].items()} == {
        one["story"]: one["text"] for one in stored
    }
    assert data["revisions_left_out"] == data["texts_left_out"] == 0
    links, columns = data["links"], data["links"]["columns"]
    place = next(n for n, heading in enumerate(links["heading"]) if links["headings"][heading] == "猜你喜欢")
    ends = {"from": keys[columns["source"][place]], "to": keys[columns["target"][place]]}
    assert viewed.db.links.find_one(ends | {"heading": "猜你喜欢"})
    story = viewed.db.stories.find_one({"discovered.from": {"$ne": None}})
    assert story is not None
    assert data["details"][story["_id"]]["found"] == [keys.index(story["discovered"]["from"]), "related"]


def test_what_does_not_fit_is_left_out_and_counted(viewed: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound, texts and versions of the stories seen last are missing, and the file says how many."""
    monkeypatch.setattr(offline_page, "MAX_OFFLINE_TEXT_CHARS", 10_000)
    monkeypatch.setattr(offline_page, "MAX_OFFLINE_REVISION_CHARS", 1_000)
    data = offline_page._offline_data(Library(viewed).open(""))
    assert sum(map(len, data["texts"].values())) <= 10_000
    texts = viewed.db.stories.count_documents({"text": {"$ne": None}})
    assert len(data["texts"]) + data["texts_left_out"] == texts
    assert 0 < data["revisions_left_out"] == viewed.db.revisions.count_documents({}) - len(data["revisions"])


def test_nothing_is_fetched_from_elsewhere(page: str) -> None:
    """Outside its data the file names no address of another host to load from."""
    frame = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", frame)


def test_a_file_that_cannot_be_written_is_one_line(data_dir: Path, known: object, tmp_path: Path) -> None:
    """A folder that is a file is said in one line with the exit code 1."""
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "scrapy", "network", "--html", str(tmp_path / "file" / "network.html")]
    command += ["-s", f"MONGO_DATABASE={DATABASE}", "-s", f"KOLCRAWL_DATA_DIR={data_dir}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
