"""Decide when to visit a story again: young and changing stories soon, old and stable ones late.

A story's changes are taken as a Poisson process whose rate is estimated from what visits saw. The estimator is the
bias-reduced one of Cho & Garcia-Molina (2003, "Estimating frequency of change", ACM TOIT 3:3, section 4), which counts
the changes that several visits can only see as one. Before there is evidence, and as a prior beside it, the rate is
taken to fall with the story's age: a news story changes about as often in its first hour as in the rest of its first
day. The next visit comes when a change has become as likely as `chance`, within the bounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from kolcrawl.errors import ArgumentError

Refresh = Literal["all", "due", "none"]

CHANGES_PER_DOUBLING = 0.7  # expected changes while a story's age doubles, before any visit has seen more
PRIOR_CHANGES = 1.0  # observed changes as which that expectation counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds of the time between two visits to a story."""

    shortest: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(days=60)
    chance: float = 0.5
    """Probability of a change at which a visit is due, between 0 and 1."""

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            ArgumentError: the bounds are not in order.
        """
        if not timedelta(0) < self.shortest <= self.longest:
            raise ArgumentError(
                "revisit bounds: shortest {shortest} must be above 0 and not above longest {longest}",
                shortest=self.shortest,
                longest=self.longest,
            )
        if not 0 < self.chance < 1:
            raise ArgumentError("revisit bounds: chance {chance} must lie between 0 and 1", chance=self.chance)


def next_visit(
    now: datetime,
    *,
    published_at: datetime | None,
    first_seen: datetime,
    visits: int,
    changes: int,
    failures: int = 0,
    gone: bool = False,
    bounds: Bounds | None = None,
) -> datetime:
    """Compute when a story is to be visited again.

    Args:
        now: time of the visit just made, aware.
        published_at: the story's publication time, aware; None when unknown, then `first_seen` stands for it.
        first_seen: when the story was first visited, aware.
        visits: visits so far that read the story or learnt that it is unchanged, this one included.
        changes: how many of them found another title or text than the visit before.
        failures: visits that failed since the last good one; each doubles the wait.
        gone: the story was not there (404, 410): it is looked for once more, late.
        bounds: of the time between two visits.

    Returns: `now` plus the bounds' `shortest` at least, their `longest` at most.
    """
    bounds = bounds or Bounds()
    if gone:
        return now + bounds.longest
    born = min(published_at or first_seen, first_seen, now)
    age = max((now - born).total_seconds(), bounds.shortest.total_seconds())
    rate = _change_rate(age, (now - first_seen).total_seconds(), visits - 1, changes)
    wait = -math.log1p(-bounds.chance) / rate * 2.0 ** min(failures, 20)
    longest, shortest = bounds.longest.total_seconds(), bounds.shortest.total_seconds()
    return now + timedelta(seconds=min(max(wait, shortest), longest))


def _change_rate(age: float, watched: float, repeats: int, changes: int) -> float:
    """Estimate the changes a second from the visits, joined with what the age lets expect (a Gamma prior)."""
    expected = CHANGES_PER_DOUBLING / (math.log(2) * age)
    if repeats <= 0 or watched <= 0:
        return expected
    seen = min(max(changes, 0), repeats)
    happened = -repeats * math.log((repeats - seen + 0.5) / (repeats + 0.5))
    return (PRIOR_CHANGES + happened) / (PRIOR_CHANGES / expected + watched)


def due(refresh: Refresh, next_visit_at: datetime | None, now: datetime) -> bool:
    """Decide whether a story known from an earlier crawl is to be fetched again.

    Args:
        refresh: `all`: always; `due`: when its time has come or none was set; `none`: never.
        next_visit_at: the result of `next_visit` at its last visit, aware; None where there was none.
    """
    if refresh == "due":
        return next_visit_at is None or next_visit_at <= now
    return refresh == "all"


def parse_refresh(name: str, value: str) -> Refresh:
    """Read `refresh`.

    Raises:
        ArgumentError: it is not one of `all`, `due`, `none`.
    """
    for refresh in get_args(Refresh):
        if value.strip().lower() == refresh:
            return refresh  # type: ignore[no-any-return]
    raise ArgumentError(
        "{name}={value!r} is not a way to refresh; there are {known}",
        name=name,
        value=value,
        known=", ".join(get_args(Refresh)),
    )
