"""Parse the bytes of a page to one tree, which all readers share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import lxml.html
from lxml import etree

from kolcrawl.errors import PageError
from kolcrawl.page.encoding import decode
from kolcrawl.page.outline_builder import build_outline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kolcrawl.page.outline import Outline

MAX_BYTES = 12_000_000  # above any real article; a hostile page must not hold the crawl
MAX_CONTROL_SHARE = 0.02  # of control characters; pages have none, but for a stray NUL
JUDGED_CHARACTERS = 20_000  # at the beginning of a page in which they are counted
MAX_TAGS = 500_000  # signs that open or close a tag; a full page has 7,000
LONGEST_RUN = 1_000_000  # characters of one text or tag that are read: more than any story's
KEPT_END = 10_000  # of them at its end, which may hold a closing quote
# libxml2 compares the attributes of one tag with each other: 40,000, in 350 kB, take it 24 seconds.
MAX_ATTRIBUTES = 5_000
MAX_COMPARED = MAX_ATTRIBUTES**2  # pairs, in all tags of a page; scripts that look like tags come to a twentieth of it
CROWDED_TAG = 128  # attributes from which on a tag is counted
MAX_NESTED_TABLES = 100  # in each other: text extraction takes the square of them, and more
LONGEST_BASE = 2083  # characters of a <base href>, which every link of the page is put behind

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_HTML_TYPE = re.compile(r"\s*(text/|application/xhtml)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
# Possessive: nothing is given back to find the end.
_LONG_RUN = re.compile(rf"(?:^|(?<=[<>]))[^<>]{{{LONGEST_RUN + 1},}}+")
_NESTED_TABLES = etree.XPath(f"boolean(//table[count(ancestor::table) >= {MAX_NESTED_TABLES}])")
# Attributes as HTML's tokenizer takes them apart (13.2.5.32 to .40); possessive, so in linear time.
# With HTML's white space alone, a set of so few signs is looked up in half the time of `\s`.
_ATTRIBUTE = (
    r"""[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+"""
    r"""(?:[ \t\n\r\f]*+=[ \t\n\r\f]*+(?:"[^"]*+"|'[^']*+'|[^ \t\n\r\f>"'][^ \t\n\r\f>]*+)?+)?+"""
)
_NEXT_ATTRIBUTE = rf"[ \t\n\r\f/]*+{_ATTRIBUTE}"
_CROWDED_TAG = re.compile(rf"<[a-zA-Z][^ \t\n\r\f/>]*+(?:{_NEXT_ATTRIBUTE}){{{CROWDED_TAG}}}(?:{_NEXT_ATTRIBUTE})*+")
_ATTRIBUTES = re.compile(_ATTRIBUTE)
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

    @cached_property
    def outline(self) -> Outline:
        """The page's texts, links and headings as flat lists; made once, for all readers."""
        return build_outline(self.root)


def parse_document(body: bytes, url: str, headers: Mapping[str, str] | None = None) -> Document:
    """Parse the bytes of a page.

    Args:
        body: as received, after content decoding.
        url: absolute URL the page was fetched from.
        headers: response headers with lower-case names; only `content-type` is read.

    Raises:
        PageError: `empty`, `too_large` or `not_html`.
    """
    if not body.strip():
        raise PageError("empty", f"{url}: the page is empty")
    if len(body) > MAX_BYTES:
        raise PageError("too_large", f"{url}: {len(body)} bytes, more than {MAX_BYTES}")
    content_type = (headers or {}).get("content-type")
    if content_type and not _is_page_type(content_type, body):
        raise PageError("not_html", f"{url}: content type {content_type!r} is not HTML")
    text, encoding = decode(body, content_type)
    root = _parse(_bounded(text, url), url)
    if _NESTED_TABLES(root):
        raise PageError("too_large", f"{url}: more than {MAX_NESTED_TABLES} tables in each other")
    return Document(url=url, base_url=_base_url(root, url), encoding=encoding, root=root)


def _bounded(text: str, url: str) -> str:
    """Cut what the parser would take too long for, or too much memory.

    Raises:
        PageError: `not_html` for binary data, `too_large` for what no page needs.
    """
    head = text[:JUDGED_CHARACTERS]
    if len(_CONTROL.findall(head)) > len(head) * MAX_CONTROL_SHARE:
        raise PageError("not_html", f"{url}: binary data, no page")
    text = _XML_DECLARATION.sub("", text)
    if "\x00" in text:
        text = text.replace("\x00", "")
    if len(text) > LONGEST_RUN:
        text = _LONG_RUN.sub(lambda run: run[0][: LONGEST_RUN - KEPT_END] + run[0][-KEPT_END:], text)
    if len(text) > MAX_TAGS and text.count("<") > MAX_TAGS:
        raise PageError("too_large", f"{url}: more than {MAX_TAGS} tags")
    if _is_overloaded(text):
        raise PageError("too_large", f"{url}: a tag has more than {MAX_ATTRIBUTES} attributes, or many have hundreds")
    return text


def _parse(text: str, url: str) -> lxml.html.HtmlElement:
    parser = lxml.html.HTMLParser(huge_tree=True)
    parser.set_element_class_lookup(_LOOKUP)
    try:
        return lxml.html.document_fromstring(text, parser=parser)
    except (lxml.etree.ParserError, ValueError) as error:
        raise PageError("not_html", f"{url}: no HTML in it ({error})") from error


def _base_url(root: lxml.html.HtmlElement, url: str) -> str:
    """Resolve the page's base element; the page's own address where there is none, or none that can be used."""
    base = root.find(".//base[@href]")
    href: str = (base.get("href") or "") if base is not None else ""
    if not href or len(href) > LONGEST_BASE:
        return url
    try:
        return urljoin(url, href.strip())
    except ValueError:
        return url


def _is_page_type(content_type: str, body: bytes) -> bool:
    """Check whether a content type is that of a page; one that says nothing is believed only if HTML follows."""
    if _HTML_TYPE.match(content_type):
        return True
    return _UNKNOWN_TYPE.match(content_type) is not None and _HTML_START.search(body[:_START_BYTES]) is not None


def _is_overloaded(text: str) -> bool:
    """Tell whether tags have so many attributes that parsing them would hold up the crawl."""
    compared = 0
    for tag in _CROWDED_TAG.finditer(text):
        compared += len(_ATTRIBUTES.findall(tag[0])) ** 2
        if compared > MAX_COMPARED:
            return True
    return False
