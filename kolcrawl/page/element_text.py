"""The text of an element, as far as it is needed.

Hostile pages have ten megabytes of it in a heading, or a hundred thousand elements without any text in a byline, and
thousands of those in each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    texts = [element.text or ""]
    length, steps = len(texts[0]), 1
    open_elements: list[HtmlElement] = []
    children = [iter(element)]  # not iterwalk: it passes all comments that follow each other in one step
    while children and length < limit and steps < MOST_STEPS:
        node = next(children[-1], None)
        steps += 1
        if node is None:
            children.pop()
            text = open_elements.pop().tail if open_elements else None
        elif len(node):
            open_elements.append(node)
            children.append(iter(node))
            text = node.text
        else:
            steps += 1
            own = node.text if isinstance(node.tag, str) else None
            text = f"{own}{node.tail or ''}" if own else node.tail
        if text:
            texts.append(text)
            length += len(text)
    return "".join(texts)[:limit]
