"""What a crawl writes to its log where there is no terminal."""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING

from kolcrawl.errors import StoreError
from kolcrawl.locale import set_language
from kolcrawl.sample import SiteServer, Weather, grow
from kolcrawl.system.logs import TerminalFormatter, prepare_log_handlers
from tests.crawling import FAST, scrapy
from tests.net.minicrawl import Server, page

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_a_server_sends_cannot_write_on_the_terminal(data_dir: Path) -> None:
    """Control characters in what a hostile server says are written out, not obeyed."""
    with Server(lambda _: page("x" * 50, Content_Encoding="x\x1b[2J\x9b\x07, y")) as server:
        done = scrapy(
            "crawl", "related", "-a", f"url={server.url('/1.html')}", *FAST, "-s", "ALLOWED_PRIVATE_HOSTS=127.0.0.1",
            "-s", "MONGO_DATABASE=escapes", data_dir=data_dir,
        )  # fmt: skip
    assert r"x\x1b[2j\x9b\x07" in done.stderr
    assert not set(done.stderr + done.stdout) & set("\x1b\x9b\x07")


def test_lines_speak_the_language_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error a line and the error in it are in Chinese, lines of others as they are; in a file all are in
    English. To prepare handlers twice changes nothing more."""
    terminal, file = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    log = logging.Logger("said")
    log.handlers = [logging.StreamHandler(), logging.StreamHandler(file)]
    monkeypatch.setattr(logging.getLogger(), "handlers", log.handlers)
    set_language("zh")
    try:
        prepare_log_handlers()
        prepare_log_handlers()
        log.error("%s; waiting up to %g s for it (STORE_PATIENCE)", StoreError("{n} links", n=2), 3.0)
        log.error("line of %s", "another")
    finally:
        set_language(None)
    assert terminal.getvalue().splitlines()[0].endswith("最多等待 3 秒（STORE_PATIENCE）")
    assert terminal.getvalue().splitlines()[1] == "line of another"
    assert file.getvalue().splitlines()[0] == "2 links; waiting up to 3 s for it (STORE_PATIENCE)"
    first = log.handlers[0].formatter
    assert isinstance(first, TerminalFormatter)
    assert not isinstance(first._inner, TerminalFormatter)


def test_our_lines_only_unless_more_is_asked_for(data_dir: Path) -> None:
    """The log holds our own lines, not Scrapy's account of itself; an explicit level brings that back."""
    site = grow(6, seed=41)
    with SiteServer(site, Weather(latency=0.4)) as server:  # so that the crawl lasts for some lines of progress
        crawl = ("crawl", "related", "-a", f"url={site.seeds[0]}", *FAST, "-s", "MONGO_DATABASE=logs")
        often = ("-s", "PROGRESS_LOG_SECONDS=0.2")
        quiet = scrapy(*crawl, *often, data_dir=data_dir, through=server)
        loud = scrapy(*crawl, "-L", "INFO", data_dir=data_dir, through=server)
    lines = quiet.stderr.splitlines()
    assert any("[kolcrawl.report.progress] INFO: fetched" in line for line in lines)
    assert [line for line in lines if "kolcrawl" not in line] == []
    assert "[scrapy.crawler] INFO: Overridden settings" in loud.stderr


def test_a_log_file_tells_how_the_crawl_ended(tmp_path: Path, data_dir: Path) -> None:
    """Where the log goes to a file, as under Scrapyd, the report stands at its end, and is printed as well."""
    site, log = grow(6, seed=43), tmp_path / "job.log"
    with SiteServer(site) as server:
        done = scrapy(
            "crawl", "related", "-a", f"url={site.seeds[0]}", *FAST, "-s", "MONGO_DATABASE=log_file",
            "-s", f"LOG_FILE={log}", data_dir=data_dir, through=server,
        )  # fmt: skip
    for text in (done.stdout, log.read_text(encoding="utf-8")):
        assert "stories fetched in" in text
        assert "the network is in" in text
