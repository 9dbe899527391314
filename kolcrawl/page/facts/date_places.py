"""The places where a page gives the date of its story, in order of trust, and how a date is read in each.

The words are in `data/published.toml` and `data/class_words.toml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from kolcrawl.page.element_text import text_of
from kolcrawl.page.facts import jsonld
from kolcrawl.page.facts.meta import meta_names
from kolcrawl.page.html import PAGE_MARGINS
from kolcrawl.text.dates import find_dates, read_date
from kolcrawl.text.moments import EARLIEST_DATE, Moment
from kolcrawl.text.tables import any_of, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup

AMBIGUOUS = "date"  # place of a reading that an earlier date in plain sight overrules
MAX_TIMES = 40  # time elements that are looked at
MAX_TIMES_READ = 3  # of them that are read, of those marked as publication and of the others each
MAX_CLASSED = 3  # dates read in elements whose class says that they hold one
MAX_SCRIPT_DATES = 4  # of the page's data for its scripts
LONGEST_LINE = 160  # characters of a line that may hold the date
LATEST_START = 90  # characters of it before the date
CLASSED_LENGTHS = (4, 120)  # characters of an element whose class says that it holds a date
LEVELS_ABOVE_TIME, LEVELS_ABOVE_CLASSED = 5, 4  # levels above a date that are looked at for other stories

_URL_DAY = re.compile(
    r"(?<!\d)(?:(?P<y1>(?:19|20)\d\d)(?P<sep>[/_-])(?P<m1>\d{1,2})(?P=sep)(?P<d1>\d{1,2})(?!\d)"  # /2026/3/2/
    r"|(?P<y2>20\d\d)/(?P<m2>\d\d)(?P<d2>\d\d)(?=/)"  # /2026/0302/
    r"|(?P<y3>20\d\d)(?P<m3>\d\d)/(?P<d3>\d\d)(?=/)"  # /202603/02/
    r"|(?<![a-su-zA-Z])(?P<y4>20\d\d)(?P<m4>\d\d)(?P<d4>\d\d)(?:\d{6})?(?=[/_.-]|$))"  # /20260302/, /t20260302_1.shtml
)
_TIME_ATTRIBUTES = ("data-published", "data-datetime", "data-time", "data-date", "data-timestamp")  # for scripts
_TWELVE_HOURS = re.compile(r"\d\s?[ap]\.?m\b", re.IGNORECASE)
_MIDNIGHT = re.compile(r"[T ]00:00(?::00)?")
_EASTERN = ZoneInfo("America/New_York")


class Reading(NamedTuple):
    """One place's answer."""

    moment: Moment
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class DatedPage:
    """Where dates are looked for."""

    document: Document
    markup: Markup
    lines: tuple[list[str], list[str]]
    """Visible lines before and after the headline."""
    selector: str | None
    """Of the element that holds the date, by the site's rules."""


def readings_of(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    """Read the date in all places, the most trusted first."""
    for place in _PLACES:
        yield from place(page, reader)


def _by_rule(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for element in page.document.root.cssselect(page.selector)[:1] if page.selector else ():
        if moment := reader.read(element.get("datetime") or text_of(element)):
            yield Reading(moment, "text", "rule")


def _in_jsonld(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    node = page.markup.article or {}
    for key in ("datePublished", "pubDate", "dateCreated", "uploadDate"):
        if moment := reader.read(jsonld.string(node.get(key))):
            yield Reading(moment, "jsonld", "jsonld")
            return


def _in_meta(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for kind, place in (("published", "meta"), ("ambiguous", AMBIGUOUS)):
        for name in meta_names()[kind]:
            if (value := page.markup.first(name)) and (moment := reader.read(value)):
                yield Reading(moment, "meta", place)


def _in_microdata(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for element in page.markup.props.get("datepublished", ())[:3]:
        if moment := reader.read(_stated(element)):
            yield Reading(moment, "time", "microdata")


def _in_times(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    """Read the time elements: those marked as publication first, none from lists, comments and side columns."""
    marked: list[HtmlElement] = []
    plain: list[HtmlElement] = []
    patterns = _patterns()
    for element in page.markup.times[:MAX_TIMES]:
        words = _words(element)
        if patterns.update.search(words) or patterns.of_change.search(words) or _is_in_list(element):
            continue
        (marked if "pubdate" in element.attrib or patterns.of_story.search(words) else plain).append(element)
    for element in marked[:MAX_TIMES_READ] + plain[:MAX_TIMES_READ]:
        if not patterns.update.search(_text_before(element)) and (moment := _moment_of(element, reader)):
            yield Reading(moment, "time", "time")


def _is_in_list(element: HtmlElement) -> bool:
    """Tell whether a time element stands in a list or a part of the page that is about other stories."""
    return any(up.tag == "li" or _is_outside(up) for up in _ancestors(element, LEVELS_ABOVE_TIME))


def _text_before(element: HtmlElement) -> str:
    elder = element.getprevious()
    return ((elder.tail if elder is not None else element.getparent().text) or "").strip()


def _moment_of(element: HtmlElement, reader: DateReader) -> Moment | None:
    """Read a time element: what it states, or what it shows where that is more exact."""
    named = next((value for name in _TIME_ATTRIBUTES if (value := element.get(name))), None)
    stated = reader.read(element.get("datetime") or named, fallback=False)
    shown = reader.read(text_of(element).strip()[:200], fallback=stated is None)
    if stated and shown and not is_exact(stated) and is_exact(shown) and is_same_day(stated, shown, reader.zone):
        return shown
    return stated or shown


def _in_script(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for raw in page.markup.script.story.published[:MAX_SCRIPT_DATES]:
        if moment := reader.read(raw, fallback=False):
            yield Reading(moment, "script", "script")


def _in_lines(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    """Read dates in the visible lines about the headline; those said to be updates come last."""
    patterns = _patterns()
    updates = []
    before, after = page.lines
    for line in [*after, *before[::-1]]:
        if len(line) > LONGEST_LINE or not patterns.datable.search(line):
            continue
        for moment in reader.find(line):
            if moment.start > LATEST_START or not patterns.timed.search(moment.raw):
                break
            reading = Reading(moment, "text", "text")
            if patterns.update.search(line[: moment.start]):
                updates.append(reading)
            else:
                yield reading
    yield from updates


def _in_classes(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    """Read dates in elements whose class says that they hold one, wherever they stand."""
    found = 0
    for element in page.document.root.iter("span", "div", "p", "em", "i", "li", "td", "a", "small", "b"):
        words = element.get("class") or element.get("id")
        if words and _holds_date(words) and (moment := _classed_moment(element, reader)):
            yield Reading(moment, "text", "class")
            found += 1
            if found >= MAX_CLASSED:
                return


def _classed_moment(element: HtmlElement, reader: DateReader) -> Moment | None:
    text = text_of(element).strip()
    shortest, longest = CLASSED_LENGTHS
    if not shortest <= len(text) <= longest or _patterns().update.search(text[:20]):
        return None
    if any(_is_outside(up) for up in _ancestors(element, LEVELS_ABOVE_CLASSED)):
        return None
    return next(reader.find(text), None)


def _in_url(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    markup = page.markup
    if day := url_day(markup.url, reader.now) or url_day(markup.canonical or "", reader.now):
        yield Reading(Moment(day, "day", "assumed", day.date().isoformat()), "url", "url")


def _in_created(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for element in page.markup.props.get("datecreated", ())[:1]:
        if moment := reader.read(_stated(element)):
            yield Reading(moment, "time", "microdata")


def _in_changes(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for raw in changes_of(page.markup):
        if moment := reader.read(raw):
            yield Reading(moment, "meta", "modified")
            return


_PLACES: tuple[Callable[[DatedPage, DateReader], Iterator[Reading]], ...] = (
    _by_rule, _in_jsonld, _in_meta, _in_microdata, _in_times, _in_script, _in_lines, _in_classes, _in_url, _in_created,
    _in_changes,
)  # fmt: skip
"""The most trusted first."""


def changes_of(markup: Markup) -> Iterator[str]:
    """Give the dates of the last change, as written."""
    node = markup.article or {}
    if raw := jsonld.string(node.get("dateModified") or node.get("upDate")):
        yield raw
    for name in meta_names()["modified"]:
        if value := markup.first(name):
            yield value
    for element in markup.props.get("datemodified", ())[:1]:
        if raw := _stated(element):
            yield raw


def _stated(element: HtmlElement) -> str:
    """Read the value of an element with microdata."""
    return str(element.get("content") or element.get("datetime") or text_of(element))


def _words(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def _is_outside(element: HtmlElement) -> bool:
    return element.tag in PAGE_MARGINS or bool(_patterns().outside.search(_words(element)))


def _ancestors(element: HtmlElement, levels: int) -> Iterator[HtmlElement]:
    for level, up in enumerate(element.iterancestors()):
        if level >= levels or up.tag in ("body", "article", "main"):
            return
        yield up


class _Patterns(NamedTuple):
    update: re.Pattern[str]
    """Right before a date that is that of an update."""
    datable: re.Pattern[str]
    """In any line with a date."""
    timed: re.Pattern[str]
    """In any date that is more than the name of a day."""
    holds_date: re.Pattern[str]
    of_story: re.Pattern[str]
    of_change: re.Pattern[str]
    outside: re.Pattern[str]
    """Class or id of a part of the page that is about other stories."""


@cache
def _patterns() -> _Patterns:
    words, classes = read_table("published.toml"), read_table("class_words.toml")["date"]
    return _Patterns(
        re.compile(rf"(?:{any_of(words['update'])})[^0-9]{{0,25}}$", re.IGNORECASE),
        re.compile(rf"[\d{words['relative']}]"),
        re.compile(rf"[\d{words['moment']}]"),
        re.compile(
            rf"(?:^|[\s_-])(?:{any_of(classes['before'])})?[\s_-]*(?:{any_of(classes['words'])})(?:$|[\s_-])"
            rf"|{'|'.join(classes['pieces'])}",
            re.IGNORECASE,
        ),
        re.compile(any_of(classes["of_story"]), re.IGNORECASE),
        re.compile(any_of(classes["of_change"]), re.IGNORECASE),
        re.compile(any_of(classes["outside"]), re.IGNORECASE),
    )


@lru_cache(maxsize=20_000)
def _holds_date(words: str) -> bool:
    patterns = _patterns()
    return bool(patterns.holds_date.search(words)) and not patterns.outside.search(words)


class DateReader:
    """Reads dates with what is known of the page."""

    __slots__ = ("lang", "now", "zone")

    def __init__(self, now: datetime, zone: tzinfo, lang: str | None) -> None:
        self.now, self.zone, self.lang = now, zone, lang

    def read(self, raw: str | None, *, fallback: bool = True) -> Moment | None:
        moment = read_date(raw, now=self.now, zone=self.zone, lang=self.lang, fallback=fallback) if raw else None
        return self._by_clock(moment) if moment else None

    def find(self, text: str) -> Iterator[Moment]:
        return map(self._by_clock, find_dates(text, now=self.now, zone=self.zone, lang=self.lang))

    def _by_clock(self, moment: Moment) -> Moment:
        """Read a clock of twelve hours as the United States' east on a page of which no country is known."""
        if (
            self.zone is UTC
            and moment.tz == "assumed"
            and moment.precision != "day"
            and _TWELVE_HOURS.search(moment.raw)
        ):
            local = moment.at.replace(tzinfo=_EASTERN).astimezone(UTC)
            return replace(moment, at=local) if local <= self.now else moment
        return moment


def is_exact(moment: Moment) -> bool:
    """Tell whether it has a time of day; midnight sharp is what systems write for a day."""
    if moment.precision == "day":
        return False
    return not (moment.at.hour == moment.at.minute == moment.at.second == 0 or _MIDNIGHT.search(moment.raw))


def url_day(url: str, now: datetime) -> datetime | None:
    """Read the day in the path of an address (`/2026/03/02/`, `/20260302/`, `/2026-03-02-`), midnight UTC."""
    for match in _URL_DAY.finditer(urlsplit(url).path):
        form = next(form for form in "1234" if match[f"y{form}"])
        year, month, day = (int(match[part + form]) for part in "ymd")
        try:
            at = datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            continue
        if EARLIEST_DATE <= at <= now + timedelta(days=1):
            return at
    return None


def is_same_day(day: Moment, other: Moment, zone: tzinfo) -> bool:
    """Tell whether a moment falls on the day of another, in the page's zone or in UTC."""
    printed = day.at if day.precision == "day" else day.at.astimezone(zone)
    local = other.at.astimezone(zone)
    return printed.date() in (local.date(), other.at.date())
