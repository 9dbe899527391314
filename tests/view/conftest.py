"""A generated network with hostile stories in it, and a real `scrapy network` that serves it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.network import open_network
from kolcrawl.store.server.client import open_store
from tests.missing import skip_without
from tests.view.browsing import FLAGS
from tests.view.generated_network import Known, generate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from kolcrawl.network import Network

ROOT = Path(__file__).parents[2]
DATABASE = "viewed"
STORIES, LINKS = 300, 2000
HOSTILE_TITLES = (
    "<img src=x onerror=window.pwned=1>",
    "</script><script>window.pwned=1</script>",
    "<svg/onload=window.pwned=1>\u202etxt.exe\u2066",
    "javascript:window.pwned=1",
    "\"'><iframe srcdoc='<script>parent.pwned=1</script>'>",
    '=HYPERLINK("https://evil.example","看")',
    "长" * 250,
    "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1} <!--",
)
HOSTILE_URLS = (
    "javascript:window.pwned=1//",
    "data:text/html,<script>window.pwned=1</script>",
    'https://ok.example/"><script>window.pwned=1</script>',
    "vbscript:pwned",
)
TRADITIONAL = "臺灣選舉結果"
"""In the text of one story."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A network and where it is served."""

    address: str
    data_dir: Path
    known: Known
    hostile: list[str]
    """Keys of the stories with hostile titles."""

    def url(self, path: str = "") -> str:
        """Return an address on the server."""
        return self.address + path


@pytest.fixture(scope="session")
def known(data_dir: Path) -> tuple[Known, list[str]]:
    """The generated network in the session's embedded server."""
    store = open_store(None, DATABASE, data_dir)
    known = generate(store.db, STORIES, LINKS)
    hostile = spoil(store.db)
    store.close()
    return known, hostile


def spoil(db: Any) -> list[str]:
    """Give some stories and links hostile words; their number stays."""
    keys = [doc["_id"] for doc in db.stories.find({"status": "fetched"}, {"_id": 1}).sort("_id", 1)]
    hostile = keys[: len(HOSTILE_TITLES)]
    for number, (key, title) in enumerate(zip(hostile, HOSTILE_TITLES, strict=True)):
        words = {"title": title, "text": f"{title}\n{title}", "authors": [title], "tags": [title], "origin": title}
        if number < len(HOSTILE_URLS):
            words["url"] = HOSTILE_URLS[number]
        db.stories.update_one({"_id": key}, {"$set": words})
        db.links.update_many({"from": key}, {"$set": {"heading": title, "anchor": title}})
    db.stories.update_one({"_id": keys[len(hostile)]}, [{"$set": {"text": {"$concat": ["$text", "\n", TRADITIONAL]}}}])
    return hostile


@pytest.fixture(scope="session")
def viewed(data_dir: Path, known: tuple[Known, list[str]]) -> Iterator[Network]:
    """The generated network, opened for reading."""
    with open_network(None, DATABASE, data_dir) as network:
        yield network


@pytest.fixture(scope="session")
def shown(data_dir: Path, known: tuple[Known, list[str]]) -> Iterator[Shown]:
    """A running `scrapy network` on the generated network."""
    process = start_view(data_dir, DATABASE)
    yield Shown(address_of(process), data_dir, *known)
    end_view(process)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium of the system."""
    from playwright.sync_api import sync_playwright

    program = chromium()
    if program is None:
        skip_without("Chromium (apt-get install chromium fonts-noto-cjk), by which the page is tested,")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


def start_view(data_dir: Path, database: str, *options: str) -> subprocess.Popen[str]:
    """Start `scrapy network` on a free port."""
    command = [sys.executable, "-m", "scrapy", "network", "--no-browser", "--port", "0", *options]
    command += ["-s", f"MONGO_DATABASE={database}", "-s", f"KOLCRAWL_DATA_DIR={data_dir}"]
    environment = {name: value for name, value in os.environ.items() if name != "MONGO_URI"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def address_of(process: subprocess.Popen[str]) -> str:
    """Wait for the line that says where the page is; others may come before it."""
    assert process.stdout is not None
    before = ""
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            return found[0]
        before += line
    raise AssertionError(before)


def end_view(process: subprocess.Popen[str]) -> None:
    """End the server as Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def chromium() -> str | None:
    """Find a Chromium of the system."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
