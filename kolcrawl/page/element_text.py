"""The text of an element, as far as it is needed: hostile pages have ten megabytes of it in a heading."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LONGEST_TEXT = 2_000
"""Characters of a heading, byline or date with all the white space around it; more is something else."""


def text_of(element: HtmlElement, limit: int = LONGEST_TEXT) -> str:
    """Join the texts in an element, up to `limit` characters."""
    if not len(element):
        return (element.text or "")[:limit]
    texts: list[str] = []
    length = 0
    for text in element.itertext():
        texts.append(text)
        length += len(text)
        if length >= limit:
            break
    return "".join(texts)[:limit]
