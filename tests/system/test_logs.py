"""What a crawl writes to its log where there is no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.sample import SiteServer, Weather, grow
from tests.crawling import FAST, scrapy
from tests.net.minicrawl import Server, page

if TYPE_CHECKING:
    from pathlib import Path


def test_what_a_server_sends_cannot_write_on_the_terminal(data_dir: Path) -> None:
    """Control characters in what a hostile server says are written out, not obeyed."""
    with Server(lambda _: page("x" * 50, Content_Encoding="x\x1b[2J\x9b\x07, y")) as server:
        done = scrapy(
            "crawl", "related", "-a", f"url={server.url('/1.html')}", *FAST, "-s", "ALLOWED_PRIVATE_HOSTS=127.0.0.1",
            "-s", "MONGO_DATABASE=escapes", data_dir=data_dir,
        )  # fmt: skip
    assert r"x\x1b[2j\x9b\x07" in done.stderr
    assert not set(done.stderr + done.stdout) & set("\x1b\x9b\x07")


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
