"""Ctrl-C while a crawl that came to its end is closing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from kolcrawl.sample import SiteServer, grow
from kolcrawl.settings import ITEM_PIPELINES
from tests.crawling import FAST, ROOT, scrapy

if TYPE_CHECKING:
    from pathlib import Path

CLOSING = "the slow pipeline closes"


class SlowToClose:
    """A pipeline that needs a while for its end, and says when it begins with it."""

    def process_item(self, item: object) -> object:
        """Nothing."""
        return item

    async def close_spider(self) -> None:
        """Take long."""
        print(CLOSING, flush=True)
        await asyncio.sleep(1.5)


def test_interrupt_while_closing(data_dir: Path, tmp_path: Path) -> None:
    """The close goes on to its end: noted as finished, not left for aborted, and so told by all that tell the end."""
    site = grow(12, seed=7)
    slow = json.dumps(ITEM_PIPELINES | {"tests.report.test_ending.SlowToClose": 990})
    command = [
        sys.executable, "-m", "scrapy", "crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "depth=9",
        *FAST, "-s", "MONGO_DATABASE=closing", "-s", f"ITEM_PIPELINES={slow}",
        "-s", f"METRICS_FOLDER={tmp_path}",
        "-s", f"NOTIFY_COMMAND=tee {tmp_path / 'told'}", "-s", "NOTIFY_ON=new_story", "-s", "NOTIFY_ABOVE=0",
    ]  # fmt: skip
    with (
        SiteServer(site) as server,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as crawl,
    ):
        assert crawl.stdout is not None
        said = crawl.stdout.readline()
        assert said.strip() == CLOSING
        crawl.send_signal(signal.SIGINT)
        report = crawl.stdout.read()
        assert crawl.wait(60) == 0
    assert "12 stories fetched in " in report
    assert "ended early" not in report
    runs = scrapy("crawls", "--json", "-s", "MONGO_DATABASE=closing", data_dir=data_dir)
    run = json.loads(runs.stdout)
    assert (run["finish_reason"], run["quality"]["state"]) == ("finished", "ok")
    notice = json.loads((tmp_path / "told").read_text(encoding="utf-8"))
    assert (notice["reason"], len(notice["events"])) == ("finished", 12)
    (metrics,) = tmp_path.glob("*.prom")
    assert 'kolcrawl_crawl_quality{quality="ok",schedule="",spider="related"} 1.0' in metrics.read_text("utf-8")
