"""The scheduler on a clock of our own: single rules, then days with failing nodes and killed schedulers."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest

from kolcrawl.errors import ConfigError
from kolcrawl.schedule.dispatch import Jobs, Scheduler
from kolcrawl.schedule.journal import Journal
from kolcrawl.schedule.plan import Schedule
from kolcrawl.system.http_client import ServiceError
from tests.schedule.world import FakeNode, Killed, World, plan_of

BEGIN = datetime(2026, 11, 22, 0, 0, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURLY = Schedule(name="hourly", every=HOUR)
QUEUED = Schedule(name="queued", every=HOUR, overlap="queue")


class Bench:
    """A scheduler with nodes that a test drives."""

    open: ClassVar[list[Bench]] = []

    def __init__(self, tmp_path: Path, *schedules: Schedule, nodes: int = 2, longest: float = 1.5) -> None:
        self.world = World(BEGIN, random.Random(1), longest)
        self.plan = plan_of(*schedules, nodes=nodes)
        self.nodes = [FakeNode(address.url, self.world) for address in self.plan.nodes]
        self.file = tmp_path / "state.sqlite"
        self.journal = Journal(self.file)
        self.scheduler = Scheduler(self.plan, self.nodes, self.journal)
        self.messages: list[str] = []
        self.open.append(self)
        self.step(timedelta(0))

    def step(self, time: timedelta) -> None:
        """Let time pass, then tick."""
        self.world.now += time
        self.messages += self.scheduler.tick(self.world.now).messages

    def restart(self) -> None:
        """Another process, on the same file."""
        self.journal.close()
        self.journal = Journal(self.file)
        self.scheduler = Scheduler(self.plan, self.nodes, self.journal)

    def ran(self) -> list[str]:
        """Hours of the due times of what ran, in order of their begin."""
        runs = sorted((run for node in self.nodes for run in node.ran), key=lambda run: run.begin)
        return [run.job[-7:-5] for run in runs]

    def states(self, name: str) -> list[str]:
        """What the journal says of a schedule's runs."""
        return [run.state for run in self.journal.runs(name)]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Close the journals."""
    yield
    while Bench.open:
        Bench.open.pop().journal.close()


def test_nothing_is_made_up_for_before_the_first_start(tmp_path: Path) -> None:
    """A new schedule begins with its next due time."""
    bench = Bench(tmp_path, HOURLY)
    assert bench.ran() == []
    bench.step(HOUR)
    assert bench.ran() == ["01"]


def test_the_least_loaded_node_is_taken(tmp_path: Path) -> None:
    """Runs that start in one tick are spread, and a node that is busy with others gets fewer."""
    schedules = [Schedule(name=f"s{n}", every=HOUR) for n in range(6)]
    bench = Bench(tmp_path, *schedules, nodes=3)
    bench.nodes[0].start(Schedule(name="other", every=HOUR), "by-hand-1")
    bench.nodes[0].start(Schedule(name="other", every=HOUR), "by-hand-2")
    for run in bench.nodes[0].ran:
        run.end += 10 * HOUR
    bench.step(HOUR)
    assert [len(node.ran) for node in bench.nodes] == [3, 3, 2]


def test_a_node_that_is_down_or_refuses_is_passed_by(tmp_path: Path) -> None:
    """The run starts on the next; what was wrong is reported once for a node that is down."""
    bench = Bench(tmp_path, HOURLY, nodes=3)
    bench.nodes[0].up = False
    bench.nodes[1].refuses = True
    bench.step(HOUR)
    assert [len(node.ran) for node in bench.nodes] == [0, 0, 1]
    bench.step(timedelta(minutes=1))
    assert sum("does not answer" in line for line in bench.messages) == 1
    bench.nodes[0].up = True
    bench.step(timedelta(minutes=1))
    assert bench.messages[-1] == "http://n1 answers again"


def test_nodes_that_hang_are_waited_for_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight nodes that do not answer are all asked before any of them gives up."""
    bench = Bench(tmp_path, HOURLY, nodes=9)
    all_asked = threading.Barrier(8, timeout=30)

    def hang(self: FakeNode) -> Jobs:
        if self.url != "http://n9":
            all_asked.wait()
            raise ServiceError(f"{self.url} does not answer (timed out)")
        return Jobs()

    monkeypatch.setattr(FakeNode, "jobs", hang)
    bench.step(HOUR)
    assert [len(node.ran) for node in bench.nodes] == [0] * 8 + [1]


def test_a_run_waits_for_a_node(tmp_path: Path) -> None:
    """With every node down a due run waits; the ones after it are skipped, or queued."""
    bench = Bench(tmp_path, HOURLY, QUEUED)
    for node in bench.nodes:
        node.up = False
    for _ in range(3):
        bench.step(HOUR)
    assert bench.ran() == []
    for node in bench.nodes:
        node.up = True
    for _ in range(10):
        bench.step(timedelta(minutes=2))
    assert bench.ran() == ["01", "01", "02", "03"]
    assert bench.states("hourly") == ["ended", "skipped", "skipped"]


def test_a_refusal_is_reported_once(tmp_path: Path) -> None:
    """With no node that takes it a run waits and is tried at every tick, but what was wrong is reported once."""
    bench = Bench(tmp_path, HOURLY)
    for node in bench.nodes:
        node.refuses = True
    bench.step(HOUR)
    for _ in range(5):
        bench.step(timedelta(minutes=1))
    assert sum("no such project" in line for line in bench.messages) == 2
    bench.nodes[1].refuses = False
    bench.step(timedelta(minutes=1))
    assert bench.ran() == ["01"]


@pytest.mark.parametrize(("schedule", "ran"), [(HOURLY, ["01", "03"]), (QUEUED, ["01", "02", "03"])])
def test_overlap(tmp_path: Path, schedule: Schedule, ran: list[str]) -> None:
    """A run that is due while the one before goes on is skipped, or waits for its end."""
    bench = Bench(tmp_path, schedule)
    bench.step(HOUR)
    bench.nodes[0].ran[0].end = bench.world.now + timedelta(minutes=90)
    for _ in range(13):
        bench.step(timedelta(minutes=10))
    assert bench.ran() == ran


def test_a_predecessor_started_by_hand_counts(tmp_path: Path) -> None:
    """A job taken up again by its id, which the journal took for ended, keeps the next from starting."""
    bench = Bench(tmp_path, HOURLY)
    bench.step(HOUR)
    bench.step(timedelta(minutes=10))
    assert bench.states("hourly") == ["ended"]
    bench.nodes[1].start(HOURLY, bench.nodes[0].ran[0].job)
    bench.nodes[1].ran[0].end += HOUR
    bench.step(timedelta(minutes=50))
    assert bench.states("hourly") == ["ended", "skipped"]


@pytest.mark.parametrize("taken", [True, False])
def test_a_lost_answer_neither_repeats_nor_skips(tmp_path: Path, taken: bool) -> None:
    """When a node's answer is lost, the node is asked whether it has the job, and only then another one."""
    bench = Bench(tmp_path, HOURLY)
    bench.nodes[0].unsure = True
    bench.step(HOUR)
    if not taken:
        bench.nodes[0].ran.clear()
    assert bench.states("hourly") == ["asked"]
    bench.nodes[0].unsure = False
    for _ in range(8):
        bench.step(timedelta(seconds=30))
    assert bench.ran() == ["01"]


def test_a_silent_node_keeps_its_run_until_it_is_given_up(tmp_path: Path) -> None:
    """A run on a node that does not answer may go on there: nothing overlaps it for `lost_after`."""
    bench = Bench(tmp_path, HOURLY)
    bench.step(HOUR)
    bench.nodes[0].crash()
    for _ in range(9):
        bench.step(HOUR)
    assert bench.states("hourly")[0] == "lost"
    assert bench.ran()[:2] == ["01", "08"]


def test_a_scheduler_that_was_off_catches_up(tmp_path: Path) -> None:
    """After three hours off, `queue` makes up for each due time, `skip` for one; none is made up after `late`."""
    bench = Bench(tmp_path, HOURLY, QUEUED)
    bench.step(HOUR)
    bench.world.now += timedelta(hours=3)
    bench.restart()
    for _ in range(20):
        bench.step(timedelta(minutes=2))
    counts = Counter(bench.ran())
    assert counts == {"01": 2, "02": 2, "03": 1, "04": 1}
    bench.world.now += timedelta(days=3)
    bench.step(timedelta(0))
    assert any("too late, passed over" in line for line in bench.messages)
    assert len(bench.states("queued")) == 4 + 24


def test_a_clock_that_was_years_ahead(tmp_path: Path) -> None:
    """Put right again, schedules go on hourly as before; what ran is not repeated, nor is a lost answer forgotten."""
    bench = Bench(tmp_path, HOURLY)
    bench.step(HOUR)
    bench.step(timedelta(days=3650))
    bench.step(-timedelta(days=3650))
    assert any("the clock was put back from 2036" in line for line in bench.messages)
    for node in bench.nodes:  # started in the year 2036, and over
        node.ran = [run for run in node.ran if run.begin.year == 2026]
    for _ in range(3 * 6):
        bench.step(timedelta(minutes=10))
    assert bench.ran() == ["01", "02", "03", "04"]


def test_a_clock_that_is_put_back_an_hour_repeats_nothing(tmp_path: Path) -> None:
    """Due times that come twice are met once."""
    bench = Bench(tmp_path, HOURLY)
    for _ in range(3):
        bench.step(HOUR)
    bench.step(timedelta(minutes=-70))
    for _ in range(14):
        bench.step(timedelta(minutes=10))
    assert bench.ran() == ["01", "02", "03", "04"]


def test_silence_is_reported_once_by_ticks_of_processes_of_their_own(tmp_path: Path) -> None:
    """Cron starts a process a minute: a node that is down does not fill the mailbox, and its return is reported."""
    bench = Bench(tmp_path, HOURLY)
    bench.nodes[0].up = False
    for _ in range(5):
        bench.restart()
        bench.step(timedelta(minutes=1))
    bench.nodes[0].up = True
    for _ in range(3):
        bench.restart()
        bench.step(timedelta(minutes=1))
    about = [line for line in bench.messages if "http://n1" in line]
    assert about == ["http://n1 does not answer (refused)", "http://n1 answers again"]


def test_a_day_off_is_reported_in_one_line(tmp_path: Path) -> None:
    """Of 1,440 due times that passed one is made up for, and one line says what became of the others."""
    bench = Bench(tmp_path, Schedule(name="minutely", every=timedelta(minutes=1)))
    before = len(bench.messages)
    bench.step(timedelta(days=1) - timedelta(seconds=30))
    assert bench.messages[before:] == [
        "minutely-20261122T000100Z: started on http://n1",
        "minutely-20261122T000200Z and 1437 after it: skipped, minutely-20261122T000100Z is not over",
    ]
    assert Counter(bench.states("minutely")) == {"skipped": 1438, "started": 1}


def test_a_new_schedule_says_when_it_starts(tmp_path: Path) -> None:
    """A first tick starts nothing; its line says so."""
    assert Bench(tmp_path, HOURLY).messages == ["hourly: new, starts first at 2026-11-22 01:00:00 UTC"]


def test_one_scheduler_at_a_time(tmp_path: Path) -> None:
    """A second process on the same file is turned away with one line."""
    bench = Bench(tmp_path, HOURLY)
    with pytest.raises(ConfigError, match="another `scrapy schedule run` is using it"):
        Journal(bench.file)
    with Journal(bench.file, read_only=True) as other:
        assert other.runs("hourly") == []


@pytest.mark.parametrize("seed", range(2))
def test_a_day_with_failing_nodes_and_killed_schedulers(tmp_path: Path, seed: int) -> None:
    """Every due run is started exactly once, or skipped for a predecessor that was; no two of a schedule overlap."""
    rng = random.Random(seed)
    world = World(BEGIN, rng, deadly=True)
    jitter, zone = timedelta(minutes=4), ZoneInfo("Europe/Berlin")
    schedules = (
        Schedule(name="hourly", every=HOUR),
        Schedule(name="quick", every=timedelta(minutes=20), jitter=jitter),
        Schedule(name="queued", every=timedelta(hours=2), overlap="queue", jitter=jitter),
        Schedule(name="office", cron="*/30 8-18 * * *", timezone=zone, overlap="queue", late=timedelta(days=2)),
    )
    plan = plan_of(*schedules, lost_after=timedelta(days=2))
    nodes = [FakeNode(address.url, world) for address in plan.nodes]
    journal = Journal(tmp_path / "state.sqlite")
    scheduler = Scheduler(plan, nodes, journal)
    day, kills = BEGIN + timedelta(days=1), 0
    while world.now < day + timedelta(days=2):  # two more days for the queues to run empty
        if world.now < day:
            for node in nodes:
                if rng.random() < 0.01:
                    node.crash() if node.up and rng.random() < 0.3 else setattr(node, "up", not node.up)
                node.unsure = rng.random() < 0.05
        else:
            world.deadly = False
            for node in nodes:
                node.up, node.unsure = True, False
        try:
            scheduler.tick(world.now)
        except Killed:
            kills += 1
            journal.close()
            world.now += timedelta(minutes=rng.uniform(0, 50))
            journal = Journal(tmp_path / "state.sqlite")
            scheduler = Scheduler(plan, nodes, journal)
        world.now += timedelta(seconds=rng.uniform(20, 100) if world.now < day else 600)
    assert kills > 0
    ran = [run for node in nodes for run in node.ran]
    assert max(Counter(run.job for run in ran).values()) == 1
    first_day = f"-{BEGIN:%Y%m%d}T"
    expected = {
        "hourly": [f"{h:02}00" for h in range(1, 24)],
        "quick": [f"{h:02}{m:02}" for h in range(24) for m in (0, 20, 40)][1:],
        "queued": [f"{h:02}00" for h in range(2, 24, 2)],
        "office": [f"{h - 1:02}{m:02}" for h in range(8, 19) for m in (0, 30)],  # an hour behind Berlin
    }
    for schedule in schedules:
        own = sorted((run for run in ran if run.schedule == schedule.name), key=lambda run: run.begin)
        assert all(earlier.end <= later.begin for earlier, later in pairwise(own)), schedule.name
        started = {run.job for run in own}
        due = {f"{schedule.name}{first_day}{time}00Z" for time in expected[schedule.name]}
        skipped = {run.job for run in journal.runs(schedule.name, ["skipped"])}
        assert due <= started | skipped
        assert not started & skipped
        if schedule.overlap == "queue":
            assert due <= started
        if schedule.overlap == "skip":
            assert len(due & started) >= 5
            for run in journal.runs(schedule.name, ["skipped"]):
                before = (run.why or "").removesuffix(" is not over")
                assert before in started
                assert before < run.job
    journal.close()
