# ruff: noqa: E501  # tables of what pages print
"""The facts of a story, source by source, on pages made for one thing each."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kolcrawl.page import Page, SiteRules, parse_document, read_page
from kolcrawl.page.facts.story_facts import read_facts

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
PROSE = "".join(
    f"<p>{text}</p>"
    for text in (
        "周一上午，这家手机公司在官方账号发布声明，称已经注意到网友对一次商业合作的意见，公司管理层连夜召开会议，决定立即终止与该博主的一切接触。",
        "声明说，市场部门在选择合作对象时没有按照流程审核，负责人已经被通报批评，相关员工离职。公司表示今后将共同审核每一次投放。",
        "多位营销从业者接受采访时认为，流量时代的品牌更应当重视长期信任，一次看似划算的合作，可能让多年积累的口碑受到影响。",
    )
)
ENGLISH = "".join(
    f"<p>{text}</p>"
    for text in (
        "The company said on Monday that it had ended its work with the influencer after two days of complaints from customers, and that a review had begun.",
        "Two managers lost their bonus for the year, and an employee left. A committee is to look at every future campaign before it is signed, the company said.",
        "People in the trade said that trust, once gone, takes longer to come back than any campaign lasts, and that brands which answer fast are forgiven.",
    )
)


def read(
    head: str = "", body: str = "", *, url: str = "https://news.example.cn/a/1.html", lang: str = "zh-CN", **more: Any
) -> Page:
    """Read a made page."""
    html = f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'
    return read_page(html.encode(), url, {}, now=NOW, **more)


def jsonld(**fields: Any) -> str:
    """A JSON-LD script for an article."""
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle"} | fields)}</script>'


def test_structured_data_answers_first() -> None:
    """JSON-LD gives title, times, authors and keywords; each field says who answered."""
    node = jsonld(
        headline="某品牌就合作争议致歉",
        datePublished="2026-03-02T08:34:00+08:00",
        dateModified="2026-03-02T09:00:00+08:00",
        author=[{"@type": "Person", "name": "张三"}, {"@type": "Person", "name": "李四"}],
        keywords=["品牌", "网红"],
    )
    story = read(
        node + "<title>某品牌就合作争议致歉_例子网</title>", f"<h1>某品牌就合作争议致歉</h1><div>{PROSE}</div>"
    ).story
    assert story.title == "某品牌就合作争议致歉"
    assert story.published_at == datetime(2026, 3, 2, 0, 34, tzinfo=UTC)
    assert story.published == {
        "raw": "2026-03-02T08:34:00+08:00",
        "source": "jsonld",
        "precision": "second",
        "tz": "stated",
        "day": "2026-03-02",
        "year": "stated",
    }
    assert story.modified_at == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert story.authors == ["张三", "李四"]
    assert story.tags == ["品牌", "网红"]
    assert story.lang == "zh-Hans"
    assert (story.sources["published_at"], story.sources["authors"], story.sources["text"]) == (
        "jsonld",
        "jsonld",
        "tree",
    )


def test_visible_lines_of_a_chinese_page() -> None:
    """Without any structured data: heading, date line, origin and reporter as Chinese pages print them."""
    info = '<div class="info"><span>2026-03-02 08:34</span> 来源：<a href="/">某某财经</a> 记者 王小明</div>'
    story = read(
        "<title>某品牌就合作争议致歉_例子网</title>", f"<h1>某品牌就合作争议致歉</h1>{info}<div id=c>{PROSE}</div>"
    ).story
    assert story.title == "某品牌就合作争议致歉"
    assert story.published_at == datetime(2026, 3, 2, 0, 34, tzinfo=UTC)
    assert story.published is not None
    assert (story.published["precision"], story.published["tz"], story.published["source"]) == (
        "minute",
        "assumed",
        "text",
    )
    assert (story.origin, story.authors) == ("某某财经", ["王小明"])


@pytest.mark.parametrize(
    ("head", "body", "source"),
    [
        ('<meta property="article:published_time" content="2026-03-02T08:34:00+08:00">', "", "meta"),
        ('<meta name="pubdate" content="2026-03-02 08:34">', "", "meta"),
        ('<meta name="pubdate" value="2026-03-02 08:34">', "", "meta"),
        ("", '<span itemprop="datePublished" content="2026-03-02T00:34Z">gestern</span>', "time"),
        ("", '<time datetime="2026-03-02T08:34+08:00">March 2</time>', "time"),
        ("", '<time data-published="2026-03-02 00:34:00Z">March 2, 2026</time>', "time"),
        ("", "<div>2026年3月2日 08:34</div>", "text"),
        ("", '<div>更新：2026-03-03 10:00</div><div class="pubtime">发布：2026-03-02 08:34</div>', "text"),
    ],
)  # fmt: skip
def test_places_of_the_date(head: str, body: str, source: str) -> None:
    """Meta, microdata, time element and visible lines are read; a line of an update is not the publication."""
    story = read(head, f"<h1>某品牌就合作争议致歉</h1>{body}{PROSE}").story
    assert story.published_at == datetime(2026, 3, 2, 0, 34, tzinfo=UTC)
    assert story.published is not None
    assert story.published["source"] == source


def test_a_day_is_refined_by_a_time_elsewhere() -> None:
    """Structured data that know only the day yield to the visible time of that day."""
    story = read(
        jsonld(headline="某品牌致歉", datePublished="2026-03-02"), f"<h1>某品牌致歉</h1><p>2026-03-02 08:34</p>{PROSE}"
    ).story
    assert story.published_at == datetime(2026, 3, 2, 0, 34, tzinfo=UTC)


def test_the_url_overrules_a_date_far_away() -> None:
    """A page moved to another system gets a new date; the day in its address is the old one."""
    head = jsonld(headline="某品牌致歉", datePublished="2026-01-20T10:00:00+08:00")
    story = read(head, f"<h1>某品牌致歉</h1>{PROSE}", url="https://news.example.cn/2017/07/12/1.html").story
    assert story.published_at == datetime(2017, 7, 12, tzinfo=UTC)
    assert story.published is not None
    assert (story.published["source"], story.published["precision"]) == ("url", "day")


def test_dates_of_side_columns_and_comments_do_not_count() -> None:
    """A time element in a list of other stories is not this story's date."""
    side = '<aside><time datetime="2026-03-09T10:00Z">today</time></aside><div class="comments"><time datetime="2026-03-08T10:00Z">x</time></div>'
    assert read("", f"<h1>Brand says sorry</h1>{ENGLISH}{side}", lang="en").story.published_at is None


def test_zone_of_the_site_rules() -> None:
    """A site's rule says in which zone it prints its times."""
    rules = SiteRules(timezone="America/New_York", published=".when")
    story = read(
        "", f"<h1>Brand says sorry</h1><b class=when>2026-03-02 08:34</b>{ENGLISH}", lang="en", rules=rules
    ).story
    assert story.published_at == datetime(2026, 3, 2, 13, 34, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lang", "printed", "hour"),
    [
        ("en", "March 2, 2026 8:34 AM", 13),  # a clock of twelve hours: the United States
        ("en", "March 2, 2026 08:34", 8),  # nothing tells the country
        ("en-GB", "March 2, 2026 8:34 AM", 8),
        ("en-AU", "March 2, 2026 8:34 AM", 21 - 24),
    ],
)
def test_a_clock_of_twelve_hours(lang: str, printed: str, hour: int) -> None:
    """A time without zone on an English page of no country is read as the eastern United States', if it has AM or PM."""
    url = "https://news.example.com/a/1.html"
    story = read("", f"<h1>Brand says sorry</h1><p>{printed}</p>{ENGLISH}", lang=lang, url=url).story
    assert story.published_at == datetime(2026, 3, 2, 0, 34, tzinfo=UTC) + timedelta(hours=hour)


SHOWN_IN_NO_H1 = [
    ("某品牌就争议致歉声明_例子订阅", "<h2>某品牌就争议致歉声明</h2>", "某品牌就争议致歉声明"),
    ("3月2日起，南浦大桥封闭施工！_例子订阅", "<h2>3月2日起，南浦大桥封闭施工！</h2>", "3月2日起，南浦大桥封闭施工！"),
    ("南浦召开行业座谈会_南浦市文化局", '<div class="xl-title">南浦召开行业座谈会</div>', "南浦召开行业座谈会"),
    ("某街道负责人开展调研工作 东区办事处_某某网", '<span class="Title"><b>某街道负责人开展调研工作</b></span>', "某街道负责人开展调研工作"),
    ("新闻动态--某某学会官网", '<a href="/l">新闻动态</a><h3>首页 - 新闻动态</h3><h5>某行业年会在南浦顺利举行！</h5>', "某行业年会在南浦顺利举行！"),
    ("Bakery chain says sorry: Example Magazine", "<h4>Bakery chain says sorry</h4>", "Bakery chain says sorry"),
    ("某品牌就争议致歉声明", "<h2>相关</h2>", "某品牌就争议致歉声明"),
    ("例子新闻网", "<h2>某行业年会在南浦顺利举行</h2>", "某行业年会在南浦顺利举行"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "body", "headline"), SHOWN_IN_NO_H1, ids=[row[0] for row in SHOWN_IN_NO_H1])
def test_a_headline_that_stands_in_no_h1(title: str, body: str, headline: str) -> None:
    """A lower heading, or what is called a title, is the headline where the title element begins with it."""
    assert read(f"<title>{title}</title>", f"{body}<div>{PROSE}</div>").story.title == headline


HEADLINES = [
    ('<title>某品牌致歉_例子网</title>', "<h1>例子网</h1><h1>某品牌致歉</h1>", "某品牌致歉"),
    ("<title>某品牌就合作争议致歉 - 例子博客</title>", "<h1>例子博客</h1>", "某品牌就合作争议致歉 - 例子博客"),
    ('<title>x</title><meta property="og:title" content="某品牌就合作争议致歉">', "<h1>登录</h1>", "某品牌就合作争议致歉"),
    ('<meta property="og:title" content="Brand says sorry | Example"><meta property="og:site_name" content="Example">', "", "Brand says sorry"),
    ('<title>Apology: Brand says sorry</title>', "<h1><span>Apology:</span><span>Brand says sorry</span></h1>", "Apology: Brand says sorry"),
    # A kicker that only the layout sets apart, with and without a title that lacks it, and a colon of its own.
    ('<meta property="og:title" content="Brand says sorry">', '<h1><span>Bakeries</span><span>Brand says sorry</span></h1>', "Brand says sorry"),
    ("", "<h1><span>Interview</span>Brand says sorry, again</h1>", "Interview Brand says sorry, again"),
    ("", "<h1>Brand says sorry<span>: what is known</span></h1>", "Brand says sorry: what is known"),
    (jsonld(headline="Brand says &#8216;sorry&#8217; to all"), "<h1>Log in</h1>", "Brand says ‘sorry’ to all"),
    ("<title>超時工作不改 \"品牌\"太血汗!</title><meta name=\"title\" content=\"超時工作不改 \"品牌\"太血汗!\">", "", '超時工作不改 "品牌"太血汗!'),
]  # fmt: skip


@pytest.mark.parametrize(("head", "body", "title"), HEADLINES, ids=[row[2] for row in HEADLINES])
def test_headlines(head: str, body: str, title: str) -> None:
    """The h1 that other titles support; else structured data, og:title, title element."""
    assert read(head, body + PROSE).story.title == title


OG = '<meta property="og:title" content="Brand says sorry to customers">'
VARIANTS = [
    (jsonld(headline="Brand Acme says sorry to angry customers") + OG, "<h1>Brand Acme says sorry to angry customers</h1>", "Brand says sorry to customers"),
    (OG, "<h1>Trade: Brand says sorry to customers</h1>", "Trade: Brand says sorry to customers"),  # a kicker is no padding
    (jsonld(headline="Acme apologises to buyers in Europe") + OG + "<title>Acme apologises to buyers in Europe | Example</title>", "<h1>Brand says sorry to customers</h1>", "Brand says sorry to customers"),
    (jsonld(headline="Acme apologises to buyers in Europe") + OG + "<title>Brand says sorry to customers</title>", "<h1>Brand says sorry to customers</h1>", "Acme apologises to buyers in Europe"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "body", "title"), VARIANTS)
def test_headline_variants(head: str, body: str, title: str) -> None:
    """Words put in for search engines go; JSON-LD alone against all others is the headline as first published."""
    assert read(head, body + ENGLISH, lang="en").story.title == title


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<h1>Example News</h1><h1>Brand says sorry to customers</h1>", "Brand says sorry to customers"),
        ("<h1>Example News</h1><h2>Brand says sorry to customers</h2>", "Brand says sorry to customers"),
        ("<div><span>Brand says sorry to customers</span></div>", "Brand says sorry to customers"),
        ("<h1>Trade: Brand says sorry to customers</h1>", "Trade: Brand says sorry to customers"),
        ("<h1>Example News</h1><h1>Brand tells customers: sorry</h1>", "Brand tells customers: sorry"),
        ("<h1>Example News</h1>", None),
        ("", None),
    ],
)
def test_where_the_headline_stands(body: str, shown: str | None) -> None:
    """The element that says what the headline says, whatever its tag; the first h1 alone is not taken for it."""
    html = f"<html><head>{OG}</head><body><p>Menu</p>{body}{ENGLISH}</body></html>"
    document = parse_document(html.encode(), "https://news.example.com/a/1.html")
    element = read_facts(document, Page(url=document.url, encoding="utf-8"), SiteRules(), NOW)
    assert (element is not None and element.text_content()) == (shown or False)


def test_the_address_was_made_of_the_visible_headline() -> None:
    """JSON-LD alone yields where the page's address knows the headline that is shown, shared and in the title."""
    head = jsonld(headline="Acme apologises to buyers") + OG + "<title>Brand says sorry to customers</title>"
    url = "https://news.example.com/a/brand-says-sorry-to-customers.html"
    story = read(head, f"<h1>Brand says sorry to customers</h1>{ENGLISH}", lang="en", url=url).story
    assert story.title == "Brand says sorry to customers"


AUTHORS = [
    ('<meta name="author" content="Jane Roe">', "", ["Jane Roe"]),
    ('<meta name="author" content="Example Times"><meta property="og:site_name" content="Example Times">', '<span class="byline">By Jane Roe, Reporter</span>', ["Jane Roe"]),
    (jsonld(headline="x", author={"@type": "Organization", "name": "Beispiel Presse"}), "<p>By Jane Roe</p>", ["Jane Roe"]),
    (jsonld(headline="x", author={"@type": "Organization", "name": "Beispiel Presse"}), "", ["Beispiel Presse"]),
    ("", '<a rel="author" href="/jane">Jane Roe</a>', ["Jane Roe"]),
    ("", '<span itemprop="author"><span itemprop="name">Jane Roe</span></span>', ["Jane Roe"]),
    ("", "<p>Von Max Muster</p>", ["Max Muster"]),
    ("", '<div class="comment-author">Troll</div>', []),
    ("", '<span class="vcard author">Jane Roe</span>', ["Jane Roe"]),
    ("", '<p class="author">Anna Maria Jane Roe im Gespräch mit Max Muster</p>', ["Anna Maria Jane Roe", "Max Muster"]),
    ("", '<p class="author">Jane Roe, Springfield, 8 May 2026, 10 am, updated</p>', []),
    ("", "<p>Von: Max MUSTER , Jane ROE</p>", ["Max MUSTER", "Jane ROE"]),
    (jsonld(headline="x", author={"@type": "Organization", "name": "Beispiel"}), '<p class="byline">Quelle: abc/xyz</p>', ["Beispiel"]),
    (jsonld(headline="x", author={"@type": "Person", "name": "Jane"}), "<p>By</p><p>Jane Roe</p>", ["Jane Roe"]),
    ('<meta name="author" content="Example Times, Springfield, Freedonia"><meta property="og:site_name" content="Example Times">', "", ["Example Times"]),
    ('<meta property="og:site_name" content="Example Times">', '<b class="byline">Example Times</b></div><div class="box"><b class="byline">Max Muster</b>', ["Example Times"]),
    ("", "<p>Reuters</p>", ["Reuters"]),
    ('<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","headline":"x","author":{"@id":"#j"}},{"@id":"#j","@type":"Person","name":"Jane Roe"}]}</script>', "", ["Jane Roe"]),
]  # fmt: skip


@pytest.mark.parametrize(("head", "body", "names"), AUTHORS)
def test_authors(head: str, body: str, names: list[str]) -> None:
    """People before outlets, wherever they are named; commenters are none."""
    assert read(head, f"<h1>Brand says sorry to customers</h1>{body}{ENGLISH}", lang="en").story.authors == names


@pytest.mark.parametrize(
    "script",
    [
        '{"@type":"NewsArticle","headline":"某品牌\n致歉","datePublished":"2026-03-02",}',
        '<!-- {"@type":"NewsArticle","datePublished":"2026-03-02"} -->',
        '//<![CDATA[\n{"@type":"NewsArticle","datePublished":"2026-03-02"}\n//]]>',
        '{"@context":"https://ziyuan.baidu.com/contexts/cambrian.jsonld","title":"x","pubDate":"2026-03-02T00:00:00"};',
        '[[{"@type":["Thing","NewsArticle"],"datePublished":"2026-03-02"}]]',
        '{"@type":"WebSite","name":"例子网"}\n{"@type":"NewsArticle","datePublished":"2026-03-02"};',
        '// <![CDATA[\n{"@type":"NewsArticle","datePublished":"2026-03-02"};\n// ]]&gt;',
        '{"@type":"NewsArticle","headline":""某"品牌致歉","datePublished":"2026-03-02"}',
        '{"@type":"NewsArticle","description":"he said "no" twice","datePublished":"2026-03-02","author":{"name":"x"}',
        '{&quot;@type&quot;:&quot;NewsArticle&quot;,&quot;datePublished&quot;:&quot;2026-03-02&quot;}',
        '{"datePublished":"2026-03-02","headline":"某品牌\\u81f4歉"x,"@type":"NewsArticle"}',
    ],
)  # fmt: skip
def test_broken_json_ld_is_mended(script: str) -> None:
    """Line breaks in strings, trailing commas, comments, CDATA and Baidu's untyped form are read."""
    page = read(f'<script type="application/ld+json">{script}</script>', f"<h1>某品牌致歉</h1>{PROSE}")
    assert page.story.published_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert page.story.sources["published_at"] == "jsonld"


def test_facts_of_a_script_that_no_repair_can_read() -> None:
    """Headline, dates and names are still found where quotation marks are bare, each up to its own end."""
    script = (
        '{"@type":"NewsArticle","headline":"The "best" bakery, it says","datePublished":"2026-03-02T08:34:00+08:00",'
        '"dateModified":"2026-03-03T08:34:00+08:00","author":[{"@type":"Person","name":"Jane "JJ" Roe"},{"name":"John Doe"}]}'
    )
    story = read(f'<script type="application/ld+json">{script}</script>', f"<h1>News</h1>{ENGLISH}", lang="en").story
    assert story.title == 'The "best" bakery, it says'
    assert story.authors == ['Jane "JJ" Roe', "John Doe"]
    assert (story.published_at, story.modified_at) == (
        datetime(2026, 3, 2, 0, 34, tzinfo=UTC),
        datetime(2026, 3, 3, 0, 34, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "script",
    [
        "",
        "{",
        "null",
        "[1,2]",
        '{"@type":1,"author":[null,[[]],{"name":{}}],"headline":["",{}]}',
        "[" * 5000,
        '{"a":' * 3000,
    ],
)
def test_hopeless_json_ld_is_left_out(script: str) -> None:
    """What cannot be read as JSON-LD, or nests without end, costs nothing but itself."""
    assert (
        read(f'<script type="application/ld+json">{script}</script>', f"<h1>某品牌致歉</h1>{PROSE}").story.title
        == "某品牌致歉"
    )


def test_marks_for_robots_and_addresses() -> None:
    """Canonical, og:url and the robots meta are handed on; addresses are resolved as browsers do."""
    head = '<link rel="canonical" href="/a/1"><meta property="og:url" content="https://m.example.cn/a/1"><meta name="robots" content="noindex,nofollow">'
    page = read(head, PROSE)
    assert page.canonical == "https://news.example.cn/a/1"
    assert page.og_url == "https://m.example.cn/a/1"
    assert (page.noindex, page.nofollow) == (True, True)
    assert read("", PROSE).noindex is False
    assert read('<link rel="canonical" href="javascript:void(0)">', PROSE).canonical is None
    for written in ("https:/news.example.cn/a/1", r"\\news.example.cn\a\1"):  # slips that browsers forgive
        assert read(f'<link rel="canonical" href="{written}">', PROSE).canonical == "https://news.example.cn/a/1"


@pytest.mark.parametrize(
    ("head", "body", "tags"),
    [
        ('<meta property="article:tag" content="Bakery,Reviews,Paid reviews">', "", ["Bakery", "Reviews", "Paid reviews"]),
        ('<meta property="article:tag" content="Elections, Governors"><meta property="article:tag" content="Bread">', "", ["Elections, Governors", "Bread"]),
        (jsonld(headline="x", keywords=["Business, Finance, & Economics"]), "", ["Business, Finance, & Economics"]),
        (jsonld(headline="x", keywords="Section:food, Bakery"), "", ["Bakery"]),
        ('<meta name="keywords" content="bread,cake,news,cheap,best">', '<p><a rel="tag" href="/t/1">Bakery</a> <a rel="tag" href="/t/2">#Reviews</a></p>', ["Bakery", "Reviews"]),
        ('<meta name="keywords" content="bread,cake">', '<div class="article-tags"><a href="/t/1">Bakery</a></div><aside><a rel="tag" href="/t">Sport</a></aside>', ["Bakery"]),
        ('<meta name="keywords" content="面包，品牌、网红;致歉">', "", ["面包", "品牌", "网红", "致歉"]),
    ],
)  # fmt: skip
def test_tags(head: str, body: str, tags: list[str]) -> None:
    """Lists in one keyword are split, and the page's own links go before what the head has for search engines."""
    assert read(head, f"<h1>Bakery chain says sorry</h1>{ENGLISH}{body}", lang="en").story.tags == tags
