"""Unpack markup that a page keeps for its scripts to show: in comments, text areas and scripts that are templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from kolcrawl.errors import PageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.html import HtmlElement

MAX_MARKUP_PIECES = 20  # of one page
MAX_MARKUP = 200_000  # characters of all pieces together
MIN_LINKS = 3  # in a piece
_TEMPLATE_TYPE = re.compile(r"html|template", re.IGNORECASE)
_LINK = re.compile(r"<a\s[^<>]{0,1000}?href\s*=\s*[\"']?[^\"'<>\s]", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{\{|\$\{|<%|\{%|\[\[|\{[a-zA-Z_]+\}")  # a template that a script has yet to fill


class HiddenMarkup:
    """Unpacks the hidden markup of one page, within bounds."""

    def __init__(self, parse: Callable[[str], HtmlElement]) -> None:
        """Start with a page of which nothing is unpacked.

        Args:
            parse: makes a body element of markup, or raises PageError.
        """
        self._parse = parse
        self._pieces = MAX_MARKUP_PIECES
        self._left = MAX_MARKUP

    def unpack(self, piece: HtmlElement) -> HtmlElement | None:
        """Unpack one element or comment of the page.

        A comment is only unpacked where it is all that its element holds: others are what a site has given up.

        Args:
            piece: a comment, text area or script.

        Returns: a template element with the links that are to be shown in its place; None where there are none.
        """
        if piece.tag == "script" and not _is_template(piece):
            return None  # asked first, since the texts of scripts are long
        markup = piece.text or ""
        if "<a " not in markup or not self._pieces or len(markup) > self._left or not _may_be_shown(piece):
            return None
        if len(_LINK.findall(markup)) < MIN_LINKS or _PLACEHOLDER.search(markup):
            return None
        self._pieces -= 1
        self._left -= len(markup)
        try:
            body = self._parse(markup)
        except PageError:
            return None
        body.tag = "template"
        return body


def _may_be_shown(piece: HtmlElement) -> bool:
    """Tell whether a piece is of a kind in which pages keep what scripts are to show."""
    if piece.tag is etree.Comment:
        parent = piece.getparent()
        if parent is None or piece.getprevious() is not None or piece.getnext() is not None:  # not by counting them all
            return False
        return not (parent.text or "").strip() and not (piece.tail or "").strip()
    return piece.tag == "textarea" or _is_template(piece)


def _is_template(script: HtmlElement) -> bool:
    return _TEMPLATE_TYPE.search(script.get("type") or "") is not None
