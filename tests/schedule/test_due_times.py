"""Due times: intervals, cron with daylight saving, jitter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from kolcrawl.schedule.due_times import due_after, due_between, job_id, starts_at
from kolcrawl.schedule.plan import Schedule

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def hours(schedule: Schedule, after: datetime, count: int) -> list[str]:
    """The next due times, in the schedule's time zone."""
    found = islice(due_after(schedule, after), count)
    return [f"{due.astimezone(schedule.timezone):%d %H:%M}" for due in found]


def test_every_counts_from_midnight() -> None:
    """An interval's due times do not depend on when one asks."""
    schedule = Schedule(name="a", every=timedelta(hours=6))
    assert hours(schedule, NOON, 3) == ["22 18:00", "23 00:00", "23 06:00"]
    assert hours(schedule, NOON - timedelta(seconds=1), 1) == ["22 12:00"]


def test_cron_in_its_time_zone() -> None:
    """Eight in the morning in Shanghai is midnight UTC."""
    schedule = Schedule(name="a", cron="0 8 * * *", timezone=ZoneInfo("Asia/Shanghai"))
    assert next(due_after(schedule, NOON)) == datetime(2026, 11, 23, tzinfo=UTC)


def test_sunday_is_0_and_7() -> None:
    """Days of the week are cron's."""
    for day in ("0", "7", "sun"):
        found = next(due_after(Schedule(name="a", cron=f"0 0 * * {day}"), NOON))
        assert found == datetime(2026, 11, 29, tzinfo=UTC)


def test_clocks_put_forward_and_back() -> None:
    """A run in the hour that is left out comes once, at its end; in the hour that comes twice, once; hourly goes on."""
    berlin = ZoneInfo("Europe/Berlin")
    nightly = Schedule(name="a", cron="30 2 * * *", timezone=berlin)
    assert hours(nightly, datetime(2026, 3, 28, 12, tzinfo=UTC), 2) == ["29 03:00", "30 02:30"]
    assert hours(nightly, datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == ["25 02:30", "26 02:30"]
    hourly = Schedule(name="a", cron="0 * * * *", timezone=berlin)
    for night in (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)):
        found = list(islice(due_after(hourly, night), 8))
        assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(["every 90", "*/7 * * * *", "15 3 * * 1-5", "0 0 1 * *"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis' way
    st.lists(st.integers(1, 4_000), min_size=1, max_size=6),
)
def test_any_cut_of_time_gives_the_same_due_times(rule: str, begin: datetime, minutes: list[int]) -> None:
    """Asked in pieces of any length, as after restarts, the due times are those of one look."""
    zone = ZoneInfo("America/New_York")
    if rule.startswith("every"):
        schedule = Schedule(name="a", every=timedelta(minutes=90))
    else:
        schedule = Schedule(name="a", cron=rule, timezone=zone)
    found, at = [], begin
    for step in minutes:
        found += due_between(schedule, at, at + timedelta(minutes=step))
        at += timedelta(minutes=step)
    assert found == due_between(schedule, begin, at)
    assert len({job_id(schedule, due) for due in found}) == len(found)


def test_jitter_is_bounded_spread_and_the_same_each_time() -> None:
    """Starts lie within the jitter, differ between due times, and do not change when asked again."""
    schedule = Schedule(name="a", every=timedelta(hours=1), jitter=timedelta(minutes=10))
    dues = list(islice(due_after(schedule, NOON), 200))
    waits = [starts_at(schedule, due) - due for due in dues]
    assert all(timedelta(0) <= wait < timedelta(minutes=10) for wait in waits)
    assert len(set(waits)) > 100
    assert waits == [starts_at(schedule, due) - due for due in dues]
