"""Parse the bytes of a page to one tree, which all readers share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import lxml.html
from lxml import etree

from kolcrawl.errors import PageError, UrlError
from kolcrawl.net.ip_addresses import is_inner_name
from kolcrawl.page.bounds import MAX_BYTES, bound_markup
from kolcrawl.page.encoding import decode
from kolcrawl.page.outline_builder import build_outline
from kolcrawl.page.scripts.script_values import read_values
from kolcrawl.urls import resolve_reference
from kolcrawl.urls.hosts import hostname_of
from kolcrawl.urls.identity import url_parts
from kolcrawl.urls.targets import Resolver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kolcrawl.page.outline import Outline
    from kolcrawl.page.scripts.script_values import Script

MAX_NESTED_TABLES = 100  # in each other: text extraction takes the square of them, and more
FEW_TAGS = 5_000  # signs that open or close one, up to which a page's elements are not held
MAX_GATHERED = 20_000  # elements of one tag that are gathered
GATHERED_TAGS = ("base", "h1", "link", "meta", "script", "table", "textarea", "time", "title")
"""Of the elements that readers ask for wherever they stand: each pass over a tree costs a hundredth of a reading."""
LONGEST_BASE = 2083  # characters of a <base href>, which every link of the page is put behind
_HTML_TYPE = re.compile(r"\s*(text/|application/xhtml)", re.IGNORECASE)
_NESTED_TABLES = etree.XPath(f"boolean(/descendant::table[count(ancestor::table) >= {MAX_NESTED_TABLES}])")
_UNKNOWN_TYPE = re.compile(r"\s*(?:application|binary)/octet-stream", re.IGNORECASE)
_HTML_START = re.compile(rb"<!doctype\s+html|<html|<head|<body", re.IGNORECASE)
_START_BYTES = 2_000  # in which HTML shows itself, after comments

# All elements as HtmlElement, decided in C: lxml.html's own lookup runs Python code for each element.
_LOOKUP = etree.ElementDefaultClassLookup(
    element=lxml.html.HtmlElement,
    comment=lxml.html.HtmlComment,
    pi=lxml.html.HtmlProcessingInstruction,
    entity=lxml.html.HtmlEntity,
)


@dataclass
class Document:
    """One parsed page. Readers must not change `root`."""

    url: str
    base_url: str
    """What relative URLs on the page are relative to."""
    encoding: str
    root: lxml.html.HtmlElement
    gathered: dict[str, list[lxml.html.HtmlElement]]
    """Elements by tag (`GATHERED_TAGS`), in page order."""
    held: list[lxml.html.HtmlElement] = field(default_factory=list, repr=False)
    """Elements that are kept in hand, for `_hold`."""
    script_readings: dict[str, list[Any]] = field(default_factory=dict, repr=False)
    """What scripts were read to, by their text: each is read once, whoever asks for it."""

    @cached_property
    def outline(self) -> Outline:
        """The page's texts, links and headings as flat lists; made once, for all readers."""
        return build_outline(self.root, lambda markup: parse_fragment(markup, self.url))

    @cached_property
    def resolver(self) -> Resolver:
        """Resolves the page's links, each once, for all readers."""
        return Resolver(self.base_url, self.encoding)

    @cached_property
    def scripts(self) -> list[Script]:
        """Scripts and text areas with their texts, which are dear to make again."""
        elements = [*self.gathered["script"], *self.gathered["textarea"]]
        return [(element, element.text or "") for element in elements]

    @property
    def data_attributes(self) -> list[Script]:
        """The elements that have an attribute which may be data, each with it."""
        return [(self.outline.elements[node], value) for node, value in self.outline.data]

    @cached_property
    def script_values(self) -> list[Any]:
        """The data that the page carries for its scripts; read once, for the pages that need them."""
        return read_values(self.scripts, self.script_readings, attributes=self.data_attributes)


def parse_document(body: bytes, url: str, headers: Mapping[str, str] | None = None) -> Document:
    """Parse the bytes of a page.

    Args:
        body: as received, after content decoding.
        url: absolute URL the page was fetched from.
        headers: response headers with lower-case names; only `content-type` is read.

    Raises:
        PageError: `bad_url`, `empty`, `too_large` or `not_html`.
    """
    try:
        url_parts(url)
    except UrlError as error:
        raise PageError("bad_url", str(error)) from error
    if not body or body.isspace():
        raise PageError("empty", f"{url}: the page is empty")
    if len(body) > MAX_BYTES:
        raise PageError("too_large", f"{url}: {len(body)} bytes, more than {MAX_BYTES}")
    content_type = (headers or {}).get("content-type")
    if content_type and not _is_page_type(content_type, body):
        raise PageError("not_html", f"{url}: content type {content_type!r} is not HTML")
    text, encoding = decode(body, content_type)
    markup = bound_markup(text, url)
    root = _parse(markup, url)
    gathered = _gather(root)
    if len(gathered["table"]) > MAX_NESTED_TABLES and _NESTED_TABLES(root):
        raise PageError("too_large", f"{url}: more than {MAX_NESTED_TABLES} tables in each other")
    held = _hold(root) if markup.count(b"<") > FEW_TAGS else []
    base_url = _base_url(gathered["base"], url)
    return Document(url=url, base_url=base_url, encoding=encoding, root=root, gathered=gathered, held=held)


def parse_fragment(markup: str, url: str) -> lxml.html.HtmlElement:
    """Parse markup that stands in the data of a page.

    Args:
        markup: of a story's text, without html and body elements.
        url: of the page, for messages.

    Returns: the body element around it.

    Raises:
        PageError: as for the page itself.
    """
    root = _parse(bound_markup(f"<html><body>{markup}</body></html>", url), url)
    body = root.find("body")
    if body is None or _NESTED_TABLES(root):
        raise PageError("not_html", f"{url}: no text in its data")
    return body


def _parse(markup: bytes, url: str) -> lxml.html.HtmlElement:
    parser = lxml.html.HTMLParser(huge_tree=True, encoding="utf-8")
    parser.set_element_class_lookup(_LOOKUP)
    try:
        return lxml.html.document_fromstring(markup, parser=parser)
    except (lxml.etree.ParserError, ValueError) as error:
        raise PageError("not_html", f"{url}: no HTML in it ({error})") from error


def _hold(root: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """List the elements around others.

    Whenever lxml lets go of an element, it climbs up from it to the root, or to the first one above that is in hand:
    2,000 levels each time, where a hostile page nests so deep.
    """
    return [element for element in root.iter() if len(element)]


def _gather(root: lxml.html.HtmlElement) -> dict[str, list[lxml.html.HtmlElement]]:
    gathered: dict[str, list[lxml.html.HtmlElement]] = {tag: [] for tag in GATHERED_TAGS}
    for element in root.iter(*GATHERED_TAGS):
        of_tag = gathered[element.tag]
        if len(of_tag) < MAX_GATHERED:
            of_tag.append(element)
    return gathered


def _base_url(bases: list[lxml.html.HtmlElement], url: str) -> str:
    """Resolve the page's base element; the page's own address where there is none, or none that can be used."""
    hrefs = (base.get("href") for base in bases)
    href: str = next((href for href in hrefs if href is not None), "")
    if not href or len(href) > LONGEST_BASE:
        return url
    try:
        base_url = resolve_reference(url, href)
        host = hostname_of(base_url)
        # A publishing system's own host, left in the page: nobody else can follow links to it.
        if is_inner_name(host) and not is_inner_name(hostname_of(url)):
            return urljoin(url, urlsplit(base_url).path)
        return base_url
    except ValueError:
        return url


def _is_page_type(content_type: str, body: bytes) -> bool:
    """Tell whether a content type is that of a page; one that says nothing is believed only if HTML follows."""
    if _HTML_TYPE.match(content_type):
        return True
    return _UNKNOWN_TYPE.match(content_type) is not None and _HTML_START.search(body[:_START_BYTES]) is not None
