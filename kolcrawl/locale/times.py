"""Times as the person at the terminal reads them: by the clock of this machine, whose zone is named beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def clock(moment: datetime | None, *, seconds: bool = False) -> str:
    """Write a time by this machine's clock, `2026-03-02 00:34`; a dash if there is none."""
    if moment is None:
        return "-"
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def zone_name() -> str:
    """Name the zone of this machine's clock: `UTC+08:00`; where the clock is changed in summer, `CET/CEST`."""
    year = datetime.now(UTC).year
    winter, summer = (datetime(year, month, 1, tzinfo=UTC).astimezone() for month in (1, 7))
    offset = winter.utcoffset() or timedelta()
    if offset != summer.utcoffset():
        return f"{winter.tzname()}/{summer.tzname()}"
    minutes = round(offset.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "UTC"
