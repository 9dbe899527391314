# ruff: noqa: E501  # tables of what pages print
"""Dates as pages print them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.text.dates import find_dates, read_date
from kolcrawl.text.zones import zone_of

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # noon in China
CHINA = ZoneInfo("Asia/Shanghai")
FIRST, LAST = datetime(1990, 1, 2), datetime(2026, 3, 9)  # noqa: DTZ001  # hypothesis adds no zone

# As printed, UTC as expected, precision, whether the zone is stated. Times without zone are China's.
CHINESE = [
    ("2026年3月2日 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026年03月02日08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026年03月02日 08:34:27", "2026-03-02T00:34:27", "second", "assumed"),
    ("2026年03月02日08时34分", "2026-03-02T00:34", "minute", "assumed"),
    ("2026年3月2日8时34分27秒", "2026-03-02T00:34:27", "second", "assumed"),
    ("2026年3月2日8点34分", "2026-03-02T00:34", "minute", "assumed"),
    ("2026年3月2日 8時34分", "2026-03-02T00:34", "minute", "assumed"),
    ("2026年3月2日", "2026-03-02T00:00", "day", "assumed"),
    ("2026 年 3 月 2 日", "2026-03-02T00:00", "day", "assumed"),
    ("2026年 03月 02日 19:21", "2026-03-02T11:21", "minute", "assumed"),
    ("2026年3月2号", "2026-03-02T00:00", "day", "assumed"),
    ("2026年3月2日 星期一 上午9:05", "2026-03-02T01:05", "minute", "assumed"),
    ("2026年3月2日（星期一）08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026年3月2日 下午3:21", "2026-03-02T07:21", "minute", "assumed"),
    ("2026年3月2日 下午12:05", "2026-03-02T04:05", "minute", "assumed"),
    ("2026年3月2日 凌晨1:20", "2026-03-01T17:20", "minute", "assumed"),
    ("2026年3月2日晚上9:10", "2026-03-02T13:10", "minute", "assumed"),
    ("2026年3月2日中午12:30", "2026-03-02T04:30", "minute", "assumed"),
    ("2026年3月2日中午1:30", "2026-03-02T05:30", "minute", "assumed"),
    ("2026年3月2日清晨6:00", "2026-03-01T22:00", "minute", "assumed"),
    ("二〇二六年三月二日", "2026-03-02T00:00", "day", "assumed"),
    ("二○二六年二月二十八日", "2026-02-28T00:00", "day", "assumed"),
    ("二零一九年十二月三十一日", "2019-12-31T00:00", "day", "assumed"),
    ("民國115年3月2日", "2026-03-02T00:00", "day", "assumed"),
    ("民國 115 年 3 月 2 日 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("中華民國103年12月11日", "2014-12-11T00:00", "day", "assumed"),
    ("2026-03-02 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026-03-02 08:34:27", "2026-03-02T00:34:27", "second", "assumed"),
    ("2026-3-2 8:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026-03-02  08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026-03-02", "2026-03-02T00:00", "day", "assumed"),
    ("2026/03/02 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026/3/2 下午3:21:05", "2026-03-02T07:21:05", "second", "assumed"),
    ("2026/3/2", "2026-03-02T00:00", "day", "assumed"),
    ("2026.03.02 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026.3.2", "2026-03-02T00:00", "day", "assumed"),
    ("2026.03.02 01:06 pm", "2026-03-02T05:06", "minute", "assumed"),
    ("08:34 2026/03/02", "2026-03-02T00:34", "minute", "assumed"),
    ("14:36 2026/02/27", "2026-02-27T06:36", "minute", "assumed"),
    ("2026-03-02 08:34 北京时间", "2026-03-02T00:34", "minute", "stated"),
    ("2026-03-02 08:34（北京时间）", "2026-03-02T00:34", "minute", "stated"),
    ("2026-03-02 20:34 日本時間", "2026-03-02T11:34", "minute", "stated"),
    ("2026-03-02T08:34:27+08:00", "2026-03-02T00:34:27", "second", "stated"),
    ("2026-03-02T08:34:27+0800", "2026-03-02T00:34:27", "second", "stated"),
    ("2026-03-02T08:34+08", "2026-03-02T00:34", "minute", "stated"),
    ("2026-03-02T00:34:27Z", "2026-03-02T00:34:27", "second", "stated"),
    ("2026-03-02T00:34:27.123Z", "2026-03-02T00:34:27.123", "second", "stated"),
    ("2026-03-02T08:34:27", "2026-03-02T00:34:27", "second", "assumed"),
    ("2026-03-02 08:34:27.0", "2026-03-02T00:34:27", "second", "assumed"),
    ("Mon Mar 02 08:34:27 CST 2026", "2026-03-02T00:34:27", "second", "stated"),
    ("发布时间:2026-03-02 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("发布时间：2026年03月02日 08:34　来源：某某网", "2026-03-02T00:34", "minute", "assumed"),
    ("发表于 2026-03-02 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026-03-02 08:34来源：某某网作者：张三", "2026-03-02T00:34", "minute", "assumed"),
    ("某某网 2026-03-02 08:34:27", "2026-03-02T00:34:27", "second", "assumed"),
    ("时间：2026-03-02 08:34 点击：1024次", "2026-03-02T00:34", "minute", "assumed"),
    ("日期：2026/03/02", "2026-03-02T00:00", "day", "assumed"),
    ("（2026年3月2日）", "2026-03-02T00:00", "day", "assumed"),
    ("[2026-03-02 08:34]", "2026-03-02T00:34", "minute", "assumed"),
    ("2026-03-02 | 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("2026年3月2日 · 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("更新時間：2026/03/02 15:09", "2026-03-02T07:09", "minute", "assumed"),
    ("03-02 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("03/02 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("12-28 08:34", "2025-12-28T00:34", "minute", "assumed"),
    ("3月2日 08:34", "2026-03-02T00:34", "minute", "assumed"),
    ("3月2日", "2026-03-02T00:00", "day", "assumed"),
    ("12月28日", "2025-12-28T00:00", "day", "assumed"),
    ("昨天 21:05", "2026-03-09T13:05", "minute", "assumed"),
    ("昨日 21:05", "2026-03-09T13:05", "minute", "assumed"),
    ("前天 08:00", "2026-03-08T00:00", "minute", "assumed"),
    ("今天 08:34", "2026-03-10T00:34", "minute", "assumed"),
    ("今日08:34", "2026-03-10T00:34", "minute", "assumed"),
    ("昨晚 23:10", "2026-03-09T15:10", "minute", "assumed"),
    ("昨天", "2026-03-09T00:00", "day", "assumed"),
    ("前天", "2026-03-08T00:00", "day", "assumed"),
    ("刚刚", "2026-03-10T04:00", "minute", "stated"),
    ("5分钟前", "2026-03-10T03:55", "minute", "stated"),
    ("5 分鐘前", "2026-03-10T03:55", "minute", "stated"),
    ("半小时前", "2026-03-10T03:30", "minute", "stated"),
    ("3小时前", "2026-03-10T01:00", "minute", "stated"),
    ("3個小時前", "2026-03-10T01:00", "minute", "stated"),
    ("两小时前", "2026-03-10T02:00", "minute", "stated"),
    ("3天前", "2026-03-07T00:00", "day", "assumed"),
    ("1周前", "2026-03-03T00:00", "day", "assumed"),
    ("2个月前", "2026-01-09T00:00", "day", "assumed"),
    ("20260302", "2026-03-02T00:00", "day", "assumed"),
    ("20260302083427", "2026-03-02T00:34:27", "second", "assumed"),
    ("1772411667", "2026-03-02T00:34:27", "second", "stated"),
    ("1772411667000", "2026-03-02T00:34:27", "second", "stated"),
]
OTHERS = [
    ("March 2, 2026 3:21 PM EST", "en", "UTC", "2026-03-02T20:21", "minute", "stated"),
    ("Mar. 2nd, 2026 at 8:34am", "en", "America/New_York", "2026-03-02T13:34", "minute", "assumed"),
    ("2 March 2026 08:34 GMT", "en", "Europe/London", "2026-03-02T08:34", "minute", "stated"),
    ("8:34 AM ET March 2, 2026", "en", "UTC", "2026-03-02T13:34", "minute", "stated"),
    ("Mon, 02 Mar 2026 08:34:00 GMT", "en", "UTC", "2026-03-02T08:34", "second", "stated"),
    ("Mon Mar 02 2026 15:06:59 GMT+0200 (EET)", "en", "UTC", "2026-03-02T13:06:59", "second", "stated"),
    ("3/2/2026", "en", "UTC", "2026-03-02T00:00", "day", "assumed"),
    ("02/03/2026 08:34", "fr", "Europe/Paris", "2026-03-02T07:34", "minute", "assumed"),
    ("2. März 2026, 08:34 Uhr", "de", "Europe/Berlin", "2026-03-02T07:34", "minute", "assumed"),
    ("02.03.2026 | 08:34 Uhr", "de", "Europe/Berlin", "2026-03-02T07:34", "minute", "assumed"),
    ("02.03.26, 08.34 Uhr", "de", "Europe/Berlin", "2026-03-02T07:34", "minute", "assumed"),
    ("Publié le 2 mars 2026 à 08h34", "fr", "Europe/Paris", "2026-03-02T07:34", "minute", "assumed"),
    ("lunes, 2 de marzo de 2026 a las 08:34", "es", "Europe/Madrid", "2026-03-02T07:34", "minute", "assumed"),
    ("2 de março de 2026 às 8h34", "pt", "America/Sao_Paulo", "2026-03-02T11:34", "minute", "assumed"),
    ("2 marca 2026, 08:34", "pl", "Europe/Warsaw", "2026-03-02T07:34", "minute", "assumed"),
    ("2. 3. 2026 8:34", "cs", "Europe/Prague", "2026-03-02T07:34", "minute", "assumed"),
    ("2 Mart 2026 08:34", "tr", "Europe/Istanbul", "2026-03-02T05:34", "minute", "assumed"),
    ("2 марта 2026, 08:34", "ru", "Europe/Moscow", "2026-03-02T05:34", "minute", "assumed"),
    ("令和8年3月2日 午後3時21分", "ja", "Asia/Tokyo", "2026-03-02T06:21", "minute", "assumed"),
    ("2026年03月02日（月） 08時34分 公開", "ja", "Asia/Tokyo", "2026-03-01T23:34", "minute", "assumed"),
    ("2026년 3월 2일 오후 3:21", "ko", "Asia/Seoul", "2026-03-02T06:21", "minute", "assumed"),
    ("입력 2026.03.02. 오전 8:34", "ko", "Asia/Seoul", "2026-03-01T23:34", "minute", "assumed"),
    ("2 hours ago", "en", "UTC", "2026-03-10T02:00", "minute", "stated"),
    ("yesterday at 8:34", "en", "UTC", "2026-03-09T08:34", "minute", "assumed"),
    ("gestern, 08:34 Uhr", "de", "Europe/Berlin", "2026-03-09T07:34", "minute", "assumed"),
    ("2 марта 2026 г., 08:34", "ru", "Europe/Moscow", "2026-03-02T05:34", "minute", "assumed"),
    ("2026. március 2., hétfő 08:34", "hu", "Europe/Budapest", "2026-03-02T07:34", "minute", "assumed"),
    ("2. listopada 2025.", "hr", "Europe/Zagreb", "2025-10-02T00:00", "day", "assumed"),
    ("2 listopada 2025", "pl", "Europe/Warsaw", "2025-11-02T00:00", "day", "assumed"),
    ("02/03/2026, 8:34 μ.μ.", "el", "Europe/Athens", "2026-03-02T18:34", "minute", "assumed"),
    ("2 במרץ 2026, 08:34", "he", "Asia/Jerusalem", "2026-03-02T06:34", "minute", "assumed"),
    ("الإثنين ٢ مارس ٢٠٢٦ - ٠٨:٣٤ م", "ar", "UTC", "2026-03-02T20:34", "minute", "assumed"),
    ("2 مارس 2026م الساعة 08:34 صباحًا", "ar", "UTC", "2026-03-02T08:34", "minute", "assumed"),
    ("02 آذار / مارس 2026 08:34 مساءً", "ar", "UTC", "2026-03-02T20:34", "minute", "assumed"),
    ("2 كانون الأول 2025", "ar", "UTC", "2025-12-02T00:00", "day", "assumed"),
    ("2 كانون الثاني 2026", "ar", "UTC", "2026-01-02T00:00", "day", "assumed"),
    ("۱۱ اسفند ۱۴۰۴ - ۰۸:۳۴", "fa", "Asia/Tehran", "2026-03-02T05:04", "minute", "assumed"),
    ("1404/12/11 08:34", "fa", "Asia/Tehran", "2026-03-02T05:04", "minute", "assumed"),
    ("۱۳۹۹/۱۲/۳۰", "fa", "Asia/Tehran", "2021-03-20T00:00", "day", "assumed"),
    ("1400/12/30", "fa", "Asia/Tehran", None, "day", "assumed"),
    ("1447/09/13", "ar", "UTC", None, "day", "assumed"),
    ("02/03/2569 08:34", "th", "Asia/Bangkok", "2026-03-02T01:34", "minute", "assumed"),
    ("2 มี.ค. 69 08:34 น.", "th", "Asia/Bangkok", "2026-03-02T01:34", "minute", "assumed"),
    ("2 มีนาคม พ.ศ. 2569 เวลา 08:34 น.", "th", "Asia/Bangkok", "2026-03-02T01:34", "minute", "assumed"),
    ("२ मार्च २०२६, ०८:३४ AM IST", "hi", "Asia/Kolkata", "2026-03-02T03:04", "minute", "stated"),
    ("০২ মার্চ ২০২৬, ০৮:৩৪", "bn", "Asia/Dhaka", "2026-03-02T02:34", "minute", "assumed"),
    ("2 Tháng Ba, 2026 lúc 08:34", "vi", "Asia/Ho_Chi_Minh", "2026-03-02T01:34", "minute", "assumed"),
    ("ngày 2 tháng 3 năm 2026", "vi", "Asia/Ho_Chi_Minh", "2026-03-02T00:00", "day", "assumed"),
    ("26 | 01 | 2026", "de", "Europe/Zurich", "2026-01-26T00:00", "day", "assumed"),
    ("115-03-02 08:34", "zh-Hant", "Asia/Taipei", "2026-03-02T00:34", "minute", "assumed"),
    ("115年3月2日 上午8:34", "zh-Hant", "Asia/Taipei", "2026-03-02T00:34", "minute", "assumed"),
    ("02 Mart 2026 Pazartesi 08:34", "tr", "Europe/Istanbul", "2026-03-02T05:34", "minute", "assumed"),
    ("115-03-02", "en", "UTC", None, "day", "assumed"),
    ("/Date(1772440440000)/", "en", "UTC", "2026-03-02T08:34", "second", "stated"),
    ("10 Uhr 02.03.2026", "de", "Europe/Berlin", "2026-03-02T00:00", "day", "assumed"),
    ("3 giờ trước", "vi", "Asia/Ho_Chi_Minh", "2026-03-10T01:00", "minute", "stated"),
    ("vor 3 Stunden", "de", "Europe/Berlin", "2026-03-10T01:00", "minute", "stated"),
    ("vor einer Stunde", "de", "Europe/Berlin", "2026-03-10T03:00", "minute", "stated"),
    ("hace 3 horas", "es", "Europe/Madrid", "2026-03-10T01:00", "minute", "stated"),
    ("il y a 3 heures", "fr", "Europe/Paris", "2026-03-10T01:00", "minute", "stated"),
    ("3 ore fa", "it", "Europe/Rome", "2026-03-10T01:00", "minute", "stated"),
    ("há 3 horas", "pt", "America/Sao_Paulo", "2026-03-10T01:00", "minute", "stated"),
    ("3 часа назад", "ru", "Europe/Moscow", "2026-03-10T01:00", "minute", "stated"),
    ("час назад", "ru", "Europe/Moscow", "2026-03-10T03:00", "minute", "stated"),
    ("منذ ساعتين", "ar", "UTC", "2026-03-10T02:00", "minute", "stated"),
    ("۳ ساعت پیش", "fa", "Asia/Tehran", "2026-03-10T01:00", "minute", "stated"),
    ("לפני 3 שעות", "he", "Asia/Jerusalem", "2026-03-10T01:00", "minute", "stated"),
    ("3 घंटे पहले", "hi", "Asia/Kolkata", "2026-03-10T01:00", "minute", "stated"),
    ("৩ ঘণ্টা আগে", "bn", "Asia/Dhaka", "2026-03-10T01:00", "minute", "stated"),
    ("3 ชั่วโมงที่แล้ว", "th", "Asia/Bangkok", "2026-03-10T01:00", "minute", "stated"),
    ("3 jam yang lalu", "id", "Asia/Jakarta", "2026-03-10T01:00", "minute", "stated"),
    ("3 saat önce", "tr", "Europe/Istanbul", "2026-03-10T01:00", "minute", "stated"),
    ("πριν από 3 ώρες", "el", "Europe/Athens", "2026-03-10T01:00", "minute", "stated"),
    ("prije 26 minuta", "bs", "Europe/Sarajevo", "2026-03-10T03:34", "minute", "stated"),
    ("преди 3 часа", "bg", "Europe/Sofia", "2026-03-10T01:00", "minute", "stated"),
    ("3 órával ezelőtt", "hu", "Europe/Budapest", "2026-03-10T01:00", "minute", "stated"),
]  # fmt: skip


def _check(text: str, zone: ZoneInfo, lang: str, expected: str | None, precision: str, tz: str) -> None:
    moment = read_date(text, now=NOW, zone=zone, lang=lang)
    if expected is None:
        assert moment is None
        return
    assert moment is not None, text
    assert (moment.at, moment.precision, moment.tz) == (
        datetime.fromisoformat(expected).replace(tzinfo=UTC),
        precision,
        tz,
    )


def test_the_table_of_chinese_forms_is_long_enough() -> None:
    """At least eighty different Chinese forms are tested below."""
    assert len({row[0] for row in CHINESE}) >= 80


@pytest.mark.parametrize(("text", "expected", "precision", "tz"), CHINESE, ids=[row[0] for row in CHINESE])
def test_chinese_forms(text: str, expected: str, precision: str, tz: str) -> None:
    """Each form that Chinese pages print is read to UTC, with its precision and whether it states a zone."""
    _check(text, CHINA, "zh-Hans", expected, precision, tz)


@pytest.mark.parametrize(
    ("text", "lang", "zone", "expected", "precision", "tz"), OTHERS, ids=[row[0] for row in OTHERS]
)
def test_forms_of_other_languages(text: str, lang: str, zone: str, expected: str, precision: str, tz: str) -> None:
    """Forms of other languages are read in the zone given, unless they state one."""
    _check(text, ZoneInfo(zone), lang, expected, precision, tz)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-12 08:34", "2031年1月1日", "1987-02-03", "1989年12月31日", "2026-02-30", "2026年13月2日", "2026-03-02 和平", "3:2 获胜",
        "股价上涨03-02", "4090亿元", "", "   ", "没有日期", "12345", "99999999999999", "v1.2.3", "第3/2号文件",
    ],
)  # fmt: skip
def test_what_is_no_believable_date(text: str) -> None:
    """The future, the time before 1990, impossible days and mere numbers are not believed."""
    moment = read_date(text, now=NOW, zone=CHINA, lang="zh-Hans", fallback=False)
    assert moment is None or (text == "2026-03-02 和平" and moment.precision == "day")


@pytest.mark.parametrize("text", ["3000年前殷商都邑", "2100 years ago", "9999年前", "9999 months ago"])
def test_ages_before_the_calendar_are_no_dates(text: str) -> None:
    """A story about antiquity is read like any other."""
    assert not list(find_dates(text, now=NOW, zone=CHINA))


@pytest.mark.parametrize("text", ["hıer 8:34", "ayeR 8:34", "OGGİ 8:34", "1²²²²²²²²²", "²²²²²²²²", "一¹天前"])
def test_letters_and_digits_that_only_look_alike_break_nothing(text: str) -> None:
    """Case folding takes a dotless i for an i, and a superscript is a digit to `str.isdigit`."""
    moment = read_date(text, now=NOW, zone=CHINA, fallback=False)
    assert moment is None or text == "ayeR 8:34"


@pytest.mark.parametrize(("lang", "hour"), [("zh-Hans", 0), ("zh", 0), ("en", 14), (None, 14)])
def test_an_abbreviation_means_what_the_page_s_language_means(lang: str | None, hour: int) -> None:
    """CST is China's time on a Chinese page, and central time on others."""
    moment = read_date("2026-03-02 08:34 CST", now=NOW, zone=CHINA, lang=lang)
    assert moment
    assert moment.at.hour == hour


def test_the_forms_nobody_wrote_down_are_left_to_dateparser() -> None:
    """A short string in a language's own wording is still read, by the slow way, and only when that is allowed."""
    said = "2 mars, 2026 kl. 08.34 (CET)"
    assert read_date("den 2:a mars 2026", now=NOW, lang="sv") is not None
    assert read_date(said, now=NOW, zone=ZoneInfo("Europe/Stockholm"), lang="sv") is not None
    assert read_date("Monday 2 Mch 2026", now=NOW, lang="en", fallback=False) is None


@pytest.mark.parametrize(
    ("text", "hour"),
    [("Mon Mar 02 08:34:00 EST 2026", 13), ("Mon Mar  2 08:34:00 2026", 8), ("Mar 2 08:34:00 CET 2026", 7)],
)
def test_dates_as_c_and_java_print_them(text: str, hour: int) -> None:
    """The year behind the clock, with and without a zone."""
    moment = read_date(text, now=NOW, fallback=False)
    assert moment is not None
    assert moment.at == datetime(2026, 3, 2, hour, 34, tzinfo=UTC)


@pytest.mark.parametrize("text", ["16:00", "12:13 a. m.", "Länge: 3:49", "08.34 Uhr"])
def test_a_clock_alone_is_no_date(text: str) -> None:
    """A time of day, or the length of a video, is not taken for that time today."""
    assert read_date(text, now=NOW, lang="de") is None


def test_a_year_that_was_not_printed_is_marked() -> None:
    """The year of a day and month is the latest that fits, and said to be assumed; a printed one is not."""
    guessed, printed = (read_date(text, now=NOW, zone=CHINA) for text in ("12月28日 08:34", "2025年12月28日"))
    assert guessed is not None
    assert printed is not None
    assert (guessed.at.year, guessed.year, printed.year) == (2025, "assumed", "stated")


def test_the_day_is_kept_as_printed() -> None:
    """An evening in New York is the next day in UTC; the day that was printed is not lost."""
    moment = read_date("March 2, 2026 9:15 PM EST", now=NOW, lang="en")
    assert moment is not None
    assert (moment.at.day, moment.day) == (3, date(2026, 3, 2))


def test_several_dates_in_one_line_come_in_order() -> None:
    """A line that gives publication and change yields both, in the order printed, with their places."""
    line = "发布：2026-03-01 08:00 更新：2026-03-02 09:30"
    first, second = find_dates(line, now=NOW, zone=CHINA)
    assert (first.at.day, second.at.hour) == (1, 1)
    assert first.start < second.start


@pytest.mark.parametrize(
    ("country", "lang", "name"),
    [
        ("cn", "zh-Hans", "Asia/Shanghai"), (None, "zh-Hans", "Asia/Shanghai"), ("com", "zh-Hant", "Asia/Taipei"), ("hk", "zh-Hant", "Asia/Hong_Kong"),
        ("com", "ja", "Asia/Tokyo"), ("com", "en-GB", "Europe/London"), ("de", "en", "Europe/Berlin"), ("com", "pt-BR", "America/Sao_Paulo"),
    ],
)  # fmt: skip
def test_the_zone_that_country_and_language_suggest(country: str | None, lang: str, name: str) -> None:
    """Country of the domain first, then region and language."""
    assert zone_of(country, lang) == ZoneInfo(name)


def test_a_language_of_many_zones_suggests_none() -> None:
    """English and Spanish without a country are read as UTC."""
    assert zone_of("com", "en") is UTC
    assert zone_of(None, None) is UTC


@given(st.datetimes(min_value=FIRST, max_value=LAST), st.integers(-12, 14))
def test_what_isoformat_writes_is_read_back(at: datetime, hours: int) -> None:
    """Any moment of the believed years survives ISO 8601 with any offset, to the microsecond."""
    moment = at.replace(tzinfo=timezone(timedelta(hours=hours)))
    read = read_date(moment.isoformat(timespec="microseconds"), now=NOW)
    assert read is not None
    assert read.at == moment.astimezone(UTC)
    assert read.tz == "stated"


@given(st.datetimes(min_value=FIRST, max_value=LAST))
def test_any_minute_in_chinese_is_read_back(at: datetime) -> None:
    """Any minute printed as 年月日时分 is read to that minute in China."""
    text = f"{at.year}年{at.month}月{at.day}日{at.hour}时{at.minute:02}分"
    read = read_date(text, now=NOW, zone=CHINA)
    assert read is not None
    assert read.at == at.replace(second=0, microsecond=0, tzinfo=CHINA).astimezone(UTC)


@given(st.text(max_size=120))
def test_no_text_raises(text: str) -> None:
    """Whatever a page prints, reading it gives a moment of the believed years or None."""
    moment = read_date(text, now=NOW, zone=CHINA, lang="zh", fallback=False)
    assert moment is None or moment.at.year >= 1990
