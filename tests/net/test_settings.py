"""The project's settings keep crawls safe, and no spider or command goes around them."""

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
from kolcrawl.spider import StorySpider
from tests.net.minicrawl import Server, page

ROOT = Path(__file__).parents[2]
GUARDED = {
    "SCHEDULER": "kolcrawl.frontier.scheduler.FrontierScheduler",
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
}
MIDDLEWARES = {
    "kolcrawl.net.guard.GuardMiddleware",
    "kolcrawl.net.robots.RobotsMiddleware",
    "kolcrawl.net.politeness.PolitenessMiddleware",
}
REPLACED = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware",
    "scrapy.downloadermiddlewares.retry.RetryMiddleware",
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware",
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware",
}
HANDLER = "kolcrawl.net.handler.GuardedDownloadHandler"


def project() -> Settings:
    settings = Settings()
    settings.setmodule(import_module("kolcrawl.settings"))
    return settings


@pytest.mark.parametrize("spider", [None, StorySpider, FetchSpider])
def test_in_place(spider: type | None) -> None:
    """Handlers, middlewares and scheduler are the guarded ones, for the spiders of the project too."""
    settings = project()
    if spider is not None:
        spider.update_settings(settings)  # type: ignore[attr-defined]
    assert {name: settings.get(name) for name in GUARDED} == GUARDED
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    assert {scheme: path for scheme, path in handlers.items() if path} == {"http": HANDLER, "https": HANDLER}
    middlewares = settings.getwithbase("DOWNLOADER_MIDDLEWARES")
    assert {path for path in MIDDLEWARES if middlewares.get(path) is not None} == MIDDLEWARES
    assert {path for path in REPLACED if middlewares.get(path) is not None} == set()
    assert "kolcrawl.net.limits.ContentTypeGate" in settings.getwithbase("EXTENSIONS")


def test_guard_is_before_others() -> None:
    """No middleware that fetches something stands before the guard."""
    order = project().getwithbase("DOWNLOADER_MIDDLEWARES")
    guard = order["kolcrawl.net.guard.GuardMiddleware"]
    assert guard < order["kolcrawl.net.robots.RobotsMiddleware"]


def test_components_exist() -> None:
    """Every component that the settings name can be loaded."""
    settings = project()
    names = ("ADDONS", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS", "ITEM_PIPELINES", "SPIDER_MIDDLEWARES")
    paths = [path for name in names for path in settings.getdict(name)]
    paths += [path for path in settings.getdict("DOWNLOAD_HANDLERS").values() if path]
    paths += [settings[name] for name in ("SCHEDULER", "REQUEST_FINGERPRINTER_CLASS", "LOG_FORMATTER")]
    assert len(paths) > 20
    for path in paths:
        load_object(path)


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
