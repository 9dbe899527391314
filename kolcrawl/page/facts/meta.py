"""What a page says of itself in its markup, gathered once and handed to all readers of facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, cast
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
_WITH_ITEMPROP = etree.XPath("descendant-or-self::*[@itemprop]")  # not by hand: a head has a hundred elements
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
    gathered = document.gathered
    for element in gathered["meta"]:
        _add_meta(element, markup)
    titles = (clean_line((title.text or "")[:LONGEST_TITLE]) for title in gathered["title"] if _is_page_title(title))
    markup.title = next(filter(None, titles), "")
    markup.headings = gathered["h1"][:MAX_KEPT_H1]
    markup.times = gathered["time"][:MAX_KEPT_TIMES]
    canonical = (link.get("href") for link in gathered["link"] if (link.get("rel") or "").lower() == "canonical")
    href = next(filter(None, canonical), None)
    markup.canonical = _absolute(document.base_url, href) if href else None
    linked = (script.text for script in gathered["script"] if "ld+json" in (script.get("type") or "").lower())
    markup.nodes = jsonld.read_nodes(list(filter(None, linked)))
    markup.props = _microdata(document)
    markup.lang = _language(document.root, markup)
    markup.robots = ",".join(value for name in _ROBOTS for value in markup.meta.get(name, ())).lower()
    own_titles = _own_titles(markup)
    names = {name for title in own_titles if (name := letters(title))}
    markup.article = jsonld.article_of(markup.nodes, _own_addresses(markup), names)
    markup.script = ScriptData(document, own_titles, is_bare=not markup.headings)
    return markup


def _add_meta(element: HtmlElement, markup: Markup) -> None:
    name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
    content = element.get("content") or element.get("value")  # the second is wrong HTML, but some sites write it
    if name and content and (content := content[:LONGEST_STATEMENT].strip()):
        values = markup.meta.setdefault(name[:LONGEST_META_NAME].strip().lower(), [])
        if len(values) < MAX_META_REPEATS:
            values.append(content)


def _microdata(document: Document) -> dict[str, list[HtmlElement]]:
    props: dict[str, list[HtmlElement]] = {}
    head = document.root.find("head")
    outline = document.outline
    above = [] if head is None else cast("list[HtmlElement]", _WITH_ITEMPROP(head))
    for element in chain(above, map(outline.elements.__getitem__, outline.items)):
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
