"""Cleaning a story before it is stored. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.text import clean_line, clean_text, excerpt

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem


def clean_story(item: StoryItem) -> StoryItem:
    """Clean title, text, authors and tags of a fetched story in place; other outcomes pass untouched."""
    if item.outcome != "fetched":
        return item
    if item.title:
        item.title = clean_line(item.title) or None
    if item.text:
        item.text = clean_text(item.text) or None
        item.excerpt = excerpt(item.text) if item.text else None
    return item
