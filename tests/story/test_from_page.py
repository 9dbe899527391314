"""Items of pages: what is left out of a page's links is counted."""

from __future__ import annotations

from datetime import UTC, datetime

from kolcrawl.page import read_page
from kolcrawl.story.from_page import MAX_STORED_LINKS, story_from_page
from tests.small_web import article

URL = "https://news.example.com/a/1.html"


def test_links_left_out_are_counted() -> None:
    """Addresses of over 2,000 characters and links beyond a page's 1,000 are counted, and the rest is kept."""
    links = [(f"/a/{20_000 + n}.html", f"Harbour council decision number {n} divides the town") for n in range(1_010)]
    long = [(f"/a/{30_000 + n}.html?q=" + "x" * 3_000, f"A long way to report number {n}") for n in range(3)]
    page = read_page(article("Harbour council decision divides the old town", [*links, *long]).body, URL)
    item = story_from_page(page, requested_url=URL, visited_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert page.long_links == 3
    assert len(item.links) <= MAX_STORED_LINKS
    assert item.links_left_out == 3 + len(page.links) - len(item.links)
    assert item.links_left_out > 3
