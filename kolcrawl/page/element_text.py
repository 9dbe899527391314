"""The text of an element, as far as it is needed.

Hostile pages have ten megabytes of it in a heading, or a hundred thousand elements without any text in a byline, and
thousands of those in each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LONGEST_TEXT = 2_000
"""Characters of a heading, byline or date with all the white space around it; more is something else."""
MOST_STEPS = 500
"""Beginnings and ends of elements that are passed on the way to the text."""


def text_of(element: HtmlElement, limit: int = LONGEST_TEXT) -> str:
    """Join the texts in an element, up to `limit` characters and `MOST_STEPS` steps into it."""
    if not len(element):
        return (element.text or "")[:limit]
    texts: list[str] = []
    length = 0
    for step, (event, node) in enumerate(etree.iterwalk(element, events=("start", "end", "comment", "pi"))):
        text = node.text if event == "start" else node.tail if node is not element else None
        if text:
            texts.append(text)
            length += len(text)
        if length >= limit or step >= MOST_STEPS:
            break
    return "".join(texts)[:limit]
