"""The project's settings keep what this room needs, and no spider or command goes around it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.utils.misc import load_object

from kolcrawl.extract.fetch_pages import FetchSpider
from kolcrawl.frontier import FRONTIER_SETTINGS
from kolcrawl.net import NET_SETTINGS
from kolcrawl.spider import StorySpider
from tests.net.minicrawl import Server, page

ROOT = Path(__file__).parents[2]
GUARDED = (
    "DOWNLOAD_HANDLERS",
    "DOWNLOADER_MIDDLEWARES",
    "SCHEDULER",
    "TELNETCONSOLE_ENABLED",
    "REMOTE_CONTROL_ENABLED",
)


def project() -> Settings:
    settings = Settings()
    settings.setmodule(import_module("kolcrawl.settings"))
    return settings


@pytest.mark.parametrize("spider", [None, StorySpider, FetchSpider])
def test_in_place(spider: type | None) -> None:
    """Handlers, middlewares and scheduler are this room's and the frontier's, for the spiders of the project too."""
    settings = project()
    if spider is not None:
        spider.update_settings(settings)  # type: ignore[attr-defined]
    for name in GUARDED:
        wanted = (NET_SETTINGS | FRONTIER_SETTINGS)[name]
        found = settings.getdict(name) if isinstance(wanted, dict) else settings.get(name)
        if isinstance(wanted, dict):
            assert wanted.items() <= found.items()
        else:
            assert found == wanted
    assert settings.getwithbase("DOWNLOAD_HANDLERS").keys() >= {"http", "https"}
    assert {scheme for scheme, path in settings.getwithbase("DOWNLOAD_HANDLERS").items() if path} == {"http", "https"}


def test_guard_is_before_others() -> None:
    """No middleware that fetches something stands before the guard."""
    order = project().getwithbase("DOWNLOADER_MIDDLEWARES")
    guard = order["kolcrawl.net.guard.GuardMiddleware"]
    assert guard < order["kolcrawl.net.robots.RobotsMiddleware"]


def test_components_exist() -> None:
    """Every component that the settings of both rooms name can be loaded."""
    for settings in (NET_SETTINGS, FRONTIER_SETTINGS):
        for name in ("DOWNLOAD_HANDLERS", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS", "SPIDER_MIDDLEWARES"):
            for path in settings.get(name, {}):
                if "." in path:
                    load_object(path)
        if "SCHEDULER" in settings:
            load_object(settings["SCHEDULER"])


@pytest.mark.parametrize("command", ["extract", "fetch"])
def test_commands_are_guarded(command: str, tmp_path: Path) -> None:
    """Commands that fetch pages are guarded as crawls are, the project's and Scrapy's own."""
    with Server(lambda _: page("secret")) as server:
        clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", command, server.url("/")],
            cwd=ROOT,
            env=clean | {"KOLCRAWL_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert server.hits == []
        assert "secret" not in done.stdout
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "data").exists()  # no run, so no server that would be left running
        if command == "extract":
            assert "private_address" in done.stdout + done.stderr
