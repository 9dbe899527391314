"""Pages that a crawl reads before it knows their site: their links are corrected in the store, and followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.network import changed_stories, open_network
from kolcrawl.sample import SiteServer
from kolcrawl.sample.web import Answer
from kolcrawl.urls import story_key
from tests.crawling import FAST, faults, read_stored, scrapy
from tests.page.made_pages import HOST as MADE_HOST
from tests.page.made_pages import story
from tests.page.test_second_judgement import with_misleading_heading
from tests.small_web import SmallWeb

if TYPE_CHECKING:
    from pathlib import Path

PAGES = 9
HOST = MADE_HOST.replace("https", "http")
SEEDS = [HOST + story(500 + visit) for visit in range(PAGES)]
OWN = [HOST + story(number) for number in range(100, 105)]
"""What the first page lists as its own, without a heading."""
SAME = [HOST + story(number) for number in range(1, 6)]
"""What every page lists under a heading that says related."""


def web() -> SmallWeb:
    """The pages; the stories that they list are not there."""
    made = (with_misleading_heading(visit).encode() for visit in range(PAGES))
    kind = {"Content-Type": "text/html; charset=utf-8"}
    return SmallWeb({url: Answer(200, kind, body) for url, body in zip(SEEDS, made, strict=True)})


def test_the_first_pages_of_a_site_are_corrected(data_dir: Path) -> None:
    """With and without processes that read: the same network, as true of the first page as of the last; what only the
    second judgement calls related is asked for; nothing counts as a change of a page; the run counts the links that are
    stored."""
    networks = []
    for processes in (0, 2):
        database = f"judged_again_{processes}"
        with SiteServer(web()) as server:
            done = scrapy(
                *("crawl", "related", "-a", f"url={' '.join(SEEDS)}", "-a", "depth=1", *FAST),
                *(
                    "-s",
                    "CONCURRENT_REQUESTS=1",
                    "-s",
                    f"READ_PROCESSES={processes}",
                    "-s",
                    f"MONGO_DATABASE={database}",
                ),
                data_dir=data_dir,
                through=server,
            )
            assert done.returncode in (0, 3), done.stderr
            asked = {line.url for line in server.log}
        stored = read_stored(data_dir, database)
        assert stored.targets(SEEDS[0], "related") == OWN
        assert stored.targets(SEEDS[0], "recommended") == SAME
        assert set(OWN) <= asked
        corrected = {visit["story"] for visit in stored.visits if "corrected_at" in visit}
        assert story_key(SEEDS[0]) in corrected
        assert story_key(SEEDS[-1]) not in corrected
        assert faults(data_dir, database) == []
        told = stored.crawls[0]["counts"]
        with open_network(None, database, data_dir) as network:
            assert changed_stories(network) == []
            assert told["links"] == told["new_links"] == sum(network.counts()["links"].values())
        assert f"{told['links']} links seen, {told['links']} of them new" in done.stdout
        edges = ("from", "to", "kind", "heading", "position", "anchor", "active", "seen_count")
        networks.append({tuple(link[name] for name in edges) for link in stored.links})
    assert networks[0] == networks[1]
