# ruff: noqa: E501  # markup as pages have it
"""Related lists that a page keeps for its scripts to show: in data, templates, comments, text areas and link elements."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime

import pytest

from kolcrawl.page import read_page
from tests.article_texts import ENGLISH

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
URL = "https://news.example.org/news/view/884217"
TITLES = [
    "Brand knew of the contract in May, mails show",
    "Influencer answers the brand's apology at length",
    "Buyers of the brand ask for their money back",
    "Inquiry into the brand's contracts begins on Monday",
]
LINKS = [f"https://news.example.org/news/view/88410{n}" for n in range(4)]
MARKUP = (
    "<ul>"
    + "".join(f'<li><a href="{link}">{title}</a></li>' for link, title in zip(LINKS, TITLES, strict=True))
    + "</ul>"
)
ENTRIES = [
    {"name": title, "link": f"/news/view/88410{n}", "img": f"/i/{n}.jpg", "id": n} for n, title in enumerate(TITLES)
]
HOT = [{"name": f"Something else that people read number {n}", "link": f"/news/view/77410{n}"} for n in range(4)]


def related(body: str, head: str = "") -> list[str]:
    """The related links of a page with this behind its story."""
    prose = "".join(f"<p>{line}</p>" for line in ENGLISH)
    page = f"<!doctype html><html lang=en><head><title>Brand says sorry</title>{head}</head><body><main><article><h1>Brand says sorry</h1>{prose}</article>{body}</main></body></html>"
    read = read_page(page.encode(), URL, {}, now=NOW)
    assert (read.story.text or "").split("\n") == ENGLISH
    return [link.url for link in read.links if link.kind == "related"]


FORMS = {
    "template": f"<section><h2>Related stories</h2><template>{MARKUP}</template></section>",
    "script template": f'<section><h2>Related stories</h2><div id=r></div><script type="text/html">{MARKUP}</script></section>',
    "lone comment": f"<section><h2>Related stories</h2><div class=lazy><!--{MARKUP}--></div></section>",
    "text area": f"<section><h2>Related stories</h2><textarea style='display:none'>{html.escape(MARKUP)}</textarea></section>",
    "data of a framework": f'<script id="__NEXT_DATA__" type="application/json">{json.dumps({"props": {"relatedNews": ENTRIES, "hotNews": HOT}})}</script>',
    "data of a script": f"<script>var allData = {json.dumps({'doc': {'title': 'Brand says sorry'}, 'relateNews': ENTRIES, 'hotList': HOT})};</script>",
    "data in entries": f"<script>window.s={json.dumps({'related': {'items': [{'article': entry} for entry in ENTRIES]}})}</script>",
    "attribute": f"<related-list heading='Related' data-items='{html.escape(json.dumps([{'t': e['name'], 'u': e['link']} for e in ENTRIES]))}'></related-list>",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_unshown_list_is_found(form: str) -> None:
    """The list gives its links, and those alone, in order; its text is no text of the story."""
    assert related(FORMS[form]) == LINKS


def test_list_in_link_elements() -> None:
    """Link elements that name related stories are a list."""
    head = "".join(
        f'<link rel="related" href="{link}" title="{title}">' for link, title in zip(LINKS, TITLES, strict=True)
    )
    assert related("", head) == LINKS


def test_shown_list_goes_before_data() -> None:
    """A page that shows its own list is not asked for another."""
    shown = "".join(f'<li><a href="/news/view/88420{n}">{title} again</a></li>' for n, title in enumerate(TITLES))
    found = related(
        f"<section class=related><h2>Related stories</h2><ul>{shown}</ul></section>{FORMS['data of a script']}"
    )
    assert found == [f"https://news.example.org/news/view/88420{n}" for n in range(4)]


@pytest.mark.parametrize(
    "body",
    [
        f"<div>Old:<!--{MARKUP}--></div>",
        '<template><h2>Related stories</h2><a href="{{url}}">{{title}}</a><a href="{{url}}">{{title}}</a><a href="{{url}}">{{title}}</a></template>',
        '<script type="text/x-template"><h3>Related</h3><li><a href="<%=u%>">x</a></li><li><a href="<%=u%>">x</a></li><li><a href="<%=u%>">x</a></li></script>',
        f"<script>window.s={json.dumps({'comments': {'related': ENTRIES}, 'hot': HOT})}</script>",
        f"<script>window.s={json.dumps({'related': ['a', 'b', 1, None], 'relatedTags': [{'name': 'Brands', 'url': '/tag/brands'}] * 4})}</script>",
    ],
)
def test_what_is_no_list(body: str) -> None:
    """Given-up markup in comments, templates yet to be filled, and data of other things give no links."""
    assert related(body) == []


def test_links_of_a_counting_host() -> None:
    """A link that carries an address of the own site leads there; one for sharing leads nowhere."""
    carried = [link.replace(":", "%3A").replace("/", "%2F") for link in LINKS]
    items = "".join(
        f'<li><a href="https://click.counter.example.net/c?to={link}&pos=3">{title}</a></li>'
        for link, title in zip(carried, TITLES, strict=True)
    )
    share = f'<a href="https://social.example.com/share?url={URL.replace(":", "%3A")}">Share this story with all your friends</a>'
    assert related(f"<section class=related><h2>Related stories</h2><ul>{items}</ul></section>{share}") == LINKS


def test_base_of_the_publishing_system() -> None:
    """A base element that names a host of the publisher's own network counts for its path alone."""
    items = "".join(f'<li><a href="news/view/88410{n}">{title}</a></li>' for n, title in enumerate(TITLES))
    body = f"<section class=related><h2>Related stories</h2><ul>{items}</ul></section>"
    for host in ("localhost:8080", "cms.local", "editor"):
        assert related(body, f'<base href="http://{host}/">') == LINKS


def test_items_whose_address_stands_in_an_attribute() -> None:
    """Elements without a link, whose attribute holds an address from the site's root, are links."""
    items = "".join(
        f'<li><div class="item" data-href="news/view/88410{n}"><span>{title}</span></div></li>'
        for n, title in enumerate(TITLES)
    )
    assert related(f"<section class=related><h2>Related stories</h2><ul>{items}</ul></section>") == LINKS
