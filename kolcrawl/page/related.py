"""The page's own list of related stories."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolcrawl.page.document import Document
    from kolcrawl.page.page import Page, PageLink
    from kolcrawl.page.rules import SiteRules
    from kolcrawl.page.sites import SiteMemory


def find_links(document: Document, page: Page, rules: SiteRules, memory: SiteMemory | None) -> list[PageLink]:
    """Find the links to other stories, by block and kind, in page order."""
    return []
