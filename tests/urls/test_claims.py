"""Which claims of a page about its own address are believed."""

from __future__ import annotations

import pytest

from kolcrawl.urls import believed_canonical, canonical_url, story_key
from kolcrawl.urls.claims import claimed_url

PAGE = "https://www.example.com/news/2024/05/kol-caught-again-25361234.html"


@pytest.mark.parametrize(
    ("page", "claim"),
    [
        (PAGE, "https://example.com/news/2024/05/kol-caught-again-25361234.html"),
        (PAGE, "https://ent.example.com/a/25361234"),
        (PAGE, "/a/25361234/the-new-headline"),
        ("https://m.example.com/view?id=25361234", "https://news.example.com/1/25361234.htm"),
        ("https://example.com/a/101_2.html", "https://example.com/a/101.html"),
        ("https://example.com/?p=512", "https://example.com/2024/05/kol-caught-again/"),
        ("https://example.com/2024/05/kol-caught-again-by-fans", "/ent/kol-caught-again-by-fans-25361234.html"),
        ("https://example.com/ent/a/OklJOk/kol-caught", "https://example.com/a/OklJOk"),
        ("https://example.com/topics/kol-caught-again/?x=rss", "/topics/kol-caught-again/"),
        ("https://example.com/2024/kol-caught-again-today/?channel=105100", "/2024/kol-caught-again-today/"),
        ("https://example.com/a/25361234?x=999999999", "https://example.com/a/25361234"),
    ],
)
def test_claim_is_believed(page: str, claim: str) -> None:
    """A claim that can be the same article's address is taken, as rel=canonical or as og:url."""
    assert story_key(believed_canonical(page, claim, None)) == story_key(believed_canonical(page, None, claim))
    assert believed_canonical(page, claim, None) != canonical_url(page)


@pytest.mark.parametrize(
    ("page", "claim"),
    [
        (PAGE, "https://www.example.com/"),
        (PAGE, "https://www.example.com/index.html?utm_source=x"),
        (PAGE, "https://www.example.com/news/"),
        (PAGE, "https://www.example.com/news/2024/05/"),
        (PAGE, "https://www.example.com/news/2024/05/kol-caught-again-25361235.html"),
        (PAGE, "https://www.example.net/news/2024/05/kol-caught-again-25361234.html"),
        (PAGE, "https://www.example.com/about-us.html"),
        (PAGE, "https://www.example.com/undefined"),
        (PAGE, "javascript:void(0)"),
        (PAGE, "http://["),
        (PAGE, "   "),
        ("https://example.com/n?id=1", "https://example.com/n?id=2"),
        ("https://example.com/n?id=1", "https://example.com/n"),
        ("https://example.com/show-one-news-story.php?id=1", "https://example.com/show-one-news-story.php"),
        ("https://example.com/story/7315/3004543", "https://example.com/story/7315"),
        ("https://example.com/story/7315/show?id=3004543", "https://example.com/story/7315/show?id=3004544"),
        ("https://example.com/a/101.html", "https://example.com/a/102.html"),
        ("https://udn.com/news/story/7315/3004543", "https://udn.com/news/story/7315/3004544"),
        ("https://example.com/ent/kol_1.html", "https://example.com/ent/kol_2.html"),
        ("https://example.com/ent/kol-affair-part-1", "https://example.com/ent/kol-affair-part-2"),
        ("https://example.com/?p=512", "https://example.com/news/"),
        ("https://example.com/20240501/a.html", "https://example.com/20240501/b.html"),
        ("https://a.blogspot.com/2024/05/kol-affair.html", "https://b.blogspot.com/2024/05/kol-affair.html"),
    ],
)
def test_claim_is_not_believed(page: str, claim: str) -> None:
    """Home pages, section fronts, other articles, other sites and rubbish are not taken for the story."""
    assert believed_canonical(page, claim, claim) == canonical_url(page)


def test_second_claim_counts_when_the_first_fails() -> None:
    """og:url is asked when rel=canonical is not believed."""
    assert believed_canonical(PAGE, "/", "/a/25361234") == "https://www.example.com/a/25361234"


def test_believed_claim_keeps_https() -> None:
    """A page that came by https is not asked for by http again."""
    assert believed_canonical(PAGE, PAGE.replace("https:", "http:"), None) == PAGE


@pytest.mark.parametrize(
    ("claim", "url"),
    [
        ("www.example.com/a/1.html", "https://www.example.com/a/1.html"),
        ("example.com/a/1.html", "https://example.com/a/1.html"),
        ("m.example.com", "https://m.example.com"),
        ("http:/www.example.com/a", "http://www.example.com/a"),
        ("https//www.example.com/a", "https://www.example.com/a"),
        ("https://www.example.com/a, https://www.example.com/b", "https://www.example.com/a"),
        ("https://www.example.com/a,b;c", "https://www.example.com/a,b;c"),
        ("//www.example.com/a", "https://www.example.com/a"),
        ("a/1.html", "https://www.example.com/x/a/1.html"),
        ("1.html", "https://www.example.com/x/1.html"),
        ("other.org/a", "https://www.example.com/x/other.org/a"),
        ("/a", "https://www.example.com/a"),
    ],
)
def test_addresses_that_pages_claim(claim: str, url: str) -> None:
    """A claim without scheme is no path of its own site, and of a list the first counts."""
    assert claimed_url("https://www.example.com/x/y.html", claim) == url
