"""A date as read from a page: a day with the clock beside it, and which dates are believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Literal

from kolcrawl.text import date_forms as forms
from kolcrawl.text.zones import zone_named

if TYPE_CHECKING:
    import re

EARLIEST_DATE = datetime(1990, 1, 1, tzinfo=UTC)  # no news page is older
REACH_BEFORE = 40  # characters before a day in which its clock may stand
CLOCK_SLACK = timedelta(hours=26)  # a day's date is ahead of UTC by up to 14 hours; servers' clocks err too

Precision = Literal["second", "minute", "day"]
Day = tuple[int, int, int]
"""Year, month and day as read, of which none need exist."""
Clock = tuple[int, int, int | None, int]
"""Hour, minute, second where it is printed, microsecond."""


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
    day: date | None = None
    """As printed, in the zone that was printed beside it; None for an age or a count of seconds."""
    year: Literal["stated", "assumed"] = "stated"
    """`assumed` where none was printed."""


def believe(
    day: Day,
    clock: Clock | None,
    stated: tzinfo | None,
    zone: tzinfo,
    now: datetime,
    raw: str,
    start: int,
) -> Moment | None:
    """Make a moment of what was printed.

    Args:
        day: as printed.
        clock: as printed; None for a day alone.
        stated: the zone that was printed.
        zone: in which a clock without zone is read.
        now: aware; later dates are not believed.
        raw: the characters.
        start: where they begin.

    Returns: the moment; None for a day or an hour that does not exist, the future, and the time before 1990.
    """
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
    return Moment(at, precision, "stated" if stated else "assumed", raw, start, date(*day))


def with_time(
    text: str, match: re.Match[str], day: Day, now: datetime, zone: tzinfo, lang: str | None
) -> Moment | None:
    """Make a moment of a day and the clock behind or before it, if there is one.

    Args:
        text: in which the day was found.
        match: where.
        day: as read.
        now: aware; later dates are not believed.
        zone: in which a clock without zone is read.
        lang: BCP 47 tag, by which an abbreviation of a zone is read.
    """
    clock = forms.TIME_AFTER.match(text, match.end())
    start, end = match.start(), match.end()
    hands = _clock(clock) if clock else None
    if clock and hands:
        end = clock.end()
    else:
        clock = forms.TIME_BEFORE.search(text[max(0, start - REACH_BEFORE) : start])
        hands = _clock(clock) if clock else None
        if clock and hands:
            start -= len(clock.group())
    stated = zone_named(clock["zone"], lang) if clock and hands and clock["zone"] else None
    return believe(day, hands, stated, zone, now, text[start:end].strip(), start)


def _clock(match: re.Match[str]) -> Clock | None:
    """Read a time; None for a mere number, and for what no clock shows."""
    half = (match["half"] or match["behind"] or match["ampm"] or "").lower()
    if not (match["mi"] or half or forms.HOUR_SIGN.search(match.group())):
        return None
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
