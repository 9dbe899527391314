"""A worker that may not join a crawl: nothing is begun, and its exit code says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pymongo import MongoClient

from kolcrawl.frontier.shared.redis_frontier import RedisFrontier
from kolcrawl.spider import StorySpider
from kolcrawl.store.server.embedded import ensure_server
from tests.crawling import scrapy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.frontier.shared.servers import RedisProcess

SEED = "http://a.example/news/2026/03/1000.html"


class RelatedSpider(StorySpider):
    """The spider whose arguments are compared."""

    name = "related"


def begin_elsewhere(server: RedisProcess, crawl: str) -> str:
    """Begin a crawl with the same arguments in another database. Returns: the arguments."""

    async def enter() -> str:
        terms = await RelatedSpider(url=SEED, crawl=crawl, depth="3").crawl_terms()
        frontier = RedisFrontier(server.address, crawl)
        await frontier.enter("related", f"{terms}, database elsewhere (id 00000000)", "{}")
        await frontier.close()
        return terms

    return asyncio.run(enter())


def test_a_worker_with_another_database_is_refused(redis_server: RedisProcess, data_dir: Path) -> None:
    """All arguments agree but for the database: exit code 2, a line that names both, and no run is noted."""
    terms = begin_elsewhere(redis_server, "scattered")
    done = scrapy(
        "crawl", "related", "-a", f"url={SEED}", "-a", "crawl=scattered", "-a", "depth=3",
        "-s", "MONGO_DATABASE=scattered", "-s", "LOG_FILE=/dev/null",
        data_dir=data_dir, FRONTIER_URL=redis_server.address,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert "with other arguments or another database" in done.stderr
    assert f"related: {terms}, database elsewhere (id 00000000); here: related: {terms}, database scattered (id " in (
        done.stderr
    )
    with MongoClient(ensure_server(data_dir)) as client:
        assert client["scattered"]["crawls"].count_documents({}) == 0
        client.drop_database("scattered")
