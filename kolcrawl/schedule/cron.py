"""Cron expressions, with their daylight saving (`cronsim`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cronsim import CronSim, CronSimError

from kolcrawl.locale import Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


def check_cron(expression: str) -> str:
    """Check that a cron expression has five fields and a due time, and return it.

    Raises:
        ValueError: it has not; the message continues the expression.
    """
    try:
        if len(expression.split()) != 5:
            raise CronSimError(Message("give five fields"))
        next(CronSim(expression, FIRST_MOMENT))
    except (CronSimError, StopIteration) as error:
        why = error.args[0] if error.args else Message("it is never due")
        raise ValueError(Message('is not an expression like "0 * * * *" ({why})', why=why)) from None
    return expression


def cron_times(expression: str, timezone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the due times of an expression after a moment, in UTC, without end.

    In the night when clocks are put forward, a run in the hour that is left out comes at the end of that hour; when
    clocks are put back, it comes once, and an hourly run goes on hourly (as Debian's cron).

    Args:
        timezone: zone in which the expression is read.
    """
    for due in CronSim(expression, after.astimezone(timezone)):
        if due > after:
            yield due.astimezone(UTC)
