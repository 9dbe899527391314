"""What a page says of itself in its markup, gathered once and handed to all readers of facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import etree

from kolcrawl.page.element_text import text_of
from kolcrawl.page.facts import jsonld
from kolcrawl.page.scripts.script_data import ScriptData
from kolcrawl.text.normalize import clean_line, letters
from kolcrawl.text.tables import read_table
from kolcrawl.text.zones import locale_tag
from kolcrawl.urls.claims import claimed_url

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document

LONGEST_STATEMENT = 5_000  # characters of a meta element's content
LONGEST_META_NAME = 100  # characters of its name
LONGEST_TITLE = 2_000  # characters of the title element
MAX_META_REPEATS = 50  # meta elements of one name that are kept
MAX_KEPT_H1, MAX_KEPT_TIMES = 100, 100  # h1 and time elements that are kept
MAX_NAMING_HEADINGS = 6  # h1 elements that may name the article
_STORY_PROPS = frozenset(
    ("headline", "name", "author", "datepublished", "datecreated", "datemodified", "articlebody", "keywords")
)
_ITEMS = etree.XPath("/descendant::*[@itemprop]")  # in C: most pages have a thousand elements and ten of these
_ROBOTS = ("robots", "googlebot", "baiduspider")


@dataclass(slots=True)
class Markup:
    """The page's own statements; every value as printed."""

    url: str
    script: ScriptData = field(init=False)
    """The page's data for its scripts."""
    meta: dict[str, list[str]] = field(default_factory=dict)
    """Content of meta elements by lower-case name or property, in page order, without empty ones."""
    title: str = ""
    """The title element."""
    headings: list[HtmlElement] = field(default_factory=list)
    """The h1 elements."""
    times: list[HtmlElement] = field(default_factory=list)
    canonical: str | None = None
    lang: str | None = None
    """Of the html element, content-language or og:locale."""
    nodes: list[jsonld.Node] = field(default_factory=list)
    article: jsonld.Node | None = None
    """The JSON-LD node of the page's article."""
    props: dict[str, list[HtmlElement]] = field(default_factory=dict)
    """Microdata elements by lower-case property, those that may belong to the article."""
    robots: str = ""

    def first(self, *names: str) -> str | None:
        """Return the content of the first meta element of these names, tried in order."""
        for name in names:
            if values := self.meta.get(name):
                return values[0]
        return None


@cache
def meta_names() -> dict[str, list[str]]:
    """Read the names of the meta elements that say one fact, by fact."""
    return read_table("meta_names.toml")


def read_markup(document: Document) -> Markup:
    """Gather the page's statements."""
    markup = Markup(url=document.url)
    scripts: list[str] = []
    canonical: list[str] = []
    for element in document.root.iter("meta", "link", "title", "h1", "time", "script"):
        tag = element.tag
        if tag == "meta":
            _add_meta(element, markup)
        elif tag == "script":
            if "ld+json" in (element.get("type") or "").lower() and element.text:
                scripts.append(element.text)
        elif tag == "h1":
            if len(markup.headings) < MAX_KEPT_H1:
                markup.headings.append(element)
        elif tag == "time":
            if len(markup.times) < MAX_KEPT_TIMES:
                markup.times.append(element)
        elif tag == "title":
            if not markup.title and _is_page_title(element):
                markup.title = clean_line((element.text or "")[:LONGEST_TITLE])
        elif (element.get("rel") or "").lower() == "canonical" and (href := element.get("href")):
            canonical.append(href)
    markup.canonical = _absolute(document.base_url, canonical[0]) if canonical else None
    markup.nodes = jsonld.read_nodes(scripts)
    markup.props = _microdata(document.root)
    markup.lang = _language(document.root, markup)
    markup.robots = ",".join(value for name in _ROBOTS for value in markup.meta.get(name, ())).lower()
    titles = _own_titles(markup)
    names = {name for title in titles if (name := letters(title))}
    markup.article = jsonld.article_of(markup.nodes, _own_addresses(markup), names)
    markup.script = ScriptData(document, titles, is_bare=not markup.headings)
    return markup


def _add_meta(element: HtmlElement, markup: Markup) -> None:
    name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
    content = element.get("content") or element.get("value")  # the second is wrong HTML, but some sites write it
    if name and content and (content := content[:LONGEST_STATEMENT].strip()):
        values = markup.meta.setdefault(name[:LONGEST_META_NAME].strip().lower(), [])
        if len(values) < MAX_META_REPEATS:
            values.append(content)


def _microdata(root: HtmlElement) -> dict[str, list[HtmlElement]]:
    props: dict[str, list[HtmlElement]] = {}
    items: list[HtmlElement] = _ITEMS(root)  # type: ignore[assignment]  # by its path
    for element in items:
        for name in (element.get("itemprop") or "").lower().split():
            if name in _STORY_PROPS:
                props.setdefault(name, []).append(element)
    return props


def _language(root: HtmlElement, markup: Markup) -> str | None:
    return (
        root.get("lang")
        or root.get("xml:lang")
        or markup.first("content-language", "language", "dc.language")
        or locale_tag(markup.first("og:locale"))
    )


def _own_addresses(markup: Markup) -> set[str]:
    """List the addresses that the page gives for itself, in the form of `jsonld.bare_url`.

    A site's front page as canonical or og:url is left out: it says nothing about which node is meant.
    """
    urls = {jsonld.bare_url(url) for url in (markup.url, markup.canonical, markup.first("og:url")) if url}
    return {url for url in urls if "/" in url}


def _own_titles(markup: Markup) -> list[str]:
    """List the page's titles."""
    shown = (text_of(heading) for heading in markup.headings[:MAX_NAMING_HEADINGS])
    return [title for title in (markup.title, markup.first("og:title") or "", *shown) if title]


def _is_page_title(element: HtmlElement) -> bool:
    parent = element.getparent()
    return parent is None or parent.tag in ("head", "html", "body")  # an svg has titles too


def _absolute(base: str, href: str) -> str | None:
    try:
        url = claimed_url(base, href)
        return url if urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname else None
    except ValueError:
        return None
