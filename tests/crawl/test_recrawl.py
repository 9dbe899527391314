"""Crawling the same site again: what is asked for, and what is stored."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kolcrawl.network import open_network
from kolcrawl.sample import SiteServer, grow
from kolcrawl.urls import story_key
from tests.crawling import FAST, Stored, read_stored, scrapy

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.sample import SampleWeb

PAGES = 60


def crawl(
    site: SampleWeb, data_dir: Path, database: str, *arguments: str, reports: list[str] | None = None
) -> tuple[Stored, list[tuple[str, int, bool]]]:
    """One crawl; what is stored after it, and what was asked for but robots.txt: URL, status, conditional or not.

    What it printed is added to `reports`.
    """
    with SiteServer(site) as server:
        done = scrapy(
            "crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "depth=9", "-a", "max_pages=0", *arguments,
            *FAST, "-s", f"MONGO_DATABASE={database}", "-L", "WARNING", data_dir=data_dir, through=server,
        )  # fmt: skip
        assert done.returncode in (0, 3), done.stderr
        if reports is not None:
            reports.append(done.stdout)
        asked = [(line.url, line.status, line.conditional) for line in server.log if "robots.txt" not in line.url]
    return read_stored(data_dir, database), asked


def test_nothing_changed(data_dir: Path) -> None:
    """A second crawl of a site that has not changed sends conditional requests only, and stores visits alone."""
    site = grow(PAGES, seed=21)
    first, _ = crawl(site, data_dir, "again_same")
    second, asked = crawl(site, data_dir, "again_same", "-a", "refresh=all")
    assert len(asked) == len(first.fetched())
    assert {(status, conditional) for _, status, conditional in asked} == {(304, True)}
    assert len(second.visits) == 2 * len(first.visits)
    assert second.stories.keys() == first.stories.keys()
    assert {link["_id"] for link in second.links} == {link["_id"] for link in first.links}
    assert {link["seen_count"] for link in second.links if link["kind"] == "related"} == {1}
    read = [story for story in second.stories.values() if story["status"] == "fetched"]
    assert all(story["visits"] == 2 and story["confirmed"]["visits"] == 1 for story in read)
    with open_network(None, "again_same", data_dir) as network:  # whose readers count them for the links
        seen = network.links_out([story["_id"] for story in read], ["related"])
        assert {link["seen_count"] for link in seen} == {2}


def test_only_what_is_due(data_dir: Path) -> None:
    """Without `refresh`, a crawl soon after another asks for its seed alone: the rest is not due yet."""
    site = grow(PAGES, seed=22)
    first, _ = crawl(site, data_dir, "again_due")
    second, asked = crawl(site, data_dir, "again_due")
    assert [url for url, _, _ in asked] == [site.seeds[0]]
    assert second.fetched() == first.fetched()
    assert all(story["next_visit_at"] > story["fetched_at"] for story in second.stories.values() if story["fetched_at"])


def test_changed_and_gone(data_dir: Path) -> None:
    """A story that changed gets a revision, one that vanished is gone; both keep what was there before.

    The report names both, and the command that tells more.
    """
    site = grow(PAGES, seed=23)
    first, _ = crawl(site, data_dir, "again_changed")
    changed, removed = sorted(first.fetched() - {site.seeds[0]})[:2]
    title = first.of(changed)["title"]
    site.change(
        changed, title="更正：此前的标题有误" if "xinwen" in changed or "juhe" in changed else "Correction: a title"
    )
    site.remove(removed, 410)
    reports: list[str] = []
    second, _ = crawl(site, data_dir, "again_changed", "-a", "refresh=all", reports=reports)
    story = second.stories[story_key(changed)]
    assert story["title"] != title
    assert (story["revisions"], story["visits"]) == (1, 2)
    gone = second.stories[story_key(removed)]
    assert (gone["status"], gone["reason"]) == ("gone", "http_410")
    assert gone["title"] == first.of(removed)["title"]
    lines = reports[0].splitlines()
    assert "2 known stories changed: 1 vanished, 1 retitled" in lines
    assert f"  vanished: {gone['title']}  {removed}" in lines
    assert f"  retitled: {title} → {story['title']}  {changed}" in lines
    assert any(line.endswith(f"--crawl {second.crawls[-1]['_id']}") and " changes " in line for line in lines)


def test_scope_cuts_with_a_reason(data_dir: Path) -> None:
    """What scope, depth and budget cut stays in the network as skipped, with the reason; the run counts it alike."""
    site = grow(PAGES, seed=24)
    host = site.seeds[0].split("/")[2]
    stored, asked = crawl(site, data_dir, "cut_site", "-a", "scope=site", "-a", "depth=1")
    assert {url.split("/")[2] for url, _, _ in asked} == {host}
    skipped = Counter(story["reason"] for story in stored.stories.values() if story["status"] == "skipped")
    assert {"off_site", "depth", "kind"} <= skipped.keys()
    run = stored.crawls[0]
    assert run["skipped"] == skipped
    assert run["counts"]["skipped"] == skipped.total()
    stored, asked = crawl(site, data_dir, "cut_budget", "-a", "max_pages=7")
    assert len(asked) == 7
    assert sum(story["reason"] == "budget" for story in stored.stories.values()) > 0
    stored, asked = crawl(site, data_dir, "cut_topic", "-a", "follow_below=0.6")
    assert len(asked) < len(site.reachable(depth=9))
    cut = [story for story in stored.stories.values() if story["reason"] == "off_topic"]
    assert cut
    assert all(story["relevance"] < 0.6 for story in cut)
