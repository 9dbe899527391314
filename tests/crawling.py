"""Crawls as a user runs them: `scrapy ...` in a process of its own, against a web on loopback and a real store."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.server.embedded import ensure_server
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kolcrawl.sample import SampleStory, SampleWeb, SiteServer

ROOT = Path(__file__).parents[1]
FAST = ("-s", "AUTOTHROTTLE_ENABLED=0", "-s", "DOWNLOAD_DELAY=0", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=16")
"""Options for a server of our own, which needs no politeness."""


def scrapy(
    *arguments: str, data_dir: Path, through: SiteServer | None = None, timeout: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `scrapy ARGUMENTS` in the project and wait for its end.

    Args:
        data_dir: KOLCRAWL_DATA_DIR.
        through: the web that is its proxy; without one there is no proxy at all.
        environment: further variables.
    """
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("MONGO_", "KOLCRAWL_", "SCRAPY_"))
    }
    proxy = through.environment if through else {}
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=ROOT,
        env=clean | proxy | {"KOLCRAWL_DATA_DIR": str(data_dir), "PYTHONUTF8": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


@dataclass(frozen=True)
class Stored:
    """What a crawl left in a database, by plain reads."""

    stories: dict[str, dict[str, Any]]
    """By key."""
    links: list[dict[str, Any]]
    visits: list[dict[str, Any]]
    crawls: list[dict[str, Any]]
    """The runs, oldest first."""

    def of(self, url: str) -> dict[str, Any]:
        """The story of a URL, after merges."""
        story = self.stories[story_key(url)]
        return self.stories[story["merged_into"]] if story["status"] == "merged" else story

    def fetched(self) -> set[str]:
        """Canonical URLs of the stories that were read."""
        return {story["url"] for story in self.stories.values() if story["status"] == "fetched"}

    def targets(self, url: str, kind: str, *, heading: str | None = None) -> list[str]:
        """Canonical URLs that a story links to by one kind, in the order of their positions."""
        own = self.of(url)["_id"]
        found = [link for link in self.links if link["from"] == own and link["kind"] == kind and link["active"]]
        if heading:
            found = [link for link in found if link["heading"] == heading]
        return [self.stories[link["to"]]["url"] for link in sorted(found, key=lambda link: link["position"])]


def read_stored(data_dir: Path, database: str) -> Stored:
    """Read a whole database of the embedded server."""
    client: MongoClient[dict[str, Any]]
    with MongoClient(ensure_server(data_dir), tz_aware=True) as client:
        db = client[database]
        return Stored(
            stories={story["_id"]: story for story in db.stories.find()},
            links=list(db.links.find()),
            visits=list(db.visits.find()),
            crawls=list(db.crawls.find().sort("_id", 1)),
        )


def faults(data_dir: Path, database: str) -> list[str]:
    """What `scrapy check-store` would print of a database of the embedded server."""
    client: MongoClient[dict[str, Any]]
    with MongoClient(ensure_server(data_dir), tz_aware=True) as client:
        return [str(finding) for finding in check_store(client[database])]


def drop(data_dir: Path, database: str) -> None:
    """Remove a database of the embedded server, if it is there."""
    client: MongoClient[dict[str, Any]]
    with MongoClient(ensure_server(data_dir)) as client:
        client.drop_database(database)


def wrong_edges(site: SampleWeb, stored: Stored, urls: Iterable[str]) -> list[str]:
    """For each of these stories, how its related edges differ from the truth; empty when all are right.

    The callout in the body is a block of its own, so only the order of the list at the page's end is compared.
    """
    wrong = []
    for url in urls:
        story: SampleStory = site.truth[url]
        wanted = [site.redirects.get(to, to) for to in story.related]
        found = stored.targets(url, "related")
        if story.read_also:
            callout = site.redirects.get(story.read_also, story.read_also)
            if callout not in found:
                wrong.append(f"{url}: no edge for the callout {callout}")
            found = [to for to in found if to != callout]
        if found != wanted:
            wrong.append(f"{url}:\n  found  {found}\n  wanted {wanted}")
    return wrong
