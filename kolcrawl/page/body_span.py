"""Where in the page's text the article's body stands: what stands after it is where related stories are looked for.

Not the body text itself (`body.py` reads that): only its span in the outline, found from the outline's counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page import lexicon
from kolcrawl.page.lexicon import CJK

if TYPE_CHECKING:
    from kolcrawl.page.outline import Outline

AWAY = sum(lexicon.CUE[c] for c in ("comment", "footer", "side", "related", "navigation", "recommended", "advert"))
PARAGRAPHS = frozenset(
    [
        "p",
        "div",
        "td",
        "section",
        "article",
        "blockquote",
        "li",
        "pre",
        "dd",
        "main",
        "span",
        "font",
        "h2",
        "center",
        "body",
    ]
)
LEAST = 45  # characters of unlinked text that make a paragraph, a CJK one counting 2.2
FADE = 0.72  # what each further ancestor gets of a paragraph's score
LEVELS = 4


class BodySpan(NamedTuple):
    """Node that holds the body, and the span of its paragraphs in the text."""

    node: int
    start: int
    end: int


def body_span(outline: Outline) -> BodySpan:
    """Find the body by letting paragraphs vote for the elements around them."""
    own, tags, parents = outline.own, outline.tags, outline.parents
    start, end = outline.start, outline.end
    inherited = outline.inherited
    scale = 2.2 if len(CJK.findall(outline.text[:6000])) > 200 else 1.0
    votes: dict[int, float] = {}
    paragraphs: list[tuple[int, float, int]] = []
    least = LEAST / scale
    for node, size in enumerate(own):
        if size < least or tags[node] not in PARAGRAPHS:
            continue
        links = outline.link_end[node] - outline.link_start[node]
        if links > 1.2 * size and tags[node] != "div":
            continue
        score = min(size * scale, 900.0)
        if tags[node] in ("li", "span"):
            score *= 0.35
        if inherited[node] & AWAY:
            score *= 0.2
        paragraphs.append((node, score, size))
        at = node if tags[node] in ("div", "td", "section", "article") else parents[node]
        weight = 1.0
        for _ in range(LEVELS):
            if at < 0:
                break
            votes[at] = votes.get(at, 0.0) + score * weight
            weight *= FADE
            at = parents[at]
    if not votes:
        return BodySpan(0, 0, 0)
    top = max(votes, key=lambda node: votes[node])
    inside = [
        (n, size) for n, score, size in paragraphs if score >= 30 and start[top] <= start[n] and end[n] <= end[top]
    ]
    if not inside:
        return BodySpan(top, start[top], end[top])
    first = min(start[n] for n, _ in inside)
    last = max(end[n] if end[n] - start[n] < 4 * size + 200 else start[n] + size for n, size in inside)
    return BodySpan(top, first, last)
