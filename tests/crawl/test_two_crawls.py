"""Two crawls of the same site at once into one database, one of which is killed and run again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from kolcrawl.sample import SiteServer, Weather, grow
from tests.crawling import FAST, ROOT, Stored, faults, read_stored, scrapy
from tests.small_web import HoldingServer

if TYPE_CHECKING:
    from pathlib import Path

PAGES = 60
STORY = ("url", "status", "reason", "title", "text", "content_hash", "published_at", "site", "lang", "depth")
LINK = ("position", "anchor", "heading", "active", "kind")


def network(stored: Stored) -> dict[str, Any]:
    """Stories and links, without when and by which crawl they were seen, and how a crawl judged them.

    Of a story that no page was read of, the title is the text of the first link: which is first is a matter of time.
    """
    found = {}
    for key, story in stored.stories.items():
        found[key] = {name: story[name] for name in STORY if story["fetched_at"] or name != "title"}
    return found | {link["_id"]: {name: link[name] for name in LINK} for link in stored.links}


def copies(stored: Stored) -> set[frozenset[str]]:
    """The groups of copies."""
    groups: dict[str, set[str]] = {}
    for key, story in stored.stories.items():
        groups.setdefault(story["group"], set()).add(key)
    return {frozenset(keys) for keys in groups.values() if len(keys) > 1}


def test_one_of_two_is_killed_and_run_again(data_dir: Path) -> None:
    """The check of the store finds nothing, and stories, links and groups are those of one quiet crawl."""
    site = grow(PAGES, seed=41)
    args = ("crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "depth=9", "-a", "max_pages=0", *FAST)
    with SiteServer(site) as server:
        quiet = scrapy(*args, "-s", "MONGO_DATABASE=two_quiet", data_dir=data_dir, through=server)
        assert quiet.returncode in (0, 3), quiet.stderr
    args = (*args, "-s", "MONGO_DATABASE=two_at_once")
    with HoldingServer(site, Weather(latency=0.05), pages=PAGES * 2 // 3) as server:
        environment = os.environ | server.environment | {"KOLCRAWL_DATA_DIR": str(data_dir), "PYTHONUTF8": "1"}
        command = [sys.executable, "-m", "scrapy", *args, "-L", "ERROR"]
        both = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]
        deadline = time.monotonic() + 120
        while len(server.log) < PAGES * 2 // 3:  # of the 120 requests that two crawls make: neither is at its end
            assert time.monotonic() < deadline
            time.sleep(0.01)
        both[0].send_signal(signal.SIGKILL)
        assert both[0].wait() == -signal.SIGKILL
        server.go_on.set()
        again = scrapy(*args, data_dir=data_dir, through=server)
        assert again.returncode in (0, 3), again.stderr
        assert both[1].wait(timeout=240) in (0, 3)
    assert faults(data_dir, "two_at_once") == []
    first, second = read_stored(data_dir, "two_quiet"), read_stored(data_dir, "two_at_once")
    assert network(second) == network(first)
    assert copies(second) == copies(first)
