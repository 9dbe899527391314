"""The story's facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from kolcrawl.page.document import Document
    from kolcrawl.page.page import Page
    from kolcrawl.page.rules import SiteRules


def read_facts(document: Document, page: Page, rules: SiteRules, now: datetime | None) -> None:
    """Fill in `page.story`, `page.canonical`, `page.og_url`, `page.no_story` and the robots marks."""
    page.story.title = document.root.findtext(".//title")
