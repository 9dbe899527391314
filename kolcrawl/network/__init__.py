"""Read the story network from other programs: `from kolcrawl.network import open_network`.

Entry point: `open_network`, which returns a `Network`. The package knows the store's readers, and nothing of Scrapy.
A second database would be another set of readers in `kolcrawl.store.read`.
"""

from __future__ import annotations

from kolcrawl.network.changed_stories import changed_stories, story_returns
from kolcrawl.network.copied_stories import CopyGroup, StoryCopy, copied_stories
from kolcrawl.network.found_stories import FoundStory, found_stories
from kolcrawl.network.meant_story import meant_story
from kolcrawl.network.network import Network, open_network
from kolcrawl.network.scan import (
    count_written,
    database_names,
    explained_errors,
    other_database,
    scan_links,
    scan_links_of,
    scan_revisions,
    scan_stories,
)
from kolcrawl.network.selection import Selection
from kolcrawl.store.read.reader import StoryFilter
from kolcrawl.store.read.records import Change, Discovery, Event, Link, Neighbour, Story

__all__ = [
    "Change",
    "CopyGroup",
    "Discovery",
    "Event",
    "FoundStory",
    "Link",
    "Neighbour",
    "Network",
    "Selection",
    "Story",
    "StoryCopy",
    "StoryFilter",
    "changed_stories",
    "copied_stories",
    "count_written",
    "database_names",
    "explained_errors",
    "found_stories",
    "meant_story",
    "open_network",
    "other_database",
    "scan_links",
    "scan_links_of",
    "scan_revisions",
    "scan_stories",
    "story_returns",
]
