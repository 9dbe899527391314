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
    from collections.abc import Iterator

EARLIEST_DATE = datetime(1990, 1, 1, tzinfo=UTC)  # no news page is older
CLOCK_SLACK = timedelta(hours=26)  # a day's date is ahead of UTC by up to 14 hours; servers' clocks err too
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
    if text.isdigit():
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


def _full_date(match: re.Match[str], lang: str | None) -> tuple[int, int, int] | None:
    part = match.groupdict()
    if part["y"]:
        return int(part["y"]), int(part["m"]), int(part["d"])
    if part["cy"]:
        year = int("".join(str(forms.DIGITS[c]) for c in part["cy"]))
        return year, _cjk_number(part["cm"]), _cjk_number(part["cd"])
    if part["era"]:
        year = 1 if part["ey"] in forms.FIRST_YEAR else int(part["ey"])
        return forms.ERAS[part["era"]] + year, int(part["em"]), int(part["ed"])
    if part["ny"]:
        first, second, year = int(part["n1"]), int(part["n2"]), int(part["ny"])
        if len(part["ny"]) == 2:
            if part["nsep"] == "-":
                return None
            year += 2000 if year < 70 else 1900
        month_first = second > 12 or (first <= 12 and part["nsep"] == "/" and lang in forms.MONTH_FIRST)
        return (year, first, second) if month_first else (year, second, first)
    for named, numbered, dated in (("mname", "md", "my"), ("aname", "ad", "ay")):
        if part[named]:
            month = forms.months().get(part[named].lower().strip("."))
            number = int(part[dated])
            # Thai pages count from the Buddha.
            return (number - 543 if number > 2400 else number, month, int(part[numbered])) if month else None
    month = forms.months().get(part["bname"].lower())
    day = part["bd1"] or part["bd2"]
    return (int(part["by"]), month, int(day)) if month and day else None


def _cjk_number(text: str) -> int:
    if forms.TEN not in text:
        return int("".join(str(forms.DIGITS[c]) for c in text))
    tens, _, ones = text.partition(forms.TEN)
    return (forms.DIGITS[tens] if tens else 1) * 10 + (forms.DIGITS[ones] if ones else 0)


def _with_time(
    text: str, match: re.Match[str], day: tuple[int, int, int], now: datetime, zone: tzinfo, lang: str | None
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


def _clock(match: re.Match[str]) -> tuple[int, int, int | None, int] | None:
    hour, minute = int(match["h"]), int(match["mi"] or 0)
    if match["mi"] is None and not match["half"] and not match["ampm"] and not forms.HOUR_SIGN.search(match.group()):
        return None
    half = (match["half"] or "").lower() or (match["ampm"] or "").lower()
    if hour <= forms.LATEST_HOURS.get(half, -1):
        hour += 12
    elif half in forms.MORNING and hour == 12:
        hour = 0
    if hour == 24 and minute == 0:
        hour = 0
    if hour > 23 or minute > 59:
        return None
    return hour, minute, int(match["s"]) if match["s"] and int(match["s"]) < 60 else None, 0


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
    if forms.JUST_NOW.match(text):
        yield Moment(now.astimezone(UTC), "minute", "stated", text.strip())
        return
    for match in forms.AGO.finditer(text):
        unit = match["unit"].lower()
        seconds = forms.UNIT_SECONDS.get(unit) or forms.UNIT_SECONDS.get(unit.rstrip("s"))
        if seconds is None or (
            unit in forms.DAYS_OF_MONTH_TOO and not any(f"{unit}{ago}" in match.group() for ago in forms.AGO_WORDS)
        ):
            continue
        word = match["n"]
        count = int(word) if word.isdigit() else forms.AGO_COUNTS[word]
        age = timedelta(seconds=seconds * count)
        if age > now - EARLIEST_DATE:
            continue
        at = now.astimezone(UTC) - age
        if seconds >= 86400:
            local = at.astimezone(zone)
            at = datetime(local.year, local.month, local.day, tzinfo=UTC)
            yield Moment(at, "day", "assumed", match.group(), match.start())
        else:
            yield Moment(at.replace(microsecond=0), "minute", "stated", match.group(), match.start())
        return
    match_day = forms.DAY_NAME.search(text) or forms.UNSPACED_DAY_NAME.search(text)
    if match_day:
        local = now.astimezone(zone) - timedelta(days=forms.DAYS_AGO[match_day.group().lower()])
        moment = _with_time(text, match_day, (local.year, local.month, local.day), now, zone, lang)
        # 今日 and "today" begin sentences and brand names; with a clock time beside them they are dates.
        if moment is not None and (moment.precision != "day" or text.strip().lower() in forms.DAYS_AGO):
            yield moment


def _believe(
    day: tuple[int, int, int],
    clock: tuple[int, int, int | None, int] | None,
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
