"""What is read from Redis is data of a known form, whoever wrote it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scrapy import Request

from kolcrawl.frontier.interface import VERDICT
from kolcrawl.frontier.shared.request_text import lengthen_text, read_request, shorten_text, write_request
from kolcrawl.spider import StorySpider

KEY = "0123456789abcdef0123456789abcdef"


class Reader(StorySpider):
    name = "reader"


SPIDER = Reader(url="http://a.example/1.html")


def request(**meta: Any) -> Request:
    """A request as the spider makes it."""
    return Request(
        "http://a.example/新闻.html",
        callback=SPIDER.parse_story,
        errback=SPIDER.record_failure,
        headers={"If-None-Match": '"abc"', "Cookie": "secret"},
        priority=-3,
        meta={"story": KEY, "handle_httpstatus_list": [304], **meta},
        cb_kwargs={"found_on": None, "kind": "seed", "depth": 0, "path": 1.0},
    )


def test_there_and_back() -> None:
    """What the spider, retries and redirects need comes back; proxies, cookies and our own marks do not."""
    meta = {
        "anchor": "标题",
        "known_key": KEY,
        "retry_times": 1,
        "redirect_urls": ["http://a.example/0"],
        "redirect_times": 1,
    }
    sent = request(proxy="http://name:secret@proxy.example", **meta, **{VERDICT: "", "dont_obey_robotstxt": True})
    text = write_request(sent, SPIDER)
    assert "secret" not in text
    back = read_request(text.encode(), SPIDER)
    assert (back.url, back.priority, back.cb_kwargs) == (sent.url, sent.priority, sent.cb_kwargs)
    assert back.meta == {"story": KEY, "handle_httpstatus_list": [304], **meta}
    assert back.callback == SPIDER.parse_story
    assert back.errback == SPIDER.record_failure
    assert back.headers == {b"If-None-Match": [b'"abc"']}


@pytest.mark.parametrize("found_on", [None, KEY])
def test_a_text_is_kept_in_fewer_bytes(found_on: str | None) -> None:
    """What all requests have in common takes a byte or two, with a parent or without; the JSON comes back as it was,
    control characters that a site wrote included, and a text that was never shortened is read as well."""
    title = "A \x01headline\x12 of a common length\n"
    arguments = {"found_on": found_on, "kind": "related" if found_on else "seed", "depth": 0, "path": 1.0}
    sent = request(anchor=title).replace(headers={}, cb_kwargs=arguments)
    text = write_request(sent, SPIDER)
    whole = lengthen_text(text)
    assert len(text) < 0.55 * len(whole)
    assert shorten_text(whole) == text
    for form in (text, whole):
        back = read_request(form.encode(), SPIDER)
        assert (back.url, back.meta, back.cb_kwargs) == (sent.url, sent.meta, arguments)


def changed(**fields: Any) -> bytes:
    """The text of a request in which something was changed by somebody else."""
    return json.dumps(json.loads(lengthen_text(write_request(request(), SPIDER))) | fields).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"\x80\x04\x95cos\nsystem\n(S'id'\ntR.",  # a pickle
        b"\xff\xfe",
        b"[" * 90_000,
        b"[]",
        b"{}",
        b'"' + b"x" * 200_000 + b'"',
        b"\x03" * 90_000,
        changed(callback="closed"),
        changed(callback="__init__"),
        changed(callback=None),
        changed(method="POST"),
        changed(body="x"),
        changed(url="file:///etc/passwd"),
        changed(meta={"story": KEY, "proxy": "http://evil.example"}),
        changed(meta={"story": KEY, "dont_obey_robotstxt": True}),
        changed(meta={"story": "no key"}),
        changed(meta={}),
        changed(meta={"story": KEY, "retry_times": "many"}),
        changed(meta={"story": KEY, "redirect_urls": [7]}),
        changed(headers={"Host": ["evil.example"]}),
        changed(cb_kwargs={"found_on": None, "kind": "seed", "depth": "0", "path": 1.0}),
        changed(cb_kwargs={"found_on": None, "kind": "seed"}),
        changed(priority="high"),
    ],
    ids=lambda text: text[-40:].decode("latin-1"),
)
def test_anything_else_is_refused(text: bytes) -> None:
    """Code, other callbacks, ways around robots.txt or through a proxy, and plain rubbish raise one kind of error."""
    with pytest.raises(ValueError, match=r"."):
        read_request(text, SPIDER)


def test_what_cannot_be_shared() -> None:
    """A request that is no plain GET of the spider's own two methods is refused when it is written."""
    with pytest.raises(ValueError, match="GET"):
        write_request(request().replace(method="POST"), SPIDER)
    with pytest.raises(ValueError, match="learn_seeds"):
        write_request(request().replace(callback=SPIDER.learn_seeds), SPIDER)
