"""The page that the project started from: an aggregator's reprint with tip, hashtags, residue and two lists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kolcrawl.page import read_page
from kolcrawl.story.clean import clean_story
from kolcrawl.story.from_page import story_from_page
from tests.page.seed_page import URL, breaks, paragraphs, read_text

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem

SEED = read_text()
NOW = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module", params=[(paragraphs, "utf-8"), (breaks, "gb18030")], ids=["paragraphs", "breaks"])
def story(request: pytest.FixtureRequest) -> StoryItem:
    """The story as a crawl would store it."""
    markup, codec = request.param
    page = read_page(markup(SEED).encode(codec), URL, {"content-type": "text/html"}, now=NOW)
    return clean_story(story_from_page(page, requested_url=URL, visited_at=NOW))


def test_related_are_the_ten_links_in_order(story: StoryItem) -> None:
    """Ten related edges, in the page's order, with heading, position and anchor; none from 随便看看."""
    related = [link for link in story.links if link.kind == "related"]
    assert [link.url for link in related] == SEED.related_urls
    assert [link.position for link in related] == list(range(1, 11))
    assert {link.heading for link in related} == {"相关内容"}
    assert [link.anchor for link in related] == [title for _, title in SEED.related]


def test_random_links_are_called_random(story: StoryItem) -> None:
    """What 随便看看 offers is kept, by its own kind."""
    assert [link.url for link in story.links if link.kind == "random"] == [
        f"https://c.klqsh.com{href}" for href, _ in SEED.random
    ]


def test_title_and_date(story: StoryItem) -> None:
    """08:34 without a zone on a Chinese site is 00:34 UTC, to the minute, and said to be assumed."""
    assert story.outcome == "fetched"
    assert story.title == "小米高层被罚员工被辞,与争议 KOL 合作背后藏何秘密?"
    assert story.published_at == datetime(2026, 3, 2, 0, 34, tzinfo=UTC)
    assert story.published is not None
    assert (story.published["tz"], story.published["precision"]) == ("assumed", "minute")
    assert story.published["source"] == "text"
    assert "2026-03-02 08:34" in story.published["raw"]


def test_hashtags_move_to_the_tags(story: StoryItem) -> None:
    """Those of the tip line and the one that was spliced into a sentence; the sentence around it stays whole."""
    tags = ["生活技巧", "生活小窍门", "个人理财小建议", "债务管理策略", "热点新知"]
    assert [tag for tag in story.tags if tag in tags] == tags
    assert story.text is not None
    assert "#" not in story.text
    assert "热点新知" not in story.text
    assert "数据导向失灵 :只看涨粉曲线,不问涨粉的人是谁,报表漂亮了,口碑却没有人记账。" in story.text


def test_residue_is_out_of_the_text(story: StoryItem) -> None:
    """The site's own lines are no part of what the story says."""
    assert story.text is not None
    for residue in ("举报", "反馈", "网址", "klqsh.com", "发布时间", "相关内容", "随便看看", "联系我们", "首页"):
        assert residue not in story.text, residue
    assert SEED.title not in story.text
    for _, title in (*SEED.related, *SEED.random):
        assert title not in story.text


def test_the_body_is_whole(story: StoryItem) -> None:
    """Every line of the body is there, in order; only the call for comments may go."""
    assert story.text is not None
    lines = story.text.split("\n")
    spliced = "#热点新知#-数据导向失灵"
    wanted = [line for line in SEED.body if not line.startswith("※") and not line.startswith(spliced)]
    assert [line for line in lines if line in wanted] == wanted
