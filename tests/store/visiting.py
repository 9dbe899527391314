"""Made-up visits for the tests of the store, and a plain model of what they must lead to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kolcrawl.items import HttpFacts, LinkItem, Outcome, StoryItem
from kolcrawl.store.read.listed_links import all_listed_links
from kolcrawl.urls import story_key

SERVER = os.environ.get("KOLCRAWL_TEST_MONGO_URI")
"""Of the server that the tests' databases are on; None for the embedded one."""
START = datetime(2026, 3, 2, 0, 34, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """A moment, by minutes since the first."""
    return START + timedelta(minutes=minutes)


def address(name: str) -> str:
    """URL of a made-up story."""
    return f"https://news.example.com/story/{name}"


def key(name: str) -> str:
    """Key of a made-up story."""
    return story_key(address(name))


def link(name: str, position: int = 1, kind: str = "related", **more: Any) -> LinkItem:
    """A link to a made-up story."""
    fields: dict[str, Any] = {"heading": "相关内容", "anchor": f"about {name}"}
    return LinkItem(
        url=address(name), to=key(name), to_url=address(name), kind=kind, position=position, **fields | more
    )  # type: ignore[arg-type]


def visit(
    name: str,
    minutes: float,
    links: Iterable[LinkItem | str] = (),
    *,
    outcome: Outcome = "fetched",
    version: str = "1",
    status: int | None = None,
    **more: Any,
) -> StoryItem:
    """A visit to a made-up story; `version` makes its title and text."""
    read = outcome == "fetched"
    codes = {"fetched": 200, "unchanged": 304, "gone": 404, "failed": 503, "skipped": None}
    code = codes[outcome] if status is None else status
    item = StoryItem(
        key=key(name),
        url=address(name),
        requested_url=address(name),
        site="example.com",
        outcome=outcome,
        visited_at=at(minutes),
        reason=None if outcome in ("fetched", "unchanged") else f"http_{code}" if code else "robots",
        http=HttpFacts(status=code, etag=None, last_modified=None, final_url=address(name)) if code else None,
        discovered_kind="seed",
        links=[one if isinstance(one, LinkItem) else link(one, place) for place, one in enumerate(links, 1)],
    )
    if read:
        item.title, item.text = f"Title {version} of {name}", f"Text {version} of {name}. $where is it?"
        item.content_hash = hashlib.sha256(f"{item.title}\n{item.text}".encode()).hexdigest()
    for field_name, value in more.items():
        setattr(item, field_name, value)
    if item.known_as and not item.proofs:
        item.proofs = dict.fromkeys(item.known_as, "canonical")
    return item


def a_run(run: str) -> dict[str, Any]:
    """The document of a run."""
    return {
        "_id": run, "schema": 4, "spider": "related", "job": None, "args": {}, "about": None, "seeds": [],
        "settings": {}, "versions": {}, "started_at": at(0), "finished_at": at(20), "finish_reason": "finished",
        "counts": {}, "failures": {}, "skipped": {}, "sites": [], "quality": {},
    }  # fmt: skip


def all_links(db: Any, story: str | None = None) -> list[dict[str, Any]]:
    """All links, or those of the page of a story: documents, and what lists amount to; confirmations not counted."""
    edges = list(db["links"].find({"from": key(story)} if story else {}))
    return edges + list(all_listed_links(db, {"story": key(story)} if story else {}))


@dataclass
class Expected:
    """What is to be in the database."""

    stories: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    revisions: list[dict[str, Any]] = field(default_factory=list)


def expected(visits: Iterable[tuple[str, StoryItem]]) -> Expected:
    """Walk through visits (crawl, item) in the order of time and do what the contract says, one by one."""
    world = Expected()
    pages: dict[str, tuple[datetime, list[LinkItem]]] = {}
    for crawl, item in visits:
        if item.outcome == "fetched":
            before = world.stories.get(item.key)
            _see(world, item.key, item, crawl, depth=item.depth, way=(None, "seed"), anchor=None)
            story = world.stories[item.key]
            had = before is not None and story["content_hash"] is not None
            if had and story["content_hash"] != item.content_hash:
                changed = [name for name in ("title", "text") if story[name] != getattr(item, name)]
                world.revisions.append(_earlier(item, story, changed))
                story["revisions"] += 1
            story |= {"title": item.title, "text": item.text, "content_hash": item.content_hash}
            pages[item.key] = (item.visited_at, item.links)
        else:
            _see(world, item.key, item, crawl, depth=item.depth, way=(None, "seed"), anchor=None)
        story = world.stories[item.key]
        story["visits"] += 1
        if item.outcome in ("fetched", "unchanged"):
            story |= {"status": "fetched", "reason": None, "fetched_at": item.visited_at}
            _show(world, crawl, item, pages.get(item.key, (None, []))[1])
        elif item.outcome == "gone":
            if story["status"] == "fetched" and story["content_hash"] is not None:
                world.revisions.append(_earlier(item, story, ["gone"]))
            story |= {"status": "gone", "reason": item.reason}
            for (source, _, _), edge in world.links.items():
                if source == item.key:
                    edge["active"] = False
        elif story["status"] not in ("fetched", "gone"):
            story |= {"status": item.outcome, "reason": item.reason}
    return world


def walk_links(world: Expected, crawl: str, item: StoryItem, pages: Mapping[datetime, list[LinkItem]]) -> None:
    """Do what a visit does to the links of its story, and to nothing else; `same_as` says which page it confirms."""
    if item.outcome == "fetched":
        _show(world, crawl, item, item.links)
    elif item.outcome == "unchanged" and item.same_as:
        _show(world, crawl, item, pages[item.same_as])
    elif item.outcome == "gone":
        _show(world, crawl, item, [])


def _earlier(item: StoryItem, story: dict[str, Any], changed: list[str]) -> dict[str, Any]:
    return {
        "story": item.key,
        "at": item.visited_at,
        "changed": changed,
        **{name: story[name] for name in ("title", "text", "content_hash")},
    }


def _see(
    world: Expected,
    story_key_: str,
    item: StoryItem,
    crawl: str,
    *,
    depth: int,
    way: tuple[str | None, str],
    anchor: str | None,
) -> None:
    story = world.stories.setdefault(
        story_key_,
        {
            "status": "stub",
            "reason": None,
            "title": None,
            "text": None,
            "content_hash": None,
            "visits": 0,
            "revisions": 0,
            "fetched_at": None,
            "first_seen": item.visited_at,
            "depth": depth,
            "discovered": {"crawl": crawl, "from": way[0], "kind": way[1], "at": item.visited_at},
        },
    )
    story["last_seen"] = item.visited_at
    story["depth"] = min(story["depth"], depth)
    if anchor and story["title"] is None and story["fetched_at"] is None:
        story["title"] = anchor


def _show(world: Expected, crawl: str, item: StoryItem, links: list[LinkItem]) -> None:
    for (source, _, _), edge in world.links.items():
        if source == item.key:
            edge["active"] = False
    shown = set()
    for one in links:
        end = (item.key, one.to, one.kind)
        if one.to == item.key or end in shown:
            continue
        shown.add(end)
        if item.outcome == "fetched":
            way = (item.key, one.kind)
            _see(world, one.to, item, crawl, depth=item.depth + 1, way=way, anchor=one.anchor or None)
        edge = world.links.setdefault(end, {"first_seen": item.visited_at, "seen_count": 0, "crawl": crawl})
        edge["seen_count"] += 1
        edge |= {
            "active": True,
            "last_seen": item.visited_at,
            "position": one.position,
            "anchor": one.anchor,
            "heading": one.heading,
        }
