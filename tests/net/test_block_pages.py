"""Gates are told from stories."""

from __future__ import annotations

import pytest
from scrapy.http import HtmlResponse, Response

from kolcrawl.net.block_pages import is_block_page

URL = "http://news.example/1"


def html(body: str, encoding: str = "utf-8", **headers: str) -> HtmlResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HtmlResponse(URL, body=body.encode(encoding), encoding=encoding, headers=named)


BLOCKED = {
    "cloudflare": html("<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x></script>"),
    "cloudflare header": html("", cf_mitigated="challenge"),
    "aws": html("<p>x", x_amzn_waf_action="captcha"),
    "aliyun": html("<html><script>var arg1='3F';function setCookie(){document.cookie='acw_sc__v2='}</script>"),
    "incapsula": html('<iframe src="/_Incapsula_Resource?CWUDNSAI=1">'),
    "datadome": html("<script>var dd={'host':'geo.captcha-delivery.com'}</script>"),
    "tencent": html('<script src="https://turing.captcha.qcloud.com/TCaptcha.js"></script>'),
    "words": html("<html><head><TITLE> 访问过于频繁，请稍后再试 </TITLE></head>"),
    "words in gbk": html("<html><head><title>安全验证</title></head>", "gb18030"),
    "denied": html("<title>Access Denied</title><p>You don't have permission"),
}
STORY = "<p>他说，人机验证和安全验证都没有用，访问过于频繁也不行。</p>" * 30
OPEN = {
    "story on gates": html(f"<title>某平台被指滥用滑块技术</title>{STORY}"),
    "long page with a marker": html(f"<title>新闻</title>{STORY * 60}<script>acw_sc__v2</script>"),
    "empty": html(""),
    "no title": html("<p>hello"),
    "login with captcha": html(
        '<title>登录</title><form><script src="https://www.google.com/recaptcha/api.js"></script>'
    ),
    "binary": Response(URL, body=b"\0\1\2"),
    "reader": html("<title>Are your denied-boarding rights respected?</title>"),
}


@pytest.mark.parametrize("name", BLOCKED)
def test_blocked(name: str) -> None:
    """Known gates, by header, script or title."""
    assert is_block_page(BLOCKED[name])


@pytest.mark.parametrize("name", OPEN)
def test_open(name: str) -> None:
    """Pages that only speak of gates are pages."""
    assert not is_block_page(OPEN[name])
