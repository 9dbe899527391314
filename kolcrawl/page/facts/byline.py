"""The headline as the page shows it, and the visible lines about it, where pages print date, authors and outlet."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.element_text import LONGEST_TEXT, text_of
from kolcrawl.page.facts import jsonld
from kolcrawl.page.facts.headline import LONGEST_HEADLINE
from kolcrawl.page.html import LINE_BREAKING, OUTSIDE_BYLINES
from kolcrawl.page.topic import tokens
from kolcrawl.text.normalize import clean_line, letters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup

LINES_AFTER, CHARACTERS_AFTER = 40, 1500
CHARACTERS_BEFORE = 300  # of a block standing before the headline; more is a menu
MAX_SIBLINGS_BEFORE = 200  # elements before the headline, on one level, that are looked at
LEVELS_BEFORE = 3  # levels above the headline whose elder siblings are looked at
MAX_TRIED = 1_000  # elements that may show the headline that are read
MAX_EVENTS = 20_000  # texts and ends of lines that are looked at
HEADINGS_BELOW = ("h2", "h3", "h4", "h5")  # an h1
MAX_BYLINE_DEPTH = 60  # levels below a block; bylines are not deeper


class Line(NamedTuple):
    """A line of visible text."""

    text: str
    element: HtmlElement
    """In which its first digit stands, else its first text."""


_Piece = tuple[str, "HtmlElement"]
_DIGIT = re.compile(r"\d")


class ShownHeadline(NamedTuple):
    """Where on the page its headline stands."""

    element: HtmlElement | None
    sure: bool
    """It holds the headline's words, which another title of the page repeats, and nothing else may be meant."""


def shown_headline(document: Document, markup: Markup, headline: str | None) -> ShownHeadline:
    """Find the element that shows the headline.

    That is an h1 with its letters, else the shortest heading-like element with them, else an h1 that holds them, or
    shares most of its words: the page may print a longer or a later headline than it states; else the first h1.
    """
    wanted = letters(headline or "")
    first = markup.headings[0] if markup.headings else None
    if not wanted:
        return ShownHeadline(first, False)
    repeated = _is_repeated(markup, headline or "", wanted)
    for element in markup.headings:
        if letters(text_of(element)) == wanted:
            return ShownHeadline(element, repeated)
    alike = _heading_like(markup, headline or "", wanted)
    plain = _plain_element(document, wanted)
    if plain is not None:
        return ShownHeadline(plain, repeated and alike is None)
    return ShownHeadline(first, False) if alike is None else ShownHeadline(alike, repeated)


def _is_repeated(markup: Markup, headline: str, wanted: str) -> bool:
    """Tell whether another title of the page holds the headline's letters or most of its words."""
    stated = jsonld.string((markup.article or {}).get("headline"))
    titles = (markup.title, markup.first("og:title") or "", stated or "")
    return any(wanted in letters(title) or _is_like(headline, title) for title in titles)


def _heading_like(markup: Markup, headline: str, wanted: str) -> HtmlElement | None:
    """Find the first h1 that holds the headline's letters, else the first that shares most of its words."""
    for element in markup.headings:
        if wanted in letters(text_of(element)):
            return element
    return next((element for element in markup.headings if _is_like(headline, text_of(element))), None)


def _plain_element(document: Document, wanted: str) -> HtmlElement | None:
    """Find the first element but an h1 that shows the headline and nothing else."""
    tried = 0
    for element in document.root.iter(*HEADINGS_BELOW, "div", "p", "span", "strong", "b", "td", "font"):
        own = letters(element.text[:LONGEST_TEXT]) if element.text and len(element.text) >= 4 else ""
        may_be = own in wanted if own else element.tag in HEADINGS_BELOW  # a heading may hold a link
        if may_be and letters(text_of(element)) == wanted:
            return element
        tried += may_be
        if tried >= MAX_TRIED:
            return None
    return None


def _is_like(one: str, other: str) -> bool:
    """Tell whether two titles share most of the words of the shorter."""
    words, others = tokens(one), tokens(other[:LONGEST_HEADLINE])
    return len(words & others) >= max(2, min(len(words), len(others)) / 2)


def lines_about(headline: HtmlElement | None, document: Document) -> tuple[list[Line], list[Line]]:
    """Read the lines of visible text before and after the headline, nearest ones only.

    Returns: lines of the blocks right before it, and those after it up to `CHARACTERS_AFTER` characters.
    """
    if headline is None:
        body = document.root.find("body")
        return [], _lines(_events(body)) if body is not None else []
    return _before(headline), _lines(_following(headline))


def lines_in(element: HtmlElement, characters: int) -> list[Line]:
    """Read the lines of visible text in an element, up to so many characters."""
    return _lines(_events(element), characters, characters)


def _before(headline: HtmlElement) -> list[Line]:
    lines: list[Line] = []
    length = 0
    node = headline
    for _ in range(LEVELS_BEFORE):
        for sibling in islice(node.itersiblings(preceding=True), MAX_SIBLINGS_BEFORE):
            if not isinstance(sibling.tag, str) or sibling.tag in OUTSIDE_BYLINES or sibling.tag == "nav":
                continue
            if len(text_of(sibling, 4 * CHARACTERS_BEFORE + 1)) > 4 * CHARACTERS_BEFORE:
                break
            found = _lines(_events(sibling))
            characters = sum(len(line.text) for line in found)
            if characters > CHARACTERS_BEFORE:
                break
            lines = found + lines
            length += characters
        parent = node.getparent()
        if parent is None or parent.tag == "body" or length > CHARACTERS_BEFORE:
            break
        node = parent
    return lines


def _following(headline: HtmlElement) -> Iterator[_Piece | None]:
    """Return the texts behind an element in document order; None where a line ends."""
    node: HtmlElement | None = headline
    while node is not None:
        yield None
        parent = node.getparent()
        if node.tail and parent is not None:
            yield node.tail, parent
        sibling = node.getnext()
        while sibling is not None:
            yield from _events(sibling)
            if sibling.tail and parent is not None:
                yield sibling.tail, parent
            sibling = sibling.getnext()
        node = parent


def _events(top: HtmlElement) -> Iterator[_Piece | None]:
    """Return the texts of an element in document order; None where a line ends."""
    open_elements: list[HtmlElement] = []
    todo: list[HtmlElement | None] = [top]  # the next one last; None where the innermost open element ends
    while todo:
        element = todo.pop()
        if element is None:
            element = open_elements.pop()
            if element.tag in LINE_BREAKING:
                yield None
        elif not isinstance(element.tag, str) or element.tag in OUTSIDE_BYLINES:
            pass
        elif len(open_elements) > MAX_BYLINE_DEPTH:  # hostile and broken pages nest thousands deep
            yield text_of(element, CHARACTERS_AFTER), element
        else:
            if element.tag in LINE_BREAKING:
                yield None
            if element.text:
                yield element.text, element
            open_elements.append(element)
            todo.append(None)
            todo += element[::-1]
            continue
        if open_elements and element.tail:
            yield element.tail, open_elements[-1]


def _lines(pieces: Iterator[_Piece | None], characters: int = CHARACTERS_AFTER, most: int = LINES_AFTER) -> list[Line]:
    """Join texts to lines, until enough of them are read."""
    lines: list[Line] = []
    current: list[_Piece] = []
    taken = 0
    for piece in islice(pieces, MAX_EVENTS):
        if piece is not None:
            current.append(piece)
            continue
        if current and (line := _line(current)):
            lines.append(line)
            taken += len(line.text)
            if taken >= characters or len(lines) >= most:
                return lines
        current = []
    if current and (line := _line(current)):
        lines.append(line)
    return lines


def _line(pieces: list[_Piece]) -> Line | None:
    if text := clean_line(" ".join(text for text, _ in pieces)):
        return Line(text, next((element for text, element in pieces if _DIGIT.search(text)), pieces[0][1]))
    return None
