"""The story's facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import trafilatura

from kolcrawl.items import Published
from kolcrawl.text import clean_line, clean_text

if TYPE_CHECKING:
    from kolcrawl.page.document import Document
    from kolcrawl.page.page import Page
    from kolcrawl.page.rules import SiteRules


def read_facts(document: Document, page: Page, rules: SiteRules, now: datetime | None) -> None:
    """Fill in `page.story`, `page.canonical`, `page.og_url`, `page.no_story` and the robots marks."""
    root = document.root
    story = page.story
    for link in root.iterfind(".//link[@rel='canonical']"):
        page.canonical = urljoin(document.base_url, link.get("href") or "") or None
        break
    meta = {}
    for tag in root.iter("meta"):
        name = tag.get("property") or tag.get("name")
        if name and tag.get("content"):
            meta.setdefault(name.lower(), tag.get("content"))
    page.og_url = meta.get("og:url")
    robots = (meta.get("robots") or "").lower()
    page.noindex, page.nofollow = "noindex" in robots, "nofollow" in robots
    answer: Any = trafilatura.bare_extraction(root, fast=True, with_metadata=True, include_comments=False)
    story.site_name = meta.get("og:site_name")
    story.title = clean_line(root.findtext(".//h1") or meta.get("og:title") or root.findtext(".//title") or "") or None
    story.lang = root.get("lang")
    if answer is None:
        page.no_story = "no_article"
        return
    story.title = story.title or answer.title
    story.text = clean_text(answer.text or "") or None
    story.authors = [name for name in (answer.author or "").split("; ") if name]
    if answer.date:
        story.published_at = datetime.fromisoformat(answer.date).replace(tzinfo=UTC)
        story.published = Published(raw=answer.date, source="text", precision="day", tz="assumed")
    if not story.text:
        page.no_story = "no_article"
