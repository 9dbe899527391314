"""References as browsers resolve them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.urls import resolve_reference

BASE = "http://www.example.com/a/1.html"
CASES = {
    "/b/2.html": "http://www.example.com/b/2.html",
    " 2.html\n": "http://www.example.com/a/2.html",
    "?p=2": "http://www.example.com/a/1.html?p=2",
    "//other.org/b": "http://other.org/b",
    "////other.org/b": "http://other.org/b",
    "http://other.org/b": "http://other.org/b",
    "http:///other.org/b": "http://other.org/b",
    "http:/other.org/b": "http://other.org/b",
    "http:/b/2.html": "http://www.example.com/b/2.html",
    "http:2.html": "http://www.example.com/a/2.html",
    "https:/b/2.html": "https://b/2.html",
    "HTTPS:other.org": "HTTPS://other.org",
    r"\b\2.html": "http://www.example.com/b/2.html",
    r"http:\\other.org\b?c=\d": r"http://other.org/b?c=\d",
    r"\\other.org\b": "http://other.org/b",
    "ja\tvascript:go()": "javascript:go()",
    "mailto:ada@example.com": "mailto:ada@example.com",
}
"""References and addresses, the scheme and host of some written amiss."""


@pytest.mark.parametrize(("reference", "url"), CASES.items())
def test_as_browsers_do(reference: str, url: str) -> None:
    """Backslashes are slashes, any number of slashes makes a host, one slash only before what may be a host."""
    assert resolve_reference(BASE, reference) == url


@given(st.text(alphabet="htps:/\\.?#a ", max_size=20))
def test_an_address_or_an_error(reference: str) -> None:
    """Whatever is written, an absolute address comes of it, or a ValueError."""
    with suppress(ValueError):
        assert ":" in resolve_reference(BASE, reference)
