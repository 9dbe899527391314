"""The live line, on a terminal of the test's own."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from kolcrawl.sample import grow
from tests.crawling import FAST, ROOT
from tests.small_web import HoldingServer

if TYPE_CHECKING:
    from pathlib import Path

PAGES = 120
UNDER_WAY = re.compile(rb"fetched [1-9]\d* of 200 \S+ queued [1-9]\d")


def test_progress_and_a_stop(data_dir: Path) -> None:
    """A terminal shows how far the crawl is, that Ctrl-C was understood, and then the report; no INFO line at all."""
    site = grow(PAGES, seed=42)
    terminal, end = pty.openpty()
    with HoldingServer(site, pages=12) as server:
        crawl = subprocess.Popen(
            [
                sys.executable, "-m", "scrapy", "crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "depth=9",
                *FAST, "-s", "MONGO_DATABASE=live",
            ],
            cwd=ROOT,
            env=os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir), "COLUMNS": "150"},
            stdin=end, stdout=end, stderr=end,
        )  # fmt: skip
        os.close(end)
        shown, deadline, told = b"", time.monotonic() + 240, False
        while time.monotonic() < deadline:
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # the other end was closed
                break
            shown += piece
            if not told and UNDER_WAY.search(shown):
                told = True
                crawl.send_signal(signal.SIGINT)
            if b"stopping, " in shown:  # what is under way is seen to be waited for
                server.go_on.set()
        os.close(terminal)
        assert crawl.wait(240) == 3
    lines = shown.decode().replace("\r", "\n").replace("\x1b[K", "").split("\n")
    live = [line for line in lines if " · queued " in line]
    assert not live[0].startswith("stopping")
    assert live[-1].startswith("stopping, with what is under way; Ctrl-C again breaks off · fetched ")
    assert any("(ended early: shutdown)" in line for line in lines)
    assert "INFO" not in shown.decode()
