"""Scrapyd nodes on a clock of the test's own, which fail as real ones do, and know the truth about every run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kolcrawl.schedule.dispatch import Jobs
from kolcrawl.schedule.plan import NodeAddress, Plan, Schedule
from kolcrawl.system.http_client import ServiceError


class Killed(BaseException):
    """The scheduler's process is gone."""


@dataclass
class World:
    """The clock, and the dice."""

    now: datetime
    rng: random.Random
    longest: float = 100.0
    """Minutes that a crawl takes at most."""
    deadly: bool = False
    """Whether the scheduler may be killed while it tells a node to start a crawl."""


@dataclass
class Ran:
    """A crawl that really ran."""

    schedule: str
    job: str
    node: str
    begin: datetime
    end: datetime


@dataclass
class FakeNode:
    """A node; `up` and `unsure` may be changed by the test."""

    url: str
    world: World
    up: bool = True
    unsure: bool = False
    """Takes crawls, but its answer gets lost."""
    refuses: bool = False
    ran: list[Ran] = field(default_factory=list)

    def jobs(self) -> Jobs:
        """As Scrapyd lists them."""
        self._answer()
        now = self.world.now
        over = {run.job for run in self.ran if run.end <= now}
        return Jobs(running=frozenset({run.job for run in self.ran if run.end > now}), finished=frozenset(over))

    def start(self, schedule: Schedule, job: str) -> None:
        """Take a crawl; like Scrapyd, also under a job id that is taken."""
        draw = self.world.rng.random() if self.world.deadly else 1.0
        if draw < 0.05:
            raise Killed  # before the request is sent
        self._answer()
        if self.refuses:
            raise ServiceError(f"{self.url} refuses: no such project", status=200)
        length = timedelta(minutes=self.world.rng.uniform(1, self.world.longest))
        self.ran.append(Ran(schedule.name, job, self.url, self.world.now, self.world.now + length))
        if draw < 0.1:
            raise Killed  # after it was sent
        if self.unsure:
            raise ServiceError(f"{self.url} does not answer (timed out)")

    def crash(self) -> None:
        """Down, with all that runs on it."""
        self.up = False
        for run in self.ran:
            run.end = min(run.end, self.world.now)

    def _answer(self) -> None:
        if not self.up:
            raise ServiceError(f"{self.url} does not answer (refused)", sent=False)


def plan_of(*schedules: Schedule, nodes: int = 3, lost_after: timedelta = timedelta(hours=6)) -> Plan:
    """A plan on nodes called `http://n1` and so on."""
    addresses = tuple(NodeAddress(url=f"http://n{n}") for n in range(1, nodes + 1))
    return Plan(nodes=addresses, schedules=schedules, lost_after=lost_after)
