"""Dates as pages print them, to UTC. Pure functions; the clock and the site's zone are passed in.

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

from kolcrawl.text.tables import read_table
from kolcrawl.text.zones import zone_named

if TYPE_CHECKING:
    from collections.abc import Iterator

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # no news page is older
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


@cache
def _months() -> dict[str, int]:
    table = read_table("months.toml")
    return {name: number for row in table.values() for number, names in enumerate(row, 1) for name in names.split()}


_CJK_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "Ｏ": 0}
_ERAS = {"民國": 1911, "民国": 1911, "中華民國": 1911, "令和": 2018, "平成": 1988, "昭和": 1925}
_HALF_DAY = {
    "下午": 12,
    "晚上": 12,
    "晚": 12,
    "夜间": 12,
    "傍晚": 12,
    "中午": 12,
    "午後": 12,
    "오후": 12,
    "pm": 12,
    "p": 12,
    "م": 12,
}
_MORNING = {"上午", "凌晨", "清晨", "早上", "早", "午前", "오전", "am", "a"}

_CLOCK = (
    r"(?P<half>上午|下午|凌晨|清晨|早上|中午|傍晚|晚上|午前|午後|오전|오후|晚|早)?\s*"
    r"(?P<h>\d{1,2})(?:\s?[:：]\s?|\s?[时時点點시]\s?|(?<=\d)[hH](?=\d)|\.(?=\d\d(?!\d|\.\d)))(?P<mi>\d{1,2})?"
    r"(?:(?:[:：.]|\s?[分분]\s?)(?P<s>\d{2})?(?:\.\d{1,9})?秒?)?"
    r"(?:\s?(?P<ampm>[AaPp])\.?\s?[Mm]\b\.?)?"
    r"(?:\s?(?:Uhr|uhr|Uhr\.|hrs?\b|h\b|ч\.))?"
    r"(?:\s*[（(]?(?P<zone>(?:GMT|UTC|Z)?\s?[+-]\d{1,2}:?(?:\d{2})?\b|[A-Z]{1,4}\b|MESZ|TSİ|(?:北京|香港|台北|日本|东京)[时時][间間]))?"
)
_TIME_AFTER = re.compile(
    r"(?:\s*[（(]?(?:星期|周|週|礼拜)?[一二三四五六日天月火水木金土월화수목금토일](?:曜日?|요일)?[）)])?"
    r"(?:\s*(?:星期|周|週)[一二三四五六日天])?"
    r"(?:\s|\.(?=\s)|&nbsp;|T|,|，|、|\||·|•|-|–|—|/|(?i:at|um|às|as|a las|alle|à|kl\.?|klo|om"
    r"|o godz\.|godz\.|v|в|,? ore|saat|pukul))*" + _CLOCK
)
_TIME_BEFORE = re.compile(_CLOCK + r"\s*(?:,|，|\||·|-|–|on|del?|du|am)?\s*$")

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:T|\s+|\s*T\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?)?"
)
_COMPACT = re.compile(r"(20\d{2}|19\d{2})(\d{2})(\d{2})[T_-]?(?:(\d{2})(\d{2})(\d{2})?(Z)?)?")
_FORMS = re.compile(
    # 2026-03-02, 2026/3/2, 2026.03.02, 2026年3月2日, 2026년 3월 2일
    r"(?<![\d.])(?P<y>\d{4})\s?(?:(?P<sep>[-/.])\s?|[年년]\s*)(?P<m>\d{1,2})\s?(?:(?P=sep)\s?|[月월]\s*)(?P<d>\d{1,2})(?!\d)\s?[日號号일]?"
    # 二〇二六年三月二日
    r"|(?P<cy>[〇零○Ｏ一二三四五六七八九]{4})年(?P<cm>[一二三四五六七八九十]{1,2})月(?P<cd>[一二三四五六七八九十]{1,3})[日號号]"
    # 民國115年3月2日, 令和8年3月2日
    r"|(?P<era>中華民國|民國|民国|令和|平成|昭和)\s?(?P<ey>\d{1,3}|元)\s?年\s?(?P<em>\d{1,2})\s?月\s?(?P<ed>\d{1,2})\s?[日號号]"
    # 02.03.2026, 2/3/26
    r"|(?<![\d.,/-])(?P<n1>\d{1,2})\.?(?P<nsep>[-/.])\s?(?P<n2>\d{1,2})(?P=nsep)\s?(?P<ny>\d{4}|\d{2})(?![\d/])"
    # 2 March 2026, 2. März 2026, 2 de marzo de 2026, 2nd of March, 2026
    r"|(?<!\d)(?P<md>\d{1,2})(?:st|nd|rd|th|er|º|ª|ο|\.)?[\s-]*(?:(?:de|of|d'|di)\s+)?(?P<mname>[^\W\d_]{3,14}|[ก-๙.]{4,12})\.?[\s,/-]*(?:(?:de|del|of)\s+)?(?P<my>(?:19|20|25)\d{2})(?!\d)"
    # March 2, 2026; Mar. 2nd 2026
    r"|(?P<aname>[^\W\d_]{3,14})\.?\s+(?P<ad>\d{1,2})(?:st|nd|rd|th)?(?:\s*,)?\s+(?P<ay>(?:19|20)\d{2})(?!\d)"
    # 2026. gada 2. martā, 2026 m. kovo 2 d., 2026 March 2
    r"|(?<!\d)(?P<by>(?:19|20)\d{2})\.?\s?(?:gada|m\.)?\s+(?:(?P<bd1>\d{1,2})\.\s)?(?P<bname>[^\W\d_]{3,14})(?:\s+(?P<bd2>\d{1,2})\b)?"
)
_NO_YEAR = re.compile(
    r"(?<![\d./年-])(?:(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日號号]|(?P<m2>\d{1,2})(?P<sep>[-/])(?P<d2>\d{1,2})(?![\d/-])"
    r"|(?P<m3>\d{1,2})월\s?(?P<d3>\d{1,2})일)"
)
_DAYS_AGO = {
    0: "今天 今日 今早 today heute hoy aujourd'hui aujourd’hui dzisiaj dziś 오늘 сегодня hoje oggi",
    1: "昨天 昨日 昨晚 yesterday gestern ayer hier wczoraj 어제 вчера ontem ieri",
    2: "前天 前日",
}
_TODAY = {name: days for days, names in _DAYS_AGO.items() for name in names.split()}
_DAY_NAME = re.compile(
    r"(?<!\w)(?:" + "|".join(sorted(_TODAY, key=len, reverse=True)) + r")(?![^\W\d_]{2})", re.IGNORECASE
)
_EAST_DAY = re.compile("今天|今日|昨天|昨日|前天|前日|今早|昨晚")
_SECONDS = {
    name: seconds
    for names, seconds in (
        ("秒 초 second sec", 1),
        ("分 분 minute min", 60),
        ("小时 小時 时间 時間 钟头 시간 hour hr", 3600),
        ("天 日 일 day", 86_400),
        ("周 星期 週 주 week", 604_800),
        ("月 개월 month", 2_592_000),
        ("年 년 year", 31_536_000),
    )
    for name in names.split()
}
_AGO = re.compile(
    r"(?<![\d.])(?P<n>\d{1,4}|半|[一二两三四五六七八九十]|an?\b)\s?[个個箇カヶ]?\s?"
    r"(?P<unit>秒|分|小时|小時|時間|钟头|天|日|周|星期|週|月|年|초|분|시간|일|주|개월|년|(?i:sec(?:ond)?|min(?:ute)?|h(?:ou)?r|day|week|month|year)s?\b)"
    r"[钟鐘間间]?\s?(?:之?前|전|(?i:ago))"
)
_JUST_NOW = re.compile(r"^\s*(?:刚刚|剛剛|刚才|たった今|방금|just now)\s*$", re.IGNORECASE)
# Fri Oct 31 10:49:51 EDT 2014, as C and Java print it: the year is put before the clock.
_ASCTIME = re.compile(r"^(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2} +\d{1,2}) (\d\d:\d\d:\d\d(?: [A-Z]{1,5})?) (\d{4})$")
_BARE_CLOCK = re.compile(r"^\D*\d{1,2}\s?[:.hH]\s?\d{2}(?:[:.]\d{2})?\D*$")  # of which day it does not say
_ZONE_AFTER = re.compile(r"\s*[（(]?(GMT[+-]\d{1,2}\b|[A-Z]{2,4}\b|(?:北京|香港|台北|日本|东京)[时時][间間])")


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
    if match := _ISO.match(text):
        # A JavaScript or database dump may continue after the date; what follows is not a date's business.
        return _iso(match, text, now, zone)
    if text.isdigit():
        return _digits(text, now, zone)
    for moment in find_dates(_ASCTIME.sub(r"\1 \3 \2", text), now=now, zone=zone, lang=lang):
        return moment
    if match := _COMPACT.match(text):
        return _digits("".join(part for part in match.groups()[:6] if part), now, zone)
    if fallback and len(text) <= FALLBACK_LENGTH and any(c.isdigit() for c in text) and not _BARE_CLOCK.match(text):
        return _ask_dateparser(text, now, zone, lang)
    return None


def find_dates(text: str, *, now: datetime, zone: tzinfo = UTC, lang: str | None = None) -> Iterator[Moment]:
    """The dates printed in a piece of text, in order: full dates, else dates without year, else relative ones.

    Arguments as for `read_date`; dateparser is never asked.
    """
    found = False
    for match in _FORMS.finditer(text):
        day = _full_date(match, lang)
        if day is None:
            continue
        moment = _with_time(text, match, day, now, zone, lang)
        if moment is not None:
            found = True
            yield moment
    if found:
        return
    for match in _NO_YEAR.finditer(text):
        moment = _without_year(text, match, now, zone, lang)
        if moment is not None:
            found = True
            yield moment
    if not found:
        yield from _relative(text, now, zone, lang)


def _iso(match: re.Match[str], text: str, now: datetime, zone: tzinfo) -> Moment | None:
    year, month, day, hour, minute, second, fraction, stated = match.groups()
    if hour is None:
        tail = _TIME_AFTER.match(text, match.end())
        if tail:
            return _with_time(text, match, (int(year), int(month), int(day)), now, zone, None)
        return _believe((int(year), int(month), int(day)), None, None, zone, now, match.group(), 0)
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    offset = zone_named(stated, None) if stated else None
    if offset is None and (named := _ZONE_AFTER.match(text, match.end())):
        offset = zone_named(named.group(1), None)
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
        return Moment(at, "second", "stated", text) if EARLIEST <= at <= now + CLOCK_SLACK else None
    return None


def _full_date(match: re.Match[str], lang: str | None) -> tuple[int, int, int] | None:
    part = match.groupdict()
    if part["y"]:
        return int(part["y"]), int(part["m"]), int(part["d"])
    if part["cy"]:
        year = int("".join(str(_CJK_DIGITS[c]) for c in part["cy"]))
        return year, _cjk_number(part["cm"]), _cjk_number(part["cd"])
    if part["era"]:
        year = 1 if part["ey"] == "元" else int(part["ey"])
        return _ERAS[part["era"]] + year, int(part["em"]), int(part["ed"])
    if part["ny"]:
        first, second, year = int(part["n1"]), int(part["n2"]), int(part["ny"])
        if len(part["ny"]) == 2:
            if part["nsep"] == "-":
                return None
            year += 2000 if year < 70 else 1900
        month_first = second > 12 or (first <= 12 and part["nsep"] == "/" and (lang or "") in ("en", "en-US"))
        return (year, first, second) if month_first else (year, second, first)
    for named, numbered, dated in (("mname", "md", "my"), ("aname", "ad", "ay")):
        if part[named]:
            month = _months().get(part[named].lower().strip("."))
            number = int(part[dated])
            # Thai pages count from the Buddha.
            return (number - 543 if number > 2400 else number, month, int(part[numbered])) if month else None
    month = _months().get(part["bname"].lower())
    day = part["bd1"] or part["bd2"]
    return (int(part["by"]), month, int(day)) if month and day else None


def _cjk_number(text: str) -> int:
    if "十" not in text:
        return int("".join(str(_CJK_DIGITS[c]) for c in text))
    tens, _, ones = text.partition("十")
    return (_CJK_DIGITS[tens] if tens else 1) * 10 + (_CJK_DIGITS[ones] if ones else 0)


def _with_time(
    text: str, match: re.Match[str], day: tuple[int, int, int], now: datetime, zone: tzinfo, lang: str | None
) -> Moment | None:
    clock = _TIME_AFTER.match(text, match.end())
    start, end = match.start(), match.end()
    hands = _clock(clock) if clock else None
    if clock and hands:
        end = clock.end()
    else:
        clock = _TIME_BEFORE.search(text[max(0, start - 40) : start])
        hands = _clock(clock) if clock else None
        if clock and hands:
            start -= len(clock.group())
    stated = zone_named(clock["zone"], lang) if clock and hands and clock["zone"] else None
    return _believe(day, hands, stated, zone, now, text[start:end].strip(), start)


def _clock(match: re.Match[str]) -> tuple[int, int, int | None, int] | None:
    hour, minute = int(match["h"]), int(match["mi"] or 0)
    if match["mi"] is None and not match["half"] and not match["ampm"] and not re.search("[时時点點시]", match.group()):
        return None
    half = (match["half"] or "").lower() or (match["ampm"] or "").lower()
    if half in _HALF_DAY and hour < 12:
        hour += 12 if not (half == "中午" and hour > 9) else 0
    elif half in _MORNING and hour == 12:
        hour = 0
    if hour == 24 and minute == 0:
        hour = 0
    if hour > 23 or minute > 59:
        return None
    return hour, minute, int(match["s"]) if match["s"] and int(match["s"]) < 60 else None, 0


def _without_year(text: str, match: re.Match[str], now: datetime, zone: tzinfo, lang: str | None) -> Moment | None:
    month, day = (int(match["m"] or match["m2"] or match["m3"]), int(match["d"] or match["d2"] or match["d3"]))
    if match["sep"] and not _TIME_AFTER.match(text, match.end()):
        return None  # 03-02 alone is a score or a range more often than a date
    for year in (now.year, now.year - 1):  # the latest such day that is not to come
        moment = _with_time(text, match, (year, month, day), now, zone, lang)
        if moment is not None:
            return moment
    return None


def _relative(text: str, now: datetime, zone: tzinfo, lang: str | None) -> Iterator[Moment]:
    if _JUST_NOW.match(text):
        yield Moment(now.astimezone(UTC), "minute", "stated", text.strip())
        return
    for match in _AGO.finditer(text):
        unit = match["unit"].lower()
        seconds = _SECONDS.get(unit) or _SECONDS.get(unit.rstrip("s"))
        if seconds is None or (unit == "日" and "日前" not in match.group()):
            continue
        word = match["n"]
        count = 0.5 if word == "半" else 2 if word == "两" else 10 if word == "十" else _CJK_DIGITS.get(word, 1)
        count = int(word) if word.isdigit() else count
        at = now.astimezone(UTC) - timedelta(seconds=seconds * count)
        if at < EARLIEST:
            continue
        if seconds >= 86400:
            local = at.astimezone(zone)
            at = datetime(local.year, local.month, local.day, tzinfo=UTC)
            yield Moment(at, "day", "assumed", match.group(), match.start())
        else:
            yield Moment(at.replace(microsecond=0), "minute", "stated", match.group(), match.start())
        return
    match_day = _DAY_NAME.search(text) or _EAST_DAY.search(text)
    if match_day:
        local = now.astimezone(zone) - timedelta(days=_TODAY[match_day.group().lower()])
        moment = _with_time(text, match_day, (local.year, local.month, local.day), now, zone, lang)
        # 今日 and "today" begin sentences and brand names; with a clock time beside them they are dates.
        if moment is not None and (moment.precision != "day" or text.strip().lower() in _TODAY):
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
    if not EARLIEST <= at <= now + CLOCK_SLACK:
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
    timed = bool(re.search(r"\d\s?[:.hH時时시]\s?\d{2}|\d\s?[ap]\.?m", text, re.IGNORECASE))
    clock = (at.hour, at.minute, at.second or None, 0) if timed else None
    return _believe((at.year, at.month, at.day), clock, at.tzinfo if stated else None, zone, now, text, 0)


@cache
def _dateparser_languages() -> frozenset[str]:
    from dateparser.data.languages_info import language_order

    return frozenset(language_order)
