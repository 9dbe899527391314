"""What reading a page leaves behind in its process."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from kolcrawl.errors import PageError
from kolcrawl.page import read, read_page

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://news.example.com/2026/a-story-of-the-day-12345.html"


@pytest.fixture(autouse=True)
def _collecting() -> Iterator[None]:
    """Leave the collector on, whatever a test does."""
    yield
    gc.enable()


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("body", [b"<html><body><p>A story.</p></body></html>", b""])
def test_collector_is_left_as_it_was(body: bytes, enabled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The collector rests while a page is read, and is on again after it only if it was before, errors included."""
    seen: list[bool] = []
    parse = read.parse_document
    monkeypatch.setattr(read, "parse_document", lambda *given: (seen.append(gc.isenabled()), parse(*given))[1])
    (gc.enable if enabled else gc.disable)()
    try:
        read_page(body, URL)
    except PageError:
        assert not body
    assert seen == [False]
    assert gc.isenabled() is enabled
