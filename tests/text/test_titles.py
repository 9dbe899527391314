# ruff: noqa: E501  # tables of what pages print
"""Headlines without the name of their site."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.text.titles import drop_site_name, is_own_name, is_site_name
from kolcrawl.urls.hosts import host_names

CUT = [
    ("某品牌就合作争议致歉_财经_腾讯网", [], "finance.qq.com", "某品牌就合作争议致歉"),
    ("某品牌就合作争议致歉-中国新闻网", [], "www.chinanews.com", "某品牌就合作争议致歉"),
    ("某品牌就合作争议致歉--时政--人民网", [], "politics.people.com.cn", "某品牌就合作争议致歉"),
    ("某品牌就合作争议致歉_凤凰网资讯_凤凰网", [], "news.ifeng.com", "某品牌就合作争议致歉"),
    ("品牌就合作爭議致歉 | 社會 | 聯合新聞網", [], "udn.com", "品牌就合作爭議致歉"),
    ("某品牌就合作争议致歉 - BBC News 中文", ["BBC News 中文"], "www.bbc.com", "某品牌就合作争议致歉"),
    ("Brand drops influencer after backlash - BBC News", ["BBC News"], "www.bbc.co.uk", "Brand drops influencer after backlash"),
    ("Brand drops influencer after backlash | Example Times", ["The Example Times"], "exampletimes.com", "Brand drops influencer after backlash"),
    ("Marke trennt sich von Influencerin | STERN.de", [], "www.stern.de", "Marke trennt sich von Influencerin"),
    ("La marca rompe con la influencer - Política - Diario Ejemplo", ["Diario Ejemplo"], "ejemplo.es", "La marca rompe con la influencer"),
    ("コラボ契約を終了、謝罪文を公開：例新聞デジタル", ["例新聞デジタル"], "www.rei.com", "コラボ契約を終了、謝罪文を公開"),
    ("Example.com | Brand drops influencer after a long week", [], "example.com", "Brand drops influencer after a long week"),
]  # fmt: skip
WHOLE = [
    ("品牌与网红：谁在利用谁？", [], "example.cn"),
    ("小米-华为之争再起波澜，双方均未回应", [], "example.cn"),
    ("Brand says sorry - but not to everyone", [], "example.com"),
    ("Covid-19: what we know", [], "example.com"),
    ("2026-03-02 大事记", [], "example.cn"),
    ("品牌更应惠及用户――写在新规实施之际", [], "example.cn"),
    ("A brand -- and -- its many -- -- friends", [], "example.com"),
    ("BBC News", ["BBC News"], "bbc.co.uk"),
]


@pytest.mark.parametrize(("title", "names", "host", "expected"), CUT, ids=[row[0] for row in CUT])
def test_site_and_section_are_dropped(title: str, names: list[str], host: str, expected: str) -> None:
    """What the page calls itself, its host, or the form of a site's name tells the piece to drop."""
    assert drop_site_name(title, names, host_names(host)) == expected


@pytest.mark.parametrize(("title", "names", "host"), WHOLE, ids=[row[0] for row in WHOLE])
def test_headlines_with_dashes_stay_whole(title: str, names: list[str], host: str) -> None:
    """A dash or colon of the headline's own takes nothing away."""
    assert drop_site_name(title, names, host_names(host)) == title


def test_names_by_form_and_by_right() -> None:
    """…网 names some site, but only its own page makes it this one."""
    assert is_site_name("新华网", [])
    assert not is_own_name("新华网", [], host_names("news.sina.com.cn"))
    assert is_own_name("新浪新闻", ["新浪新闻"], host_names("news.sina.com.cn"))
    assert is_own_name("Sina", [], host_names("news.sina.com.cn"))
    assert is_own_name("The New York Times", [], host_names("www.nyt.com"))


@given(st.text(max_size=150))
def test_a_title_never_vanishes(title: str) -> None:
    """Dropping a name leaves a piece of the title, and nothing of it was made up."""
    kept = drop_site_name(title, ["例"], host_names("example.com"))
    assert kept.strip() in title or kept == title
    assert bool(kept) == bool(title)


def test_what_stands_behind_an_underscore_is_the_site() -> None:
    """Chinese headlines have no underscore: a short piece behind one is a name, known or not."""
    assert drop_site_name("某品牌就争议致歉声明_例子订阅") == "某品牌就争议致歉声明"
    assert drop_site_name("short_某品牌就争议致歉声明并退款") == "short_某品牌就争议致歉声明并退款"
    assert drop_site_name("snake_case explained") == "snake_case explained"
