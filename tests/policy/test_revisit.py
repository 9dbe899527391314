"""Revisits: young and changing stories soon, old and stable ones late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.errors import ArgumentError
from kolcrawl.policy.revisit import Bounds, due, next_visit, parse_refresh

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def wait(
    age: float, *, watched: float = 0.0, visits: int = 1, changes: int = 0, failures: int = 0, gone: bool = False
) -> float:
    """Hours until the next visit to a story published `age` hours ago and first seen `watched` hours ago."""
    then = next_visit(
        NOW,
        published_at=NOW - age * HOUR,
        first_seen=NOW - watched * HOUR,
        visits=visits,
        changes=changes,
        failures=failures,
        gone=gone,
    )
    return (then - NOW) / HOUR


def test_young_before_old() -> None:
    """Seen for the first time: an hour old soon, a day old within a day, a year old at the longest interval."""
    waits = [wait(age) for age in (1, 24, 24 * 7, 24 * 365)]
    assert waits == sorted(waits)
    assert waits[0] == 1.0
    assert 8 < waits[1] < 24
    assert waits[3] == 24 * 60


def test_changed_before_stable() -> None:
    """Of two stories of an age, the one that changed comes first, the more so the more often it did."""
    waits = [wait(24 * 7, watched=24 * 5, visits=6, changes=n) for n in (5, 3, 1, 0)]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1] / 4


def test_longer_watched_without_a_change_means_later() -> None:
    """Each further quiet day is evidence that nothing happens."""
    waits = [wait(24 * 7, watched=24 * days, visits=2 + days) for days in (0, 2, 4, 6)]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]


def test_a_stable_story_is_left_alone_by_and_by() -> None:
    """Visited whenever due and never changed, a story costs a dozen visits in half a year."""
    now, visits = NOW, 1
    while now < NOW + timedelta(days=180):
        now = next_visit(now, published_at=NOW, first_seen=NOW, visits=visits, changes=0)
        visits += 1
    assert 6 <= visits <= 14


def test_a_story_that_always_changes_is_visited_at_the_shortest_interval() -> None:
    """Ten changes in ten visits keep it there."""
    assert wait(10, watched=10, visits=11, changes=10) == 1.0


def test_failures_double_the_wait_and_gone_is_late() -> None:
    """A failing story is asked for less and less; one that is gone only after the longest interval."""
    assert wait(24, failures=2) == pytest.approx(4 * wait(24))
    assert wait(24, failures=10_000) == wait(24, gone=True) == 24 * 60


@given(
    age=st.floats(-1e5, 1e6),
    watched=st.floats(-1e3, 1e6),
    visits=st.integers(-2, 10**6),
    changes=st.integers(-2, 10**6),
    failures=st.integers(0, 10**6),
    bounds=st.tuples(st.integers(1, 10**6), st.integers(0, 10**6), st.floats(0.01, 0.99)),
    dated=st.booleans(),
)
def test_always_within_the_bounds(
    age: float,
    watched: float,
    visits: int,
    changes: int,
    failures: int,
    bounds: tuple[int, int, float],
    dated: bool,
) -> None:
    """Whatever the history, true or odd (published in the future, more changes than visits)."""
    shortest = timedelta(seconds=bounds[0])
    limits = Bounds(shortest=shortest, longest=shortest + timedelta(seconds=bounds[1]), chance=bounds[2])
    then = next_visit(
        NOW,
        published_at=NOW - age * HOUR if dated else None,
        first_seen=NOW - watched * HOUR,
        visits=visits,
        changes=changes,
        failures=failures,
        bounds=limits,
    )
    assert limits.shortest - timedelta(seconds=1) <= then - NOW <= limits.longest + timedelta(seconds=1)


@pytest.mark.parametrize(
    "bounds",
    [
        {"shortest": timedelta(0)},
        {"shortest": timedelta(days=2), "longest": timedelta(days=1)},
        {"chance": 0.0},
        {"chance": 1.0},
    ],
)
def test_bounds_out_of_order_are_refused(bounds: dict[str, timedelta | float]) -> None:
    """Bounds that cannot be kept are named, not bent."""
    with pytest.raises(ArgumentError, match="revisit bounds"):
        Bounds(**bounds)  # type: ignore[arg-type]


def test_due() -> None:
    """`all` always, `none` never, `due` when its time has come or none was set."""
    earlier, later = NOW - HOUR, NOW + HOUR
    assert [due("all", then, NOW) for then in (None, earlier, later)] == [True, True, True]
    assert [due("none", then, NOW) for then in (None, earlier, later)] == [False, False, False]
    assert [due("due", then, NOW) for then in (None, earlier, NOW, later)] == [True, True, True, False]


def test_refresh_is_read() -> None:
    """The three words, in any case; anything else is named with what there is."""
    assert parse_refresh("refresh", " Due ") == "due"
    with pytest.raises(ArgumentError, match=r"refresh='often' .* all, due, none"):
        parse_refresh("refresh", "often")
