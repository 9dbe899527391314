# ruff: noqa: E501  # tables of what pages print
"""Writers among the brands, roles, labels and teasers of a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kolcrawl.page import read_page
from kolcrawl.story.clean import clean_story
from kolcrawl.story.from_page import story_from_page

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
CHINESE = "".join(
    f"<p>{text}</p>"
    for text in (
        "周一上午，这家面包连锁店在官方账号发布声明，称已经注意到网友对一次商业合作的意见，公司管理层连夜召开会议，决定终止合作。",
        "声明说，市场部门在选择合作对象时没有按照流程审核，负责人已经被通报批评，相关员工离职。公司表示今后将共同审核每一次投放。",
        "多位从业者接受采访时认为，流量时代的品牌更应当重视长期信任，一次看似划算的合作，可能让多年积累的口碑受到影响。",
    )
)
ENGLISH = "".join(
    f"<p>{text}</p>"
    for text in (
        "The bakery chain said on Monday that it had ended its work with the reviewer after two days of complaints from customers.",
        "Two managers lost their bonus for the year, and an employee left; a committee is to look at every campaign before it is signed.",
        "People in the trade said that trust, once gone, takes longer to come back than any campaign lasts, and that answering fast helps.",
    )
)


def item_of(body: str, head: str = "", lang: str = "zh-CN", title: str = "面包连锁店终止合作_例子网") -> StoryItem:
    """Read a made page to what is stored."""
    html = (
        f'<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{body}</body></html>'
    )
    page = read_page(html.encode(), "https://news.example.cn/a/1.html", {}, now=NOW)
    item = story_from_page(page, requested_url=page.url, visited_at=NOW)
    clean_story(item)
    return item


@pytest.mark.parametrize(
    ("head", "line", "names"),
    [
        ('<meta name="author" content="网易">', "", []),
        ('<meta name="author" content="例子">', "", []),
        ('<meta name="author" content="例子网">', "作者：张三", ["张三"]),
        ('<meta name="author" content="某某晚报">', "", []),
        ('<meta name="author" content="name, email@example.com">', "", []),
        ('<meta name="author" content="暂无简介">', "", []),
        ("", "作者：未知 责任编辑：李四", []),
        ("", "责任编辑：李四", []),
        ('<meta name="author" content="李四">', "责任编辑：王五 李四", []),  # the editor, whom many systems fill in
        ('<meta name="author" content="李四">', "作者：李四 责任编辑：李四", ["李四"]),
        ("", "实习记者 张三 见习编辑 李四", ["张三"]),
        ("", "作者：张三 责任编辑：李四", ["张三"]),
        ("", "文字：张三 摄影：李四 编辑：王五", ["张三"]),
        ("", "（记者张三 整合）", ["张三"]),
        ('<meta name="author" content="某某報 記者張三／高雄機場即時報導">', "", ["張三"]),
        ('<meta name="author" content="12月">', "", []),
        ('<meta name="author" content="某某快訊,張小三">', "", ["張小三"]),
    ],
)
def test_writers_on_chinese_pages(head: str, line: str, names: list[str]) -> None:
    """Neither a portal's brand, nor a role, a label or a placeholder is a writer; one that is named elsewhere is."""
    assert item_of(f"<h1>面包连锁店终止合作</h1><p>{line}</p>{CHINESE}", head).authors == names


def test_an_outlet_that_stands_for_the_writer_is_the_origin() -> None:
    """A reprint's outlet in the place of the author says where the story is from; the site itself does not."""
    other = item_of(f"<h1>面包连锁店终止合作</h1>{CHINESE}", '<meta name="author" content="某某晚报">')
    assert (other.authors, other.origin) == ([], "某某晚报")
    own = item_of(
        f"<h1>面包连锁店终止合作</h1>{CHINESE}",
        '<meta name="author" content="例子网"><meta property="og:site_name" content="例子网">',
    )
    assert (own.authors, own.origin) == ([], None)


def test_bylines_of_teasers_beside_the_own_one() -> None:
    """A byline whose item has a headline of its own belongs to that story."""
    teaser = '<div><div><a href="/b">Another long story about phones and cameras</a><div class="byline">by <a rel="author" href="/t">Tom Teaser</a></div></div></div>'
    own = '<div class="byline">by <a rel="author" href="/j">Jane Roe</a></div>'
    page = f"{teaser}<article><h1>Bakery chain ends paid reviews</h1>{own}{ENGLISH}</article>"
    assert item_of(page, lang="en", title="Bakery chain ends paid reviews").authors == ["Jane Roe"]
    alone = f"{teaser}<article><h1>Bakery chain ends paid reviews</h1>{ENGLISH}</article>"
    assert item_of(alone, lang="en", title="Bakery chain ends paid reviews").authors == []


@pytest.mark.parametrize(
    ("lang", "line", "names"),
    [
        ("en", "By Jane Roe, and Tom Watkins", ["Jane Roe", "Tom Watkins"]),
        ("de", "Autorin/Autor Jost Wieland", ["Jost Wieland"]),
        ("en", '<span class="author">Jane Roe, Bakery Editor</span>', ["Jane Roe"]),
        ("en", '<span class="author">Jane Roe and Tom Watkins, Example</span>', ["Jane Roe", "Tom Watkins"]),
        ("ko", "입력 2026.03.02. 오전 10:24 박하늘 기자", ["박하늘"]),
    ],
)
def test_printed_bylines(lang: str, line: str, names: list[str]) -> None:
    """A conjunction behind a comma, a role behind a name and the site's own name beside one are no authors."""
    assert (
        item_of(
            f"<h1>Bakery chain ends paid reviews</h1><p>{line}</p>{ENGLISH}",
            lang=lang,
            title="Bakery chain ends paid reviews",
        ).authors
        == names
    )


def test_a_japanese_name_with_a_space_is_one() -> None:
    """Family and given name stand apart on Japanese pages; on Chinese ones two people do."""
    text = "<p>日曜の夜、あるパン店の評論家が署名のない文書を生放送で示し、製造会社が三本の動画に金を払うと書かれていると述べた。</p><p>会社はその夜のうちに、文書は自社のものではなく、弁護士が出所を調べていると答えた。評論家は二通の手紙を公開した。</p>"
    head = '<meta name="author" content="渡辺 洋介">'
    assert item_of(
        f"<h1>評論家が文書を公開、会社は否定</h1>{text * 2}", head, "ja", "評論家が文書を公開、会社は否定"
    ).authors == ["渡辺 洋介"]
    assert item_of(f"<h1>面包连锁店终止合作</h1>{CHINESE}", head).authors == ["渡辺", "洋介"]
