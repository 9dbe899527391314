# ruff: noqa: E501  # scripts as pages carry them
"""Stories that stand in the data of scripts, text areas and attributes, in the forms of frameworks and platforms."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from kolcrawl.page import Page, read_page
from kolcrawl.page.document import parse_document
from kolcrawl.page.scripts.framework_data import revive_flat_array
from kolcrawl.page.scripts.script_values import MAX_CHARACTERS, read_values, unescape
from kolcrawl.story.clean import clean_story
from kolcrawl.story.from_page import story_from_page
from tests.article_texts import BODY, ENGLISH

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
URL = "https://news.example.cn/detail/8842170"
TITLE = "某品牌就合作争议致歉"
MARKUP = "".join(f"<p>{line}</p>" for line in BODY)
STORY = {"id": 8842170, "title": TITLE, "author": "沈立言", "publishTime": 1772418240000, "content": MARKUP}
BLOCKS = [{"type": "paragraph", "children": [{"type": "text", "text": line}]} for line in BODY]
FLAT = [["Reactive", 1], {"article": 2, "comments": 7}, {"title": 3, "author": 4, "publishTime": 5, "content": 6}, TITLE, "沈立言", 1772418240000, MARKUP, []]  # fmt: skip
CACHE = {
    "ROOT_QUERY": {"article": {"__ref": "Article:1"}},
    "Person:9": {"name": "沈立言"},
    "Text:1": {"blocks": BLOCKS},
    "Article:1": {
        "title": TITLE,
        "publishTime": "2026-03-02T10:24:00+08:00",
        "authors": [{"__ref": "Person:9"}],
        "body": {"__ref": "Text:1"},
    },
}


def dumped(value: object) -> str:
    """A value as JSON with its own letters."""
    return json.dumps(value, ensure_ascii=False)


def flight() -> str:
    """The story as two pieces of a Flight stream, its text in a row of its own."""
    text = MARKUP.encode()
    stream = f':HL["/a.css","style"]\n2:I[12,["1"],"Page"]\n1a:T{len(text):x},{MARKUP}5:["$","main",null,{dumped(STORY | {"content": "$1a"})}]\n'
    half = len(stream) // 2
    pieces = (f"self.__next_f.push({dumped([1, piece])})" for piece in (stream[:half], stream[half:]))
    return "".join(f"<script>{piece}</script>" for piece in ("(self.__next_f=self.__next_f||[]).push([0])", *pieces))


def called() -> str:
    """The story as what a function returns that is called at once, its values among what it is called with."""
    returned = '{layout:"default",data:[{article:{title:a,author:b,publishTime:c,content:d,draft:!1,next:e}}]}'
    given = f'{dumped(TITLE)},"沈立言",1772418240000,{dumped(MARKUP)},void 0'
    return f"<script>window.__NUXT__=(function(a,b,c,d,e){{return {returned}}}({given}));</script>"


def javascript() -> str:
    """The story as a literal that is no JSON: bare names, single quotes, escapes, a call, a trailing comma."""
    text = MARKUP.replace("<", "\\x3c").replace("'", "\\'")
    return f"<script>window.cgiData = {{ title: '{TITLE}', author: '沈立言', publishTime: '1772418240' * 1, content: decode('{text}'), }};</script>"


FORMS = {
    "json of its own": f'<script id="__NEXT_DATA__" type="application/json">{dumped({"props": {"pageProps": {"detail": STORY}}})}</script>',
    "assigned": f"<script>window.__INITIAL_STATE__={dumped({'page': {'article': STORY}})};(function(){{var s;}}())</script>",
    "assigned as a string": f"<script>window.__STATE__ = JSON.parse({dumped(dumped({'article': STORY}))});</script>",
    "percent-encoded": f'<script id="RENDER_DATA" type="application/json">{quote(dumped({"app": STORY}))}</script>',
    "array indexed at once": f"<script>var $render_data = [{dumped({'status': STORY})}][0] || {{}};</script>",
    "flight": flight(),
    "function called at once": called(),
    "flat array": f'<script type="application/json" id="__NUXT_DATA__">{dumped(FLAT)}</script>',
    "cache with references": f"<script>window.__APOLLO_STATE__ = {dumped(CACHE)};</script>",
    "javascript": javascript(),
    "attribute": f"<div data-page='{html.escape(dumped({'component': 'Article', 'props': {'article': STORY}}))}'></div>",
    "text areas": f'<textarea class="article-title">{TITLE}</textarea><textarea class="article-author">沈立言</textarea><textarea class="article-time">1772418240000</textarea><textarea class="article-content">{html.escape(MARKUP)}</textarea>',
    "list of pieces": f"<script>window.data = {dumped({'article': {k: v for k, v in STORY.items() if k != 'content'} | {'content': BLOCKS}})}</script>",
    "methods on strings": "<script>var BASE_DATA = {artInfo: {title: '&quot;"
    + TITLE
    + "&quot;'.slice(6, -6), author: '沈立言', publishTime: '2026-03-02T10:24:00+08:00', content: '"
    + html.escape(MARKUP)
    + "'.replace(/x/g, '')}};</script>",
    "data within data": f'<script type="application/json" data-fetched>{dumped({"status": 200, "body": dumped({"article": STORY})})}</script>',
    "signs of their own": '<script id="app-state" type="application/json">'
    + dumped({"G.1": {"body": STORY}}).replace("&", "&a;").replace('"', "&q;").replace("<", "&l;").replace(">", "&g;")
    + "</script>",
    "hidden input": f'<input type="hidden" id="data" value="{html.escape(dumped({"article": STORY}))}">',
    "delayed by a service": f'<script type="ab12-text/javascript">var page = {dumped(STORY)};</script>',
}


def read(body: str, *, title: str = f"{TITLE}_某某新闻", head: str = "", url: str = URL, lang: str = "zh") -> Page:
    """A page with this title element and body."""
    page = f"<!doctype html><html lang={lang}><head><title>{title}</title>{head}</head><body><div id=app></div>{body}</body></html>"
    return read_page(page.encode(), url, {}, now=NOW)


@pytest.mark.parametrize("form", FORMS)
def test_story_in_data(form: str) -> None:
    """Text, headline, time and author of a page that shows nothing come out of each form of script data."""
    page = read(FORMS[form])
    story = page.story
    assert page.no_story is None
    assert (story.text or "").split("\n") == BODY
    assert story.sources["text"] == "script"
    assert story.title == TITLE
    assert story.published_at == datetime(2026, 3, 2, 2, 24, tzinfo=UTC)
    assert story.authors == ["沈立言"]


def test_shown_text_stays() -> None:
    """What the page shows is read as before where the data hold no more than it."""
    page = read(f"<article><h1>{TITLE}</h1>{MARKUP}</article>{FORMS['assigned']}")
    assert page.story.sources["text"] == "tree"
    assert (page.story.text or "").split("\n") == BODY


def test_other_stories_data_are_not_taken() -> None:
    """Data of a comment, of another story and of a translation are no text of a page that shows its own."""
    others = {
        "comments": [{"content": line * 9} for line in BODY],
        "relatedArticles": [{"title": "另一篇报道的标题", "content": MARKUP * 9}],
        "other": {"title": "另一篇报道的标题", "content": MARKUP * 9},
    }
    shown = BODY[0] + BODY[1]
    page = read(f"<article><h1>{TITLE}</h1><p>{shown}</p></article><script>window.x={dumped(others)}</script>")
    assert page.story.text == shown


def test_account_and_time_of_single_strings() -> None:
    """A platform that prints time and account by script has both in single strings; the account stands as author."""
    script = f'<script>var ct = "1772418240"; var nickname = htmlDecode("南浦数码观察"); var msg_title = \'{TITLE}\'.html(false);</script>'
    page = read(
        f'<h1>{TITLE}</h1><em id="publish_time"></em><div id="js_content" style="visibility:hidden">{MARKUP}</div>{script}'
    )
    item = clean_story(story_from_page(page, requested_url=URL, visited_at=NOW))
    assert item.published_at == datetime(2026, 3, 2, 2, 24, tzinfo=UTC)
    assert item.published is not None
    assert item.published["source"] == "script"
    assert item.authors == ["南浦数码观察"]
    assert (item.text or "").split("\n") == BODY


def test_stamp_of_an_interface() -> None:
    """The form in which interfaces of social networks write a moment, the year last and the zone within, is read."""
    post = {
        "id": "8842170",
        "text": "<br />".join(BODY),
        "created_at": "Mon Mar 02 10:24:00 +0800 2026",
        "user": {"id": 7, "screen_name": "阿禾说机"},
    }
    page = read(f"<script>var $render_data = [{dumped({'status': post})}][0];</script>", title="正文")
    assert page.story.published_at == datetime(2026, 3, 2, 2, 24, tzinfo=UTC)
    assert page.story.authors == ["阿禾说机"]
    assert (page.story.text or "").split("\n") == BODY


def test_rich_text_tree() -> None:
    """Paragraphs, headings and links of a tree of rich text become lines; pictures, embeds and teasers do not."""
    tree = [
        {
            "nodeType": "paragraph",
            "content": [
                {"nodeType": "text", "value": ENGLISH[0][:40]},
                {"nodeType": "hyperlink", "content": [{"nodeType": "text", "value": ENGLISH[0][40:60]}]},
                {"nodeType": "text", "value": ENGLISH[0][60:]},
            ],
        },
        {"nodeType": "embed", "content": "<p>Watch this video of the press conference now, in full.</p>"},
        {"nodeType": "heading-2", "content": [{"nodeType": "text", "value": "What the staff say"}]},
        {"nodeType": "paragraph", "content": [{"nodeType": "text", "value": ENGLISH[1]}]},
        {
            "nodeType": "image",
            "content": [{"nodeType": "text", "value": "The head office on Monday morning, as the staff arrive."}],
        },
        {"nodeType": "paragraph", "content": [{"nodeType": "text", "value": ENGLISH[2]}]},
    ]
    data = {"story": {"headline": "Firm says sorry", "body": tree}}
    page = read(f"<script>window.__DATA__={dumped(data)}</script>", title="Firm says sorry | The Post", lang="en")
    lines = (page.story.text or "").split("\n")
    assert [line for line in lines if line != "What the staff say"] == ENGLISH


@pytest.mark.parametrize(
    "script",
    [
        "var a = " + "[" * 100_000,
        "var a = {b:" * 30_000,
        "x={" + "'k':1," * 200_000,
        "var s = '" + "\\" * 100_001,
        'self.__next_f.push([1,"1:Tffffffff,abc\\n2:[\\"$1\\",\\"$2\\"]"])',
        "window.a=(function(a,b){return {a:a,b:b}}(" + "1," * 9_000,
        'window.s={"title":"\\ud800\\u0000","content":"' + "<p>\\ud800 a, b.</p>" * 300 + '"}',
        "var n = [" + "1" * 50_000 + "]",
    ],
)
def test_hostile_scripts(script: str) -> None:
    """Broken, deep and endless scripts cost the page nothing but their data."""
    page = read(f"<article><h1>{TITLE}</h1>{MARKUP}</article><script>{script}</script>")
    assert (page.story.text or "").split("\n") == BODY


def test_references_in_a_circle() -> None:
    """Entries of a flat array, and of a cache, that hold themselves end."""
    assert revive_flat_array([{"me": 0, "name": 1}, "x"])["name"] == "x"
    cache = {
        "ROOT_QUERY": {"a": {"__ref": "A"}},
        "A": {"title": TITLE, "self": {"__ref": "A"}, "content": MARKUP, "author": "沈立言"},
    }
    assert (read(f"<script>window.c={dumped(cache)}</script>").story.text or "").split("\n") == BODY


def test_data_are_bounded() -> None:
    """Of a page with more data than any real one has, the rest is not read."""
    filler = '<script type="application/json">["' + "x" * 900_000 + '"]</script>'
    document = parse_document(f"<html><body>{filler * 6}{FORMS['assigned']}</body></html>".encode(), URL)
    assert len(read_values(document.scripts, {})) == MAX_CHARACTERS // 900_000


def test_unescape() -> None:
    """The escapes of JavaScript's strings, with halves of a pair of surrogates joined and lone ones replaced."""
    assert unescape(r"\x3cp\x3e\u4f60\n\'\/\ud83d\ude00\ud800") == "<p>你\n'/\U0001f600\ufffd"
