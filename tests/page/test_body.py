# ruff: noqa: E501  # tables of what pages print
"""The text of a story: where it stands, what is left out of it, and what hostile pages do."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolcrawl.errors import PageError
from kolcrawl.page import SiteRules, read_page
from kolcrawl.page.body.boilerplate import end_share

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
CHINESE = [
    "周一上午，这家手机公司在官方账号发布声明，称已经注意到网友对一次商业合作的意见，公司管理层连夜召开会议，决定立即终止与该博主的一切接触，并向所有用户致歉。",
    "声明说，市场部门在选择合作对象时没有按照流程审核，负责人已经被通报批评，相关员工离职。公司表示今后将由法务、公关与用户代表共同审核每一次投放。",
    "多位营销从业者接受采访时认为，流量时代的品牌更应当重视长期信任，一次看似划算的合作，可能让多年积累的口碑受到影响，而修复信任需要很长的时间。",
]
ENGLISH = [
    "The company said on Monday that it had ended its work with the influencer after two days of complaints, and that a review of the contract had begun.",
    "Two managers lost their bonus for the year, and an employee left. A committee is to look at every future campaign before it is signed, the company said.",
    "People in the trade said that trust, once gone, takes longer to come back than any campaign lasts, and that brands which answer fast are forgiven.",
]
RELATED = "".join(f'<li><a href="/n/{n}.html">另一品牌就类似合作发布第{n}份声明</a></li>' for n in range(8))
TEASERS = "".join(
    f'<div class="item"><a href="/n/{n}"><img src="x.jpg"><h3>Another brand answers critics, part {n}</h3></a>'
    f"<p>The other brand said that it knew nothing of the contract, and that it would look at it, part {n}.</p></div>"
    for n in range(6)
)


def text_of(body: str, *, lang: str = "zh", rules: SiteRules | None = None) -> str:
    """The text of a page with this body."""
    html = (
        f'<!doctype html><html lang="{lang}"><head><title>某品牌就合作争议致歉</title></head><body>{body}</body></html>'
    )
    page = read_page(html.encode(), "https://news.example.cn/a/1.html", {}, rules or SiteRules(), now=NOW)
    return page.story.text or ""


def paragraphs(lines: list[str], tag: str = "p") -> str:
    """The lines, each in an element."""
    return "".join(f"<{tag}>{line}</{tag}>" for line in lines)


LAYOUTS = {
    "article": "<article><h1>某品牌致歉</h1>{prose}</article>",
    "div with id": '<div class="main"><h1>某品牌致歉</h1><div id="content">{prose}</div></div>',
    "related list behind": '<h1>某品牌致歉</h1><div id="c">{prose}</div><div><h3>相关阅读</h3><ul>{related}</ul></div>',
    "related list inside": '<div id="c"><h1>某品牌致歉</h1>{prose}<h3>相关阅读</h3><ul>{related}</ul></div>',
    "menu, share bar and foot": '<nav>{related}</nav><div id="c">{prose}<div class="share-bar">分享到：<a>微信</a></div></div><div class="footer"><p>版权所有，未经授权不得转载，违者必究，本站保留一切权利。</p></div>',
    "comments": '<div id="c"><h1>某品牌致歉</h1><div>{prose}</div><div class="comments"><p>我觉得这个处理结果非常及时，希望以后不要再犯，支持公司。</p></div></div>',
    "caption": '<div id="c"><figure><img src="a.jpg"><figcaption>图为公司总部大楼外景，周一上午，员工陆续到岗。</figcaption></figure>{prose}</div>',
    "endless page": '<div><article><h1>某品牌就合作争议致歉</h1>{prose}</article><article><h1>另一篇</h1><p>另一家公司昨天也发布了声明，内容与前一家大致相同，市场反应平淡，股价没有变化。</p><p>分析人士说，这样的声明已经不能让消费者满意，品牌需要拿出更实在的做法，比如公开合同。</p></article></div>',
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(name: str) -> None:
    """The paragraphs, all of them, apart, and nothing else, in the layouts of news pages."""
    body = LAYOUTS[name].format(prose=paragraphs(CHINESE), related=RELATED)
    assert text_of(body).split("\n") == CHINESE


@pytest.mark.parametrize(
    "frame",
    [
        '<div class="layout-right-sidebar"><h1>某品牌致歉</h1>{prose}</div>',
        '<h1>某品牌致歉</h1><div class="post hentry category-news tag-brand">{prose}</div>',
        '<h1>某品牌致歉</h1><div class="field field--label-hidden">{prose}</div>',
    ],
)  # fmt: skip
def test_names_of_layouts_and_terms_make_no_box(frame: str) -> None:
    """What holds the headline, and what is named after its own tags, is the story though most text is comments."""
    remarks = "".join(f"<p>{line}，{n}楼的朋友们怎么看这件事情呢？</p>" for n in range(2) for line in CHINESE)
    html = f"<title>某品牌致歉</title>{frame.format(prose=paragraphs(CHINESE))}<div class=comments>{remarks}</div>"
    story = read_page(html.encode(), "https://news.example.cn/a/1.html", {}, now=NOW).story
    assert (story.text or "").split("\n") == CHINESE
    assert story.sources["text"] == "tree"


@pytest.mark.parametrize("joint", ["<br>", "<br><br>", "<br/>\n　　", "<br>&nbsp;&nbsp;"])
def test_paragraphs_that_are_only_line_breaks(joint: str) -> None:
    """Old pages separate paragraphs by br in one element: they come out as paragraphs."""
    body = f'<h1>某品牌致歉</h1><div class="content">{joint.join(CHINESE)}</div><ul>{RELATED}</ul>'
    assert text_of(body).split("\n") == CHINESE


def test_paragraphs_in_divs_and_tables() -> None:
    """Paragraphs in divs, and pages laid out with tables, are read alike."""
    assert text_of(f'<div id="c">{paragraphs(CHINESE, "div")}</div>').split("\n") == CHINESE
    layout = f"<table><tr><td><ul>{RELATED}</ul></td><td>{paragraphs(CHINESE)}</td></tr></table>"
    assert text_of(layout).split("\n") == CHINESE


def test_inline_marks_do_not_split_sentences() -> None:
    """Links, bold words and spans inside a sentence leave it whole."""
    first = (
        CHINESE[0]
        .replace("手机公司", '<a href="/c">手机公司</a>')
        .replace("商业合作", "<strong>商业<span>合作</span></strong>")
    )
    assert text_of(f"<article>{paragraphs([first, *CHINESE[1:]])}</article>").split("\n") == CHINESE


def test_lists_of_teasers_are_left_out() -> None:
    """Entries with picture, heading and a sentence each, inside the article's element, are other stories."""
    body = (
        f'<div class="post"><h1>Brand says sorry</h1>{paragraphs(ENGLISH * 2)}<div class="grid">{TEASERS}</div></div>'
    )
    assert "Another brand" not in text_of(body, lang="en")
    assert ENGLISH[2] in text_of(body, lang="en")


def test_the_lead_above_the_text_belongs_to_it() -> None:
    """A standfirst between headline and text element is the first paragraph; the byline beside it is not."""
    lead = "Customers complained for two days before the brand answered, and the answer was short."
    body = f'<header><h1>Brand says sorry</h1><p class="standfirst">{lead}</p><p class="byline">By Jane Roe, March 2, 2026</p></header><div class="body">{paragraphs(ENGLISH)}</div>'
    assert text_of(body, lang="en").split("\n") == [lead, *ENGLISH]


def test_headings_and_lists_inside_the_story_stay() -> None:
    """Subheadings and lists are text; a heading with nothing behind it is not."""
    body = f"<article>{paragraphs(ENGLISH[:2])}<h2>What comes next</h2><ul><li>A review of all contracts.</li><li>A new committee.</li></ul><p>{ENGLISH[2]}</p><h2>Newsletter</h2></article>"
    lines = text_of(body, lang="en").split("\n")
    assert lines == [*ENGLISH[:2], "What comes next", "A review of all contracts.", "A new committee.", ENGLISH[2]]


def test_a_callout_in_mid_story_does_not_end_it() -> None:
    """A heading like "Related" with most of the story behind it is a callout."""
    body = f'<article>{paragraphs(ENGLISH)}<h3>Related</h3><p><a href="/x">Another brand answers its critics</a></p>{paragraphs([line + " Again." for line in ENGLISH])}</article>'
    assert "Again." in text_of(body, lang="en")
    assert "critics" not in text_of(body, lang="en")


def test_the_rule_of_a_site_names_the_text() -> None:
    """`SiteRules.text` is believed, even where the weights say otherwise."""
    body = f'<div class="a">{paragraphs(ENGLISH)}</div><div class="b"><p>{CHINESE[0]}</p></div>'
    assert text_of(body, rules=SiteRules(text=".b")) == CHINESE[0]


def test_the_marked_body_is_believed_where_structure_is_not() -> None:
    """A text in pieces all over the page is read off the element that microdata call the body, if it holds it."""
    pieces = "".join(f"<section><ul><li>{line}</li></ul></section>" for line in CHINESE * 2)
    table = "".join(f"<tr><td>{n}</td><td>{n * 7}</td></tr>" for n in range(400))
    body = f"<h1>某品牌致歉</h1><div itemprop=articleBody>{pieces}<table>{table}</table></div>"
    page = read_page(f"<title>某品牌致歉</title>{body}".encode(), "https://news.example.cn/a/1.html", {}, now=NOW)
    assert page.story.sources["text"] == "tree"
    assert (page.story.text or "").split("\n")[:3] == CHINESE
    assert "399 2793" in (page.story.text or "")


def test_a_paragraph_is_told_once() -> None:
    """A page that carries its text twice, for two screens, gives it once."""
    body = f'<div id="c"><div class="wide">{paragraphs(CHINESE)}</div><div class="narrow">{paragraphs(CHINESE)}</div></div>'
    assert text_of(body).split("\n") == CHINESE


@pytest.mark.parametrize(
    "line",
    [
        "相关阅读",
        "相關新聞",
        "Related articles",
        "Mehr zum Thema",
        "12 Kommentare",
        "關連記事"[:0] + "関連記事",
        "Read next:",
    ],
)
def test_marks_of_the_end(line: str) -> None:
    """Headings of related lists and comments in several languages are known; sentences with such words are not."""
    assert end_share(line) > 0
    assert end_share(f"{line} were read by many people in those days") == 0
    assert end_share("The company read the comments") == 0


HOSTILE = {
    "deep": "<div>" * 3000 + "text" + "</div>" * 3000,
    "deeper, unclosed": "<b><div>" * 20_000,
    "many fonts": "<font color=red>" * 1500 + CHINESE[0],
    "wide": "<p>x</p>" * 40_000,
    "attributes": f'<div class="{"related " * 20_000}">{CHINESE[0]}</div>',
    "long line": "词" * 400_000,
    "long title": f"<h1>{'题' * 100_000}</h1>{paragraphs(CHINESE)}",
    "many headings": "<h1>某品牌</h1>" * 5000 + paragraphs(CHINESE),
    "many times": '<time datetime="2026-03-02T08:34Z">x</time>' * 5000 + paragraphs(CHINESE),
    "brackets": "（" * 20_000 + "来源：" * 5000,
    "hashes": "#话题" * 20_000,
    "comment": "<!--" + "x" * 200_000,
    "svg": "<svg><title>x</title><text>y</text></svg>" * 2000 + paragraphs(CHINESE),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_cost_little_and_never_raise(name: str) -> None:
    """Nesting without end, repetition and huge runs are read in seconds, or refused by name."""
    started = time.process_time()
    text_of(HOSTILE[name])
    assert time.process_time() - started < 8


@given(st.lists(st.sampled_from(["<p>", "</p>", "<div class='related'>", "</div>", "<article>", "<h1>", "</h1>", "<a href='/x'>", "</a>", "<ul><li>", "<br>", "<table><td>", CHINESE[0], ENGLISH[0], "2026-03-02", "来源：某报", "<script>{", "]]>", "<!--", "&#x110000;", "\x00"]), max_size=40))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_soup_is_read(parts: list[str]) -> None:
    """Whatever markup a page is made of, reading it gives text without control characters or is refused by name."""
    try:
        page = read_page("".join(parts).encode(), "https://example.com/a", {}, now=NOW)
    except PageError as error:
        refused = error.reason
    else:
        refused = None
        assert "\x00" not in (page.story.text or "")
    assert refused in (None, "empty", "not_html")
