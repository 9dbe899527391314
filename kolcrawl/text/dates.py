"""Read dates as pages print them, to UTC. Pure functions; the clock and the site's zone are passed in.

The forms nearly all pages use (ISO 8601, numeric, East Asian, month names, relative) are read by regular
expressions in microseconds; `dateparser`, a thousand times slower, is asked only about short strings that no
form fits. A date before 1990 or in the future is not believed. A date without a time is kept as midnight UTC of
the printed day (it is a day, not a moment), whatever the zone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import TYPE_CHECKING

from kolcrawl.text import date_forms as forms
from kolcrawl.text.calendars import BUDDHIST_SHORT_YEARS, common_day, month_named
from kolcrawl.text.moments import CLOCK_SLACK, EARLIEST_DATE, Day, Moment, believe, with_time
from kolcrawl.text.relative_dates import relative_dates
from kolcrawl.text.zones import zone_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FALLBACK_LENGTH = 60  # characters; dateparser finds dates in any longer prose
LONGEST_DATE = 400  # characters of a string that is read as a date
MAX_MISREADINGS = 20  # places in a text that have the form of a date and are none
FIRST_YEAR_OF_REPUBLIC = 1911  # of Taiwan's calendar, less one
_OTHER_DIGIT = re.compile(r"[^\D0-9]")


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
    text = _with_plain_digits(raw.strip())
    if not text or len(text) > LONGEST_DATE:
        return None
    if match := forms.ISO.match(text):
        # A dump of a script or a database may go on behind the date; the rest does not matter.
        return _iso(match, text, now, zone, lang)
    if match := forms.EPOCH.fullmatch(text):
        return _digits(match[1], now, zone)
    for moment in find_dates(text, now=now, zone=zone, lang=lang):
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
    text = forms.ASCTIME.sub(r"\1 \3 \2", text)
    plain = _with_plain_digits(text)
    found = False
    for moment in _find(plain, now, zone, lang) if forms.DIGIT.search(plain) else ():
        found = True
        yield moment if plain is text else _as_printed(moment, plain, text)
    if not found:
        yield from relative_dates(plain, now, zone, lang)


def _find(text: str, now: datetime, zone: tzinfo, lang: str | None) -> Iterator[Moment]:
    """Find full dates, else dates without year."""
    found = False
    position, misread = 0, 0 if forms.FULL_DATE_SIGN.search(text) else MAX_MISREADINGS
    while misread < MAX_MISREADINGS and (match := forms.FULL_DATE.search(text, position)):
        day = _full_date(match, lang)
        moment = with_time(text, match, day, now, zone, lang) if day else None
        position = match.end() if moment else match.start() + 1
        if moment is not None:
            found = True
            yield moment
        else:
            misread += 1
    if found:
        return
    for match in forms.DATE_WITHOUT_YEAR.finditer(text):
        moment = _without_year(text, match, now, zone, lang)
        if moment is not None:
            yield moment


def _with_plain_digits(text: str) -> str:
    """Write the digits of all scripts as those of ASCII."""
    if text.isascii() or not _OTHER_DIGIT.search(text):
        return text
    return _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)


def _as_printed(moment: Moment, plain: str, text: str) -> Moment:
    start = plain.find(moment.raw, moment.start)
    return replace(moment, raw=text[start : start + len(moment.raw)]) if start >= 0 else moment


def _iso(match: re.Match[str], text: str, now: datetime, zone: tzinfo, lang: str | None) -> Moment | None:
    year, month, day, hour, minute, second, fraction, stated = match.groups()
    printed = common_day(int(year), int(month), int(day))
    if hour is None:
        tail = forms.TIME_AFTER.match(text, match.end())
        if tail:
            return with_time(text, match, printed, now, zone, lang)
        return believe(printed, None, None, zone, now, match.group(), 0)
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    offset = zone_named(stated, lang) if stated else None
    if offset is None and (named := forms.ZONE_AFTER.match(text, match.end())):
        offset = zone_named(named.group(1), lang)
    clock = (int(hour), int(minute), int(second) if second else None, micro)
    if offset is None and not any(clock[:3]) and second:
        return believe(printed, None, None, zone, now, match.group(), 0)  # a system's way to write a day
    return believe(printed, clock, offset, zone, now, match.group(), 0)


def _digits(text: str, now: datetime, zone: tzinfo) -> Moment | None:
    if len(text) in (14, 12, 8) and text[:2] in ("19", "20"):
        clock = None
        if len(text) > 8:
            clock = (int(text[8:10]), int(text[10:12]), int(text[12:14]) if len(text) == 14 else None, 0)
        return believe((int(text[:4]), int(text[4:6]), int(text[6:8])), clock, None, zone, now, text, 0)
    if len(text) in (10, 13) and text[0] in "123456789":
        at = datetime.fromtimestamp(int(text[:10]), UTC)
        return Moment(at, "second", "stated", text) if EARLIEST_DATE <= at <= now + CLOCK_SLACK else None
    return None


Parts = dict[str, str | None]
"""Groups of `forms.FULL_DATE` by name."""


def _full_date(match: re.Match[str], lang: str | None) -> Day | None:
    """Read the day of a full date, in the form of which the first group is there."""
    parts = match.groupdict()
    day = next(read(parts, lang) for first, read in _DAY_READERS.items() if parts[first])
    return common_day(*day) if day else None


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
        year = _whole_year(year, lang)
    if second > 12 or (first <= 12 and parts["nsep"] == "/" and lang in forms.MONTH_FIRST):
        return year, first, second
    return year, second, first


def _whole_year(year: int, lang: str | None) -> int:
    """Complete a year of two digits."""
    if year in BUDDHIST_SHORT_YEARS and (lang or "").split("-")[0] == "th":
        return 2500 + year
    return year + (2000 if year < 70 else 1900)


def _of_republic(parts: Parts, lang: str | None) -> Day | None:
    if not (lang or "").startswith("zh-Hant"):
        return None
    return FIRST_YEAR_OF_REPUBLIC + _number(parts, "ry"), _number(parts, "rm"), _number(parts, "rd")


def _day_and_name(parts: Parts, lang: str | None) -> Day | None:
    return _named(parts, lang, "mname", "my", "md")


def _day_and_thai_name(parts: Parts, lang: str | None) -> Day | None:
    month = month_named(parts["tname"] or "", lang)
    return (_whole_year(_number(parts, "ty"), "th"), month, _number(parts, "td")) if month else None


def _name_and_day(parts: Parts, lang: str | None) -> Day | None:
    return _named(parts, lang, "aname", "ay", "ad")


def _year_and_name(parts: Parts, lang: str | None) -> Day | None:
    return _named(parts, lang, "bname", "by", "bd1" if parts["bd1"] else "bd2")


def _named(parts: Parts, lang: str | None, name: str, year: str, day: str) -> Day | None:
    month = month_named(parts[name] or "", lang)
    return (_number(parts, year), month, _number(parts, day)) if month and parts[day] else None


def _number(parts: Parts, name: str) -> int:
    return int(parts[name] or 0)


_DAY_READERS: dict[str, Callable[[Parts, str | None], Day | None]] = {
    "y": _year_first,
    "cy": _written_out,
    "era": _of_era,
    "ry": _of_republic,
    "ny": _year_last,
    "mname": _day_and_name,
    "tname": _day_and_thai_name,
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


def _without_year(text: str, match: re.Match[str], now: datetime, zone: tzinfo, lang: str | None) -> Moment | None:
    month, day = (int(match["m"] or match["m2"]), int(match["d"] or match["d2"]))
    if match["sep"] and not forms.TIME_AFTER.match(text, match.end()):
        return None  # 03-02 alone is a score or a range more often than a date
    for year in (now.year, now.year - 1):  # the latest such day that is not to come
        moment = with_time(text, match, (year, month, day), now, zone, lang)
        if moment is not None:
            return replace(moment, year="assumed")
    return None


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
    return believe((at.year, at.month, at.day), clock, at.tzinfo if stated else None, zone, now, text, 0)


@cache
def _dateparser_languages() -> frozenset[str]:
    from dateparser.data.languages_info import language_order

    return frozenset(language_order)
