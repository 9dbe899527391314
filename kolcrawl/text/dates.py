"""Read dates as pages print them, to UTC. Pure functions; the clock and the site's zone are passed in.

The forms nearly all pages use (ISO 8601, numeric, East Asian, month names, relative) are read by regular
expressions in microseconds; `dateparser`, a thousand times slower, is asked only about short strings that no
form fits. A date before 1990 or in the future is not believed. A date without a time is kept as midnight UTC of
the printed day (it is a day, not a moment), whatever the zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Literal

from kolcrawl.text import date_forms as forms
from kolcrawl.text.zones import zone_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EARLIEST_DATE = datetime(1990, 1, 1, tzinfo=UTC)  # no news page is older
CLOCK_SLACK = timedelta(hours=26)  # a day's date is ahead of UTC by up to 14 hours; servers' clocks err too
DAY_SECONDS = 86_400
BUDDHIST_YEARS = 543  # Thai pages count from the Buddha
LAST_YEAR = 2400  # a later one is counted so
FALLBACK_LENGTH = 60  # characters; dateparser finds dates in any longer prose

Precision = Literal["second", "minute", "day"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as read from a page."""

    at: datetime
    """UTC, aware; midnight when `precision` is `day`."""
    precision: Precision
    tz: Literal["stated", "assumed"]
    raw: str
    """The characters it was read from."""
    start: int = 0
    """Where they begin in the text that was searched."""


def read_date(
    raw: str, *, now: datetime, zone: tzinfo = UTC, lang: str | None = None, fallback: bool = True
) -> Moment | None:
    """Read a string that is a date, such as the value of a meta element or of `<time datetime>`.

    Args:
        raw: the string; markup and surrounding words are tolerated, the first date in it counts.
        now: aware; relative dates count from it, later dates are not believed.
        zone: in which a time without zone is read (`zone_of`).
        lang: BCP 47 tag; decides between 2/3 and 3/2, and what dateparser looks for.
        fallback: whether dateparser may be asked when no form fits.

    Returns: the moment, or None when there is no date to be believed.
    """
    text = raw.strip()
    if not text or len(text) > 400:
        return None
    if match := forms.ISO.match(text):
        # A dump of a script or a database may go on behind the date; the rest does not matter.
        return _iso(match, text, now, zone, lang)
    if text.isdecimal():
        return _digits(text, now, zone)
    for moment in find_dates(forms.ASCTIME.sub(r"\1 \3 \2", text), now=now, zone=zone, lang=lang):
        return moment
    if match := forms.COMPACT.match(text):
        return _digits("".join(part for part in match.groups()[:6] if part), now, zone)
    if (
        fallback
        and len(text) <= FALLBACK_LENGTH
        and any(c.isdigit() for c in text)
        and not forms.BARE_CLOCK.match(text)
    ):
        return _ask_dateparser(text, now, zone, lang)
    return None


def find_dates(text: str, *, now: datetime, zone: tzinfo = UTC, lang: str | None = None) -> Iterator[Moment]:
    """Find the dates printed in a piece of text: full dates, else dates without year, else relative ones, in order.

    Arguments as for `read_date`; dateparser is never asked.
    """
    found = False
    for match in forms.FULL_DATE.finditer(text):
        day = _full_date(match, lang)
        if day is None:
            continue
        moment = _with_time(text, match, day, now, zone, lang)
        if moment is not None:
            found = True
            yield moment
    if found:
        return
    for match in forms.DATE_WITHOUT_YEAR.finditer(text):
        moment = _without_year(text, match, now, zone, lang)
        if moment is not None:
            found = True
            yield moment
    if not found:
        yield from _relative(text, now, zone, lang)


def _iso(match: re.Match[str], text: str, now: datetime, zone: tzinfo, lang: str | None) -> Moment | None:
    year, month, day, hour, minute, second, fraction, stated = match.groups()
    if hour is None:
        tail = forms.TIME_AFTER.match(text, match.end())
        if tail:
            return _with_time(text, match, (int(year), int(month), int(day)), now, zone, lang)
        return _believe((int(year), int(month), int(day)), None, None, zone, now, match.group(), 0)
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    offset = zone_named(stated, lang) if stated else None
    if offset is None and (named := forms.ZONE_AFTER.match(text, match.end())):
        offset = zone_named(named.group(1), lang)
    clock = (int(hour), int(minute), int(second) if second else None, micro)
    if offset is None and not any(clock[:3]) and second:
        return _believe(
            (int(year), int(month), int(day)), None, None, zone, now, match.group(), 0
        )  # a system's way to write a day
    return _believe((int(year), int(month), int(day)), clock, offset, zone, now, match.group(), 0)


def _digits(text: str, now: datetime, zone: tzinfo) -> Moment | None:
    if len(text) in (14, 12, 8) and text[:2] in ("19", "20"):
        clock = None
        if len(text) > 8:
            clock = (int(text[8:10]), int(text[10:12]), int(text[12:14]) if len(text) == 14 else None, 0)
        return _believe((int(text[:4]), int(text[4:6]), int(text[6:8])), clock, None, zone, now, text, 0)
    if len(text) in (10, 13) and text[0] in "123456789":
        at = datetime.fromtimestamp(int(text[:10]), UTC)
        return Moment(at, "second", "stated", text) if EARLIEST_DATE <= at <= now + CLOCK_SLACK else None
    return None


Day = tuple[int, int, int]
"""Year, month and day as read, of which none need exist."""
Clock = tuple[int, int, int | None, int]
"""Hour, minute, second where it is printed, microsecond."""
Parts = dict[str, str | None]
"""Groups of `forms.FULL_DATE` by name."""


def _full_date(match: re.Match[str], lang: str | None) -> Day | None:
    """Read the day of a full date, in the form of which the first group is there."""
    parts = match.groupdict()
    return next(read(parts, lang) for first, read in _DAY_READERS.items() if parts[first])


def _year_first(parts: Parts, _: str | None) -> Day:
    return _number(parts, "y"), _number(parts, "m"), _number(parts, "d")


def _written_out(parts: Parts, _: str | None) -> Day:
    return _cjk_number(parts["cy"] or ""), _cjk_number(parts["cm"] or ""), _cjk_number(parts["cd"] or "")


def _of_era(parts: Parts, _: str | None) -> Day:
    year = 1 if parts["ey"] in forms.FIRST_YEAR else _number(parts, "ey")
    return forms.ERAS[parts["era"] or ""] + year, _number(parts, "em"), _number(parts, "ed")


def _year_last(parts: Parts, lang: str | None) -> Day | None:
    first, second, year = _number(parts, "n1"), _number(parts, "n2"), _number(parts, "ny")
    if len(parts["ny"] or "") == 2:
        if parts["nsep"] == "-":
            return None
        year += 2000 if year < 70 else 1900
    if second > 12 or (first <= 12 and parts["nsep"] == "/" and lang in forms.MONTH_FIRST):
        return year, first, second
    return year, second, first


def _day_and_name(parts: Parts, _: str | None) -> Day | None:
    return _named(parts, "mname", "my", "md")


def _name_and_day(parts: Parts, _: str | None) -> Day | None:
    return _named(parts, "aname", "ay", "ad")


def _year_and_name(parts: Parts, _: str | None) -> Day | None:
    return _named(parts, "bname", "by", "bd1" if parts["bd1"] else "bd2")


def _named(parts: Parts, name: str, year: str, day: str) -> Day | None:
    month = forms.months().get((parts[name] or "").lower().strip("."))
    if month is None or not parts[day]:
        return None
    number = _number(parts, year)
    return number - BUDDHIST_YEARS if number > LAST_YEAR else number, month, _number(parts, day)


def _number(parts: Parts, name: str) -> int:
    return int(parts[name] or 0)


_DAY_READERS: dict[str, Callable[[Parts, str | None], Day | None]] = {
    "y": _year_first,
    "cy": _written_out,
    "era": _of_era,
    "ny": _year_last,
    "mname": _day_and_name,
    "aname": _name_and_day,
    "bname": _year_and_name,
}
"""For each form of `forms.FULL_DATE` a group that it alone has, and the rule that reads it."""


def _cjk_number(text: str) -> int:
    """Read a number up to ninety-nine, or a year, of Chinese digits."""
    if forms.TEN not in text:
        return int("".join(str(forms.DIGITS[c]) for c in text))
    tens, _, ones = text.partition(forms.TEN)
    return (forms.DIGITS[tens] if tens else 1) * 10 + (forms.DIGITS[ones] if ones else 0)


def _with_time(
    text: str, match: re.Match[str], day: Day, now: datetime, zone: tzinfo, lang: str | None
) -> Moment | None:
    clock = forms.TIME_AFTER.match(text, match.end())
    start, end = match.start(), match.end()
    hands = _clock(clock) if clock else None
    if clock and hands:
        end = clock.end()
    else:
        clock = forms.TIME_BEFORE.search(text[max(0, start - 40) : start])
        hands = _clock(clock) if clock else None
        if clock and hands:
            start -= len(clock.group())
    stated = zone_named(clock["zone"], lang) if clock and hands and clock["zone"] else None
    return _believe(day, hands, stated, zone, now, text[start:end].strip(), start)


def _clock(match: re.Match[str]) -> Clock | None:
    """Read a time; None for a mere number, and for what no clock shows."""
    if not (match["mi"] or match["half"] or match["ampm"] or forms.HOUR_SIGN.search(match.group())):
        return None
    half = (match["half"] or match["ampm"] or "").lower()
    hour, minute, second = _hour(int(match["h"]), half), int(match["mi"] or 0), int(match["s"] or 60)
    if hour == 24 and minute == 0:
        hour = 0
    if hour > 23 or minute > 59:
        return None
    return hour, minute, second if second < 60 else None, 0


def _hour(hour: int, half: str) -> int:
    """Bring an hour of a half of the day, if one is printed, to twenty-four hours."""
    if hour <= forms.LATEST_HOURS.get(half, -1):
        return hour + 12
    return 0 if hour == 12 and half in forms.MORNING else hour


def _without_year(text: str, match: re.Match[str], now: datetime, zone: tzinfo, lang: str | None) -> Moment | None:
    month, day = (int(match["m"] or match["m2"]), int(match["d"] or match["d2"]))
    if match["sep"] and not forms.TIME_AFTER.match(text, match.end()):
        return None  # 03-02 alone is a score or a range more often than a date
    for year in (now.year, now.year - 1):  # the latest such day that is not to come
        moment = _with_time(text, match, (year, month, day), now, zone, lang)
        if moment is not None:
            return moment
    return None


def _relative(text: str, now: datetime, zone: tzinfo, lang: str | None) -> Iterator[Moment]:
    """Read a date that is counted from now, one at most."""
    moment: Moment | None
    if forms.JUST_NOW.match(text):
        moment = Moment(now.astimezone(UTC), "minute", "stated", text.strip())
    else:
        ages = (_ago(match, now, zone) for match in forms.AGO.finditer(text))
        moment = next(filter(None, ages), None) or _named_day(text, now, zone, lang)
    if moment is not None:
        yield moment


def _ago(match: re.Match[str], now: datetime, zone: tzinfo) -> Moment | None:
    """Read an age, `3小时前`; one of days or more is a day."""
    unit = match["unit"].lower()
    seconds = forms.UNIT_SECONDS.get(unit) or forms.UNIT_SECONDS.get(unit.rstrip("s"))
    if seconds is None or _is_day_of_month(unit, match.group()):
        return None
    number = match["n"]
    age = timedelta(seconds=seconds * (int(number) if number.isdecimal() else forms.AGO_COUNTS[number]))
    if age > now - EARLIEST_DATE:
        return None
    at = now.astimezone(UTC) - age
    if seconds < DAY_SECONDS:
        return Moment(at.replace(microsecond=0), "minute", "stated", match.group(), match.start())
    local = at.astimezone(zone)
    day = datetime(local.year, local.month, local.day, tzinfo=UTC)
    return Moment(day, "day", "assumed", match.group(), match.start())


def _is_day_of_month(unit: str, printed: str) -> bool:
    """Tell whether a unit names the day of a month: `3日` rather than `3日前`."""
    return unit in forms.DAYS_OF_MONTH_TOO and not any(f"{unit}{ago}" in printed for ago in forms.AGO_WORDS)


def _named_day(text: str, now: datetime, zone: tzinfo, lang: str | None) -> Moment | None:
    """Read a day by name; with a clock beside it, as 今日 and "today" begin sentences and brand names, or alone."""
    match = forms.DAY_NAME.search(text) or forms.UNSPACED_DAY_NAME.search(text)
    days = forms.DAYS_AGO.get(match.group().lower()) if match else None
    if match is None or days is None:  # a letter that only case folding takes for one of the name's
        return None
    local = now.astimezone(zone) - timedelta(days=days)
    moment = _with_time(text, match, (local.year, local.month, local.day), now, zone, lang)
    if moment is None or (moment.precision == "day" and text.strip().lower() not in forms.DAYS_AGO):
        return None
    return moment


def _believe(
    day: Day,
    clock: Clock | None,
    stated: tzinfo | None,
    zone: tzinfo,
    now: datetime,
    raw: str,
    start: int,
) -> Moment | None:
    try:
        if clock is None:
            at = datetime(*day, tzinfo=UTC)
            precision: Precision = "day"
        else:
            hour, minute, second, micro = clock
            at = datetime(*day, hour, minute, second or 0, micro, tzinfo=stated or zone).astimezone(UTC)
            precision = "minute" if second is None else "second"
    except (ValueError, OverflowError):
        return None
    if not EARLIEST_DATE <= at <= now + CLOCK_SLACK:
        return None
    return Moment(at, precision, "stated" if stated else "assumed", raw, start)


def _ask_dateparser(text: str, now: datetime, zone: tzinfo, lang: str | None) -> Moment | None:
    import dateparser  # slow to import, seldom needed

    base = (lang or "").split("-")[0].lower()
    languages = [code for code in dict.fromkeys((base, "en")) if code in _dateparser_languages()]
    try:
        at = dateparser.parse(
            text,
            languages=languages,
            settings={
                "RELATIVE_BASE": now.astimezone(zone).replace(tzinfo=None),
                "PREFER_DATES_FROM": "past",
                "REQUIRE_PARTS": ["day", "month", "year"],
                "RETURN_AS_TIMEZONE_AWARE": False,
            },
        )
    except (ValueError, OverflowError, RecursionError):
        return None
    if at is None:
        return None
    stated = at.tzinfo is not None
    timed = bool(forms.CLOCK_ANYWHERE.search(text))
    clock = (at.hour, at.minute, at.second or None, 0) if timed else None
    return _believe((at.year, at.month, at.day), clock, at.tzinfo if stated else None, zone, now, text, 0)


@cache
def _dateparser_languages() -> frozenset[str]:
    from dateparser.data.languages_info import language_order

    return frozenset(language_order)
