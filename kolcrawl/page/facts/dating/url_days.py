"""The day in a page's address. The forms that addresses use for no other number come first."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from kolcrawl.text.moments import EARLIEST_DATE

_DAY = re.compile(
    # /2026/3/2/, 2026-03-02-title
    r"(?<!\d)(?:(?P<y1>(?:19|20)\d\d)(?P<sep>[/_-])(?P<m1>\d{1,2})(?P=sep)(?P<d1>\d{1,2})(?!\d|(?<=/\d)-|(?<=/\d\d)-)"
    r"|(?P<y2>20\d\d)/(?P<m2>\d\d)(?P<d2>\d\d)(?=/)"  # /2026/0302/
    r"|(?P<y3>20\d\d)(?P<m3>\d\d)/(?P<d3>\d\d)(?=/)"  # /202603/02/
    r"|(?<![a-su-zA-Z])(?P<y4>20\d\d)(?P<m4>\d\d)(?P<d4>\d\d)(?:\d{6})?(?=[/_.-]|$))"  # /20260302/, /t20260302_1.shtml
)
_DAY_FIRST = re.compile(
    r"(?<![\d.-])(?:(?P<d1>\d{1,2})[-.](?P<m1>\d{1,2})[-.](?P<y1>20\d\d)(?![\d.])"  # /02-03-2026-title
    r"|(?<=/)(?P<d2>\d\d)(?P<m2>\d\d)(?P<y2>20\d\d)(?=[/_-]|$))"  # /02032026-title
)
_ARCHIVED = re.compile(r"^/web/\d{4,14}(?:[a-z]{2}_)?/(?:https?://?)?(?P<rest>.*)$", re.DOTALL)
_ARCHIVE = "web.archive.org"


def url_day(url: str, now: datetime) -> datetime | None:
    """Read the day in the path of an address (`/2026/03/02/`, `/20260302/`, `/2026-03-02-`), midnight UTC.

    A number that begins the last part of a path (`/2026/03/10-things`) is no day. Of a page that an archive keeps the
    original address is read.
    """
    return _first_day(_DAY, _path(url), "1234", now)


def named_day(url: str, now: datetime) -> datetime | None:
    """Read a day that the name of a page holds, day first (`/02-03-2026-title`): its own, or that of an event."""
    return _first_day(_DAY_FIRST, _path(url), "12", now)


def _path(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.hostname == _ARCHIVE and (inner := _ARCHIVED.match(parts.path)):
        return inner["rest"].partition("/")[2]
    return parts.path


def _first_day(form: re.Pattern[str], path: str, numbers: str, now: datetime) -> datetime | None:
    for match in form.finditer(path):
        number = next(number for number in numbers if match[f"y{number}"])
        year, month, day = (int(match[part + number]) for part in "ymd")
        try:
            at = datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            continue
        if EARLIEST_DATE <= at <= now + timedelta(days=1):
            return at
    return None
