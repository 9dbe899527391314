# ruff: noqa: E501  # tables of what pages print
"""Cleaning stories: titles, credits, tags, line breaks."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.items import StoryItem
from kolcrawl.story.clean import clean_story, unwrap
from pipelines.clean import CleanPipeline
from tests.article_texts import BODY, ENGLISH
from tests.text.test_residue import RESIDUE


def story(**fields: Any) -> StoryItem:
    """A fetched story with the given fields."""
    known: dict[str, Any] = {
        "key": "k",
        "url": "https://news.example.cn/a/1.html",
        "requested_url": "https://news.example.cn/a/1.html",
        "site": "example.cn",
        "outcome": "fetched",
        "visited_at": datetime(2026, 3, 2, tzinfo=UTC),
    }
    return StoryItem(**known | fields)


def test_credits_are_kept_as_facts() -> None:
    """The credited outlet becomes the origin, and a byline the author when the page named nobody."""
    item = clean_story(story(text="\n".join([*BODY, "来源：某某财经", "扬子晚报记者 张楠"])))
    assert (item.origin, item.authors) == ("某某财经", ["张楠"])
    assert item.text == "\n".join(BODY)
    kept = clean_story(story(text="\n".join([*BODY, "来源：某某财经"]), origin="别家日报", authors=["李四"]))
    assert (kept.origin, kept.authors) == ("别家日报", ["李四"])
    own = clean_story(story(text="\n".join([*BODY, "来源：例子网"]), site_name="例子网"))
    assert own.origin is None


def test_title_loses_site_and_keeps_what_was_printed() -> None:
    """The raw title is kept only where cleaning changed it."""
    item = clean_story(story(title="某品牌就合作争议致歉_财经_例子网", site_name="例子网"))
    assert (item.title, item.raw_title) == ("某品牌就合作争议致歉", "某品牌就合作争议致歉_财经_例子网")
    plain = clean_story(story(title="某品牌就合作争议致歉"))
    assert (plain.title, plain.raw_title) == ("某品牌就合作争议致歉", None)
    tagged = clean_story(story(title="某品牌就合作争议致歉 #某品牌# #网红#", tags=["品牌"]))
    assert tagged.title == "某品牌就合作争议致歉"
    assert tagged.tags == ["品牌", "某品牌", "网红"]


def test_headline_on_top_of_the_text_goes() -> None:
    """The headline repeated as first paragraph is not text."""
    item = clean_story(story(title="某品牌就合作争议致歉", text="\n".join(["某品牌就合作争议致歉", *BODY])))
    assert item.text == "\n".join(BODY)


def test_keywords_become_single_tags() -> None:
    """Keywords in one string, repeated, or equal to the title are put right."""
    item = clean_story(story(title="某品牌致歉", tags=["品牌 网红 道歉 手机", "某品牌致歉", "a|b", "网红"]))
    assert item.tags == ["品牌", "网红", "道歉", "手机", "a", "b"]


def test_hard_line_breaks_are_mended() -> None:
    """Lines broken at a fixed width are joined to paragraphs, with a space only where the script has one."""
    text = BODY[0] + BODY[1]
    wrapped = [text[i : i + 19] for i in range(0, len(text), 19)]
    assert unwrap(wrapped) == [text]
    words = "the brand has ended its work with the man and says that it is sorry for what was done to all of its many loyal customers there"
    pieces = [words[i : i + 24].strip() for i in range(0, len(words), 24)]
    assert len(unwrap(pieces)) == 1
    assert unwrap(BODY) == BODY


@pytest.mark.parametrize("outcome", ["failed", "gone", "skipped", "unchanged"])
def test_what_was_not_fetched_passes_untouched(outcome: Any) -> None:
    """Only fetched stories are cleaned."""
    item = story(outcome=outcome, title="某品牌致歉_例子网", text="举报/反馈")
    before = repr(item)
    assert repr(clean_story(item)) == before


def test_the_pipeline_cleans_stories_and_lets_the_rest_pass() -> None:
    """`CleanPipeline` is `clean_story` for stories and nothing for other items."""
    pipeline = CleanPipeline()
    assert pipeline.process_item(story(title=" 某品牌　致歉 ")).title == "某品牌 致歉"
    other = {"title": " x "}
    assert pipeline.process_item(other) is other


@given(st.text(max_size=60), st.lists(st.sampled_from([line for line, _ in RESIDUE] + BODY + ENGLISH), max_size=12))
def test_cleaning_twice_changes_nothing_but_credits(title: str, lines: list[str]) -> None:
    """A story cleaned again keeps its title and text; all of it is NFC without control characters."""
    once = clean_story(story(title=title, text="\n".join(lines)))
    before = (once.title, once.text)
    if once.text:
        assert unicodedata.is_normalized("NFC", once.text)
        assert all(line.strip() == line and line for line in once.text.split("\n"))
    again = clean_story(once)
    assert again.title == before[0]
    assert set((again.text or "").splitlines()) <= set((before[1] or "").splitlines())
