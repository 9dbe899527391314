"""Run the scheduler: one tick, or ticks until the process is asked to stop."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolcrawl.schedule.dispatch import Scheduler

MAX_SLEEP_SECONDS = 20.0  # between two looks at the nodes
MIN_SLEEP_SECONDS = 0.1


def run_once(scheduler: Scheduler) -> None:
    """Run one tick now, and print its messages."""
    now = datetime.now(UTC)
    for message in scheduler.tick(now).messages:
        print(f"{now:%Y-%m-%dT%H:%M:%SZ} {message}", flush=True)


def run_until_stopped(scheduler: Scheduler) -> None:
    """Run a tick whenever a run is due, and at least every `MAX_SLEEP_SECONDS`, until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        run_once(scheduler)
        now = datetime.now(UTC)
        seconds = (scheduler.next_start(now) - now).total_seconds()
        stop.wait(min(max(seconds, MIN_SLEEP_SECONDS), MAX_SLEEP_SECONDS))
