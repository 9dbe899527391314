"""Years and months as calendars count them: names of months, the Persian solar and the Buddhist calendar."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from kolcrawl.text.tables import read_table

BUDDHIST_YEARS = 543  # Thai pages count from the Buddha
FIRST_BUDDHIST_YEAR = 2400  # a later one is counted so
BUDDHIST_SHORT_YEARS = range(50, 100)  # of two digits, on a Thai page
SOLAR_YEARS = range(1369, 1411)  # 1990 to 2031; the lunar years that Arabic pages print begin behind them
_SOLAR_EPOCH = date(622, 3, 21)
_SOLAR_CYCLE, _LEAPS_OF_CYCLE = 33, frozenset((1, 5, 9, 13, 17, 22, 26, 30))
_LONG_MONTHS, _DAYS_OF_LONG = 6, 31  # the first six of a year; the others have thirty


@cache
def _months_by_language() -> dict[str, dict[str, int]]:
    """Read the names of months in lower case, with their numbers; a name of several words has `_` between them."""
    table = read_table("months.toml")
    return {
        lang: {name.lower(): number for number, names in enumerate(row, 1) for name in names.split()}
        for lang, row in table.items()
    }


@cache
def _months() -> dict[str, set[int]]:
    known: dict[str, set[int]] = {}
    for row in _months_by_language().values():
        for name, number in row.items():
            known.setdefault(name, set()).add(number)
    return known


def month_named(name: str, lang: str | None) -> int | None:
    """Find the number of a month.

    Args:
        name: as printed, in any case.
        lang: BCP 47 tag of the page, by which a name is read that means two months (`listopada`).

    Returns: 1 to 12; None for what is no month, or not surely one.
    """
    name = "_".join(name.lower().strip(".").split())
    own = _months_by_language().get((lang or "").split("-")[0], {})
    if name in own:
        return own[name]
    numbers = _months().get(name, set())
    return next(iter(numbers)) if len(numbers) == 1 else None


def common_day(year: int, month: int, day: int) -> tuple[int, int, int]:
    """Count a day of the Buddhist or the Persian solar calendar in the common one; any other stays as it is."""
    if year > FIRST_BUDDHIST_YEAR:
        return year - BUDDHIST_YEARS, month, day
    if year in SOLAR_YEARS:
        return _from_solar(year, month, day)
    return year, month, day


def _from_solar(year: int, month: int, day: int) -> tuple[int, int, int]:
    """Count a Persian solar day in the common calendar; one that does not exist gives month 0."""
    leap = year % _SOLAR_CYCLE in _LEAPS_OF_CYCLE
    longest = _DAYS_OF_LONG if month <= _LONG_MONTHS else 29 if month == 12 and not leap else 30
    if not (1 <= month <= 12 and 1 <= day <= longest):
        return year, 0, day
    cycles, years = divmod(year - 1, _SOLAR_CYCLE)
    leaps = cycles * len(_LEAPS_OF_CYCLE) + sum(1 for leap_year in _LEAPS_OF_CYCLE if leap_year <= years)
    days = (year - 1) * 365 + leaps + (month - 1) * 30 + min(month - 1, _LONG_MONTHS) + day - 1
    common = _SOLAR_EPOCH + timedelta(days)
    return common.year, common.month, common.day
