"""When a schedule's runs are due, and when they start. Pure; all times are aware, in UTC."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kolcrawl.schedule.cron import FIRST_MOMENT, cron_times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kolcrawl.schedule.plan import Schedule


def due_after(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Yield the due times after a moment, without end. Intervals count from the beginning of 1970."""
    if schedule.cron:
        yield from cron_times(schedule.cron, schedule.timezone, after)
        return
    assert schedule.every is not None  # noqa: S101 - the plan has either
    due = FIRST_MOMENT + ((after - FIRST_MOMENT) // schedule.every) * schedule.every
    while True:
        due += schedule.every
        yield due


def due_between(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    """List the due times after one moment, up to and including another."""
    times = []
    for due in due_after(schedule, after):
        if due > until:
            break
        times.append(due)
    return times


def starts_at(schedule: Schedule, due: datetime) -> datetime:
    """Compute when the run of a due time starts; `jitter` spreads schedules, and gives the same time whenever asked."""
    if not schedule.jitter:
        return due
    draw = int.from_bytes(hashlib.sha256(f"{schedule.name} {due.isoformat()}".encode()).digest()[:6]) / 2**48
    return due + timedelta(seconds=int(schedule.jitter.total_seconds() * draw))


def job_id(schedule: Schedule, due: datetime) -> str:
    """Build the job id of a due time, such as `affair-20261122T100000Z`, which is the same whenever asked."""
    return f"{schedule.name}-{due.astimezone(UTC):%Y%m%dT%H%M%S}Z"
