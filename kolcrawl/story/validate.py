"""Bring a story within the bounds of what is stored, which hostile or broken pages exceed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kolcrawl.items import LinkItem, StoryItem

MAX_STORY_TEXT = 500_000  # characters; the longest real article measured has 120,000
MAX_TITLE = 500
MAX_LISTED_NAMES = 50  # authors, tags, aliases


def validate_story(item: StoryItem) -> Iterator[str]:
    """Bring an item within bounds, in place.

    A fetched page with neither title nor text is not a story: it becomes `failed`, reason `no_article`.

    Yields: the name of each field that had to be changed, for the crawl's statistics.
    """
    if item.outcome == "fetched" and not item.title and not item.text:
        item.outcome, item.reason = "failed", "no_article"
        yield "title"
    if item.title and len(item.title) > MAX_TITLE:
        item.title = item.title[:MAX_TITLE]
        yield "title"
    if item.raw_title and len(item.raw_title) > MAX_TITLE:
        item.raw_title = item.raw_title[:MAX_TITLE]
        yield "raw_title"
    if item.text and len(item.text) > MAX_STORY_TEXT:
        item.text = item.text[:MAX_STORY_TEXT]
        yield "text"
    for name in ("authors", "tags", "aliases", "known_as"):
        values = getattr(item, name)
        if len(values) > MAX_LISTED_NAMES:
            del values[MAX_LISTED_NAMES:]
            yield name
    bound_link_texts(item.links)


def bound_link_texts(links: Iterable[LinkItem]) -> None:
    """Bring the texts and headings of links within bounds, in place."""
    for link in links:
        link.anchor = link.anchor[:MAX_TITLE]
        link.heading = link.heading[:MAX_TITLE] if link.heading else None
