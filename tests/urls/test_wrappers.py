"""Addresses that hand their reader on to another one, which they carry."""

from __future__ import annotations

import pytest

from kolcrawl.urls.targets import Resolver
from kolcrawl.urls.wrappers import wrapped_address

INNER = "https://news.example/a/20260410/520100.shtml"
ENCODED = "https%3A%2F%2Fnews.example%2Fa%2F20260410%2F520100.shtml"


@pytest.mark.parametrize(
    "wrapper",
    [
        f"https://www.paper.example/redirect?url={ENCODED}",
        f"https://www.paper.example/link.php?target={ENCODED}&pos=3",
        f"https://www.paper.example/x/click?to={INNER}&pos=3",
        f"https://link.paper.example/?target={ENCODED}",
        f"https://out.paper.example/?url=https%3A%2F%2Fwww.paper.example%2Fgo%3Furl%3D{ENCODED.replace('%', '%25')}",
    ],
)
def test_a_redirector_leads_to_the_address_that_it_carries(wrapper: str) -> None:
    """Whatever the redirector and its parameter are called, and however often it is wrapped; the wrapper is kept."""
    assert wrapped_address(wrapper) == INNER
    target = Resolver("https://www.paper.example/a/1.html").resolve(wrapper)
    assert target
    assert (target.url, target.wrapper, target.place) == (INNER, wrapper, False)


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.paper.example/share?url={ENCODED}",
        f"https://www.paper.example/login?redirect={ENCODED}",
        f"https://www.paper.example/sharer.php?u={ENCODED}",
        "https://www.paper.example/redirect?url=%2Fa%2F1.html",
        "https://www.paper.example/a/1.html?url=1",
        "https://t.example/Ab3dEf",
    ],
)
def test_forms_and_short_links_are_no_redirectors(url: str) -> None:
    """A share form, a login, an address without one inside: each leads where it says."""
    assert wrapped_address(url) is None
