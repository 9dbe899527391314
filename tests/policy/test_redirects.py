"""Which redirects lead to the story that was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.errors import UrlError
from kolcrawl.policy.redirects import headlines_agree, is_same_story
from kolcrawl.urls import believed_canonical

ASKED = "https://www.example.com/2026/03/ferry-runs-aground-25361234.html"
HEADLINE = "Ferry runs aground off the harbour wall, twelve rescued"


@pytest.mark.parametrize(
    ("asked", "target", "proof"),
    [
        (ASKED, ASKED.replace("https:", "http:"), "address"),
        (ASKED, ASKED.replace("www.", "m."), "address"),
        (ASKED, ASKED.replace("www.", "news."), "address"),
        (ASKED, ASKED + "?sid=8a7b6c5d4e3f2a1b", "address"),
        (ASKED + "?cookie=1", ASKED, "address"),
        (ASKED, "https://www.example.com/news/ferry-accident-what-we-know-25361234", "id"),
        (ASKED, "https://ent.example.com/a/25361234", "id"),
        ("https://example.com/show.php?id=253612", "https://example.com/news/253612.html", "id"),
        ("https://example.com/news/25361234/old-words", "https://example.com/news/25361234/new-words", "id"),
        ("https://example.com/a/1001.html", "https://example.com/world/1001.html", "id"),
        ("https://example.com/old/ferry-runs-aground", "https://example.com/2026/ferry-runs-aground/", "slug"),
        ("https://example.com/ferry-runs-aground-off", "https://example.com/ferry-runs-aground-off-harbour", "slug"),
        ("https://example.com/?p=512", "https://example.com/2026/ferry-runs-aground/", "slug"),
    ],
)
def test_addresses_of_one_article(asked: str, target: str, proof: str) -> None:
    """Variants of an address, new words around an id, and a new place of the same name need no headline."""
    assert is_same_story(asked, target) == proof


@pytest.mark.parametrize(
    "target",
    [
        "https://www.example.com/",
        "https://www.example.com/index.html",
        "https://www.example.com/news/",
        "https://www.example.com/2026/03/",
        "https://www.example.com/local-news",
        "https://www.example.com/topic/12345.html",
        "https://www.example.com/search?q=ferry-runs-aground-25361234",
        "https://www.example.com/login?from=%2F2026%2F03%2Fferry-runs-aground-25361234.html",
        "https://www.example.com/consent?id=25361234",
        "https://www.example.com/app/download?aid=25361234",
        "https://www.example.com/errorpage.html",
        "https://www.example.com/404.html",
        "https://www.example.com/2026/03/ferry-runs-aground-25361235.html",
        "https://www.example.com/2026/03/harbour-master-resigns-99361234.html",
        "https://passport.example.com/visitor/visitor",
        "https://www.lucky-spin.net/2026/03/ferry-runs-aground-25361234.html",
        "https://www.lucky-spin.net/welcome",
    ],
)
def test_lists_gates_and_strangers(target: str) -> None:
    """Fronts, lists, logins, error pages, other articles and other sites are not the story, whatever their query says;
    nor are they if their title says something else."""
    assert is_same_story(ASKED, target) is None
    assert (
        is_same_story(ASKED, target, anchor=HEADLINE, title="The Lantern: news of the harbour and the old town") is None
    )


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("https://www.example.com/zh/a/1234567.html", "https://www.example.com/en/a/1234567.html"),
        ("https://zh.example.com/a/1234567.html", "https://en.example.com/a/1234567.html"),
        ("https://www.example.com/cn/news/de-facto-1234567", "https://www.example.com/en-us/news/de-facto-1234567"),
        ("https://www.example.com/a/1234567.html?lang=zh_CN", "https://www.example.com/a/1234567.html?lang=en"),
    ],
)
def test_editions_in_two_languages(asked: str, target: str) -> None:
    """A redirect, or a page's claim, from one language to another leads to another story."""
    assert is_same_story(asked, target) is None
    assert believed_canonical(asked, target, None) != target
    assert is_same_story(asked, asked + "#top") == "address"


def test_a_translation_under_one_id() -> None:
    """An id under a headline of another script is a translation, unless the path is the same."""
    asked, target = "https://www.example.com/a/1234567.html", "https://www.example.com/en/a/1234567.html"
    assert is_same_story(asked, target, anchor=HEADLINE, title=HEADLINE) == "id"
    assert is_same_story(asked, target, anchor="渡轮在港口外搁浅，十二人获救", title=HEADLINE) is None


def test_numbers_of_categories_prove_nothing() -> None:
    """Stories of one category share its number, and parts of a series their words."""
    assert is_same_story("https://e.org/c/7315/the-one", "https://e.org/c/7315/the-other") is None
    assert is_same_story("https://e.org/a-long-affair-part-1", "https://e.org/a-long-affair-part-2") is None
    assert is_same_story("https://e.org/view?id=7", "https://e.org/view") is None


def test_an_id_under_a_title_that_shares_nothing() -> None:
    """An id in the target's path is no proof where the headline has not one word of the link's text."""
    gate = "https://www.example.com/subscribe/25361234"
    assert is_same_story(ASKED, gate, anchor=HEADLINE, title="Unlimited reading for one pound") is None
    assert is_same_story(ASKED, gate, anchor=HEADLINE, title="Twelve rescued from ferry") == "id"


@pytest.mark.parametrize(
    ("anchor", "title"),
    [
        (HEADLINE, HEADLINE),
        (HEADLINE, HEADLINE + " - The Lantern"),
        ("Ferry runs aground off the harbour wall…", HEADLINE),
        (
            "Ferry runs aground off harbour wall, twelve people rescued",
            "Ferry runs aground off harbour wall, twelve rescued",
        ),
        ("渡轮在港口搁浅十二人获救", "渡轮在港口搁浅，十二人获救_灯塔网"),
        ("渡轮在港口搁浅十二人", "渡轮在港口搁浅，十二人获救"),
    ],
)
def test_short_links_by_their_headline(anchor: str, title: str) -> None:
    """A short link is its target where the link's text is the target's headline, cut or extended."""
    assert is_same_story("https://t.example/AbC", "https://news.example.net/1", anchor=anchor, title=title) == "title"


@pytest.mark.parametrize(
    ("anchor", "title"),
    [
        ("", ""),
        ("Local news", "Local news"),
        ("更多", "更多"),
        ("本地新闻", "本地新闻"),
        ("Council decision number 12 divides the old town", "Council decision number 13 divides the old town"),
        ("Mayor opens new library in harbour district", "Mayor opens new clinic in harbour district"),
        ("港口议会第七号决定引发市民关注", "港口议会第九号决定引发市民关注"),
        ("Bridge", "Bridge over the harbour is closed for repairs until spring"),
    ],
)
def test_headlines_that_do_not_agree(anchor: str, title: str) -> None:
    """Short words that stand over any list, and headlines of a series, are no proof."""
    assert not headlines_agree(anchor, title)
    assert is_same_story("https://t.example/AbC", "https://news.example.net/1", anchor=anchor, title=title) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_agreement_is_symmetric(one: str, other: str) -> None:
    """Which of two headlines is the link's does not matter."""
    assert headlines_agree(one, other) == headlines_agree(other, one)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_address_is_judged(asked: str, target: str) -> None:
    """Whatever stands in an address, it is judged or refused as unusable."""
    try:
        is_same_story("https://e.org/" + asked, "https://e.org/" + target, anchor="x", title="y")
    except UrlError:
        return
