"""Relevance in real crawls: the budget is spent on the story, and what is off it stays known, crawl after crawl."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from kolcrawl.sample import SiteServer, grow
from tests.crawling import FAST, Stored, read_stored, scrapy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kolcrawl.sample import SampleWeb


def crawl(site: SampleWeb, data_dir: Path, database: str, *arguments: str) -> tuple[Stored, set[str]]:
    """One crawl from the site's first seed; what is stored after it, and the pages asked for."""
    with SiteServer(site) as server:
        done = scrapy(
            "crawl", "related", "-a", f"url={site.seeds[0]}", *arguments, *FAST,
            "-s", f"MONGO_DATABASE={database}", "-L", "WARNING", data_dir=data_dir, through=server,
        )  # fmt: skip
        assert done.returncode in (0, 3), done.stderr
        return read_stored(data_dir, database), set(server.asked())


def about(site: SampleWeb, url: str) -> tuple[str, str]:
    """A story's affair and language: words do not tell an affair in another language."""
    story = site.truth[url]
    return story.topic, story.lang.partition("-")[0]


def walk(site: SampleWeb, budget: int, *, knowing: bool) -> list[str]:
    """The pages that a breadth-first reader gets, or one who knows every topic and takes those of the seed's first."""
    near, far, seen, read = deque([site.seeds[0]]), deque[str](), {site.seeds[0]}, list[str]()
    while (near or far) and len(read) < budget:
        read.append((near or far).popleft())
        for url in site.truth[read[-1]].linked:
            if url not in seen:
                seen.add(url)
                (near if not knowing or about(site, url) == about(site, site.seeds[0]) else far).append(url)
    return read


def test_budget_is_spent_on_the_story(data_dir: Path) -> None:
    """With a budget of a fifth of a web, far more of the seed's affair is read than breadth first would.

    A page at a time: so small a budget would be half spent on what is asked for before the first pages are read.
    """
    site = grow(400, seed=36, affairs=10)
    budget = 80

    def on_topic(urls: Iterable[str]) -> int:
        return sum(about(site, url) == about(site, site.seeds[0]) for url in urls)

    stored, asked = crawl(
        site, data_dir, "best_first", "-a", f"max_pages={budget}", "-a", "depth=50", "-s", "CONCURRENT_REQUESTS=1"
    )
    assert len(asked) == budget
    breadth, oracle = (on_topic(walk(site, budget, knowing=knowing)) for knowing in (False, True))
    assert on_topic(asked) >= 1.8 * breadth, (on_topic(asked), breadth, oracle)
    assert on_topic(asked) >= 0.8 * oracle, (on_topic(asked), breadth, oracle)
    judged = {story["url"]: story["relevance"] for story in stored.stories.values() if story["status"] == "fetched"}
    right = [(judged[url] > 0.5) == (about(site, url) == about(site, site.seeds[0])) for url in judged]
    assert sum(right) >= 0.9 * len(right), [url for url, ok in zip(judged, right, strict=True) if not ok]


def test_cut_links_stay_cut_when_nothing_changed(data_dir: Path) -> None:
    """What `follow_below` cuts stays as a stub with its reason, and a second crawl of the same pages cuts it again.

    A page at a time: what a link is worth depends on the pages that were read before, hence on their order.
    """
    site = grow(120, seed=32)
    limits = ("-a", "depth=9", "-a", "max_pages=0", "-s", "CONCURRENT_REQUESTS=1")
    arguments = ("-a", "follow_below=0.15", "-a", "refresh=all", *limits)
    first, asked = crawl(site, data_dir, "cut_again", *arguments)
    cut = {key for key, story in first.stories.items() if story["reason"] == "off_topic"}
    assert len(cut) > 10
    assert {first.stories[key]["status"] for key in cut} == {"skipped"}
    second, again = crawl(site, data_dir, "cut_again", *arguments)
    assert again <= asked
    assert {key for key, story in second.stories.items() if story["reason"] == "off_topic"} >= cut
