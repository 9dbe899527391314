"""When the story was published: every place a page says it, in order of trust, with a check between them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from kolcrawl.items import Published
from kolcrawl.page.facts import jsonld
from kolcrawl.page.facts.meta import meta_names
from kolcrawl.page.html import PAGE_MARGINS
from kolcrawl.text.dates import EARLIEST_DATE, Moment, find_dates, read_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.page import StoryFacts

_UPDATE = re.compile(
    r"(?:更新|修改|最终|最終|updated?|modified|edited|aktualisiert|stand|actualizado|actualiz|mis à jour|modifié"
    r"|aggiornat|atualizad|aktualiz|oppdatert|uppdaterad|opdateret|güncelle|обновлен|수정|päivitetty)[^0-9]{0,25}$",
    re.IGNORECASE,
)
_NOT_ABOUT = re.compile(
    r"comment|related|recommend|sidebar|aside|footer|widget|teaser|card|promo|archive|event|popular|trending|most-read|newsletter|copyright",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"publi|posted|date|time|entry|byline|meta|info|creat|stamp|article|story|post", re.IGNORECASE)
_STAMP_CLASS = re.compile(
    r"(?:^|[\s_-])(?:pub|publish|published|post|posted|article|news|entry|create|release|source|info)?[\s_-]*(?:date|time|pubtime|pubdate|datetime|timestamp|shijian|riqi|fabu)(?:$|[\s_-])|pub_?(?:time|date)|publish[-_]?(?:time|date|info)|post[-_]?(?:time|date|info)|article[-_]?(?:time|date|info)|news[-_]?(?:time|date|info)|byline",
    re.IGNORECASE,
)
_URL_DAY = re.compile(
    r"(?<!\d)(?:(?P<y1>(?:19|20)\d\d)(?P<sep>[/_-])(?P<m1>\d{1,2})(?P=sep)(?P<d1>\d{1,2})(?!\d)"  # /2026/3/2/
    r"|(?P<y2>20\d\d)/(?P<m2>\d\d)(?P<d2>\d\d)(?=/)"  # /2026/0302/
    r"|(?P<y3>20\d\d)(?P<m3>\d\d)/(?P<d3>\d\d)(?=/)"  # /202603/02/
    r"|(?<![a-su-zA-Z])(?P<y4>20\d\d)(?P<m4>\d\d)(?P<d4>\d\d)(?:\d{6})?(?=[/_.-]|$))"  # /20260302/, /t20260302_1.shtml
)
_DATA = ("data-published", "data-datetime", "data-time", "data-date", "data-timestamp")  # where scripts write the rest
_TWELVE = re.compile(r"\d\s?[ap]\.?m\b", re.IGNORECASE)
_EASTERN = ZoneInfo("America/New_York")
NEAR = timedelta(hours=36)  # two readings of one date may lie a zone and a night apart


VAGUE = "date"  # place of a reading that an earlier date in plain sight overrules


class Reading(NamedTuple):
    """One place's answer."""

    moment: Moment
    source: str
    place: str


def read_published(
    document: Document,
    markup: Markup,
    story: StoryFacts,
    lines: tuple[list[str], list[str]],
    *,
    now: datetime,
    zone: tzinfo,
    lang: str | None,
    selector: str | None = None,
) -> None:
    """Fill in `published_at`, `published` and `modified_at` of `story`.

    The first place that answers is believed, except that a mere day is refined by another place's time on the
    same day, and that a date far from the one in the page's own URL yields to one near it.
    """
    reader = _Reader(now, zone, lang)
    readings: list[Reading] = []
    for reading in _readings(document, markup, lines, selector, reader):
        readings.append(reading)
        if reading.source not in ("jsonld", "meta", "time") and _settled(readings[0], markup.url, reader):
            break
        if readings[0].moment.tz == "stated" and _settled(readings[0], markup.url, reader):
            break
    if readings:
        best = _settle(readings, markup.url, reader)
        moment = best.moment
        story.published_at = moment.at
        story.published = Published(
            raw=moment.raw,
            source=best.source,  # type: ignore[typeddict-item]  # one of the five by construction
            precision=moment.precision,
            tz=moment.tz,
        )
        story.sources["published_at"] = best.place
    modified = next((m for raw in _modified(markup) if (m := reader.read(raw))), None)
    if modified and (story.published_at is None or modified.at >= story.published_at - NEAR):
        story.modified_at = modified.at


class _Reader:
    """`read_date` with what is known of the page."""

    __slots__ = ("lang", "now", "zone")

    def __init__(self, now: datetime, zone: tzinfo, lang: str | None) -> None:
        self.now, self.zone, self.lang = now, zone, lang

    def read(self, raw: str | None, *, fallback: bool = True) -> Moment | None:
        moment = read_date(raw, now=self.now, zone=self.zone, lang=self.lang, fallback=fallback) if raw else None
        return self._by_clock(moment) if moment else None

    def find(self, text: str) -> Iterator[Moment]:
        return map(self._by_clock, find_dates(text, now=self.now, zone=self.zone, lang=self.lang))

    def _by_clock(self, moment: Moment) -> Moment:
        """On a page whose country nothing tells, a clock of twelve hours is read as the United States' east."""
        if self.zone is UTC and moment.tz == "assumed" and moment.precision != "day" and _TWELVE.search(moment.raw):
            local = moment.at.replace(tzinfo=_EASTERN).astimezone(UTC)
            return replace(moment, at=local) if local <= self.now else moment
        return moment


def _exact(moment: Moment) -> bool:
    """Whether it has a time of day; midnight sharp is what systems write for a day."""
    if moment.precision == "day":
        return False
    return not (
        moment.at.hour == moment.at.minute == moment.at.second == 0 or re.search(r"[T ]00:00(?::00)?", moment.raw)
    )


def url_day(url: str, now: datetime) -> datetime | None:
    """The day that the path of an address carries (`/2026/03/02/`, `/20260302/`, `/2026-03-02-`), midnight UTC."""
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


def _doubtful(reading: Reading, url: str, reader: _Reader) -> bool:
    day = url_day(url, reader.now)
    return day is not None and abs(reading.moment.at - day) > timedelta(days=2.5)


def _settled(reading: Reading, url: str, reader: _Reader) -> bool:
    return reading.place != VAGUE and _exact(reading.moment) and not _doubtful(reading, url, reader)


def _settle(readings: list[Reading], url: str, reader: _Reader) -> Reading:
    best = readings[0]
    if best.place == VAGUE:
        shown = next((r for r in readings if r.source in ("time", "text")), best)
        best = shown if shown.moment.at < best.moment.at - NEAR else best
    if _doubtful(best, url, reader):
        day = url_day(url, reader.now)
        near = [r for r in readings if day and abs(r.moment.at - day) <= NEAR]  # at last the URL's own day
        best = next((r for r in near if _exact(r.moment)), near[0]) if near else best
    if not _exact(best.moment):
        for other in readings:
            if _exact(other.moment) and _same_day(best.moment, other.moment, reader.zone):
                return other
    elif best.moment.tz == "assumed":
        for other in readings:  # the same clock time with its zone beside it
            if other.moment.tz == "stated" and _clock(other.moment) == _clock(best.moment):
                return other
    return best


def _clock(moment: Moment) -> str:
    return re.sub(r"\D", "", moment.raw[:19])


def _same_day(day: Moment, other: Moment, zone: tzinfo) -> bool:
    printed = day.at if day.precision == "day" else day.at.astimezone(zone)
    local = other.at.astimezone(zone)
    return printed.date() in (local.date(), other.at.date())


def _readings(
    document: Document, markup: Markup, lines: tuple[list[str], list[str]], selector: str | None, reader: _Reader
) -> Iterator[Reading]:
    if selector:
        for element in document.root.cssselect(selector)[:1]:
            if moment := reader.read(element.get("datetime") or element.text_content()):
                yield Reading(moment, "text", "rule")
    node = markup.article
    if node:
        for key in ("datePublished", "pubDate", "dateCreated", "uploadDate"):
            if moment := reader.read(jsonld.string(node.get(key))):
                yield Reading(moment, "jsonld", "jsonld")
                break
    for name in meta_names()["published"]:
        if (value := markup.first(name)) and (moment := reader.read(value)):
            yield Reading(moment, "meta", "meta")
    for name in meta_names()["vague"]:
        if (value := markup.first(name)) and (moment := reader.read(value)):
            yield Reading(moment, "meta", VAGUE)
    for element in markup.props.get("datepublished", ())[:3]:
        raw = element.get("content") or element.get("datetime") or element.text_content()
        if moment := reader.read(raw):
            yield Reading(moment, "time", "microdata")
    yield from _from_times(markup, reader)
    yield from _from_lines(lines, reader)
    yield from _from_classes(document, reader)
    if (day := url_day(markup.url, reader.now)) or (day := url_day(markup.canonical or "", reader.now)):
        yield Reading(Moment(day, "day", "assumed", day.date().isoformat()), "url", "url")
    for element in markup.props.get("datecreated", ())[:1]:
        if moment := reader.read(element.get("content") or element.get("datetime") or element.text_content()):
            yield Reading(moment, "time", "microdata")
    for raw in _modified(markup):
        if moment := reader.read(raw):
            yield Reading(moment, "meta", "modified")
            break


def _from_times(markup: Markup, reader: _Reader) -> Iterator[Reading]:
    """The time elements: those marked as publication first, none from lists, comments and side columns."""
    plain: list[HtmlElement] = []
    ranked: list[HtmlElement] = []
    for element in markup.times[:40]:
        words = _words(element)
        if _UPDATE.search(words) or re.search("updat|modif|edit", words, re.IGNORECASE):
            continue
        if any(
            _NOT_ABOUT.search(_words(up)) or up.tag in ("aside", "nav", "footer", "li") for up in _ancestors(element, 5)
        ):
            continue
        (ranked if "pubdate" in element.attrib or _ABOUT.search(words) else plain).append(element)
    for element in ranked[:3] + plain[:3]:
        before = (element.getprevious().tail if element.getprevious() is not None else element.getparent().text) or ""
        if _UPDATE.search(before.strip()):
            continue
        named = next((value for name in _DATA if (value := element.get(name))), None)
        stated = reader.read(element.get("datetime") or named, fallback=False)
        shown = reader.read(element.text_content().strip()[:200], fallback=stated is None)
        if stated and shown and not _exact(stated) and _exact(shown) and _same_day(stated, shown, reader.zone):
            stated = shown
        if moment := stated or shown:
            yield Reading(moment, "time", "time")


def _from_lines(lines: tuple[list[str], list[str]], reader: _Reader) -> Iterator[Reading]:
    """Dates in the visible lines about the headline; those said to be updates come last."""
    late = []
    before, after = lines
    for line in [*after, *before[::-1]]:
        if len(line) > 160 or not any(c.isdigit() or c in "天日昨今刚剛hinut" for c in line):
            continue
        for moment in reader.find(line):
            if moment.start > 90 or not any(c.isdigit() or c in "刚剛半" for c in moment.raw):
                break  # "today" alone is a menu's word
            reading = Reading(moment, "text", "text")
            if _UPDATE.search(line[: moment.start]):
                late.append(reading)
            else:
                yield reading
    yield from late


@lru_cache(maxsize=20_000)
def _is_stamp(words: str) -> bool:
    return bool(_STAMP_CLASS.search(words)) and not _NOT_ABOUT.search(words)


def _from_classes(document: Document, reader: _Reader) -> Iterator[Reading]:
    """Dates in elements whose class says that they hold one, wherever they stand."""
    given = 0
    for element in document.root.iter("span", "div", "p", "em", "i", "li", "td", "a", "small", "b"):
        words = element.get("class") or element.get("id")
        if not words or not _is_stamp(words):
            continue
        text = element.text_content().strip()
        if not 4 <= len(text) <= 120 or _UPDATE.search(text[:20]):
            continue
        if any(_NOT_ABOUT.search(_words(up)) or up.tag in PAGE_MARGINS for up in _ancestors(element, 4)):
            continue
        for moment in reader.find(text):
            yield Reading(moment, "text", "class")
            given += 1
            break
        if given >= 3:
            return


def _modified(markup: Markup) -> Iterator[str]:
    if markup.article and (raw := jsonld.string(markup.article.get("dateModified") or markup.article.get("upDate"))):
        yield raw
    for name in meta_names()["modified"]:
        if value := markup.first(name):
            yield value
    for element in markup.props.get("datemodified", ())[:1]:
        if raw := element.get("content") or element.get("datetime") or element.text_content():
            yield raw


def _words(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def _ancestors(element: HtmlElement, levels: int) -> Iterator[HtmlElement]:
    for level, up in enumerate(element.iterancestors()):
        if level >= levels or up.tag in ("body", "article", "main"):
            return
        yield up
