"""Read dates that are counted from now: ages such as `3小时前`, and days by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kolcrawl.text import date_forms as forms
from kolcrawl.text.moments import EARLIEST_DATE, Moment, with_time

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator
    from datetime import tzinfo

DAY_SECONDS = 86_400


def relative_dates(text: str, now: datetime, zone: tzinfo, lang: str | None) -> Iterator[Moment]:
    """Read a date that is counted from now, one at most.

    Args:
        text: a short piece of a page.
        now: aware, from which is counted.
        zone: of the page, in which its days begin.
        lang: BCP 47 tag, by which an abbreviation of a zone is read.
    """
    moment: Moment | None
    if forms.JUST_NOW.match(text):
        moment = Moment(now.astimezone(UTC), "minute", "stated", text.strip())
    else:
        lower = text.lower()  # looked at before, since most lines hold no such word and the expression is slow
        found = forms.AGO.finditer(text) if any(word in lower for word in forms.AGO_SIGNS) else ()
        ages = (_ago(match, now, zone) for match in found)
        moment = next(filter(None, ages), None) or _named_day(text, now, zone, lang)
    if moment is not None:
        yield moment


def is_day_name(raw: str) -> bool:
    """Tell whether a date is no more than the name of a day, which menus have too: `today`."""
    return raw.strip().lower() in forms.DAYS_AGO


def is_age(raw: str) -> bool:
    """Tell whether a date was printed as counted from now."""
    return not forms.FULL_DATE.search(raw) and any(
        pattern.search(raw) for pattern in (forms.AGO, forms.JUST_NOW, forms.DAY_NAME, forms.UNSPACED_DAY_NAME)
    )


def _ago(match: re.Match[str], now: datetime, zone: tzinfo) -> Moment | None:
    """Read an age, `3小时前`; one of days or more is a day."""
    side = "1" if match["unit1"] or match["single1"] else "2"
    unit = (match["unit" + side] or match["single" + side]).lower()
    seconds = forms.UNIT_SECONDS.get(unit) or forms.UNIT_SECONDS.get(unit.rstrip("s"))
    if seconds is None or _is_day_of_month(unit, match.group()):
        return None
    number = (match["n" + side] or "1").lower()
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
    moment = with_time(text, match, (local.year, local.month, local.day), now, zone, lang)
    if moment is None or (moment.precision == "day" and not is_day_name(text)):
        return None
    return replace(moment, day=None)
