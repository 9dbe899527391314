"""Names of what the read API returns."""

from __future__ import annotations

from collections.abc import Iterable


def urls(stories: Iterable[dict]) -> set[str]:
    """The URLs of stories."""
    return {story["url"] for story in stories}
