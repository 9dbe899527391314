"""The answers of the API as JSON values. Every bounded answer says how much there is (`total`) and if it is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kolcrawl.items import LINK_KINDS
from kolcrawl.layout.map_layout import as_lists
from kolcrawl.view.network_rows import NO_TIME
from kolcrawl.view.snapshot import STORY_STATUSES, as_time
from kolcrawl.view.story_query import story_times

if TYPE_CHECKING:
    from kolcrawl.layout.forces import Array
    from kolcrawl.network import Link, Network, Story
    from kolcrawl.view.library import OpenNetwork, StoryMap
    from kolcrawl.view.snapshot import Links, Stories

MAX_ANSWER_ROWS = 1_000
"""Rows of one answer."""
MAX_STORY_LINKS = 500
"""Links of a story, in each direction."""
MAX_GROUP_TEXTS = 30
"""Members of a same-story group that are given with their texts."""
MAX_VISITS = 100
STEP_MILLISECONDS = {"hour": 3_600_000, "day": 86_400_000}
MAX_STEPS = 2_000


def network_lists(opened: OpenNetwork) -> dict[str, Any]:
    """Return all stories as columns."""
    stories = opened.stories
    return {
        "database": opened.network.db.name,
        "crawl": opened.network.crawl_id,
        "read_at": round(opened.read_at * 1000),
        "total": stories.total,
        "limited": stories.total > len(stories),
        "statuses": STORY_STATUSES,
        "kinds": LINK_KINDS,
        "sites": stories.sites,
        "reasons": stories.reasons,
        "langs": stories.langs,
        "columns": {
            "key": stories.keys,
            "title": stories.titles,
            "url": stories.urls,
            "site": stories.site.tolist(),
            "status": stories.status.tolist(),
            "reason": stories.reason.tolist(),
            "lang": stories.lang.tolist(),
            "published": _times(stories.published),
            "day_only": stories.day_only.astype(int).tolist(),
            "seen": _times(stories.seen),
            "fetched": _times(stories.fetched),
            "depth": stories.depth.tolist(),
            "relevance": stories.relevance.tolist(),
            "group": stories.group.tolist(),
            "copy_of": stories.copy_of.tolist(),
            "changed": _times(stories.changed),
            "retitled": stories.retitled.astype(int).tolist(),
            "first_changed": _times(stories.first_changed),
            "first_retitled": _times(stories.first_retitled),
            "vanished": _times(stories.vanished),
        },
        "absences": [[place, since, None if until == NO_TIME else until] for place, since, until in stories.absences],
    }


def link_lists(links: Links, *, with_headings: bool = False) -> dict[str, Any]:
    """Return all links as columns, the most relevant first; ends are places in the columns of the stories."""
    headings = {"headings": links.headings, "heading": links.heading.tolist()} if with_headings else {}
    return headings | {
        "total": links.total,
        "limited": links.total > len(links),
        "columns": {
            "source": links.source.tolist(),
            "target": links.target.tolist(),
            "kind": links.kind.tolist(),
            "relevance": links.relevance.tolist(),
            "position": links.position.tolist(),
            "active": links.active.astype(int).tolist(),
            "seen": _times(links.seen),
        },
    }


def map_lists(story_map: StoryMap, *, is_draft: bool = False) -> dict[str, Any]:
    """Return a map: nodes, islands, and the node of each story; a draft is one that knows no links yet."""
    lists = as_lists(story_map.layout)
    return lists | {"names": story_map.names, "node": story_map.node.tolist(), "draft": is_draft}


def story_rows(stories: Stories, places: Array, offset: int, limit: int) -> dict[str, Any]:
    """Return a page of stories, in the order of `places`."""
    chosen = places[offset : offset + limit]
    return {
        "total": len(places),
        "offset": offset,
        "limited": offset + len(chosen) < len(places),
        "stories": [story_row(stories, int(place)) for place in chosen],
    }


def story_row(stories: Stories, place: int) -> dict[str, Any]:
    """Return a story's columns as an object."""
    copy_of = int(stories.copy_of[place])
    return {
        "key": stories.keys[place],
        "title": stories.titles[place],
        "url": stories.urls[place],
        "site": stories.sites[stories.site[place]],
        "status": STORY_STATUSES[stories.status[place]],
        "reason": stories.reasons[stories.reason[place]] or None,
        "lang": stories.langs[stories.lang[place]] or None,
        "published_at": as_time(int(stories.published[place])),
        "day_only": bool(stories.day_only[place]),
        "first_seen": as_time(int(stories.seen[place])),
        "depth": int(stories.depth[place]),
        "relevance": None if stories.relevance[place] < 0 else stories.relevance[place] / 1000,
        "group": stories.keys[stories.group[place]],
        "copy_of": stories.keys[copy_of] if copy_of >= 0 else None,
        "changed_at": as_time(int(stories.changed[place])),
        "retitled": bool(stories.retitled[place]),
        "vanished_at": as_time(int(stories.vanished[place])),
    }


def one_story(network: Network, story: Story) -> dict[str, Any]:
    """Return a story with its text, links both ways, group, the way on which it was found, versions and visits."""
    key = story["_id"]
    ways = {}
    for direction in ("out", "in"):
        found = network.neighbours(key, direction)
        shown = found[:MAX_STORY_LINKS]
        ways[direction] = {
            "total": len(found),
            "limited": len(found) > len(shown),
            "links": [{"link": link_values(link), "story": brief_story(other)} for link, other in shown],
        }
    visits = network.visits(key)
    return {
        "story": _shown(story),
        "out": ways["out"],
        "in": ways["in"],
        "group": [brief_story(member) for member in network.group(key)[:MAX_ANSWER_ROWS]],
        "discovery": [
            {"story": brief_story(step.story), "link": link_values(step.link) if step.link else None}
            for step in network.discovery(key)
        ],
        "revisions": [_shown(revision) for revision in network.revisions(key)],
        "visits": {
            "total": len(visits),
            "limited": len(visits) > MAX_VISITS,
            "visits": [_visit(visit) for visit in visits[-MAX_VISITS:]],
        },
    }


def copies_with_texts(network: Network, key: str) -> dict[str, Any]:
    """Return a same-story group with texts, the leader first."""
    members = network.group(key, with_text=True)
    shown = members[:MAX_GROUP_TEXTS]
    return {
        "total": len(members),
        "limited": len(members) > len(shown),
        "stories": [brief_story(member) | {"text": member.get("text")} for member in shown],
    }


def brief_story(story: Story) -> dict[str, Any]:
    """Return what a list of stories shows."""
    names = ("url", "site", "status", "reason", "title", "published_at", "published", "first_seen", "depth", "origin")
    more = ("relevance", "group", "copy_of", "copy_similarity")
    return {"key": story["_id"]} | {name: story.get(name) for name in (*names, *more)}


def link_values(link: Link) -> dict[str, Any]:
    """Return a link as it is shown."""
    names = ("from", "to", "kind", "heading", "position", "anchor", "relevance", "active", "first_seen", "last_seen")
    return {name: link.get(name) for name in (*names, "seen_count")}


def path_between(network: Network, links: list[Link] | None, start: str) -> dict[str, Any]:
    """Return a path as its stories and links; `found` is false where there is none."""
    keys = [start]
    for link in links or ():
        keys.append(link["to"] if link["from"] == keys[-1] else link["from"])
    stories = [brief_story(story) for story in network.stories_by_key(keys, with_text=False)]
    return {"found": links is not None, "stories": stories, "links": [link_values(link) for link in links or ()]}


def timeline_steps(stories: Stories, places: Array, step: str) -> dict[str, Any]:
    """Count stories by hour or day of their time in UTC: originals, copies, and what vanished or changed then."""
    size = STEP_MILLISECONDS[step]
    columns = {
        "originals": story_times(stories)[places[stories.copy_of[places] < 0]],
        "copies": story_times(stories)[places[stories.copy_of[places] >= 0]],
        "vanished": _known(stories.vanished[places]),
        "changed": _known(stories.changed[places]),
    }
    counted = {name: np.unique(times // size, return_counts=True) for name, times in columns.items()}
    steps = sorted({int(number) for numbers, _ in counted.values() for number in numbers})
    by_step = {name: dict(zip(numbers.tolist(), n.tolist(), strict=True)) for name, (numbers, n) in counted.items()}
    rows = [
        {"at": as_time(number * size)} | {name: n.get(number, 0) for name, n in by_step.items()}
        for number in steps[-MAX_STEPS:]
    ]
    return {"step": step, "total": len(steps), "limited": len(steps) > len(rows), "steps": rows}


def largest_groups(stories: Stories, limit: int) -> dict[str, Any]:
    """Return the same-story groups of several stories, the largest first."""
    size = np.bincount(stories.group, minlength=len(stories))
    order = np.lexsort((np.arange(len(size)), -size))
    leaders = order[size[order] > 1]
    rows = []
    for leader in leaders[:limit]:
        members = np.flatnonzero(stories.group == leader)
        sites = {stories.sites[site] for site in stories.site[members]}
        rows.append({"leader": story_row(stories, int(leader)), "stories": len(members), "sites": sorted(sites)})
    return {"total": len(leaders), "limited": len(leaders) > len(rows), "groups": rows}


def changed_stories(stories: Stories, limit: int) -> dict[str, Any]:
    """Return the stories that changed or vanished, the latest change first."""
    latest = np.maximum(stories.changed, stories.vanished)
    places = np.flatnonzero(latest != NO_TIME)
    places = places[np.lexsort((places, -latest[places]))]
    return story_rows(stories, places, 0, limit)


def _visit(visit: dict[str, Any]) -> dict[str, Any]:
    names = ("crawl", "at", "url", "outcome", "reason", "http_status", "bytes", "elapsed_ms")
    return {name: visit.get(name) for name in names} | {"links": len(visit.get("links") or ())}


def _shown(document: Any) -> dict[str, Any]:
    return {name.lstrip("_"): value for name, value in document.items() if name not in ("basis", "unapplied")}


def _times(values: Array) -> list[int | None]:
    return [None if value == NO_TIME else value for value in values.tolist()]


def _known(values: Array) -> Array:
    result: Array = values[values != NO_TIME]
    return result
