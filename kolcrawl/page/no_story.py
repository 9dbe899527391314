"""Is it a story?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolcrawl.page.document import Document
    from kolcrawl.page.meta import Markup
    from kolcrawl.page.page import StoryFacts


def why_no_story(document: Document, markup: Markup, story: StoryFacts) -> str | None:
    """None for an article, else `no_article`, `paywall` or `blocked`."""
    return None if story.text else "no_article"
