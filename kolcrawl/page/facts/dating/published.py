"""When the story was published: the dates of all places, checked against each other."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, timedelta, tzinfo
from typing import TYPE_CHECKING

from kolcrawl.items import Published
from kolcrawl.page.facts.dating.date_places import AMBIGUOUS, DatedPage, changes_of, readings_of
from kolcrawl.page.facts.dating.date_reader import DateReader, Reading, is_exact, is_same_day
from kolcrawl.page.facts.dating.shown_dates import NearLines, ShownDates
from kolcrawl.page.facts.dating.url_days import url_day
from kolcrawl.text.relative_dates import is_age

if TYPE_CHECKING:
    from datetime import date, datetime

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.page import StoryFacts
    from kolcrawl.text.moments import Moment

SAME_DATE = timedelta(hours=36)  # two readings of one date may lie a zone and a night apart
FAR_FROM_URL = timedelta(days=2.5)  # from the day in the page's address to a date that is doubted
LONG_AFTER_URL = timedelta(days=180)
WESTMOST_CLOCK, EASTMOST_CLOCK = timedelta(hours=-12), timedelta(hours=14)  # of UTC, the clocks of the world
CLOCK_STEP = timedelta(minutes=15)  # clocks of the world differ by multiples of it
MISTAKEN_UTC = timedelta(hours=7)  # ahead of UTC: a clock there that UTC shows too was written with a wrong zone
_SHOWN = frozenset(("time", "text"))
_NUMERIC = re.compile(r"^\d{1,2}/\d{1,2}/\d{4}")


def read_published(
    document: Document,
    markup: Markup,
    story: StoryFacts,
    lines: NearLines,
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
    reader = DateReader(now, zone, lang)
    shown = ShownDates(document, markup, lines, reader)
    readings: list[Reading] = []
    for reading in readings_of(DatedPage(document, markup, lines, story.text, selector, shown), reader):
        readings.append(reading)
        if _is_enough(readings, markup.url, reader):
            break
    if readings:
        best = _choose(readings, markup.url, reader)
        best, day = _as_shown(best, readings, reader)
        moment = best.moment
        story.published_at = moment.at
        story.published = Published(
            raw=moment.raw,
            source=best.source,  # type: ignore[typeddict-item]  # one of the five by construction
            precision=moment.precision,
            tz=moment.tz,
            day=day.isoformat(),
            year=moment.year,
        )
        story.sources["published_at"] = best.place
    modified = next((change for raw in changes_of(markup) if (change := reader.read(raw))), None)
    if modified and (story.published_at is None or modified.at >= story.published_at - SAME_DATE):
        story.modified_at = modified.at


def _is_enough(readings: list[Reading], url: str, reader: DateReader) -> bool:
    """Tell whether no further place needs to be asked: those that show dates are, where the first knows UTC alone."""
    first, last = readings[0].moment, readings[-1]
    if not _is_conclusive(readings[0], url, reader):
        return False
    if first.tz != "stated":
        return last.source not in ("jsonld", "meta", "time")
    return not _is_utc(first) or last.source == "text"


def _is_utc(moment: Moment) -> bool:
    """Tell whether a moment was printed in UTC, which says nothing of the day where it was."""
    return moment.tz == "stated" and (moment.day is None or _printed_offset(moment) == timedelta(0))


def _printed_offset(moment: Moment) -> timedelta | None:
    """Tell how far ahead of UTC the printed clock is, as far as the printed day tells."""
    match = re.search(r"[T ](\d{2}):(\d{2})", moment.raw)
    if match is None or moment.day is None:
        return None
    printed = moment.at.replace(
        year=moment.day.year,
        month=moment.day.month,
        day=moment.day.day,
        hour=int(match[1]) % 24,
        minute=int(match[2]) % 60,
    )
    return printed.replace(second=0, microsecond=0) - moment.at.replace(second=0, microsecond=0)


def _is_far_from_url(reading: Reading, url: str, reader: DateReader) -> bool:
    day = url_day(url, reader.now)
    return day is not None and abs(reading.moment.at - day) > FAR_FROM_URL


def _is_conclusive(reading: Reading, url: str, reader: DateReader) -> bool:
    moment = reading.moment
    sure = reading.place != AMBIGUOUS and moment.year == "stated" and not is_age(moment.raw)
    return sure and is_exact(moment) and not _is_far_from_url(reading, url, reader) and not _NUMERIC.match(moment.raw)


def _choose(readings: list[Reading], url: str, reader: DateReader) -> Reading:
    """Choose the best of several readings: the first, unless one of the others corrects it or is more exact."""
    best = readings[0]
    if best.place == AMBIGUOUS:
        best = _shown_before(best, readings)
    if best.moment.year == "assumed" or is_age(best.moment.raw):
        best = _in_full(best, readings)
    if _NUMERIC.match(best.moment.raw):
        best = _in_other_order(best, readings, reader)
    if _is_far_from_url(best, url, reader) and not _is_agreed(best, readings, url, reader):
        best = _near_url(best, readings, url, reader)
    if not is_exact(best.moment):
        return _exact_on_same_day(best, readings, reader)
    return _with_zone(best, readings) if best.moment.tz == "assumed" else _without_wrong_zone(best, readings, reader)


def _shown_before(best: Reading, readings: list[Reading]) -> Reading:
    shown = next((reading for reading in readings if reading.source in _SHOWN), best)
    return shown if shown.moment.at < best.moment.at - SAME_DATE else best


def _in_full(best: Reading, readings: list[Reading]) -> Reading:
    """Choose a date that was printed with its year, on the same day of the year, rather than one without or an age."""
    for other in readings:
        if other.moment.year == "stated" and not is_age(other.moment.raw):
            same = (other.moment.at.month, other.moment.at.day) == (best.moment.at.month, best.moment.at.day)
            if is_age(best.moment.raw) or same:
                return other
    return best


def _in_other_order(best: Reading, readings: list[Reading], reader: DateReader) -> Reading:
    """Read 3/2 as 2/3 where another place says that day, and none the first."""
    days = {reading.moment.day for reading in readings if not _NUMERIC.match(reading.moment.raw)}
    other = reader.read_other_order(best.moment.raw)
    if other is None or other.day not in days or best.moment.day in days:
        return best
    return Reading(other, best.source, best.place)


def _is_agreed(best: Reading, readings: list[Reading], url: str, reader: DateReader) -> bool:
    """Tell whether two kinds of markup give the same date, and not one of long after the day in the address.

    A page that has moved to another system often has the day of the move in all its markup.
    """
    day = url_day(url, reader.now)
    if day and best.moment.at - day > LONG_AFTER_URL:
        return False
    near = (reading for reading in readings if abs(reading.moment.at - best.moment.at) <= SAME_DATE)
    return len({reading.source for reading in near} - {"url"}) > 1


def _near_url(best: Reading, readings: list[Reading], url: str, reader: DateReader) -> Reading:
    """Choose a reading near the day in the page's address, an exact one if there is; the last is that day itself."""
    day = url_day(url, reader.now)
    near = [reading for reading in readings if day and abs(reading.moment.at - day) <= SAME_DATE]
    return next((reading for reading in near if is_exact(reading.moment)), near[0]) if near else best


def _exact_on_same_day(best: Reading, readings: list[Reading], reader: DateReader) -> Reading:
    for other in readings:
        if is_exact(other.moment) and is_same_day(best.moment, other.moment, reader.zone):
            return other
    return best


def _with_zone(best: Reading, readings: list[Reading]) -> Reading:
    """Choose a reading of the same clock time with its zone beside it."""
    for other in readings:
        if other.moment.tz == "stated" and _clock(other.moment) == _clock(best.moment):
            return other
    return best


def _without_wrong_zone(best: Reading, readings: list[Reading], reader: DateReader) -> Reading:
    """Choose the shown clock far east of UTC where markup gives the same one as UTC: it has the wrong zone."""
    if _is_utc(best.moment):
        for other in readings:
            ahead = best.moment.at - other.moment.at
            if other.source in _SHOWN and other.moment.tz == "assumed" and is_exact(other.moment):
                local = best.moment.at.astimezone(reader.zone)
                if ahead == local.utcoffset() and ahead >= MISTAKEN_UTC:
                    return other
    return best


def _as_shown(best: Reading, readings: list[Reading], reader: DateReader) -> tuple[Reading, date]:
    """Find the day that the page prints, which may be another than in UTC.

    Returns: the reading, in the words in which the page shows the same moment by the local clock, or its local day
        where that is another than in UTC; and the day.
    """
    moment = best.moment
    own = moment.day or moment.at.astimezone(reader.zone).date()
    if not is_exact(moment) or not _is_utc(moment) or is_age(moment.raw):
        return best, own
    for other in readings:
        shown = other.moment
        if shown.day is None or other is best or abs(shown.day - moment.at.date()) > timedelta(days=1):
            continue
        if other.source in _SHOWN and is_exact(shown) and not _is_utc(shown) and _shows(shown, moment, reader):
            return Reading(replace(moment, raw=shown.raw, day=shown.day), best.source, best.place), shown.day
    for other in readings:
        shown = other.moment
        if shown.day and other.source in (*_SHOWN, "url") and _may_be_day(shown.day, moment.at):
            if shown.day == moment.at.date():
                return best, shown.day
            return Reading(replace(moment, raw=shown.raw, day=shown.day), best.source, best.place), shown.day
    return best, own


def _shows(shown: Moment, moment: Moment, reader: DateReader) -> bool:
    """Tell whether a shown clock is that of a moment, in some zone of the world."""
    if shown.tz == "stated":
        return abs(shown.at - moment.at) < timedelta(minutes=1)
    ahead = shown.at.astimezone(reader.zone).replace(tzinfo=UTC) - moment.at.replace(second=0, microsecond=0)
    ahead -= timedelta(seconds=shown.at.second)
    return WESTMOST_CLOCK <= ahead <= EASTMOST_CLOCK and ahead % CLOCK_STEP == timedelta(0)


def _may_be_day(day: date, at: datetime) -> bool:
    """Tell whether it is that day somewhere in the world at a moment."""
    return (at + WESTMOST_CLOCK).date() <= day <= (at + EASTMOST_CLOCK).date()


def _clock(moment: Moment) -> str:
    return re.sub(r"\D", "", moment.raw[:19])
