"""Cleaning: priority 100, before anything looks at what a story says."""

from __future__ import annotations

from typing import Any

from kolcrawl.items import StoryItem
from kolcrawl.story.clean import clean_story


class CleanPipeline:
    """Title, text, authors, tags and origin in the form that is stored; what it changes: `kolcrawl.story.clean`."""

    def process_item(self, item: Any) -> Any:
        """Clean a `StoryItem`; any other item passes untouched."""
        return clean_story(item) if isinstance(item, StoryItem) else item
