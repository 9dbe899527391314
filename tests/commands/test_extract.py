"""`scrapy extract` as a user calls it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

from kolcrawl.extract.extract_page import extract_page
from tests.article_texts import ENGLISH
from tests.crawling import ROOT, scrapy
from tests.net.minicrawl import Server, page

PAGE = "<html><body><h1>A title</h1><p>" + "Some words of a story that was made up. " * 10 + "</p></body></html>"


def test_a_file_without_its_address_is_told_what_is_missing(tmp_path: Path) -> None:
    """A saved page is no host name: the command asks for --url instead of asking the web for it."""
    saved = tmp_path / "saved.html"
    saved.write_text(PAGE, encoding="utf-8")
    done = scrapy("extract", str(saved), data_dir=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip() == f"scrapy extract: {saved} is a file: say where its page came from, with --url URL"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The name of a file that does not exist is no host either."""
    done = scrapy("extract", "saved.html", data_dir=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    message = "scrapy extract: saved.html: no such file, and no URL like https://example.com/news/1.html"
    assert done.stderr.strip() == message


def test_a_redirect_keeps_the_address_that_was_asked_for(tmp_path: Path) -> None:
    """Of a page that was found elsewhere both addresses are printed, so each row can be told apart."""
    answers = {"/old.html": page(status="301 Moved", Location="/new.html"), "/new.html": page(PAGE)}
    with Server(lambda path: answers.get(path, page(status="404 Not Found"))) as server:
        urls = [server.url("/old.html"), server.url("/new.html")]
        done = scrapy("extract", *urls, "-s", "ALLOWED_PRIVATE_HOSTS=127.0.0.1", data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row.get("asked"), row["url"]) for row in rows] == [(urls[0], urls[1]), (None, urls[1])]


def test_a_page_stored_without_its_address(tmp_path: Path) -> None:
    """It is read under the address that it gives itself; without one, the row says what is missing."""
    prose = "".join(f"<p>{line}</p>" for line in ENGLISH)
    html = f"<html><head>{{}}</head><body><article><h1>Brand says sorry</h1>{prose}</article></body></html>"
    link = '<link rel="canonical" href="https://news.example.org/a/1.html">'
    for name, head in (("own", link), ("none", ""), ("bad", '<link rel="canonical" href="/a/1.html">')):
        row = extract_page(html.format(head).encode(), f"page-{name}.html")
        assert row["url"] == f"page-{name}.html"
        if name == "own":
            assert row["story"]["url"] == "https://news.example.org/a/1.html"
            assert row["story"]["text"].split("\n") == ENGLISH
        else:
            assert "is no absolute http or https URL" in row["error"]


def test_a_row_that_cannot_be_printed_is_no_success(tmp_path: Path) -> None:
    """On a full disk nothing is printed, so the exit code is not that of a success."""
    saved = tmp_path / "saved.html"
    saved.write_text(PAGE, encoding="utf-8")
    command = [sys.executable, "-m", "scrapy", "extract", "--url", "https://news.example/1.html", str(saved)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "scrapy extract: [Errno 28] No space left on device"


def test_an_output_that_is_not_utf8(tmp_path: Path) -> None:
    """Where standard output holds ASCII alone, JSON escapes what is not, and nothing is lost."""
    saved = tmp_path / "saved.html"
    saved.write_text(PAGE.replace("A title", "新闻标题"), encoding="utf-8")
    arguments = ("extract", "--url", "https://news.example/1.html", str(saved))
    done = scrapy(*arguments, data_dir=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert json.loads(done.stdout)["story"]["title"] == "新闻标题"


def test_a_reader_that_stops_reading(tmp_path: Path) -> None:
    """`scrapy extract ... | head -1` ends without a word, however many pages are left."""
    (tmp_path / "pages").mkdir()
    rows = [{"id": f"p{n}", "url": f"https://news.example/{n}.html"} for n in range(30)]
    for row in rows:
        (tmp_path / "pages" / f"{row['id']}.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (tmp_path / "index.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    command = [sys.executable, "-m", "scrapy", "extract", "--pages", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert json.loads(running.stdout.readline())["id"] == "p0"
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0
