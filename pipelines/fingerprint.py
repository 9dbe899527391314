"""Fingerprints: priority 300, after cleaning, so that equal stories have equal ones. Drops nothing."""

from __future__ import annotations

from kolcrawl.items import StoryItem
from kolcrawl.story.fingerprint import fingerprint_story


class FingerprintPipeline:
    """Content hash, bands and signature of fetched stories; the store says which of them are copies."""

    def process_item(self, item: object) -> object:
        """Fingerprint a story item; anything else passes untouched."""
        return fingerprint_story(item) if isinstance(item, StoryItem) else item
