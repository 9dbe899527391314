"""Lists whose heading a style sheet writes, a picture shows, or that stands below; a story below the page's own."""

from __future__ import annotations

import pytest

from tests.page.test_related_lists import OTHERS, RELATED_URLS, STORY, items, links

WANDERING = [
    "品牌代言的账该怎么算清楚",
    "一份合作清单背后的审核链条",
    "网络推广何时才能让人放心",
    "评论区关闭之后的那些声音",
]


@pytest.mark.parametrize(
    "box",
    [
        "<div class='b'><h3 class='tit_xgxw'></h3><ul>{}</ul></div>",
        "<div class='xgyd'><ul>{}</ul></div>",
        "<div class='q'><img src='/images/related_article.png'><ul>{}</ul></div>",
        "<table><tr><td><img src='/images/xgxw.gif'></td></tr><tr><td><ul>{}</ul></td></tr></table>",
        "<div class='r'><ul>{}</ul><h3>相关阅读</h3></div>",
    ],
    ids=["empty heading", "box", "picture", "picture in a table", "heading below"],
)
def test_the_name_of_a_list_is_its_heading(box: str) -> None:
    """Stories that share no word with the headline are related when their box, a picture or a line below says so."""
    assert links(box.format(items(WANDERING))).get("related") == RELATED_URLS
    hot = box.replace("xgxw", "rdpx").replace("xgyd", "paihang").replace("related_article", "hot_ranking")
    assert "related" not in links(hot.replace("相关阅读", "热点排行").format(items(WANDERING)))


def test_a_heading_over_an_empty_box_heads_no_other_list() -> None:
    """A box that a script is to fill keeps its heading: the list behind it is not its."""
    box = "<div><h3>相关阅读</h3><div id='rel'></div></div><div><ul>{}</ul></div>"
    assert "related" not in links(box.format(items(OTHERS, 883000)))
    filled = box.replace("<div id='rel'></div>", f"<div id='rel'><ul>{items(WANDERING)}</ul></div>")
    assert links(filled.format(items(OTHERS, 883000)))["related"] == RELATED_URLS


def test_a_list_beside_a_related_one_is_not_headed_by_it() -> None:
    """A list of the same make in a box of its own goes on with the one before only behind an advertisement."""
    first, second = (
        f"<div><h3>相关新闻</h3><ul>{items(WANDERING)}</ul></div>",
        f"<div><ul>{items(OTHERS, 883000)}</ul></div>",
    )
    assert links(first + second)["related"] == RELATED_URLS
    ad = "<div class='gg'><a href='https://ads.example/lp/3'><img src='/g.jpg'></a></div>"
    assert len(links(first + ad + second)["related"]) == len(WANDERING) + len(OTHERS)


@pytest.mark.parametrize(
    "headline",
    [
        "<h2><a href='/news/view/771999'>这座小城的夜市为什么凌晨还排队</a></h2>",
        "<h2>这座小城的夜市为什么凌晨还排队</h2><p>2026-03-01 18:00</p>",
        "<h1>这座小城的夜市为什么凌晨还排队</h1>",
    ],
    ids=["linked", "dated", "first heading"],
)
def test_the_list_of_a_story_below_is_not_the_pages_own(headline: str) -> None:
    """Where a page goes on with the next story, that story's list is left to it; a subheading opens no story."""
    own = f"<div class='rel'><h3>相关新闻</h3><ul>{items(WANDERING)}</ul></div>"
    text = "".join(f"<p>{line.replace('穹岚手机', '望澜夜市')}</p>" for line in STORY)
    other = f"<div class='rel'><h3>相关新闻</h3><ul>{items(OTHERS, 771000)}</ul></div>"
    page = "<div><article>{}</article>" + own + "<div>{}<article>{}</article>" + other + "</div></div>"
    whole = page.format("".join(f"<p>{line}</p>" for line in STORY), headline, text)
    assert links(whole, body="")["related"] == RELATED_URLS
    whole = whole.replace(headline, "<h2>整改措施何时才能公布于众</h2>").replace(own, "")
    assert len(links(whole, body="")["related"]) == len(OTHERS)
