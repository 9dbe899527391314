"""The places where a page gives the date of its story, in order of trust."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.page.element_text import text_of
from kolcrawl.page.facts import jsonld
from kolcrawl.page.facts.dating.date_reader import DateReader, Reading, is_exact
from kolcrawl.page.facts.dating.url_days import named_day, url_day
from kolcrawl.page.facts.meta import meta_names
from kolcrawl.text.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.dating.shown_dates import NearLines, ShownDates
    from kolcrawl.page.facts.meta import Markup

MAX_CALLS = 200  # scripts that are looked at for a date that they write
LONGEST_CALL = 200  # characters of such a script
_OF_PUBLICATION = re.compile(r"publi[sc]|upload|issued|pubdate|posted|creat(?:ed|ion)")
_WRITTEN = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")
_WRITTEN_IN_CALL = re.compile(r"\(\s*[\"']((?:19|20)\d\d[-/]\d\d?[-/]\d\d?[ T]\d\d?:\d\d(?::\d\d)?)")
MAX_SCRIPT_DATES = 4  # of the page's data for its scripts
AMBIGUOUS = "date"  # place of a reading that an earlier date in plain sight overrules


@dataclass(frozen=True, slots=True)
class DatedPage:
    """Where dates are looked for."""

    document: Document
    markup: Markup
    lines: NearLines
    text: str | None
    """Of the story."""
    selector: str | None
    """Of the element that holds the date, by the site's rules."""
    shown: ShownDates


def readings_of(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    """Read the date in all places, the most trusted first; some only where no other answers.

    Script data, which are dear to read, are asked only where nothing before them gave an exact moment with its zone.
    """
    found = exact = False
    for place in _PLACES:
        if exact and place is _in_script:
            continue
        for reading in place(page, reader):
            found = True
            exact = exact or (is_exact(reading.moment) and reading.moment.tz == "stated")
            yield reading
    for place in () if found else _LAST_PLACES:
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
    for name in meta_names()["published"]:
        if (value := page.markup.first(name)) and (moment := reader.read(value)):
            yield Reading(moment, "meta", "meta")


def _in_ambiguous_meta(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for name in meta_names()["ambiguous"]:
        if (value := page.markup.first(name)) and (moment := reader.read(value)):
            yield Reading(moment, "meta", AMBIGUOUS)


def _in_other_meta(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    """Read meta elements of a site's own names that say publication and hold a date as systems write it."""
    for name, values in page.markup.meta.items():
        if _OF_PUBLICATION.search(name) and _WRITTEN.match(values[0]) and (moment := reader.read(values[0])):
            yield Reading(moment, "meta", "meta")


def _in_calls(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    """Read a date with its clock out of a short script that writes it into the page."""
    for script, text in islice(page.document.scripts, MAX_CALLS):
        match = _WRITTEN_IN_CALL.search(text) if len(text) <= LONGEST_CALL and script.tag == "script" else None
        if match and (moment := reader.read(match[1])) and is_exact(moment):
            yield Reading(moment, "text", "script")


def _in_microdata(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for element in page.markup.props.get("datepublished", ())[:3]:
        if moment := reader.read(_stated(element)):
            yield Reading(moment, "time", "microdata")


def _in_script(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for raw in page.markup.script.story.published[:MAX_SCRIPT_DATES]:
        if moment := reader.read(raw, fallback=False):
            yield Reading(moment, "script", "script")


def _in_url(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    markup = page.markup
    if day := url_day(markup.url, reader.now) or url_day(markup.canonical or "", reader.now):
        yield _of_day(day)


def _in_name(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    if day := named_day(page.markup.url, reader.now):
        yield _of_day(day)


def _of_day(day: datetime) -> Reading:
    return Reading(Moment(day, "day", "assumed", day.date().isoformat(), day=day.date()), "url", "url")


def _in_created(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for element in page.markup.props.get("datecreated", ())[:1]:
        if moment := reader.read(_stated(element)):
            yield Reading(moment, "time", "microdata")


def _in_changes(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    for raw in changes_of(page.markup):
        if moment := reader.read(raw):
            yield Reading(moment, "meta", "modified")
            return


def _shown(name: str) -> Callable[[DatedPage, DateReader], Iterator[Reading]]:
    """Make a place of a method of `ShownDates`."""

    def place(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
        del reader  # the page's dates have theirs
        reading: Iterator[Reading] = getattr(page.shown, name)()
        return reading

    return place


def _in_text(page: DatedPage, reader: DateReader) -> Iterator[Reading]:
    del reader
    return page.shown.in_text(page.text)


_PLACES: tuple[Callable[[DatedPage, DateReader], Iterator[Reading]], ...] = (
    _by_rule, _in_jsonld, _in_meta, _in_microdata, _shown("in_times"), _in_ambiguous_meta, _in_script,
    _shown("in_lines"), _shown("in_classes"), _shown("in_far_times"), _in_url, _shown("in_titles"), _in_text,
    _shown("in_updates"), _shown("in_late_lines"), _in_name,
)  # fmt: skip
"""The most trusted first."""
_LAST_PLACES: tuple[Callable[[DatedPage, DateReader], Iterator[Reading]], ...] = (
    _in_created, _in_other_meta, _shown("in_page"), _in_calls, _in_changes,
)  # fmt: skip
"""Asked where no other place answers."""


def changes_of(markup: Markup) -> Iterator[str]:
    """Return the dates of the last change, as written."""
    node = markup.article or {}
    if raw := jsonld.string(node.get("dateModified") or node.get("upDate") or node.get("dateUpdate")):
        yield raw
    for name in meta_names()["modified"]:
        if value := markup.first(name):
            yield value
    for element in markup.props.get("datemodified", ())[:1]:
        if raw := _stated(element):
            yield raw


def _stated(element: HtmlElement) -> str:
    """Read the value of an element with microdata."""
    stated = element.get("content") or element.get("datetime")
    if not stated and element.tag == "abbr":
        stated = element.get("title")
    return str(stated or text_of(element))
