"""Hashtags: which become tags only, and which stay as words."""

from __future__ import annotations

import time

import pytest

from kolcrawl.text.hashtags import MAX_LINE_CHARACTERS, take_hashtags
from tests.article_texts import BODY

HASHTAGS = [
    ("#热点新知#-数据导向失灵 :只看粉丝数和热度", "-数据导向失灵 :只看粉丝数和热度", ["热点新知"]),
    ("品牌定位拿捏不准,#热点新知#市场团队盲目求变", "品牌定位拿捏不准,市场团队盲目求变", ["热点新知"]),
    ("话题#某品牌致歉#登上热搜第一", "话题某品牌致歉登上热搜第一", ["某品牌致歉"]),
    ("公司昨天致歉。#某品牌# #网红营销#", "公司昨天致歉。", ["某品牌", "网红营销"]),
    ("#某品牌致歉#公司昨天发布声明。", "公司昨天发布声明。", ["某品牌致歉"]),
    ("＃某品牌＃ 公司昨天发布声明。", "公司昨天发布声明。", ["某品牌"]),
    ("The brand said sorry. #brand #sorry", "The brand said sorry.", ["brand", "sorry"]),
    ("Why #influencer marketing fails", "Why influencer marketing fails", ["influencer"]),
    ("他排名#1，编号 #2026 不是话题", "他排名#1，编号 #2026 不是话题", []),
    ("The link https://example.com/a#part stays", "The link https://example.com/a#part stays", []),
    ("C# and F# are languages", "C# and F# are languages", []),
    ("&#8217; is an entity", "&#8217; is an entity", []),
]  # fmt: skip


@pytest.mark.parametrize(("line", "clean", "tags"), HASHTAGS, ids=[row[0][:20] for row in HASHTAGS])
def test_hashtags(line: str, clean: str, tags: list[str]) -> None:
    """Hashtags become tags; spliced ones vanish from the sentence, those it is built with stay as words."""
    lines, found = take_hashtags([*BODY, "甲。", line, "乙。", *BODY])
    assert lines[len(BODY) + 1] == clean
    assert found == tags


def test_a_tip_above_the_story_goes() -> None:
    """A few words before a run of tags, on top of a text, are the platform's; lines of tags alone vanish anywhere."""
    lines, tags = take_hashtags(["看懂合同,避开罚息 #生活技巧# #小窍门# #理财建议#", *BODY, "#某品牌# #致歉#"])
    assert lines == BODY
    assert tags == ["生活技巧", "小窍门", "理财建议", "某品牌", "致歉"]


@pytest.mark.parametrize("unit", ["#话题 ", "#a#", "#tag "])
def test_lines_full_of_tags(unit: str) -> None:
    """Lines of nothing but tags take the time of their length, not its square for each tag."""
    line = unit * (MAX_LINE_CHARACTERS // len(unit))
    started = time.process_time()
    lines, tags = take_hashtags([line] * 200)
    assert (lines, tags) == ([], [unit.strip(" #")])
    assert time.process_time() - started < 5  # of processor time: .3 s; 20 s where each tag looks at the whole line
