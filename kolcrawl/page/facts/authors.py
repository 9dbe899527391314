"""Who wrote the story: structured data first, then meta, microdata and the visible byline."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kolcrawl.page.facts import jsonld
from kolcrawl.page.facts.meta import meta_names
from kolcrawl.page.html import PAGE_MARGINS
from kolcrawl.text.author_names import clean_name, is_agency, people_of, split_names
from kolcrawl.text.normalize import letters
from kolcrawl.text.titles import is_site_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup

MAX_LINES = 12  # below the headline that may be a byline and nothing else
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:author|authors|byline|by-line|writer|autor|autoren|auteur|firma|redactor|journalist|reporter|zuozhe|contributor)(?:s?[\s_-]?(?:name|link|names|title|info|list|text|content|wrapper))?(?:$|[\s_-])|author[-_]?name|byline|article[-_]?author|post[-_]?author|entry[-_]?author",
    re.IGNORECASE,
)
_NOT_BYLINE = re.compile(
    r"comment|related|bio|social|avatar|image|photo|date|time|share|follow|recommend|teaser|(?<!v)card|footer|descr|job|role",
    re.IGNORECASE,
)
_WORD = r"[A-ZÀ-ÖØ-ÞĀ-ŽƠƯẠ-ỸА-Я][\w.'’-]*"
_NAME = rf"{_WORD}(?:\s(?:{_WORD}|de|del|der|van|von|da|di|la|le|du|dos|el|bin|al)){{0,4}}"
_SIGNATURE = re.compile(rf"^{_WORD}(?:\s{_WORD}){{1,3}}$")
_CREDIT = re.compile(r"\s*(?:Quellen?|Sources?|Fuentes?|Fonte|Kilde|Bron|Källa|Kaynak|Zdroj|Źródło)\s*:", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_TOKEN = re.compile(r"^[a-z]+\d+$")  # an id, not a name
_IN_TEXT = (
    re.compile(r"(?:^|[\s|｜（(【\[])(?:作者|文字|撰文|撰稿|采写|文)\s*[:：/／|｜丨]\s*(?P<names>[^\s:：|｜，,。；;)）】\]]{2,20}(?:[\s、][\u3400-\u9fff]{2,4}(?=[\s、)）】]|$)){0,3})"),
    re.compile(r"(?:^|[\s|｜（(【\[社报网刊台讯])(?:特约|实习|见习|首席|本报|本刊|特派)?(?:记者|通讯员|記者|特派員)\s*[:：/／|｜丨]?\s*(?P<names>[\u3400-\u9fff]{2,4}(?:[\s、][\u3400-\u9fff]{2,4}){0,4})(?=\s*(?:$|[)）】\]|｜/／，,。]|报道|報導|摄|编辑|通讯员|综合))"),
    re.compile(
        r"^(?i:By|Von|Par|Por|Di|Door|Av|Af|Words by|Written by|Autor(?:in)?|Text|Auteur|Автор|Yazan|Penulis|Oleh)"
        r"(?:\s?:)?\s+"
        rf"(?P<names>{_NAME}(?:(?:\s?,| and| und| y| et| &)\s{_NAME}){{0,3}})\s*(?:,|\||•|$)"
    ),
    re.compile(rf"^(?P<names>{_WORD}\s{_NAME})\s*[|•·]\s*(?=\D{{0,20}}\d{{1,4}}[-./ ])"),
    re.compile(r"^(?P<names>[가-힣]{2,4})\s?기자(?:\s|$|=)"),
)  # fmt: skip


def read_authors(
    document: Document, markup: Markup, lines: list[str], text: str | None, outlets: list[str], lang: str | None
) -> tuple[list[str], str]:
    """Names of the authors and which place answered: `jsonld`, `meta`, `microdata`, `byline` or `text`.

    A place that only names the site itself or another organization yields to a later one that names somebody; an
    outlet stands as author only when nobody else does.
    """
    host = urlsplit(markup.url).hostname or ""
    second: tuple[list[str], str] = ([], "")
    for names, place, outlet in _places(document, markup, lines, outlets, lang):
        if place == second[1] == "byline":
            continue  # the story's own byline names the site; those behind it belong to teasers
        found = people_of(names, outlets, lang)
        if not found:
            continue
        if outlet or all(is_site_name(name, outlets, host) for name in found):
            second = second if second[0] else (found, place)
            continue
        return _in_full(found, lines), place
    # Some sites sign below the text: a last line that is nothing but a name.
    if text and (match := _SIGNATURE.match(text.rsplit("\n", 1)[-1])) and "\n" in text:
        return people_of([match.group()], outlets, lang), "text"
    if not second[0] and (agency := next((line for line in lines[:MAX_LINES] if is_agency(line)), None)):
        return [agency], "text"
    return second


def _in_full(stated: list[str], lines: list[str]) -> list[str]:
    """The whole name that a line below the headline prints where structured data say a first name; else `stated`."""
    if len(stated) == 1 and stated[0].isascii() and stated[0].isalpha():
        for line in lines[:MAX_LINES]:
            if line.startswith(stated[0] + " ") and _SIGNATURE.match(line):
                return [line]
    return stated


def _places(
    document: Document, markup: Markup, lines: list[str], outlets: list[str], lang: str | None
) -> Iterator[tuple[list[str], str, bool]]:
    """Names, the place that gives them, and whether it says that they are an organization."""
    if markup.article:
        for key in ("author", "creator"):
            if names := jsonld.people(markup.article.get(key), markup.nodes):
                yield [name for name, _ in names], "jsonld", all(outlet for _, outlet in names)
    for meta in meta_names()["authors"]:
        if values := [value for value in markup.meta.get(meta, ()) if "://" not in value and value[0] != "/"]:
            yield [_without_address(value, outlets) for value in values], "meta", False
    if elements := markup.props.get("author"):
        yield [_name_in(element) for element in elements[:6]], "microdata", False
    for found in _bylines(document, lang):
        yield found, "byline", False
    for pattern in _IN_TEXT:
        for line in lines:
            if len(line) <= 120 and (match := pattern.search(line)):
                yield [match["names"]], "text", False
                break


def _without_address(value: str, outlets: list[str]) -> str:
    """The site's name alone where its town and country follow it."""
    first, *rest = value.split(",")
    return first if len(rest) > 1 and letters(first) in {letters(outlet) for outlet in outlets} else value


def _name_in(element: HtmlElement) -> str:
    content = element.get("content")
    if content and not _TOKEN.match(content):
        return str(content)
    for inner in element.iter():
        if inner is not element and "name" in (inner.get("itemprop") or "").split():
            return str(inner.get("content") or inner.text_content())
    return str(element.text_content())


@lru_cache(maxsize=20_000)
def _is_byline(words: str) -> bool:
    return bool(_BYLINE_CLASS.search(words)) and not _NOT_BYLINE.search(words)


def _bylines(document: Document, lang: str | None) -> Iterator[list[str]]:
    """Names in links marked rel=author and in elements whose class calls them a byline."""
    linked = [a for a in document.root.iterfind(".//a[@rel]") if "author" in (a.get("rel") or "").split()]
    names = [str(a.text_content()) for a in linked[:6] if not _apart(a)]
    if any(clean_name(name) for name in names):
        yield names
    for element in document.root.iter("span", "div", "p", "a", "li", "address", "strong", "em", "h4", "h5", "b", "i"):
        words = element.get("class") or element.get("id")
        if not words or not _is_byline(words):
            continue
        text = str(element.text_content()).strip()
        if not 2 <= len(text) <= 150 or _apart(element):
            continue
        links = [str(a.text_content()) for a in element.iter("a")]
        if all(is_site_name(link, ()) for link in links):
            links = []
        for choice in (links, text.splitlines()[:4]):
            if good := [raw for raw in choice if _names_somebody(raw, lang)]:
                yield good
                break


def _names_somebody(raw: str, lang: str | None) -> bool:
    """Whether a byline holds a name; one too long for a name must hold several. A credit of an outlet is none."""
    if _CREDIT.match(raw):
        return False
    names = split_names(raw, lang)
    return bool(names) and (clean_name(raw) is not None or (len(names) > 1 and not _DIGIT.search(raw)))


def _apart(element: HtmlElement) -> bool:
    for level, up in enumerate(element.iterancestors()):
        if level > 6 or up.tag in ("article", "main", "body"):
            return False
        if up.tag in PAGE_MARGINS:
            return True
        if re.search(
            r"comment|related|sidebar|footer|recommend|teaser|popular|trending", up.get("class") or "", re.IGNORECASE
        ):
            return True
    return False
