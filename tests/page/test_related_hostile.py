"""Pages made to hurt: an answer within two seconds, with bounded memory, and never a crash."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolcrawl.errors import PageError
from kolcrawl.page import Page, PageLink, SiteRules, parse_document
from kolcrawl.page.outline_builder import MAX_ANCHORS, MAX_OUTLINE_NODES, build_outline
from kolcrawl.page.related.find_links import find_links

URL = "https://news.example.org/a/20260302/100200.html"
LINK = b'<a href="/a/20260302/100201.html">A headline that is long enough to be one</a>'
HOSTILE = {
    "nested divs": b'<div class="related list">' * 380_000 + LINK,
    "nested links": b'<a href="/a/1234567.html">' * 20_000 + b"x",
    "nested tables": b"<table><tr><td>" * 5_000 + LINK,
    "many links": b"<h3>Related</h3>"
    + b"".join(b'<li><a href="/a/%d.html">A headline, number %d of them</a></li>' % (n, n) for n in range(100_000)),
    "one link often": LINK * 60_000,
    "links without text": b'<a href="/a/1234567.html"></a><a href="/b/%d"></a>' * 50_000,
    "ten thousand headings": b"".join(b"<h3>Related %d</h3><p>%s</p>" % (n, LINK) for n in range(10_000)),
    "headings only": b"<h3>Related stories</h3>" * 10_000 + LINK,
    "short texts": b"<div>2026-01-01</div>" * 30_000 + b"<p>" + LINK * 2_000,
    "one long word": b"<p>" + b"A" * 9_000_000 + b"</p>" + LINK,
    "broken bytes": bytes(range(128, 256)) * 20_000 + LINK * 2_000,
    "script that looks like links": b"<script>" + LINK * 60_000 + b"</script><p>x",
    "long texts": (b"<p>" + b"word " * 180_000) * 10,
    "one long text": b"<p>" + b"word " * 2_000_000,
    "one long Chinese text": ("<p>" + "相关新闻" * 700_000).encode(),
    "many attributes": b"<div " + b" ".join(b'data-%d="x"' % n for n in range(5_000)) + b">" + LINK + b"</div>",
    "100,000 attributes": b"<div " + b" ".join(b'd%d="x"' % n for n in range(100_000)) + b">" + LINK,
    "100,000 attributes on slashes": b"<div/" + b"/".join(b"d%d" % n for n in range(100_000)) + b">" + LINK,
    "attributes that hold tags": b"<div " + b" ".join(b'd%d="<b>x</b>"' % n for n in range(50_000)) + b">" + LINK,
    "crowded tags": (b"<p " + b" ".join(b"d%d=x" % n for n in range(3_000)) + b">") * 300 + LINK,
    "nested paragraphs": b"<p><b>" * 249_000 + LINK,
    "nested forms": b"<form>" * 499_000 + LINK,
    "wrongly nested": b"<b><p></b></p>" * 124_000 + LINK,
    "only openings": b"<" * 10_000_000,
    "only comments": b"<!--x-->" * 1_200_000 + LINK,
    "long class": b'<div class="' + b"related " * 200_000 + b'">' + LINK * 3 + b"</div>",
    "long addresses": b"".join(
        b'<a href="/' + b"a" * 1_900 + b'%d">A headline long enough</a>' % n for n in range(4_000)
    ),
    "nothing": b"<html></html>",
    "no body": b"<html><head><title>x</title></head></html>",
    "comment": b"<!-- " + LINK * 1000 + b" --><p>x",
    "odd hrefs": b"".join(
        b"<li><a href='%s'>A headline that is long enough to be one</a></li>" % href
        for href in (b"http://[::1", b"//", b"http://", b"?", b"http:///x", b"\\\\a", b" ", b"%zz", b"http://a b")
    ),
}  # fmt: skip


NOWHERE = "\n".join(
    f"AAAAAAAAAAAAAAAAAAAAAAA, said line {n} of a text that does not stand on the page" for n in range(600)
)
"""As a story's text: the worst that the page can be searched for."""
PARTS = [
    "<div>", "</div>", "<ul class='related'>", "</ul>", "<li>", "</li>", "<a href='/a/20260302/123456.html'>", "<a>",
    "</a>", "<h3>相关新闻</h3>", "<h3>", "</h3>", "<p>", "</p>", "<table>", "<td>", "<img alt='相关'>", "<br>",
    "<base href='//x'>", "Read also: ", "手机品牌终止合作后续报道", " ", "<script>", "</script>", "<!--", "-->",
    "<a href='http://[bad'>", "\x0c", "&#0;",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_page_is_answered_in_time(name: str) -> None:
    """Each takes the time of its size, parse and all, or is refused with a reason when it is parsed."""
    start = time.process_time()
    links: list[PageLink] = []
    refused = ""
    try:
        page = Page(url=URL, encoding="utf-8")
        page.story.text = NOWHERE
        links = find_links(parse_document(HOSTILE[name], URL), page, SiteRules(), None)
    except PageError as error:
        refused = error.reason
    assert time.process_time() - start < 10  # of processor time; unbounded, most take minutes
    assert refused in ("", "too_large", "not_html")
    assert len(links) <= MAX_ANCHORS
    assert all(link.url.startswith("http") and link.anchor for link in links)


def test_memory_is_bounded() -> None:
    """What is kept of a page of 8 MB of links is a small part of it, whatever its size."""
    document = parse_document(HOSTILE["many links"], URL)
    tracemalloc.start()
    seen = build_outline(document.root)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen.cut
    assert len(seen.elements) <= MAX_OUTLINE_NODES
    assert most < 40_000_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=60))
def test_any_markup_is_read(parts: list[str]) -> None:
    """No order of tags and texts makes the finder fail; positions count from 1 within a heading and kind."""
    try:
        document = parse_document(("<html><body>" + "".join(parts)).encode(), URL)
    except PageError:
        return
    links = find_links(document, Page(url=URL, encoding="utf-8"), SiteRules(), None)
    assert all(link.position >= 1 for link in links)
