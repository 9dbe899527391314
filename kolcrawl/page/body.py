"""The text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trafilatura

from kolcrawl.text import clean_text

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.meta import Markup
    from kolcrawl.page.rules import SiteRules


def read_body(
    document: Document, markup: Markup, anchor: HtmlElement | None, rules: SiteRules
) -> tuple[str | None, str]:
    answer = trafilatura.bare_extraction(document.root, fast=True, include_comments=False)
    text = clean_text(getattr(answer, "text", None) or "")
    return text or None, "trafilatura"
