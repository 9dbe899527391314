"""Find where in a page's text the article's body stands: behind it related stories are looked for.

Not the body text itself (`body/body_text.py` reads that): only its span in the outline. It is where the text that was
read stands; where none was read, or none of it is found, paragraphs vote for it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.html import PARAGRAPHS
from kolcrawl.page.lexicon import CUE
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, EAST_ASIAN_EXTRA_WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.page.outline import Outline

BESIDE_BODY = sum(CUE[name] for name in ("comment", "footer", "side", "related", "navigation", "recommended", "advert"))
"""Class cues of elements whose paragraphs count less."""
KEY_LENGTH = 24  # characters by which a line of the text is found on the page
MIN_LINE = 30  # characters of a line that is looked for
MAX_SOUGHT_LINES = 600
MAX_SEARCHED_TEXT = 300_000  # characters of the page that are searched; the fullest real page had 66,000
RUN_GAP = 3_000  # characters between two lines of the text that do not belong together
MIN_SHARE = 0.4  # share of the text, by characters, that must stand together
MIN_VOTING_WIDTH = 45  # width of unlinked text that makes a paragraph
MAX_VOTES = 900.0  # what one paragraph counts at most
MIN_VOTES = 30  # what a paragraph counts that marks the begin or end of the body
ANCESTOR_FADE = 0.72  # what each further ancestor gets of a paragraph's votes
VOTING_LEVELS = 4
IN_LINE_SHARE = 0.35  # what text in a list item or a span counts
BESIDE_BODY_SHARE = 0.2
VOTED_THEMSELVES = frozenset(("article", "div", "section", "td"))
"""Elements that may be the body when text stands in them directly; other text votes for the element around it."""
EAST_ASIAN_PAGE = 200  # East Asian characters at the page's begin that make its text count for more
SCRIPT_SAMPLE = 6_000  # characters in which they are counted


class BodySpan(NamedTuple):
    """Node that holds the body, and the span of its paragraphs in the text."""

    node: int
    start: int
    end: int


class _Paragraph(NamedTuple):
    node: int
    votes: float
    size: int
    """Characters of unlinked text."""


def body_span(outline: Outline, text: str | None = None, headline_start: int = 0) -> BodySpan:
    """Find the body.

    Args:
        outline: the page.
        text: the story's text as it was read, a line for each paragraph.
        headline_start: where in the page's text its headline stands, if that is known.
    """
    lines = [line for line in (text or "").split("\n") if len(line) >= MIN_LINE][:MAX_SOUGHT_LINES]
    # What is printed above the headline, too, is a summary.
    span = _where_lines_stand(outline.text, lines, headline_start)
    if span is None and headline_start:
        span = _where_lines_stand(outline.text, lines, 0)
    if span is None:
        return _voted(outline)
    start, end = span
    node = bisect_right(outline.start, start) - 1
    while node > 0 and (outline.start[node] > start or outline.end[node] < end):
        node = outline.parents[node]
    return BodySpan(max(node, 0), start, end)


def _where_lines_stand(page: str, lines: list[str], at: int) -> tuple[int, int] | None:
    """Return where most of the lines stand together, one after another, from `at` on; None when too few do.

    A line found far from those before it may be a copy in a box: only a second one beside it says that the text
    goes on there.
    """
    runs: list[list[int]] = []
    """Start, end and characters found of lines that stand together."""
    now: list[int] | None = None
    far: list[int] | None = None
    for line in lines:
        found = page.find(line[:KEY_LENGTH], at, MAX_SEARCHED_TEXT)
        if found < 0:
            continue
        last = page.find(line[-KEY_LENGTH:], found, found + 2 * len(line) + 100)
        end = last + KEY_LENGTH if last >= 0 else found + len(line)
        if now is not None and found - now[1] < RUN_GAP:
            now[1:] = end, now[2] + len(line)
            at = end
        elif far is not None and far[0] < found < far[1] + RUN_GAP:
            now, far = [far[0], end, far[2] + len(line)], None
            runs.append(now)
            at = end
        else:
            far = [found, end, len(line)]
            runs.append(far)
    if not runs:
        return None
    start, end, size = max(runs, key=lambda run: run[2])
    return (start, end) if size >= MIN_SHARE * sum(map(len, lines)) else None


def _voted(outline: Outline) -> BodySpan:
    """Find the body by letting paragraphs vote for the elements around them."""
    paragraphs = _paragraphs(outline)
    votes: dict[int, float] = {}
    for paragraph in paragraphs:
        node = paragraph.node if outline.tags[paragraph.node] in VOTED_THEMSELVES else outline.parents[paragraph.node]
        weight = 1.0
        for _ in range(VOTING_LEVELS):
            if node < 0:
                break
            votes[node] = votes.get(node, 0.0) + paragraph.votes * weight
            weight *= ANCESTOR_FADE
            node = outline.parents[node]
    if not votes:
        return BodySpan(0, 0, 0)
    return _span_within(outline, max(votes, key=lambda node: votes[node]), paragraphs)


def _paragraphs(outline: Outline) -> list[_Paragraph]:
    """Return the elements that hold unlinked text directly, with their votes."""
    is_east_asian = len(EAST_ASIAN_CHARACTER.findall(outline.text[:SCRIPT_SAMPLE])) > EAST_ASIAN_PAGE
    scale = 1 + EAST_ASIAN_EXTRA_WIDTH if is_east_asian else 1.0
    found = []
    for node, size in enumerate(outline.own):
        tag = outline.tags[node]
        if size < MIN_VOTING_WIDTH / scale or tag not in PARAGRAPHS:
            continue
        linked = outline.link_end[node] - outline.link_start[node]
        if linked > 1.2 * size and tag != "div":
            continue
        votes = min(size * scale, MAX_VOTES)
        if tag in ("li", "span"):
            votes *= IN_LINE_SHARE
        if outline.inherited[node] & BESIDE_BODY:
            votes *= BESIDE_BODY_SHARE
        found.append(_Paragraph(node, votes, size))
    return found


def _span_within(outline: Outline, body: int, paragraphs: Sequence[_Paragraph]) -> BodySpan:
    """Return the span of the paragraphs within an element."""
    start, end = outline.start, outline.end
    inside = [
        (node, size)
        for node, votes, size in paragraphs
        if votes >= MIN_VOTES and start[body] <= start[node] and end[node] <= end[body]
    ]
    if not inside:
        return BodySpan(body, start[body], end[body])
    first = min(start[node] for node, _ in inside)
    last = max(end[n] if end[n] - start[n] < 4 * size + 200 else start[n] + size for n, size in inside)
    return BodySpan(body, first, last)
