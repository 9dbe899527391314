"""Where in the page's text the article's body stands: what stands after it is where related stories are looked for.

Not the body text itself (`body.py` reads that): only its span in the outline. It is where the text that was read
stands; where none was read, or none of it is found, paragraphs vote for it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page import lexicon
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, EAST_ASIAN_EXTRA_WIDTH

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
KNOWN_BY = 24  # characters by which a line of the text is found on the page
LONG_LINE = 30  # characters of a line that is looked for
MOST_LINES = 600
MOST_TEXT = 300_000  # characters of the page that are searched; the fullest real page had 66,000
APART = 3000  # characters between two lines of the text that do not belong together
ENOUGH = 0.4  # share of the text, by characters, that must stand together


class BodySpan(NamedTuple):
    """Node that holds the body, and the span of its paragraphs in the text."""

    node: int
    start: int
    end: int


def body_span(outline: Outline, text: str | None = None, headline: int = 0) -> BodySpan:
    """Find the body.

    Args:
        outline: the page.
        text: the story's text as it was read, a line for each paragraph.
        headline: where in the page's text its headline stands, if that is known.
    """
    lines = [line for line in (text or "").split("\n") if len(line) >= LONG_LINE][:MOST_LINES]
    # What is printed above the headline, too, is a summary.
    stands = _where_lines_stand(outline.text, lines, headline)
    if stands is None and headline:
        stands = _where_lines_stand(outline.text, lines, 0)
    if stands is None:
        return _voted(outline)
    start, end = stands
    node = bisect_right(outline.start, start) - 1
    while node > 0 and (outline.start[node] > start or outline.end[node] < end):
        node = outline.parents[node]
    return BodySpan(max(node, 0), start, end)


def _where_lines_stand(page: str, lines: list[str], at: int) -> tuple[int, int] | None:
    """Where most of the lines stand together, one after another, from `at` on; None when too few do.

    A line found far from those before it may be a copy in a box: only a second one beside it says that the text
    goes on there.
    """
    runs: list[list[int]] = []
    """Start, end and characters found of lines that stand together."""
    now: list[int] | None = None
    far: list[int] | None = None
    for line in lines:
        found = page.find(line[:KNOWN_BY], at, MOST_TEXT)
        if found < 0:
            continue
        last = page.find(line[-KNOWN_BY:], found, found + 2 * len(line) + 100)
        end = last + KNOWN_BY if last >= 0 else found + len(line)
        if now is not None and found - now[1] < APART:
            now[1:] = end, now[2] + len(line)
            at = end
        elif far is not None and far[0] < found < far[1] + APART:
            now, far = [far[0], end, far[2] + len(line)], None
            runs.append(now)
            at = end
        else:
            far = [found, end, len(line)]
            runs.append(far)
    if not runs:
        return None
    start, end, size = max(runs, key=lambda run: run[2])
    return (start, end) if size >= ENOUGH * sum(map(len, lines)) else None


def _voted(outline: Outline) -> BodySpan:
    """The body by letting paragraphs vote for the elements around them."""
    own, tags, parents = outline.own, outline.tags, outline.parents
    start, end = outline.start, outline.end
    inherited = outline.inherited
    scale = 1 + EAST_ASIAN_EXTRA_WIDTH if len(EAST_ASIAN_CHARACTER.findall(outline.text[:6000])) > 200 else 1.0
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
