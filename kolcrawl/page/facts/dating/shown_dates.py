"""The dates that a page shows: `<time>` elements, lines about the headline, dated classes, and the ends of the text."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.element_text import text_of
from kolcrawl.page.facts.byline import lines_in
from kolcrawl.page.facts.dating.date_labels import OTHER, PUBLISHED, UPDATED, label_of
from kolcrawl.page.facts.dating.date_reader import DateReader, Reading, is_exact, is_same_day
from kolcrawl.page.facts.dating.surroundings import NEAR_LEVELS, Surroundings, class_patterns, holds_date, words_of
from kolcrawl.text.relative_dates import is_age, is_day_name
from kolcrawl.text.scripts import prose_weight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.byline import Line
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.text.moments import Moment

MAX_TIME_ELEMENTS = 40  # time elements that are looked at
MAX_TIMES_READ = 3  # of them that are read, of those marked as publication and of the others each
MAX_CLASSED_PLACES = 500  # such elements that are looked at; lists of other stories have one in each entry
MAX_CLASSED = 8  # dates read in elements whose class says that they hold one
LONGEST_DATED_LINE = 160  # characters of a line that may hold the date; more is running text
LONGEST_STANDFIRST = 200  # characters of sentences between headline and date; more is the story itself
LONGEST_LABEL = 60  # characters of a line that is no sentence
LONGEST_WITHOUT_DIGIT = 40  # characters of a line that may hold one without a digit
MAX_DAYS = 2  # without a clock and a label about the headline; more are a list's
LATEST_START = 90  # characters of a line before the date
CLASSED_LENGTHS = (4, 120)  # characters of an element whose class says that it holds a date
MAX_LINES_OF_PAGE = 1_000
CHARACTERS_OF_PAGE = 60_000  # that are searched for a labelled date where nothing else is found
MAX_OPENINGS = 5  # first lines of the text that a date may open
DATELINE_START = 30  # characters of the text before a date that opens it
MAX_CLOSINGS = 2  # last lines of the text that may be a date
LONGEST_CLOSING = 80  # characters of a last line that is a date
_TIME_ATTRIBUTES = ("data-published", "data-datetime", "data-time", "data-date", "data-timestamp")  # for scripts
_DATED_TAGS = frozenset(
    ("span", "div", "p", "em", "i", "li", "td", "a", "small", "b", "strong", "abbr", "h2", "h3", "h4", "dd")
)
_DIGIT = re.compile(r"\d")
_OPENS = re.compile(r"\s*[/).:|\u2013\u2014\u201e\u201c\u00ab\"-]")


class NearLines(NamedTuple):
    """The headline and the visible lines about it."""

    headline: HtmlElement | None
    before: list[Line]
    after: list[Line]


class _Shown(NamedTuple):
    """A date that a line shows."""

    moment: Moment
    label: str | None
    late: bool
    """Behind running text."""

    def is_late(self) -> bool:
        """Tell whether it may as well be a date that the story tells of."""
        return self.late and self.label != PUBLISHED

    def rank(self) -> tuple[bool, ...]:
        """Order by trust: labelled as publication, then with its year, its time, as a date rather than an age."""
        moment = self.moment
        return (
            moment.year == "assumed",
            self.label != PUBLISHED,
            is_age(moment.raw),
            not is_exact(moment),
        )


class ShownDates:
    """Finds the dates that a page shows, the most trusted first in each kind of place."""

    __slots__ = ("_document", "_found", "_lines", "_markup", "_reader", "_surroundings")

    def __init__(self, document: Document, markup: Markup, lines: NearLines, reader: DateReader) -> None:
        self._document, self._markup, self._lines, self._reader = document, markup, lines, reader
        self._found: list[_Shown] | None = None
        self._surroundings = Surroundings(lines.headline)

    def in_times(self) -> Iterator[Reading]:
        """Read the time elements near the headline: those marked as publication first."""
        yield from self._times(near=True)

    def in_far_times(self) -> Iterator[Reading]:
        """Read the other time elements, none from lists, comments and side columns."""
        yield from self._times(near=False)

    def _times(self, *, near: bool) -> Iterator[Reading]:
        patterns = class_patterns()
        marked: list[tuple[int, HtmlElement]] = []
        plain: list[tuple[int, HtmlElement]] = []
        for element in self._markup.times[:MAX_TIME_ELEMENTS]:
            words = words_of(element)
            if patterns.is_change(words):
                continue
            levels = self._surroundings.levels(element)
            if (levels <= NEAR_LEVELS) == near:
                of_story = "pubdate" in element.attrib or patterns.of_story.search(words)
                (marked if of_story else plain).append((levels, element))
        chosen = [pair for kind in (marked, plain) for pair in _by_levels(kind)[:MAX_TIMES_READ]]
        for _, element in sorted(chosen, key=lambda pair: pair[0] > 1):
            moment = self._moment_of(element)
            if not moment or label_of(_text_before(element), _tail(element)) in (UPDATED, OTHER):
                continue
            if not self._surroundings.is_outside(element, moment.raw, late=not near):
                yield Reading(moment, "time", "time")

    def _moment_of(self, element: HtmlElement) -> Moment | None:
        """Read a time element: what it states, or what it shows where that is more exact."""
        named = next((value for name in _TIME_ATTRIBUTES if (value := element.get(name))), None)
        stated = self._reader.read(element.get("datetime") or named, fallback=False)
        shown = self._reader.read(text_of(element).strip()[:200], fallback=stated is None)
        if stated and shown and not is_exact(stated) and is_exact(shown):
            return shown if is_same_day(stated, shown, self._reader.zone) else stated
        return stated or shown

    def in_lines(self) -> Iterator[Reading]:
        """Read the dates in the visible lines about the headline, and labelled ones behind running text."""
        yield from self._ranked(late=False)

    def in_late_lines(self) -> Iterator[Reading]:
        """Read the dates in the visible lines behind the first running text."""
        yield from self._ranked(late=True)

    def _ranked(self, *, late: bool) -> Iterator[Reading]:
        shown = [found for found in self._shown() if found.label not in (UPDATED, OTHER)]
        bare = {found.moment.day for found in shown if not found.label and not is_exact(found.moment)}
        if len(bare) > MAX_DAYS:  # a list of other stories
            shown = [found._replace(late=True) if found.moment.day in bare else found for found in shown]
        for found in sorted(shown, key=_Shown.rank):
            if found.is_late() == late:
                yield Reading(found.moment, "text", "text")

    def in_updates(self) -> Iterator[Reading]:
        """Read the dates of changes in the visible lines about the headline."""
        for found in self._shown():
            if found.label == UPDATED:
                yield Reading(found.moment, "text", "text")

    def _shown(self) -> list[_Shown]:
        """List the dates of the visible lines about the headline, which three kinds of places are chosen from."""
        if self._found is None:
            self._found = list(self._read_lines())
        return self._found

    def _read_lines(self) -> Iterator[_Shown]:
        running, above = 0, ""
        for line in self._lines.after:
            yield from self._dated(line, above, late=running > LONGEST_STANDFIRST)
            weight = prose_weight(line.text)
            running += weight if weight > LONGEST_LABEL else 0
            above = line.text
        elders = ["", *(line.text for line in self._lines.before)]
        for line, above in reversed(list(zip(self._lines.before, elders, strict=False))):
            yield from self._dated(line, above, late=False)

    def _dated(self, line: Line, above: str, *, late: bool) -> Iterator[_Shown]:
        """Read the dates of a line, unless it belongs to another story."""
        text = line.text
        if len(text) > LONGEST_DATED_LINE or not (_DIGIT.search(text) or len(text) <= LONGEST_WITHOUT_DIGIT):
            return
        for moment in self._reader.find(text):
            if moment.start > LATEST_START or is_day_name(moment.raw):
                return
            if self._surroundings.is_outside(line.element, moment.raw, late=late):
                return
            behind = text[moment.start + len(moment.raw) :]
            yield _Shown(moment, label_of(text[: moment.start], behind, above), late)

    def in_classes(self) -> Iterator[Reading]:
        """Read dates in elements whose class says that they hold one, those nearest to the headline first."""
        found: list[tuple[tuple[int | bool, ...], Moment]] = []
        for element in islice(self._document.outline.named(_DATED_TAGS, holds_date), MAX_CLASSED_PLACES):
            if moment := self._classed_moment(element):
                levels = self._surroundings.levels(element)
                rank = (
                    levels > NEAR_LEVELS,
                    moment.year == "assumed",
                    is_age(moment.raw),
                    not is_exact(moment),
                    levels,
                )
                found.append((rank, moment))
                if len(found) >= MAX_CLASSED:
                    break
        for _, moment in sorted(found, key=lambda pair: pair[0]):
            yield Reading(moment, "text", "class")

    def _classed_moment(self, element: HtmlElement) -> Moment | None:
        text = text_of(element).strip()
        shortest, longest = CLASSED_LENGTHS
        titled = element.get("title") or "" if element.tag in ("abbr", "span") else ""
        if not shortest <= len(text) <= longest and not titled:
            return None
        moment = next(self._reader.find(text), None) if len(text) <= longest else None
        if titled and (moment is None or not is_exact(moment)):
            moment = self._reader.read(titled, fallback=False) or moment
        if moment is None or is_day_name(moment.raw):
            return None
        if label_of(text[: moment.start], text[moment.start + len(moment.raw) :]) in (UPDATED, OTHER):
            return None
        return None if self._surroundings.is_outside(element, moment.raw, late=False) else moment

    def in_titles(self) -> Iterator[Reading]:
        """Read a date that begins or ends a title of the page."""
        for title in (self._markup.title, self._markup.first("og:title") or ""):
            for moment in self._reader.find(title[:LONGEST_DATED_LINE]) if _DIGIT.search(title) else ():
                rest = title[moment.start + len(moment.raw) :]
                if moment.year == "stated" and moment.day and (moment.start <= 1 or not rest.strip(" )].")):
                    yield Reading(moment, "text", "title")
                break

    def in_text(self, text: str | None) -> Iterator[Reading]:
        """Read a date that opens the text or is its last line."""
        lines = text.splitlines() if text else []
        for line in lines[:MAX_OPENINGS]:
            moment = self._first_in(line[:LONGEST_DATED_LINE])
            if moment and moment.start <= DATELINE_START:
                behind = line[moment.start + len(moment.raw) :]
                if moment.start <= 1 or _OPENS.match(behind):
                    yield Reading(moment, "text", "text")
        for line in lines[:1:-1][:MAX_CLOSINGS]:
            if len(line) <= LONGEST_CLOSING and (moment := self._first_in(line)):
                yield Reading(moment, "text", "text")

    def _first_in(self, line: str) -> Moment | None:
        """Read the first date of a line, printed in full and not said to be another than that of publication."""
        moment = next(self._reader.find(line), None) if _DIGIT.search(line) else None
        if moment is None or moment.day is None or moment.year == "assumed":
            return None
        return None if label_of(line[: moment.start]) in (UPDATED, OTHER) else moment

    def in_page(self) -> Iterator[Reading]:
        """Read the labelled dates of the whole page: publication first, then changes."""
        body = self._document.root.find("body")
        if body is None:
            return
        lines = lines_in(body, CHARACTERS_OF_PAGE)[:MAX_LINES_OF_PAGE]
        found = [
            shown
            for line, above in zip(lines, ["", *(line.text for line in lines)], strict=False)
            for shown in self._dated(line, above, late=True)
        ]
        for kind in (PUBLISHED, None, UPDATED):
            ofkind = [shown.moment for shown in found if shown.label == kind and shown.moment.day]
            if kind is None:
                days = {moment.day for moment in ofkind}
                ofkind = [moment for moment in ofkind if is_exact(moment) or len(days) == 1]
            for moment in ofkind:
                yield Reading(moment, "text", "text")


def _by_levels(times: list[tuple[int, HtmlElement]]) -> list[tuple[int, HtmlElement]]:
    return sorted(times, key=lambda pair: pair[0])


def _text_before(element: HtmlElement) -> str:
    """Read what stands right before an element: text, else the element before it."""
    elder, parent = element.getprevious(), element.getparent()
    text = (elder.tail if elder is not None else parent.text if parent is not None else "") or ""
    if text.strip() or elder is None or not isinstance(elder.tag, str) or elder.tag == "time":
        return text.strip()
    return text_of(elder).strip()[-LATEST_START:]


def _tail(element: HtmlElement) -> str:
    return (element.tail or "")[:LATEST_START]
