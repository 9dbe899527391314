# ruff: noqa: E501  # tables of what pages print
"""Stories and what only looks like one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kolcrawl.page import read_page
from kolcrawl.text.tables import read_table

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
NAV = "".join(f'<a href="/c{n}">频道{n}</a>' for n in range(20))
ITEMS = "".join(
    f'<div class="item"><h3><a href="/n/{n}.html">某品牌今日就合作争议发布第{n}份说明</a></h3>'
    f"<p>某品牌表示，已经注意到网友的意见……</p><span>2026-03-0{n % 9 + 1} 08:00</span></div>"
    for n in range(40)
)
LIST = (
    "<ul>"
    + "".join(
        f'<li><a href="/n/{n}.html">某品牌今日就合作争议发布第{n}份说明</a><span>2026-03-02</span></li>'
        for n in range(50)
    )
    + "</ul>"
)
CARDS = "".join(
    f'<article><h2><a href="/2026/{n}">Brand says sorry, number {n}</a></h2><p>The brand said it had ended the partnership after complaints, and promised a review.</p></article>'
    for n in range(20)
)
UNLIKE_CARDS = "".join(
    f'<article><h2><a href="/2026/{n}">Brand says sorry, number {n}</a></h2><p>Number {n}: the brand said it had ended the partnership after {7 * n} complaints, and promised a review.</p></article>'
    for n in range(20)
)
PROSE = "".join(
    f"<p>{text}</p>"
    for text in (
        "周一上午，这家手机公司在官方账号发布声明，称已经注意到网友对一次商业合作的意见，公司管理层连夜召开会议，决定立即终止与该博主的一切接触，并向所有用户致歉。",
        "声明说，市场部门在选择合作对象时没有按照流程审核，负责人已经被通报批评，相关员工离职。公司表示今后将由法务、公关与用户代表共同审核每一次投放。",
    )
)
LIVE = "".join(
    f'<div><h3><a href="https://www.example.cn/n/1.html#e{n}">{n}点：某品牌今日就合作争议发布说明</a></h3><p>{n}点，某品牌表示，已经注意到网友的意见，将在第{n}天公布结果。</p></div>'
    for n in range(20)
)
BETWEEN = PROSE + "".join(
    f'<p><a href="/n/{n}.html">某品牌今日就合作争议发布第{n}份说明</a></p>{PROSE}' for n in range(6)
)
WEBSITE = '<meta property="og:type" content="website">'

NOT = [
    ("front", "https://www.example.cn/", "例子新闻网_权威资讯", WEBSITE, f"<nav>{NAV}</nav>{ITEMS}", "no_article"),
    ("front that says nothing", "https://www.example.cn/", "例子新闻网", "", f"<nav>{NAV}</nav>{ITEMS}", "no_article"),
    ("tag", "https://www.example.cn/tag/kol/", "KOL_例子网", "", f"<h1>KOL</h1><nav>{NAV}</nav>{ITEMS}", "no_article"),
    ("author", "https://www.example.com/author/jane-roe/", "Jane Roe", '<meta property="og:type" content="profile">', f"<h1>Jane Roe</h1>{CARDS}", "no_article"),
    ("list", "https://www.example.cn/news/list_3.html", "新闻列表", "", LIST, "no_article"),
    ("list of teasers", "https://www.example.cn/local-news", "本地新闻", "", f"<h1>本地新闻</h1>{ITEMS}", "no_article"),
    ("list of dates", "https://www.example.cn/local-news", "本地新闻", "", f"<h1>本地新闻</h1>{LIST}", "no_article"),
    ("list of cards", "https://www.example.com/local-news", "Local news", "", f"<h1>Local news</h1><time>2026-03-02 08:34</time>{UNLIKE_CARDS}", "no_article"),
    ("gallery", "https://www.example.cn/n/2.html", "某明星出席活动(组图)", "", "<h1>某明星出席活动(组图)</h1>" + "<img src=a.jpg>" * 9 + "<p>某明星出席活动。</p>", "no_article"),
    ("error", "https://www.example.cn/n/1.html", "页面不存在 - 例子网", "", "<h1>抱歉，您访问的页面不存在</h1><p>5秒后返回首页</p>", "withdrawn"),
    ("error in English", "https://www.example.com/n/1.html", "Page not found | Example", "", "<h1>Oops!</h1><p>The page you asked for is gone.</p>", "withdrawn"),
    ("deleted", "https://www.example.cn/n/1.html", "例子网", "", "<p>该内容已被发布者删除</p>", "withdrawn"),
    ("nothing", "https://www.example.cn/n/1.html", "", "", '<div id="app"></div>', "no_article"),
    ("bot check", "https://www.example.com/n/1.html", "Just a moment...", "", "<h1>www.example.com</h1><p>Verifying you are human. This may take a few seconds.</p>", "blocked"),
    ("bot check in Chinese", "https://www.example.cn/n/1.html", "安全验证", "", "<div>请完成下方验证后继续操作</div>", "blocked"),
    ("too many", "https://www.example.cn/n/1.html", "提示", "", "<p>您的访问过于频繁，请稍后再试。</p>", "blocked"),
    ("login wall", "https://www.example.cn/n/1.html", "例子网", "", "<h1>请登录后查看</h1><p>登录后可阅读全文，还没有账号？立即注册</p>", "paywall"),
    ("consent wall", "https://www.example.de/n/1.html", "Zustimmen und weiter | Beispiel", "", "<h1>Mit Werbung weiterlesen</h1><p>Besuchen Sie uns wie gewohnt mit Werbung.</p>", "paywall"),
]  # fmt: skip
STORIES = [
    ("plain", "https://www.example.cn/n/1.html", "某品牌致歉", "", f"<h1>某品牌致歉</h1>{PROSE}"),
    ("with a list below", "https://www.example.cn/n/1.html", "某品牌致歉", "", f"<h1>某品牌致歉</h1>{PROSE}<div>{ITEMS}</div>"),
    ("with links between", "https://www.example.cn/n/1.html", "某品牌致歉", "", f"<h1>某品牌致歉</h1>{BETWEEN}"),
    ("a live blog", "https://www.example.cn/n/1.html", "某品牌致歉直播", "", f"<h1>某品牌致歉直播</h1><time>2026-03-02 08:34</time>{LIVE}"),
    ("on the root", "https://www.example.cn/", "某品牌致歉_例子网", "", f"<h1>某品牌致歉</h1><p>2026-03-02 08:34 来源：某报 记者 张三</p>{PROSE * 2}"),
    ("calls itself a website", "https://www.example.cn/n/1.html", "某品牌致歉", WEBSITE, f"<h1>某品牌致歉</h1>{PROSE}<nav>{NAV}</nav>{LIST}"),
    ("about an error", "https://www.example.cn/n/1.html", "某品牌官网出现“页面不存在”，公司道歉并称正在修复", "", f"<h1>某品牌官网出现“页面不存在”，公司道歉并称正在修复</h1>{PROSE}"),
    ("about 404", "https://www.example.com/n/404-error-explained", "Why every 404 page should say sorry, and how brands do it", "", f"<h1>Why every 404 page should say sorry, and how brands do it</h1>{PROSE}"),
    ("cut by a paywall", "https://www.example.cn/n/1.html", "某品牌致歉", "", f"<h1>某品牌致歉</h1>{PROSE}<div>登录后可阅读全文</div>"),
    ("in a section called people", "https://www.example.com/people/brand-says-sorry", "某品牌致歉", '<meta property="og:type" content="article">', f"<h1>某品牌致歉</h1>{PROSE}{LIST}"),
    ("a flash", "https://www.example.cn/n/3.html", "某品牌致歉", "", "<h1>某品牌致歉</h1><p>2026-03-02 08:34</p><p>快讯：某品牌周一就合作争议致歉，称已终止合作，并将公开调查结果，相关员工已经离职。</p>"),
]  # fmt: skip


def reason(url: str, title: str, head: str, body: str) -> str | None:
    """Why the page is no story."""
    html = f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{body}</body></html>'
    return read_page(html.encode(), url, {}, now=NOW).no_story


@pytest.mark.parametrize(
    ("url", "title", "head", "body", "expected"), [row[1:] for row in NOT], ids=[row[0] for row in NOT]
)
def test_no_stories(url: str, title: str, head: str, body: str, expected: str) -> None:
    """Fronts, lists, galleries, errors, walls and checks are told, with the reason."""
    assert reason(url, title, head, body) == expected


@pytest.mark.parametrize(
    ("url", "title", "head", "body"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES]
)
def test_stories(url: str, title: str, head: str, body: str) -> None:
    """A story is never turned away for one odd sign."""
    assert reason(url, title, head, body) is None


WALL_WORDS = [(kind, words) for kind in ("blocked", "paywall") for words in read_table("no_story.toml")[kind]]


@pytest.mark.parametrize(("kind", "words"), WALL_WORDS, ids=[words for _, words in WALL_WORDS])
def test_words_of_walls(kind: str, words: str) -> None:
    """Each entry makes a wall of a page that says nothing else, with a site's name where one may stand."""
    said = words.replace("…", "灯塔新闻" if not words.isascii() else " Lantern ")
    body = f"<h1>{said}</h1><p>灯塔</p>" if not words.isascii() else f"<h1>{said}</h1><p>Thank you.</p>"
    found = reason("https://www.example.com/n/1.html", "", "", body)
    assert found in ("blocked", "paywall"), found
    assert found == kind or kind == "paywall"
