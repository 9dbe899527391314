"""A crawl that lost most of its pages, or their lists, does not end as if all were well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from kolcrawl.sample import SiteServer
from kolcrawl.store.server.embedded import ensure_server
from tests.crawling import FAST, scrapy
from tests.small_web import SmallWeb, article, html

if TYPE_CHECKING:
    from pathlib import Path

SEED = "http://www.lantern-news.example/a/1.html"
TITLE = "Harbour council decision number {} divides the old town"


def story(site: int, number: int) -> str:
    """The address of a story of one of many sites."""
    return f"http://www.out{site}-news.example/a/{82000 + number}.html"


def crawl(web: SmallWeb, data_dir: Path, database: str) -> tuple[int, str, dict[str, Any]]:
    """Crawl from the seed: the exit code, the report, and the quality in the run's document."""
    with SiteServer(web) as server:  # type: ignore[arg-type]
        done = scrapy(
            "crawl", "related", "-a", f"url={SEED}", "-a", "depth=1", "-a", "refresh=all", *FAST,
            "-s", f"MONGO_DATABASE={database}", "-s", "RETRY_TIMES=0", "-L", "WARNING",
            data_dir=data_dir, through=server,
        )  # fmt: skip
    client: MongoClient[dict[str, Any]]
    with MongoClient(ensure_server(data_dir)) as client:
        run = client[database].crawls.find_one(sort=[("started_at", -1)])
    assert run is not None
    return done.returncode, done.stdout, run["quality"]


def test_pages_of_many_small_sites_that_fail_are_told(data_dir: Path) -> None:
    """90 of 91 pages fail, three on each of thirty sites: none of them shows it, all together do."""
    links = [(story(site, number), TITLE.format(f"{site}-{number}")) for site in range(30) for number in range(3)]
    web = SmallWeb({SEED: article(TITLE.format(1), links)}, otherwise=lambda _: html("busy", status=500))
    code, told, quality = crawl(web, data_dir, "outage")
    assert (quality["state"], quality["why"]) == ("degraded", ["31 small sites together: 90 of 91 pages failed"])
    assert code == 3
    assert "degraded:\n  31 small sites together: 90 of 91 pages failed" in told


def test_whole_crawl_is_held_against_its_past(data_dir: Path) -> None:
    """Half of the pages of many sites lose their lists: no fault by itself, but all had one in the crawl before."""
    urls = [story(site, 0) for site in range(12)]
    links = [(url, TITLE.format(2 + site)) for site, url in enumerate(urls)]
    web = SmallWeb({SEED: article(TITLE.format(1), links)})
    web.pages |= {url: article(TITLE.format(2 + site), links) for site, url in enumerate(urls)}
    code, _, quality = crawl(web, data_dir, "past")
    assert (code, quality["state"], quality["why"]) == (0, "ok", [])
    web.pages |= {url: article(TITLE.format(2 + site)) for site, url in enumerate(urls[:7])}
    code, _, quality = crawl(web, data_dir, "past")
    assert quality["why"] == ["the whole crawl: 46% of pages have related links, 100% had before"]
    assert (code, quality["state"]) == (3, "degraded")
