"""What belongs to a page itself, told without losing the links to other stories."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kolcrawl.urls import story_key
from kolcrawl.urls.page_address import page_address
from kolcrawl.urls.targets import Resolver

NUMBERED = "https://www.example.cn/news/7331/4909425.html"
ASKED = "https://www.example.cn/view.php?news_id=9127738"
NAMED = "https://www.example.com/2026/03/phone-maker-ends-its-deal.html"


def owns(page: str, href: str, *claims: str) -> bool:
    """Whether a link on a page leads to what belongs to it."""
    found = Resolver(page).resolve(href)
    assert found is not None
    return page_address(page, claims).owns(found)


@pytest.mark.parametrize(
    ("page", "href"),
    [
        (NUMBERED, "http://m.example.cn/news/7331/4909425.html?utm_source=x#comments"),
        (NUMBERED, "/news/7331/4909425.html?page=2"),
        (NUMBERED, "/comment/4909425/1"),
        (NUMBERED, "/photo/4909425_2.html"),
        (NUMBERED, "/news/6639/4909425.html"),
        (NUMBERED, "/print.php?id=4909425"),
        (NUMBERED, "/article_photo/list?article_id=4909425&pid=1813067"),
        (NUMBERED, "/login?back=https%3A%2F%2Fwww.example.cn%2Fnews%2F7331%2F4909425.html"),
        (ASKED, "/view.php?news_id=9127738&page=2"),
        (ASKED, "/view.php?news_id=9127738&section_id=5550001"),
        (ASKED, "/comment.php?news_id=9127738"),
        (NAMED, "/2026/03/phone-maker-ends-its-deal.html?output=print&size=A4"),
        (NAMED, "/2026/03/phone-maker-ends-its-deal.html?comment=88123456"),
        (NAMED, "/order?u=https://www.example.com/2026/03/phone-maker-ends-its-deal.html"),
    ],
)
def test_parts_of_the_page(page: str, href: str) -> None:
    """Comments, pictures, further parts, print versions and forms that carry the page's address belong to it."""
    assert owns(page, href)


@pytest.mark.parametrize(
    ("page", "href"),
    [
        (NUMBERED, "/news/7331/4909426.html"),
        (NUMBERED, "/news/7331/4909426.html?sourceEntityId=4909425"),
        (NUMBERED, "/show.php?id=1002&sourceEntityId=4909425"),
        (NUMBERED, "/read?story=the-deal-that-never-was-4411&from=4909425"),
        (NUMBERED, "https://other.example/news/4909425.html"),
        (NUMBERED, "/news/7331/49094251.html"),
        (ASKED, "/view.php?news_id=9127739"),
        (ASKED, "/view.php?news_id=9127739&ref=9127738"),
        (ASKED, "/view.php"),
        ("https://a.example/show.php?source=1000", "/show.php?source=1001"),
        ("https://a.example/a.html", "/a.html?source=1001"),
        ("https://a.example/show.php?from=20231001", "/show.php?from=20231002"),
        (NAMED, "/2026/03/phone-maker-answers-its-critics.html"),
        (NAMED, "/read/phone-maker-answers-its-critics?u=https://www.example.com/2026/03/x.html"),
    ],
)
def test_other_stories(page: str, href: str) -> None:
    """An address that names another story is no part of the page, even if it carries the page's id."""
    assert not owns(page, href)


def test_claims() -> None:
    """A claimed address is the page's own when it can be; one that names another story of the site is not."""
    story = "https://a.example/2026/03/phone-maker-ends-its-deal-5210987.html"
    assert owns(story, "/x/5210987.html", "/x/5210987.html")
    assert not owns(story, "/2026/03/another-maker-begins-5210988.html", "/2026/03/another-maker-begins-5210988.html")
    assert owns(story, "https://b.example/original.html", "https://b.example/original.html")
    assert owns("https://a.example/", story, story)
    assert page_address("https://a.example/", [story]).shape == page_address(story).shape
    assert page_address(story, ["http://[", "javascript:x", "ftp://x/"]).keys == {story_key(story)}


PARAMETER = st.sampled_from(["id", "aid", "cid", "mod", "position", "source", "src", "module", "region", "ref", "from"])


@given(PARAMETER, st.integers(1000, 10**9), st.integers(1000, 10**9))
def test_pages_told_apart_by_one_number(name: str, own: int, other: int) -> None:
    """Of stories that differ in one number of the query, only the page's own belongs to it."""
    assume(own != other)
    page = f"https://a.example/show.php?{name}={own}"
    assert owns(page, page)
    assert not owns(page, f"/show.php?{name}={other}")
