"""Who wrote the story: structured data first, then meta, microdata and the visible byline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kolcrawl.authors import clean_name, people_of, split_names
from kolcrawl.page import jsonld
from kolcrawl.text import letters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.meta import Markup

_META = (
    "author", "article:author_name", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator",
    "dc.contributor", "byl", "byline", "cxenseparse:author", "cxenseparse:recs:mdc-author", "article.author", "og:author", "authors", "rbauthors", "citation_author", "bytedance:author",
    "mediaid",
)  # fmt: skip
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:author|authors|byline|by-line|writer|autor|autoren|auteur|firma|redactor|journalist|reporter|zuozhe|contributor)(?:s?[\s_-]?(?:name|link|names|title|info|list|text|content|wrapper))?(?:$|[\s_-])|author[-_]?name|byline|article[-_]?author|post[-_]?author|entry[-_]?author",
    re.IGNORECASE,
)
_NOT_BYLINE = re.compile(
    r"comment|related|bio|social|avatar|image|photo|date|time|share|follow|recommend|teaser|card|footer|descr|job|role",
    re.IGNORECASE,
)
_IN_TEXT = (
    re.compile(r"(?:^|[\s|｜（(【\[])(?:作者|文字|撰文|撰稿|采写|文)\s*[:：/／|｜丨]\s*(?P<names>[^\s:：|｜，,。；;)）】\]]{2,20}(?:[\s、][\u3400-\u9fff]{2,4}(?=[\s、)）】]|$)){0,3})"),
    re.compile(r"(?:^|[\s|｜（(【\[社报网刊台讯])(?:特约|实习|见习|首席|本报|本刊|特派)?(?:记者|通讯员|記者|特派員)\s*[:：/／|｜丨]?\s*(?P<names>[\u3400-\u9fff]{2,4}(?:[\s、][\u3400-\u9fff]{2,4}){0,4})(?=\s*(?:$|[)）】\]|｜/／，,。]|报道|報導|摄|编辑|通讯员|综合))"),
    re.compile(r"^(?:By|Von|Par|Por|Di|Door|Av|Af|Words by|Written by|Autor(?:in)?:|Text:|Auteur ?:|Автор:)\s+(?P<names>[^\W\d_][\w.'’ -]{3,60}(?:(?:,| and| und| y| et)\s[^\W\d_][\w.'’ -]{3,40}){0,3})$"),
    re.compile(r"^(?P<names>[가-힣]{2,4})\s?기자(?:\s|$|=)"),
)  # fmt: skip


def read_authors(
    document: Document, markup: Markup, lines: list[str], outlets: list[str], lang: str | None
) -> tuple[list[str], str]:
    """Names of the authors and which place answered: `jsonld`, `meta`, `microdata`, `byline` or `text`.

    A place that only names the site itself yields to a later one that names somebody; an outlet stands as author
    only when nobody else does.
    """
    said = {letters(name) for name in outlets}
    second: tuple[list[str], str] = ([], "")
    for names, place in _places(document, markup, lines, lang):
        found = people_of(names, outlets, lang)
        if not found:
            continue
        if all(letters(name) in said for name in found):
            second = second if second[0] else (found, place)
            continue
        return found, place
    return second


def _places(document: Document, markup: Markup, lines: list[str], lang: str | None) -> Iterator[tuple[list[str], str]]:
    if markup.article:
        for key in ("author", "creator"):
            if names := jsonld.people(markup.article.get(key), markup.nodes):
                persons = [name for name, person in names if person]
                yield persons or [name for name, _ in names], "jsonld"
                if persons and len(persons) < len(names):
                    yield [name for name, _ in names], "jsonld"
    for name in _META:
        if values := [value for value in markup.meta.get(name, ()) if "://" not in value and not value.startswith("/")]:
            yield values, "meta"
    if elements := markup.props.get("author"):
        yield [_name_in(element) for element in elements[:6]], "microdata"
    yield from _bylines(document, lang)
    for pattern in _IN_TEXT:
        for line in lines:
            if len(line) <= 120 and (match := pattern.search(line)):
                yield [match["names"]], "text"
                break


def _name_in(element: HtmlElement) -> str:
    if content := element.get("content"):
        return content
    for inner in element.iter():
        if "name" in (inner.get("itemprop") or "").split() and inner is not element:
            return inner.get("content") or inner.text_content()
    return element.text_content()


def _bylines(document: Document, lang: str | None) -> Iterator[tuple[list[str], str]]:
    linked = [a for a in document.root.iterfind(".//a[@rel]") if "author" in (a.get("rel") or "").split()]
    names = [a.text_content() for a in linked[:6] if not _apart(a)]
    if names:
        yield names, "byline"
    for element in document.root.iter("span", "div", "p", "a", "li", "address", "strong", "em", "h4", "h5", "b", "i"):
        words = element.get("class") or element.get("id")
        if not words or not _BYLINE_CLASS.search(words) or _NOT_BYLINE.search(words):
            continue
        text = element.text_content().strip()
        if not 2 <= len(text) <= 150 or _apart(element):
            continue
        links = [a.text_content() for a in element.iter("a") if a.text_content().strip()]
        lines = [line for line in text.splitlines() if line.strip()]
        for choice in (links, lines[:2]):
            if good := [raw for raw in choice if clean_name(raw) and split_names(raw, lang)]:
                yield good, "byline"
                break


def _apart(element: HtmlElement) -> bool:
    for level, up in enumerate(element.iterancestors()):
        if level > 6 or up.tag in ("article", "main", "body"):
            return False
        if up.tag in ("aside", "footer", "nav", "li") and up.tag != "li":
            return True
        if re.search(
            r"comment|related|sidebar|footer|recommend|teaser|popular|trending", up.get("class") or "", re.IGNORECASE
        ):
            return True
    return False
