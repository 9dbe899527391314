"""Text for terminals."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.cli.story_text import MAX_BLOCK_LINKS, story_lines
from kolcrawl.cli.terminal import UNSAFE_CATEGORIES, columns, fit, plain


def test_wide_characters_take_two_columns() -> None:
    """Chinese and full-width characters count twice, combining marks not at all."""
    assert columns("小米 KOL") == 8
    assert columns("ＡＢ") == 4
    assert columns("e\u0301") == 1
    assert fit("小米与争议博主", 7) == "小米与…"
    assert fit("小米", 6, pad=True) == "小米  "


def test_a_page_cannot_steer_the_terminal() -> None:
    """Escape sequences, direction overrides and zero-width characters of a title never reach the terminal."""
    assert plain("a\x1b[31mb\u202ec\u200bd\r\ne\x9bf") == "a[31mbcd  ef"


@given(st.text(), st.integers(1, 60))
def test_lines_fit(text: str, width: int) -> None:
    """Any text becomes one line of safe characters that is no wider than asked, and exactly so when padded."""
    line = fit(text, width)
    assert columns(line) <= width
    assert columns(fit(text, width, pad=True)) == width
    assert not [c for c in line if unicodedata.category(c) in UNSAFE_CATEGORIES]


def test_a_long_list_is_cut() -> None:
    """A block of very many links shows the first, and how many more there are."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    story = {
        "_id": "0" * 32, "title": "T", "url": "https://example.com/1", "site": "example.com", "status": "fetched",
        "reason": None, "published_at": None, "discovered": {"crawl": "c", "kind": "seed", "at": at}, "depth": 0,
        "group": "0" * 32,
    }  # fmt: skip
    link = {"kind": "popular", "heading": None, "position": 1, "anchor": "a", "active": True}
    report = {"story": story, "copies": [], "found": [], "out": [], "visits": [], "revisions": []}
    lines = list(story_lines(report | {"in": [{"link": link, "story": story}] * (MAX_BLOCK_LINKS + 7)}, 80))
    assert "links in (107)" in lines
    assert "  … and 7 more (--json shows all)" in lines
    assert len(lines) < 2 * MAX_BLOCK_LINKS + 30  # each with its address below
