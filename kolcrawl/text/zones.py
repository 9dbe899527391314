"""Find time zones: the one in which a site prints its times, and those that dates name. Pure functions.

The tables are in `data/zones.toml`; one more country is one more line.
"""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from kolcrawl.text.tables import read_table

_OFFSET = re.compile(r"^(?:GMT|UTC|Z)?\s?([+-])(\d{1,2}):?(\d{2})?$")


@cache
def _table() -> dict[str, Any]:
    return read_table("zones.toml")


@lru_cache(maxsize=512)
def zone_of(country: str | None, lang: str | None) -> tzinfo:
    """Find the zone in which a site prints times that name none.

    Args:
        country: country code from the site's domain (`cn`, `uk`), or None for `.com` and the like.
        lang: BCP 47 tag of the page, with region if known.

    Returns: the zone by country, else by the tag's region, else by language, else UTC.
    """
    zones = _table()
    subtags = (lang or "").split("-")
    if lang in zones["tags_of_no_country"]:
        subtags = subtags[:1]
    region = next((tag.lower() for tag in subtags[1:] if len(tag) == 2), "")
    traditional = subtags[0] == "zh" and "Hant" in subtags
    name = (
        zones["country"].get((country or "").lower())
        or zones["country"].get({"gb": "uk"}.get(region, region))
        or (traditional and zones["language"]["zh-Hant"])
        or zones["language"].get(subtags[0].lower())
    )
    return ZoneInfo(name) if name else UTC


def locale_tag(locale: str | None) -> str | None:
    """Read an `og:locale` as a language tag, without the region where systems write it unasked."""
    return locale.partition("_")[0] if locale and locale in _table()["locales_of_no_country"] else locale


def zone_named(name: str, lang: str | None) -> tzinfo | None:
    """Find the zone that a date names (`+08:00`, `GMT+2`, `CEST`, `北京时间`); None for an unknown name.

    Args:
        name: as printed.
        lang: of the page; CST on a Chinese page is China's (`data/zones.toml`).
    """
    if offset := _OFFSET.match(name):
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours > 14 or minutes > 59:
            return None
        return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if offset[1] == "-" else 1))
    own = _table()["abbreviation_of"].get((lang or "").split("-")[0], {})
    known = own.get(name, _table()["abbreviation"].get(name))
    if known is None:
        return None
    return ZoneInfo(known) if isinstance(known, str) else timezone(timedelta(hours=known))


def written_zones() -> list[str]:
    """List the names of zones that are words rather than one to four capitals: `北京时间`."""
    return [name for name in _table()["abbreviation"] if not re.fullmatch("[A-Z]{1,4}", name)]
