"""Read dates with what is known of the page, and tell how much a date says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from kolcrawl.text.date_forms import MONTH_FIRST_ZONES
from kolcrawl.text.dates import find_dates, read_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kolcrawl.text.moments import Moment

_TWELVE_HOURS = re.compile(r"\d\s?[ap]\.?m\b", re.IGNORECASE)
_MIDNIGHT = re.compile(r"[T ]00:00(?::00)?")
_EASTERN = ZoneInfo("America/New_York")
_DAY_FIRST_ENGLISH, _MONTH_FIRST_ENGLISH = "en-GB", "en-US"


class Reading(NamedTuple):
    """One place's answer."""

    moment: Moment
    source: str
    place: str


class DateReader:
    """Reads dates with what is known of the page."""

    __slots__ = ("lang", "now", "zone")

    def __init__(self, now: datetime, zone: tzinfo, lang: str | None) -> None:
        self.now, self.zone = now, zone
        country = getattr(zone, "key", "UTC")
        month_first = country.startswith("America/") or country in MONTH_FIRST_ZONES
        self.lang = _DAY_FIRST_ENGLISH if lang == "en" and not month_first else lang

    def read(self, raw: str | None, *, fallback: bool = True) -> Moment | None:
        """Read a string that is a date (`kolcrawl.text.dates.read_date`)."""
        moment = read_date(raw, now=self.now, zone=self.zone, lang=self.lang, fallback=fallback) if raw else None
        return self._by_clock(moment) if moment else None

    def read_other_order(self, raw: str) -> Moment | None:
        """Read a numeric date with month and day the other way round than the page's language has them."""
        own = read_date(raw, now=self.now, zone=self.zone, lang=self.lang, fallback=False)
        for lang in (_DAY_FIRST_ENGLISH, _MONTH_FIRST_ENGLISH):
            other = read_date(raw, now=self.now, zone=self.zone, lang=lang, fallback=False)
            if own and other and other.day != own.day:
                return self._by_clock(other)
        return None

    def find(self, text: str) -> Iterator[Moment]:
        """Find the dates printed in a piece of text."""
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


def is_same_day(day: Moment, other: Moment, zone: tzinfo) -> bool:
    """Tell whether a moment falls on the day of another, in the page's zone or in UTC."""
    printed = day.at if day.precision == "day" else day.at.astimezone(zone)
    local = other.at.astimezone(zone)
    return printed.date() in (local.date(), other.at.date())
