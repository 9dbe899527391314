"""The forms in which pages print dates, as regular expressions made of the words in `data/dates.toml`.

Read by `kolcrawl.text.dates`; the names of the groups are the parts of a date.
"""

from __future__ import annotations

import re

from kolcrawl.text.scripts import SHAPED, THAI, UNSPACED
from kolcrawl.text.tables import any_of, read_table
from kolcrawl.text.zones import written_zones

_WORDS = read_table("dates.toml")
_SIGNS: dict[str, str] = _WORDS["signs"]
YEAR_SIGN, MONTH_SIGN, DAY_SIGN, _HOUR, _MINUTE = (
    f"[{_SIGNS[name]}]" for name in ("year", "month", "day", "hour", "minute")
)
"""Behind a year, month, day, hour and minute, as parts of regular expressions."""

MONTH_FIRST = frozenset(_WORDS["month_first"])
"""Language tags whose numeric dates begin with the month."""
MONTH_FIRST_ZONES = frozenset(_WORDS["month_first_zones"])
"""Zones outside of America where they do so in English."""
DIGITS = {sign: number for number, sign in enumerate(_SIGNS["digits"])} | dict.fromkeys(_SIGNS["nought"], 0)
TEN = _SIGNS["ten"]
ERAS: dict[str, int] = _WORDS["era"]
"""Years to add to a year of an era."""
FIRST_YEAR = frozenset(_WORDS["year_words"]["first_of_era"])
LATEST_HOURS = dict.fromkeys(_WORDS["half_day"]["afternoon"], 11) | dict.fromkeys(_WORDS["half_day"]["noon"], 9)
"""The last hour to which a word for the second half of the day adds twelve."""
LATEST_HOURS = {word.lower(): hour for word, hour in LATEST_HOURS.items()} | dict.fromkeys(("pm", "p"), 11)
MORNING = frozenset([*(word.lower() for word in _WORDS["half_day"]["morning"]), "am", "a"])
DAYS_AGO = {name: int(days) for days, names in _WORDS["days_ago"].items() for name in names}
AGO_COUNTS = _WORDS["ago"]["counts"] | {sign: number for sign, number in DIGITS.items() if number} | {TEN: 10}
UNIT_SECONDS = {unit.lower(): int(seconds) for seconds, units in _WORDS["ago"]["seconds"].items() for unit in units}
DAYS_OF_MONTH_TOO = frozenset(_WORDS["ago"]["days_of_month_too"])
AGO_WORDS: list[str] = _WORDS["ago"]["words"]


def _either(parts: list[str]) -> str:
    return "|".join(parts)


_HALF_DAYS = [word for words in _WORDS["half_day"].values() for word in words]
_HALF_DAY = any_of([*_HALF_DAYS, "AM", "PM"])
_ZONE_WORDS = any_of(written_zones())
_CLOCK = (
    rf"(?P<half>{_HALF_DAY})?\s*(?:{any_of(_WORDS['clock_words']['before'])})?\s*"
    rf"(?P<h>\d{{1,2}})(?:\s?[:：]\s?|\s?{_HOUR}\s?|(?<=\d)[hH](?=\d)|\.(?=\d\d(?!\d|\.\d)))(?P<mi>\d{{1,2}})?"
    rf"(?:(?:[:：.]|\s?{_MINUTE}\s?)(?P<s>\d{{2}})?(?:\.\d{{1,9}})?[{_SIGNS['second']}]?)?"
    rf"(?:\s?(?P<ampm>[AaPp])\.?\s?[Mm]\b\.?|\s?(?P<behind>{any_of(_HALF_DAYS)})(?![^\W\d_]))?"
    rf"(?:\s?(?:{_either(_WORDS['clock_words']['behind'])}))?"
    rf"(?:\s*[（(]?(?P<zone>(?:GMT|UTC|Z)?\s?[+-]\d{{1,2}}:?(?:\d{{2}})?\b|[A-Z]{{1,4}}\b|{_ZONE_WORDS}))?"
)
_WEEKDAY = _WORDS["weekday"]
TIME_AFTER = re.compile(
    rf"(?:\s*[（(]?(?:{any_of(_WEEKDAY['before'])})?[{_WEEKDAY['signs']}](?:{any_of(_WEEKDAY['behind'])})?[）)])?"
    rf"(?:\s*(?:{any_of(_WEEKDAY['before'])})[{_WEEKDAY['signs']}])?"
    rf"(?:\s|\.(?=[\s,])|&nbsp;|T|,|\u060c|，|、|\||·|•|-|–|—|/|\(|(?i:{_either(_WORDS['clock_words']['after_day'])}|{any_of(_WEEKDAY['names'])}))*"
    + _CLOCK
)
TIME_BEFORE = re.compile(_CLOCK + rf"\s*(?:,|，|\||·|-|–|{any_of(_WORDS['clock_words']['before_day'])})?\s*$")
ZONE_AFTER = re.compile(rf"\s*[（(]?(GMT[+-]\d{{1,2}}\b|[A-Z]{{2,4}}\b|{_ZONE_WORDS})")
HOUR_SIGN = re.compile(_HOUR)
CLOCK_ANYWHERE = re.compile(rf"\d\s?[:.hH{_SIGNS['hour']}]\s?\d{{2}}|\d\s?[ap]\.?m", re.IGNORECASE)
BARE_CLOCK = re.compile(r"^\D*\d{1,2}\s?[:.hH]\s?\d{2}(?:[:.]\d{2})?\D*$")  # of which day it does not say

ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:T|\s+|\s*T\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?)?"
)
COMPACT = re.compile(r"(20\d{2}|19\d{2})(\d{2})(\d{2})[T_-]?(?:(\d{2})(\d{2})(\d{2})?(Z)?)?")
DIGIT = re.compile(f"[0-9{''.join(DIGITS)}]")
EPOCH = re.compile(r"(?:/Date\()?(\d+)(?:[+-]\d{4})?(?:\)/)?")  # seconds, as numbers and as .NET writes them
# Fri Oct 31 10:49:51 EDT 2014, as C and Java print it: the year is put before the clock.
ASCTIME = re.compile(r"^(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2} +\d{1,2}) (\d\d:\d\d(?::\d\d)?(?: [A-Z]{1,5})?) (\d{4})$")

_WRITTEN = f"{_SIGNS['digits'][1:]}"
_ORDINAL = any_of([*_WORDS["day_words"]["ordinal"], "."])
_PARTS = _WORDS["month_parts"]
_NAME = (
    rf"(?:(?:{any_of(_PARTS['before'])})\s(?:\d{{1,2}}|[^\W\d_]{{2,5}}(?:\s(?:{any_of(_PARTS['behind'])}))?)"
    rf"|[^\W\d_]{{3,14}}(?:\s(?:{any_of(_PARTS['behind'])}))?|[{SHAPED}]{{2,20}}|[{THAI}.]{{4,12}})"
)
_BEFORE_YEAR = rf"(?:(?:{any_of(_WORDS['day_words']['before_year'])})\s*)?"
FULL_DATE = re.compile(
    # 2026-03-02, 2026/3/2, 2026.03.02, 2026年3月2日, 2026년 3월 2일
    rf"(?<![\d.])(?P<y>\d{{4}})\s?(?:(?P<sep>[-/.])\s?|{YEAR_SIGN}\s*)(?P<m>\d{{1,2}})\s?(?:(?P=sep)\s?|{MONTH_SIGN}\s*)(?P<d>\d{{1,2}})(?!\d)\s?{DAY_SIGN}?"
    # 二〇二六年三月二日
    rf"|(?P<cy>[{''.join(DIGITS)}]{{4}}){YEAR_SIGN}(?P<cm>[{_WRITTEN}{TEN}]{{1,2}}){MONTH_SIGN}(?P<cd>[{_WRITTEN}{TEN}]{{1,3}}){DAY_SIGN}"
    # 民國115年3月2日, 令和8年3月2日
    rf"|(?P<era>{any_of(ERAS)})\s?(?P<ey>\d{{1,3}}|{any_of(FIRST_YEAR)})\s?{YEAR_SIGN}\s?(?P<em>\d{{1,2}})\s?{MONTH_SIGN}\s?(?P<ed>\d{{1,2}})\s?{DAY_SIGN}"
    # 115-03-02 and 115年3月2日 on a Taiwanese page
    rf"|(?<![\d.,/-])(?P<ry>1[0-4]\d)(?:(?P<rsep>[-/.])|{YEAR_SIGN}\s?)(?P<rm>\d{{1,2}})(?:(?(rsep)(?P=rsep)|{MONTH_SIGN}\s?))"
    rf"(?P<rd>\d{{1,2}})(?![\d/.-])(?:\s?{DAY_SIGN})?"
    # 02.03.2026, 2/3/26, 2 | 3 | 2026
    r"|(?<![\d.,/-])(?P<n1>\d{1,2})\.?(?P<nsep>[-/.]|\s?\|)\s?(?P<n2>\d{1,2})(?P=nsep)\s?(?P<ny>\d{4}|\d{2})(?![\d/])"
    # 2 March 2026, 2. März 2026, 2 de marzo de 2026, 2nd of March, 2026, 02 آذار / مارس 2026
    rf"|(?<!\d)(?P<md>\d{{1,2}})(?:{_ORDINAL})?[\s-]*(?:(?:{any_of(_WORDS['day_words']['before_month'])})\s+)?(?P<mname>{_NAME})\.?(?:\s?[/(]\s?(?:{_NAME})\)?)?[\s,\u060c/-]*{_BEFORE_YEAR}(?P<my>(?:13|14|19|20|25)\d{{2}})(?!\d)"
    # 2 มี.ค. 69: years of two digits behind a Thai month
    rf"|(?<!\d)(?P<td>\d{{1,2}})\s+(?P<tname>[{THAI}.]{{4,12}})\s*{_BEFORE_YEAR}(?P<ty>\d{{2}})(?![\d:])"
    # March 2, 2026; Mar. 2nd 2026
    rf"|(?P<aname>{_NAME})\.?\s+(?P<ad>\d{{1,2}})(?:{any_of(_WORDS['day_words']['ordinal'])})?(?:\s*[,\u060c])?\s+(?P<ay>(?:13|14|19|20)\d{{2}})(?!\d)"
    # 2026. gada 2. martā, 2026 m. kovo 2 d., 2026 March 2
    rf"|(?<!\d)(?P<by>(?:13|14|19|20)\d{{2}})\.?\s?(?:{_either(_WORDS['year_words']['before_month'])})?\s+(?:(?P<bd1>\d{{1,2}})\.\s)?(?P<bname>{_NAME})(?:\s+(?P<bd2>\d{{1,2}})\b)?"
)
FULL_DATE_SIGN = re.compile(
    rf"\d{{4}}|\d\s?[-/.|]\s?\d{{1,2}}\s?[-/.|]\s?\d|{YEAR_SIGN}|[{THAI}.]\s*\d\d"
)  # in any full date
DATE_WITHOUT_YEAR = re.compile(
    rf"(?<![\d./{_SIGNS['year']}-])(?:(?P<m>\d{{1,2}})\s?{MONTH_SIGN}\s?(?P<d>\d{{1,2}})\s?{DAY_SIGN}|(?P<m2>\d{{1,2}})(?P<sep>[-/])(?P<d2>\d{{1,2}})(?![\d/-]))"
)
DAY_NAME = re.compile(rf"(?<!\w)(?:{any_of(DAYS_AGO)})(?![^\W\d_]{{2}})", re.IGNORECASE)
UNSPACED_DAY_NAME = re.compile(any_of(name for name in DAYS_AGO if re.match(f"[{UNSPACED}]", name)))
_UNITS = any_of(unit for unit in UNIT_SECONDS if re.match(f"[{UNSPACED}]|[^\x00-\x7f]$", unit))
_SPACED_UNITS = any_of(unit for unit in UNIT_SECONDS if not re.match(f"[{UNSPACED}]", unit))
_COUNTS = any_of(count for count in AGO_COUNTS if re.match(f"[{UNSPACED}]", count))
_SPACED_COUNTS = any_of(count for count in AGO_COUNTS if not re.match(f"[{UNSPACED}]", count))
_AGO_UNIT = (
    rf"(?<![\d.])(?:(?:(?P<n{{0}}>\d{{{{1,4}}}}|{_COUNTS}|(?<!\w)(?:{_SPACED_COUNTS})\b)\s?[{_WORDS['ago']['counters']}]?\s?"
    rf"(?P<unit{{0}}>{_UNITS}|(?i:{_SPACED_UNITS})(?i:s)?(?!\w)))|(?<!\w)(?P<single{{0}}>{any_of(_WORDS['ago']['single'])})(?!\w))"
)
AGO = re.compile(
    rf"{_AGO_UNIT.format(1)}[{_WORDS['ago']['behind_unit']}]?\s?(?i:{any_of(AGO_WORDS)})"
    rf"|(?<!\w)(?i:{any_of(_WORDS['ago']['before'])})\s{_AGO_UNIT.format(2)}"
)
AGO_SIGNS = tuple({word.lower() for word in (*AGO_WORDS, *_WORDS["ago"]["before"])})
"""Words of which one stands in any age, in lower case."""
JUST_NOW = re.compile(rf"^\s*(?:{any_of(_WORDS['ago']['just_now'])})\s*$", re.IGNORECASE)
