"""When a schedule's runs are due, and when they start. Pure; all times are aware, in UTC."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cronsim import CronSim, CronSimError

from kolcrawl.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kolcrawl.schedule.plan import Schedule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_cron(where: str, expression: object) -> str:
    """A cron expression of five fields, as given.

    Raises:
        ConfigError: it is none, or never due.
    """
    try:
        if not isinstance(expression, str) or len(expression.split()) != 5:
            raise CronSimError("give five fields")
        next(CronSim(expression, EPOCH))
    except (CronSimError, StopIteration) as error:
        why = str(error) or "it is never due"
        raise ConfigError(f'{where}: cron = {expression!r} is no expression like "0 * * * *" ({why})') from None
    return expression


def due_after(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """The due times after a moment, without end.

    Cron is read in the schedule's time zone. In the night when clocks are put forward a run in the hour that is left
    out comes at its end; when they are put back, it comes once, and an hourly one goes on hourly (as Debian's cron).
    """
    if schedule.cron:
        for due in CronSim(schedule.cron, after.astimezone(schedule.timezone)):
            if due > after:
                yield due.astimezone(UTC)
        return
    assert schedule.every is not None  # noqa: S101 - the plan has either
    due = EPOCH + ((after - EPOCH) // schedule.every) * schedule.every
    while True:
        due += schedule.every
        yield due


def due_between(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    """The due times after a moment and not after another."""
    found = []
    for due in due_after(schedule, after):
        if due > until:
            break
        found.append(due)
    return found


def starts_at(schedule: Schedule, due: datetime) -> datetime:
    """When the run of a due time starts: `jitter` spreads schedules, and is the same whenever it is asked for."""
    if not schedule.jitter:
        return due
    draw = int.from_bytes(hashlib.sha256(f"{schedule.name} {due.isoformat()}".encode()).digest()[:6]) / 2**48
    return due + timedelta(seconds=int(schedule.jitter.total_seconds() * draw))


def job_id(schedule: Schedule, due: datetime) -> str:
    """`affair-20261122T100000Z`: a job id that says what it is, and is the same whenever it is asked for."""
    return f"{schedule.name}-{due.astimezone(UTC):%Y%m%dT%H%M%S}Z"
