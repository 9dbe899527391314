"""Unpack markup that a page keeps for its scripts to show: in comments, text areas and scripts that are templates.

Only what holds links to be shown is unpacked, and each piece becomes a `template` element in its place, so that readers
know that it is not shown yet: its links are links of the page, its text is no text of the story.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import lxml.html
from lxml import etree

from kolcrawl.errors import PageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.html import HtmlElement

MAX_MARKUP_PIECES = 20  # of one page
MAX_MARKUP = 200_000  # characters of all pieces together
MIN_LINKS = 3  # in a piece
_PIECES = etree.XPath(
    "//comment()[contains(., '<a ')]"
    "|//textarea[contains(., '<a ')]"
    "|//script[contains(., '<a ') and (contains(@type, 'html') or contains(@type, 'template'))]"
)
_LINK = re.compile(r"<a\s[^<>]{0,1000}?href\s*=\s*[\"']?[^\"'<>\s]", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{\{|\$\{|<%|\{%|\[\[|\{[a-zA-Z_]+\}")  # a template that a script has yet to fill


def unpack_hidden_markup(root: HtmlElement, parse: Callable[[str], HtmlElement]) -> None:
    """Replace hidden markup by template elements that hold it, in place.

    A comment is only unpacked where it is all that its element holds: others are what a site has given up.

    Args:
        root: of a page that nobody has read yet.
        parse: makes a document of markup, or raises PageError.
    """
    left = MAX_MARKUP
    found: list[HtmlElement] = _PIECES(root)  # type: ignore[assignment]  # elements by its path
    for piece in found[:MAX_MARKUP_PIECES]:
        parent, markup = piece.getparent(), piece.text or ""
        if parent is None or len(markup) > left or len(_LINK.findall(markup)) < MIN_LINKS:
            continue
        if _PLACEHOLDER.search(markup) or (piece.tag is etree.Comment and not _is_alone(piece, parent)):
            continue
        left -= len(markup)
        try:
            body = parse(markup).find("body")
        except PageError:
            continue
        if body is not None:
            template = lxml.html.HtmlElement()
            template.tag = "template"
            template.tail = piece.tail
            template.extend(list(body))
            parent.replace(piece, template)


def _is_alone(piece: HtmlElement, parent: HtmlElement) -> bool:
    """Tell whether a piece is all that an element holds but white space."""
    return len(parent) == 1 and not (parent.text or "").strip() and not (piece.tail or "").strip()
