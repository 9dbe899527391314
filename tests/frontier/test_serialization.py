"""Requests as text and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import FormRequest, Request, Spider

from kolcrawl.frontier.serialization import dump_request, load_request


class ASpider(Spider):
    """A spider with callbacks."""

    name = "a"

    def parse_story(self, response: Any, **_: Any) -> None:
        """A callback."""

    def failed(self, failure: Any) -> None:
        """An errback."""


SPIDER = ASpider()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | TEXT
    | st.binary(max_size=8)
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT.filter(lambda t: "$" not in t), inner, max_size=3),
    max_leaves=8,
)
KWARGS = st.dictionaries(TEXT.filter(lambda t: "$" not in t), PLAIN, max_size=4)


def same(request: Request) -> Request:
    """There and back."""
    again = load_request(dump_request(request, SPIDER), SPIDER)
    for name in Request.attributes:
        assert getattr(again, name) == getattr(request, name), name
    return again


@given(KWARGS, KWARGS, st.integers(-(10**6), 10**6), st.booleans(), st.binary(max_size=20))
def test_round_trip(meta: dict[str, Any], kwargs: dict[str, Any], priority: int, again: bool, body: bytes) -> None:
    """Nothing of a plain request is lost."""
    same(
        Request(
            "http://news.example/故事?q=1#x",
            SPIDER.parse_story,
            errback=SPIDER.failed,
            method="POST" if body else "GET",
            headers={"If-None-Match": 'W/"é"', "Accept": ["a", "b"]},
            body=body,
            meta=meta,
            cb_kwargs=kwargs,
            priority=priority,
            dont_filter=again,
            flags=["x"],
            cookies={"a": "b"},
        )
    )


def test_short() -> None:
    """What is as usual takes no room."""
    assert dump_request(Request("http://news.example/"), SPIDER) == '{"url":"http://news.example/"}'


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        (Request("http://x.example/", lambda _: None), "not a method of the spider"),
        (Request("http://x.example/", ASpider().parse_story), "not a method of the spider"),
        (Request("http://x.example/", cb_kwargs={"x": object()}), "is not plain data"),
        (Request("http://x.example/", meta={"x": {1, 2}}), "is not plain data"),
        (FormRequest("http://x.example/"), "only a plain Request"),
    ],
)
def test_not_kept(request_: Request, what: str) -> None:
    """What cannot be kept is named."""
    with pytest.raises(ValueError, match=what):
        dump_request(request_, SPIDER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"x":1}',
        '{"url":"nonsense"}',
        '{"url":"http://x.example/","callback":"gone"}',
        '{"url":"http://x.example/","_class":"os.system"}',
    ],
)
def test_bad_text(text: str) -> None:
    """A text that is no request is an error, and runs nothing."""
    with pytest.raises(ValueError, match=r"."):
        load_request(text, SPIDER)


def test_proxy_left_out() -> None:
    """What the proxy middleware adds, a password among it, is left out."""
    request = Request(
        "http://x.example/",
        headers={"Proxy-Authorization": "Basic c2VjcmV0", "X": "y"},
        meta={"proxy": "http://u:secret@p:1", "_auth_proxy": "x", "_scheme_proxy": True, "story": "ab"},
    )
    text = dump_request(request, SPIDER)
    assert load_request(text, SPIDER).meta == {"story": "ab"}
    assert "secret" not in text
    assert "c2VjcmV0" not in text


def test_date() -> None:
    """Dates keep their zone."""
    when = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert same(Request("http://x.example/", cb_kwargs={"when": when})).cb_kwargs == {"when": when}
