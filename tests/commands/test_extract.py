"""`scrapy extract` as a user calls it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.crawling import ROOT, scrapy

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "<html><body><h1>A title</h1><p>" + "Some words of a story that was made up. " * 10 + "</p></body></html>"


def test_a_file_without_its_address_is_told_what_is_missing(tmp_path: Path) -> None:
    """A saved page is no host name: the command asks for --url instead of asking the web for it."""
    page = tmp_path / "saved.html"
    page.write_text(PAGE, encoding="utf-8")
    done = scrapy("extract", str(page), data_dir=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.strip() == f"scrapy extract: {page} is a file: say where its page came from, with --url URL"


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
