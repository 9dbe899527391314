"""Shapes of lists that sites use: tabs, advertising between items, things beside stories, lists cut in two."""

from __future__ import annotations

import pytest

from kolcrawl.page import read_page
from kolcrawl.page.lexicon import MEANING, heading_meanings
from kolcrawl.page.related.phrases import is_ad_label, is_field, names_advertising

URL = "https://news.example/news/view/884217"
STORY = [
    "穹岚手机今日就接触争议博主一事公开致歉，称合作已经终止，三名负责人受到处罚，并承诺整改。",
    "公司在声明中表示，将重新审核所有合作博主的背景，并公布新的合作办法，接受用户和媒体监督。",
    "多位业内人士认为，此事反映出品牌在选择代言人时缺乏审慎，有关平台也应当承担相应的责任。",
    "截至发稿时，涉事博主尚未作出回应，其账号下的相关推广内容已经全部删除，评论区也已关闭。",
]
RELATED = [
    "穹岚手机公布博主合作的新办法",
    "博主回应穹岚手机的致歉声明",
    "穹岚三名负责人受到内部处罚",
    "穹岚手机致歉之后销量几何",
]
OTHERS = [
    "春茶提前开采茶农盼来好价钱",
    "市图书馆本周末延长开放时间",
    "城东大桥荷载试验今日进行中",
    "年轻人开始流行周末去露营",
]
RELATED_URLS = [f"https://news.example/news/view/88410{n}" for n in range(4)]


def items(titles: list[str], first: int = 884100, path: str = "/news/view/") -> str:
    """Write the items of a list."""
    return "".join(f'<li><a href="{path}{first + n}">{title}</a></li>' for n, title in enumerate(titles))


def links(box: str, body: str | None = None, url: str = URL) -> dict[str, list[str]]:
    """Read a page with a box behind its story; return the addresses of its links by kind.

    Args:
        box: markup behind the story.
        body: markup of the story, if it is not the usual one.
        url: of the page.
    """
    story = "".join(f"<p>{line}</p>" for line in STORY)
    body = f"<article>{story}</article>" if body is None else body
    html = f"<html><body><h1>穹岚手机就接触争议博主公开致歉</h1>{body}{box}</body></html>"
    found: dict[str, list[str]] = {}
    for link in read_page(html.encode(), url).links:
        found.setdefault(link.kind, []).append(link.url)
    return found


PANELS = f"<ul>{items(RELATED)}</ul>", f"<ul>{items(OTHERS, 883000)}</ul>"


@pytest.mark.parametrize(
    "box",
    [
        "<div class='tabs'><ul><li>相关新闻</li><li>热门文章</li></ul><div>{}</div><div>{}</div></div>",
        "<div><div><button>相关新闻</button><button>热门文章</button></div><div><p>{}</p><p>{}</p></div></div>".replace(
            "p>", "div>"
        ),
        "<div><div><h3>相关新闻</h3><h3>热门文章</h3></div><div>{}</div><div>{}</div></div>",
        "<div><input><label>相关新闻</label><input><label>热门文章</label><div>{}</div><div>{}</div></div>",
    ],
    ids=["list", "buttons", "headings", "radio"],
)
def test_panels_stand_under_their_own_tabs(box: str) -> None:
    """Each panel has the kind that its tab says, whichever tab comes first."""
    found = links(box.format(*PANELS))
    assert found["related"] == RELATED_URLS
    assert len(found["popular"]) == len(OTHERS)
    other_way = box.replace("相关新闻", "甲").replace("热门文章", "相关新闻").replace("甲", "热门文章")
    assert links(other_way.format(*PANELS[::-1]))["related"] == RELATED_URLS


@pytest.mark.parametrize(
    ("item", "is_ad"),
    [
        ("<li><a href='https://ad.example/lp/77120.html'>一刀下去就送满级装备限时领取</a><i>广告</i></li>", True),
        ("<li><a href='https://ad.example/lp/77120.html'><b>一刀下去就送满级装备限时领取</b><i>AD</i></a></li>", True),
        (
            "<li>Paid content · Brightplate <a href='https://ad.example/lp/77120.html'>一刀下去就送满级装备限时领取</a></li>",
            True,
        ),
        (
            "<li class='item ad-item'><a href='https://ad.example/lp/77120.html'>一刀下去就送满级装备限时领取</a></li>",
            True,
        ),
        ("<li><a rel='sponsored' href='https://ad.example/lp/77120.html'>一刀下去就送满级装备限时领取</a></li>", True),
        ("<li><a href='/news/view/77120'>穹岚手机撤下全部广告并再次致歉</a><i>03-02</i></li>", False),
        ("<li class='item shadow'><a href='/news/view/77120'>穹岚手机撤下全部广告并再次致歉</a></li>", False),
    ],
)
def test_advertising_between_stories(item: str, is_ad: bool) -> None:
    """An item that is marked as advertising is sponsored, whatever the list is; a story about advertising is not."""
    found = links(f"<h3>相关新闻</h3><ul>{items(RELATED)}{item}</ul>")
    assert found["related"][:4] == RELATED_URLS
    assert len(found["related"]) == (4 if is_ad else 5)
    assert is_ad or "sponsored" not in found


def test_marks_that_all_items_have_are_no_marks() -> None:
    """A template that calls every item an ad says nothing of any."""
    box = items(RELATED).replace("<li>", "<li class='ad'>")
    assert links(f"<h3>相关新闻</h3><ul>{box}</ul>")["related"] == RELATED_URLS


@pytest.mark.parametrize(
    ("heading", "path"), [("相关产品", "/product/"), ("相关职位", "/job/n-"), ("相关企业", "/company/")]
)
def test_related_things_are_no_stories(heading: str, path: str) -> None:
    """Products, jobs and companies under a heading that names them are no list of stories; the list beside them is."""
    things = ["澜江牌全自动果酱灌装机单头柱塞式", "不锈钢食品级搅拌罐五百升带加热", "云州产立式封口机支持定制与批发"]
    found = links(
        f"<div><h3>{heading}</h3><ul>{items(things, path=path)}</ul></div>"
        f"<div><h3>相关新闻</h3><ul>{items(RELATED)}</ul></div>"
    )
    assert found == {"related": RELATED_URLS}


def test_a_source_beside_each_story_is_none() -> None:
    """The link to the source of each item belongs to no list, though it stands under the same heading."""
    box = "".join(
        f"<li><a href='{url}'>{title}</a> <a class='src' href='/mp/33{n}2'>澜江日报官方号第{n}期</a></li>"
        for n, (url, title) in enumerate(zip(RELATED_URLS, RELATED, strict=True))
    )
    assert links(f"<h3>相关新闻</h3><ul>{box}</ul>")["related"] == RELATED_URLS


def test_a_list_goes_on_behind_an_advertisement() -> None:
    """A list that an advertisement cuts in two is one list, under one heading."""
    found = links(
        f"<div class='bx'><h3>相关新闻</h3><ul class='ls'>{items(RELATED[:2])}</ul></div>"
        "<div class='gg'><a href='https://ad.example/lp/3'><img src='/g.jpg'></a></div>"
        f"<div class='bx'><ul class='ls'>{items(RELATED[2:], 884102)}</ul></div>"
    )
    assert found["related"] == RELATED_URLS


def test_an_empty_list_keeps_its_heading() -> None:
    """A box whose list a script fills hands its heading to no other list."""
    box = f"<div><h3>相关新闻</h3><ul></ul></div><div><ul>{items(OTHERS, 883000)}</ul></div>"
    assert "related" not in links(box)


@pytest.mark.parametrize(
    "item",
    [
        "<li><a href='javascript:;' data-url='{}'>{}</a></li>",
        """<li onclick="location.href='{}'"><h3>{}</h3></li>""",
        """<li onclick="window.open('{}')"><span>{}</span></li>""",
        "<li data-href='{}'><span>{}</span></li>",
    ],
)
def test_links_that_a_script_follows(item: str) -> None:
    """Elements that a script makes links of are links."""
    box = "".join(item.format(url, title) for url, title in zip(RELATED_URLS, RELATED, strict=True))
    assert links(f"<h3>相关新闻</h3><ul>{box}</ul>")["related"] == RELATED_URLS


def test_the_address_of_the_headline_is_taken() -> None:
    """Of several anchors to one story the one that shows the headline gives the address, not the comment count."""
    box = "".join(
        f"<li><a href='{url}#comments'>12</a><a href='{url}'>{title}</a></li>"
        for url, title in zip(RELATED_URLS, RELATED, strict=True)
    )
    assert links(f"<h3>相关新闻</h3><ul>{box}</ul>")["related"] == RELATED_URLS


def test_letters_set_apart() -> None:
    """A heading whose letters stand apart says what it says."""
    assert heading_meanings("相　关　文　章") & MEANING["related"]
    assert heading_meanings("今 日 推 荐") == heading_meanings("今日推荐")


@pytest.mark.parametrize(
    ("line", "field"),
    [("责任编辑：周晓岚", True), ("Editor: A. Smith", True), ("相关阅读：", False), ("Related", False)],
)
def test_fields(line: str, field: bool) -> None:
    """A name with its value is told from a line that announces what follows."""
    assert is_field(line) is field


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("广告", True),
        ("[推广]", True),
        ("Anzeige", True),
        ("Paid content · Brightplate", True),
        ("广告法修订草案", False),
        ("Ad-free", False),
    ],
)
def test_ad_labels(text: str, label: bool) -> None:
    """A label of advertising is the whole text, but for brackets and a brand."""
    assert is_ad_label(text) is label


def test_ad_names() -> None:
    """Only whole parts of class names count."""
    assert names_advertising("item ad-item")
    assert not names_advertising("loading shadow promo header")


def test_a_card_with_a_long_summary_does_not_end_its_list() -> None:
    """Cards behind one whose summary is as long as running text, and behind an empty place for advertising, still
    belong to the list that their heading names."""
    cards = [
        f'<article class="card"><h3><a href="/news/view/{884100 + n}">{OTHERS[n % 4]}（{n}）</a></h3>'
        f"<p>{STORY[n % 4] * (7 if n == 3 else 3)}</p></article>"
        for n in range(7)
    ]
    cards.insert(4, '<article class="card" id="slot3"></article>')
    found = links(f'<div class="box"><h4>相关新闻</h4>{"".join(cards)}</div>')
    assert found["related"] == [f"https://news.example/news/view/{884100 + n}" for n in range(7)]
