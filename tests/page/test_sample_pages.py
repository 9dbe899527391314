"""Pages of the sample web, in five layouts and four languages, read back against what they were made from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kolcrawl.page import read_page
from kolcrawl.sample import grow, sample_web
from kolcrawl.story.clean import clean_story
from kolcrawl.story.from_page import story_from_page
from kolcrawl.text.normalize import clean_line, clean_text

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.sample import SampleStory

HOSTS = ("xinwen.example", "juhe.example", "wanbao.example", "daily.example", "nippo.example")
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module", params=HOSTS)
def read(request: pytest.FixtureRequest) -> list[tuple[SampleStory, StoryItem]]:
    """Each story of a site beside what was read off its page."""
    pairs = []
    for site in (sample_web(), grow(100, seed=11)):
        for url, story in site.truth.items():
            if story.host == request.param:
                answer = site.answer(url)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                page = read_page(answer.body, url, headers, now=NOW)
                pairs.append((story, clean_story(story_from_page(page, requested_url=url, visited_at=NOW))))
    assert len(pairs) > 30
    return pairs


def targets(item: StoryItem, *kinds: str) -> list[str]:
    """Targets of the links of some kinds, in page order."""
    return [link.url for link in item.links if link.kind in kinds]


def test_related_links(read: list[tuple[SampleStory, StoryItem]]) -> None:
    """The callout, then the block, whole and in order; places are counted from 1 in each."""
    for story, item in read:
        callout = [story.read_also] if story.read_also else []
        assert targets(item, "related") == [*callout, *story.related], story.url
        places = [link.position for link in item.links if link.kind == "related"]
        assert places == [*([1] * len(callout)), *range(1, len(story.related) + 1)], story.url


def test_other_lists_keep_their_kind(read: list[tuple[SampleStory, StoryItem]]) -> None:
    """Lists of three links and more are told apart: most read, random or latest."""
    for story, item in read:
        if len(story.popular) > 2:
            assert targets(item, "popular") == list(story.popular), story.url
        if len(story.others) > 2:
            assert targets(item, "random", "latest") == list(story.others), story.url


def test_title_and_time(read: list[tuple[SampleStory, StoryItem]]) -> None:
    """In every form of date line, with a zone or without, and in old codecs as well."""
    for story, item in read:
        assert item.title == clean_line(story.title), story.url
        assert item.published_at == story.published, story.url


def test_body(read: list[tuple[SampleStory, StoryItem]]) -> None:
    """Every paragraph, and nothing of the page around it; a call for comments at the end may stay."""
    for story, item in read:
        assert item.text is not None
        lines = item.text.split("\n")
        wanted = clean_text(story.body).split("\n")
        assert [line for line in lines if line in wanted] == wanted, story.url
        extra = [line for line in lines if line not in wanted and not line.startswith(("※你怎么看", "看懂合同"))]
        assert extra == [], story.url


def test_credits(read: list[tuple[SampleStory, StoryItem]]) -> None:
    """The outlet that a reprint names is its origin; authors are those the page names."""
    for story, item in read:
        assert item.origin == story.origin, story.url
        if story.host != "juhe.example":  # which prints none
            assert tuple(item.authors) == story.authors, story.url


def test_hashtags(read: list[tuple[SampleStory, StoryItem]]) -> None:
    """Hashtags of the tip line are tags, and no longer text."""
    for story, item in read:
        assert "#" not in (item.text or ""), story.url
        if story.host == "juhe.example":
            assert set(story.tags) <= set(item.tags), story.url
