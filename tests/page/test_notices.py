"""Notices in the place of stories, in every language of the table, and stories that speak of such things."""

from __future__ import annotations

from html import escape
from random import Random

import pytest

from kolcrawl.page import read_page
from kolcrawl.text.tables import read_table
from tests.made_texts import chinese, english

NOTICES = [(row["kind"], *entry) for row in read_table("notices.toml")["notice"] for entry in row["words"]]
FILLER = {"en": "".join(english(1500, Random(3))), "zh": "".join(chinese(700, Random(3)))}


def paragraphs(language: str) -> list[str]:
    """Three long paragraphs."""
    text = FILLER[language]
    size, end = len(text) // 3, "." if language == "en" else "。"
    return [text[at : at + size].strip() + end for at in (0, size, 2 * size)]


def kind_of(title: str, h1: str, *paragraphs: str, more: str = "") -> str | None:
    """Why a page is no story."""
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    page = (
        f'<html><head><meta charset="utf-8"><title>{escape(title)}</title></head><body><div><a href="/">Home</a></div>'
        f"<h1>{escape(h1)}</h1>{more}{body}</body></html>"
    )
    return read_page(page.encode(), "https://www.example.com/a/84001.html").no_story


@pytest.mark.parametrize(("kind", "words", "shown"), NOTICES, ids=[words for _, words, _ in NOTICES])
def test_each_entry_with_its_example(kind: str, words: str, shown: str) -> None:
    """The example of each entry is of its kind, as a headline; its words are in it."""
    assert words in shown.lower()
    assert kind_of("The Lantern", shown) == kind


@pytest.mark.parametrize("language", FILLER)
def test_long_notices_by_their_headline(language: str) -> None:
    """A headline that says nothing but the notice counts although the paragraphs are long; not with a date."""
    head = {"en": "Story no longer available", "zh": "文章已删除"}[language]
    long = paragraphs(language)
    assert kind_of("The Lantern", head, *long) == "withdrawn"
    assert kind_of("The Lantern", head, *long, more="<time datetime='2026-03-02'>2026-03-02</time>") is None


@pytest.mark.parametrize(
    "headline",
    [
        "Minister says the post has been removed at the request of nobody in particular",
        "Why every page not found should make a newspaper think about its readers",
        "市长称该视频已被删除，将调查原因并向公众说明情况",
        "网站维护工人的一天：凌晨四点的机房与咖啡",
        "Domain for sale: how a village sold its name and built a school with it",
    ],
)
def test_stories_about_such_things(headline: str) -> None:
    """A headline that speaks of a notice and goes on is a story's."""
    long = paragraphs("en" if headline.isascii() else "zh")
    assert kind_of(headline, headline, *long, more="<p>2026-03-02 08:34</p>") is None
    assert kind_of(headline, headline, *long) is None
