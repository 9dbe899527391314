"""Redirects that pages make: which are followed, and which pages stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from kolcrawl.net.page_redirects import LocationMiddleware, find_redirect
from kolcrawl.text.tables import read_table

HERE, TARGET = "https://www.example.com/a/1.html", "https://www.example.com/b/2.html"
TEXT = "<h1>Ferry runs aground</h1><p>" + "The ferry ran aground off the harbour wall on Monday. " * 20 + "</p>"


def found(body: str = "", *, head: str = "", title: str = "", **headers: str) -> tuple[str, str] | None:
    """Where a page leads, and how."""
    page = f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    response = HtmlResponse(HERE, body=page.encode(), headers=headers, encoding="utf-8")
    redirect = find_redirect(response, 5, ("noscript",))
    return tuple(redirect) if redirect else None  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("page", "how"),
    [
        ({"head": '<meta http-equiv="refresh" content="0;url=/b/2.html">'}, "meta refresh"),
        ({"head": '<meta http-equiv="refresh" content="30;url=/b/2.html">'}, "meta refresh"),
        ({"head": '<meta http-equiv="refresh" content="10;url=/b/2.html">', "body": "It has moved."}, "meta refresh"),
        ({"head": '<meta http-equiv="refresh" content="0,url=/b/2.html">'}, "meta refresh"),
        ({"head": "<META CONTENT='8 , /b/2.html' HTTP-EQUIV=Refresh>"}, "meta refresh"),
        ({"head": '<meta http-equiv="refresh" content="0;url=https:///www.example.com\\b/2.html">'}, "meta refresh"),
        ({"body": '<iframe src="/b/2.html" height="100%">Your browser shows no frames.</iframe>'}, "frame"),
        ({"body": '</body><frameset><frame src="/b/2.html"><noframes>' + "No frames. " * 9 + "</noframes>"}, "frame"),
        ({"body": '<iframe src="/b/2.html"></iframe><iframe src="/ads" height="0" width="0"></iframe>'}, "frame"),
        ({"Refresh": "0; url=/b/2.html"}, "refresh header"),
        ({"Refresh": "20; URL='/b/2.html'"}, "refresh header"),
        ({"body": '<script>window.location.href="/b/2.html";</script>'}, "script"),
        ({"body": "<script>location.replace('/b/2.html')</script>"}, "script"),
        ({"head": f"<script>top.location='{TARGET}'</script>"}, "script"),
        ({"head": "<script>setTimeout(function(){ self.location.assign('\\/b\\/2.html'); }, 3000)</script>"}, "script"),
        ({"body": 'This page has moved <a href="/b/2.html">here</a>.'}, "moved"),
        ({"title": "正在跳转", "body": '<a href="/b/2.html">点击这里</a>'}, "moved"),
        ({"title": "301", "body": f"<h1>Moved</h1>The document has moved <a href={TARGET}>here</a>"}, "moved"),
    ],
)  # fmt: skip
def test_followed(page: dict[str, str], how: str) -> None:
    """Refresh after any delay, header, script and stub of a page without a text of its own."""
    assert found(page.pop("body", ""), **page) == (TARGET, how)


@pytest.mark.parametrize(
    "page",
    [
        {"body": TEXT, "head": '<meta http-equiv="refresh" content="300">'},
        {"body": TEXT, "head": '<meta http-equiv="refresh" content="60;url=/b/2.html">'},
        {"body": TEXT, "head": '<!-- <meta http-equiv="refresh" content="0;url=/b/2.html"> -->'},
        {"body": TEXT, "head": "<script>location.href='/b/2.html'</script>"},
        {"body": TEXT, "Refresh": "60; url=/b/2.html"},
        {"head": "<script>if(/Android/.test(navigator.userAgent)){location.href='/b/2.html'}</script>"},
        {"body": "<script>location.href = base + '/b/2.html'</script>"},
        {"body": "<script>location.href='/b/2.html'; location.href='/c/3.html'</script>"},
        {"body": "<script>var mylocation='/b/2.html'; if (location == '/b/2.html') go()</script>"},
        {"body": "<script>location.href='javascript:history.back()'</script>"},
        {"body": "<script>location.href='weixin://dl/business'</script>"},
        {"body": 'The minister has moved <a href="/b/2.html">here</a> and <a href="/c/3.html">there</a>.'},
        {"body": TEXT + 'The office has moved <a href="/b/2.html">here</a>.'},
        {"body": '<noscript><meta http-equiv="refresh" content="0;url=/b/2.html"></noscript>'},
        {"body": TEXT + '<iframe src="/b/2.html"></iframe>'},
        {"body": '<iframe src="/b/2.html"></iframe><iframe src="/c/3.html"></iframe>'},
        {"body": '<noscript><iframe src="/b/2.html"></iframe></noscript><iframe src="about:blank"></iframe>'},
        {"body": TEXT, "head": '<meta http-equiv="refresh" content="60,url=/b/2.html">'},
        {"head": '<!-- <meta http-equiv="refresh" content="0,url=/b/2.html"> -->'},
        {"body": ""},
    ],
)  # fmt: skip
def test_not_followed(page: dict[str, str]) -> None:
    """Stories that reload themselves or send some readers elsewhere, addresses that are made up as the script runs, and
    what is no address of the web."""
    assert found(page.pop("body", ""), **page) is None


@pytest.mark.parametrize(
    ("language", "words"), [(tag, one) for tag, all_ in read_table("moved.toml").items() for one in all_]
)
def test_words_of_each_language(language: str, words: str) -> None:
    """Each entry makes a stub of a page with one link."""
    assert found(f'<p>{words}</p><a href="/b/2.html">→</a>') == (TARGET, "moved")


@given(st.text(max_size=300))
def test_any_page_is_read(body: str) -> None:
    """Whatever stands in a page, it leads somewhere on the web or nowhere."""
    assert (found(body) or (TARGET,))[0].startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "locations",
    [
        [TARGET, "/nowhere.html"],
        ["https:///www.example.com/b/2.html"],
        ["https:\\\\www.example.com\\b\\2.html"],
        [" /b/2.html"],
    ],
)
def test_locations_with_slips(locations: list[str]) -> None:
    """Of several `Location` headers the first counts, and slips in its slashes cost nobody the page."""
    middleware = LocationMiddleware.from_crawler(get_crawler())
    answer = Response(HERE, status=302, headers={"Location": locations})
    followed = middleware.process_response(Request(HERE), answer)
    assert isinstance(followed, Request)
    assert followed.url == TARGET
