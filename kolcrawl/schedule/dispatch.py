"""One tick of the scheduler: given the time and the nodes, which runs are due, which can start, and where.

A run goes from `waiting` to `asked` (on disk, before the node is asked) to `started` (the node has taken it) to
`ended`. After a kill or a lost answer in between, the node is asked whether it knows the job. Until it answers, the run
counts as running, so nothing is started twice. Due times and job ids follow from the schedule alone.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from kolcrawl.locale import mark
from kolcrawl.schedule.due_times import due_after, due_between, job_id, starts_at
from kolcrawl.schedule.journal import ACTIVE, PlannedRun
from kolcrawl.system.http_client import ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from kolcrawl.schedule.journal import Journal
    from kolcrawl.schedule.plan import Plan, Schedule

START_GRACE = timedelta(minutes=1)
"""For so long a job may be missing from the lists of its node: the request may still be on its way."""
MAX_PARALLEL_NODES = 16
"""Nodes that are queried at once."""
NODE_SILENT = mark("its node does not answer")
NOT_TAKEN = mark("{node} had not taken it")
NODE_FORGOT = mark("its node no longer knows it")
RUN_BEFORE = mark("{job} is not over")
STORED_WHYS = (NODE_SILENT, NOT_TAKEN, NODE_FORGOT, RUN_BEFORE)
"""What stands in the journal, in English: by these it is translated when it is shown."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The ids of a node's jobs, by state."""

    pending: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    finished: frozenset[str] = frozenset()

    @property
    def active(self) -> frozenset[str]:
        """The jobs that are not over."""
        return self.pending | self.running


class Node(Protocol):
    """A server that runs crawls. Both methods raise `ServiceError` when it does not answer or refuses."""

    url: str

    def jobs(self) -> Jobs:
        """List its jobs."""

    def start(self, schedule: Schedule, job: str) -> None:
        """Start a crawl under this job id."""


@dataclass(slots=True)
class Tick:
    """What a tick did."""

    messages: list[str] = field(default_factory=list)
    """What a person should know, one line each."""
    started: list[PlannedRun] = field(default_factory=list)


class Scheduler:
    """Runs the schedules of a plan on its nodes."""

    def __init__(self, plan: Plan, nodes: Sequence[Node], journal: Journal) -> None:
        self.plan, self.nodes, self.journal = plan, list(nodes), journal

    def tick(self, now: datetime) -> Tick:
        """Start what is due now; safe to repeat, and to kill at any point."""
        tick = Tick()
        for schedule in self.plan.schedules:
            self._note_due(schedule, now, tick)
        jobs = self._query_nodes(now, tick)
        for schedule in self.plan.schedules:
            self._update_active(schedule, jobs, now, tick)
        load = {url: len(found.active) for url, found in jobs.items()}
        for schedule in self.plan.schedules:
            self._start_due(schedule, jobs, load, now, tick)
        return tick

    def next_start(self, now: datetime) -> datetime:
        """Compute when the next run will be due, or a waiting run starts, after now."""
        times = []
        for schedule in self.plan.schedules:
            times.append(starts_at(schedule, next(due_after(schedule, now))))
            times += [run.starts for run in self.journal.runs(schedule.name, ["waiting"]) if run.starts > now]
        return min(times)

    # --- what is due

    def _note_due(self, schedule: Schedule, now: datetime, tick: Tick) -> None:
        known_until = self.journal.due_until(schedule.name)
        if known_until is None:
            self.journal.note_due(schedule.name, now, ())
            first = starts_at(schedule, next(due_after(schedule, now)))
            tick.messages.append(f"{schedule.name}: new, starts first at {first:%Y-%m-%d %H:%M:%S} UTC")
            return
        if (
            known_until > now
        ):  # the clock was put back: it may have been years ahead, and nothing would be due until then
            self.journal.note_due(schedule.name, now, ())  # due times that are in the journal are not added again
            if known_until - now > START_GRACE:
                tick.messages.append(
                    f"{schedule.name}: the clock was put back from {known_until:%Y-%m-%d %H:%M:%S} UTC"
                )
            return
        oldest = now - schedule.late
        if next(due_after(schedule, known_until)) <= oldest:
            known_until = oldest
            tick.messages.append(
                f"{schedule.name}: due times before {known_until:%Y-%m-%d %H:%M} UTC are too late, passed over"
            )
        due = due_between(schedule, known_until, now)
        if not due:
            return
        self.journal.note_due(schedule.name, now, [(d, starts_at(schedule, d), job_id(schedule, d)) for d in due])

    # --- what the nodes answer

    def _query_nodes(self, now: datetime, tick: Tick) -> dict[str, Jobs]:
        """List the jobs of the nodes that answer, by the node's URL."""
        found, silent = {}, self.journal.silent_nodes()
        with ThreadPoolExecutor(MAX_PARALLEL_NODES) as pool:  # ten that hang must not hold up the eleventh ten times
            answers = list(pool.map(_jobs_or_error, self.nodes))
        for node, answer in zip(self.nodes, answers, strict=True):
            if isinstance(answer, ServiceError):
                if node.url not in silent:
                    tick.messages.append(str(answer))
                    self.journal.note_silence(node.url, silent=True)
                answered = self.journal.last_answer(node.url)
                if answered is None or answered > now:  # never, or by a clock that was put back
                    self.journal.note_answer(node.url, now)  # its silence counts from here
                continue
            if node.url in silent:
                tick.messages.append(f"{node.url} answers again")
                self.journal.note_silence(node.url, silent=False)
            found[node.url] = answer
            self.journal.note_answer(node.url, now)
        return found

    def _update_active(self, schedule: Schedule, jobs: dict[str, Jobs], now: datetime, tick: Tick) -> None:
        """Bring the runs that may be running up to date."""
        for run in self.journal.runs(schedule.name, ACTIVE):
            node_jobs = jobs.get(run.node or "")
            if node_jobs is None:
                answered = self.journal.last_answer(run.node or "")
                if answered is None or now - answered > self.plan.lost_after:
                    self.journal.set_state(run, "lost", now, node=run.node, why=NODE_SILENT)
                    tick.messages.append(
                        f"{run.job}: given up, as {run.node} has not answered for {self.plan.lost_after}"
                    )
            elif run.job in node_jobs.active:
                if run.state == "asked":
                    self.journal.set_state(run, "started", now, node=run.node)
            elif run.job in node_jobs.finished:
                self.journal.set_state(run, "ended", now, node=run.node)
            elif run.changed > now:
                self.journal.set_state(run, run.state, now, node=run.node)  # the clock was put back: counts from here
            elif now - run.changed <= START_GRACE:
                continue
            elif run.state == "asked":
                self.journal.set_state(run, "waiting", now, why=NOT_TAKEN.format(node=run.node))
            else:
                self.journal.set_state(run, "ended", now, node=run.node, why=NODE_FORGOT)
                tick.messages.append(f"{run.job}: {run.node} no longer knows it; taken for ended")

    # --- what can start

    def _start_due(
        self, schedule: Schedule, jobs: dict[str, Jobs], load: dict[str, int], now: datetime, tick: Tick
    ) -> None:
        before = self._active(schedule, jobs)
        skipped: list[PlannedRun] = []
        for run in self.journal.runs(schedule.name, ["waiting"]):
            if run.starts > now:
                continue
            if now - run.starts > schedule.late:
                self.journal.set_state(run, "late", now, why=run.why or "")
                tick.messages.append(f"{run.job}: could not be started for {schedule.late}, passed over")
            elif before is None:
                node = self._start(schedule, run, load, now, tick)
                before = run.job
                if node:
                    load[node] += 1
            elif schedule.overlap == "skip":
                skipped.append(run)
        if skipped:  # after a long pause a thousand, so in one write and one line
            self.journal.set_states(skipped, "skipped", now, why=RUN_BEFORE.format(job=before))
            more = f" and {len(skipped) - 1} after it" if skipped[1:] else ""
            tick.messages.append(f"{skipped[0].job}{more}: skipped, {before} is not over")

    def _active(self, schedule: Schedule, jobs: dict[str, Jobs]) -> str | None:
        """Find a run of this schedule that is not over, known from the journal or seen on any node."""
        for run in self.journal.runs(schedule.name, ACTIVE):
            return run.job
        own_job = re.compile(re.escape(schedule.name) + r"-\d{8}T\d{6}Z")
        return next((job for found in jobs.values() for job in sorted(found.active) if own_job.fullmatch(job)), None)

    def _start(
        self, schedule: Schedule, run: PlannedRun, load: dict[str, int], now: datetime, tick: Tick
    ) -> str | None:
        """Start a run on the least loaded node that takes it. Returns: the node's URL; None if it waits on."""
        by_url = {node.url: node for node in self.nodes}
        refusals: list[str] = []
        for url in sorted(load, key=lambda url: (load[url], list(by_url).index(url))):
            self.journal.set_state(run, "asked", now, node=url)
            try:
                by_url[url].start(schedule, run.job)
            except ServiceError as error:
                if str(error) not in (run.why or ""):  # reported once, not at every tick
                    tick.messages.append(f"{run.job}: {error}")
                if error.sent and error.status is None:
                    del load[url]
                    return None  # it may have got the request: the next tick asks it
                refusals.append(str(error))
                self.journal.set_state(run, "waiting", now, why="; ".join(refusals))
                continue
            self.journal.set_state(run, "started", now, node=url)
            tick.started.append(run._replace(state="started", node=url, changed=now))
            tick.messages.append(f"{run.job}: started on {url}")
            return url
        return None


def _jobs_or_error(node: Node) -> Jobs | ServiceError:
    try:
        return node.jobs()
    except ServiceError as error:
        return error
