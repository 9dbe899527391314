"""Break off a call that takes too long, in the process that makes it.

Entry point: `call_within`. A timer's signal raises an exception in the middle of the call. Python looks at signals
between its instructions, and its regular expressions do so while they search; a single call into another C library is
not broken off, but right after it. So what is called must not spend long in one of those.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")
_AGAIN_SECONDS = 0.5
"""Seconds until the exception is raised once more, where somebody swallowed it."""


class _BrokenOff(BaseException):
    """The time is over. No `Exception`: nobody but `call_within` is to catch it."""


def can_break_off() -> bool:
    """Check whether a call can be broken off here: in the main thread, and where there are timers (not on Windows)."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def call_within(seconds: float, call: Callable[[], Result]) -> Result:
    """Call a function, and break it off when its time is over; where `can_break_off` is false it gets all the time.

    What the function was changing may be left half changed. A timer of the caller's own is late by the call's time.

    Args:
        seconds: wall-clock time for the call, above 0.
        call: takes no arguments.

    Raises:
        TimeoutError: it was broken off.
    """
    if not can_break_off():
        return call()
    armed = False

    def break_off(*_: object) -> None:
        if armed:
            raise _BrokenOff

    timer = signal.getitimer(signal.ITIMER_REAL)
    handler = signal.signal(signal.SIGALRM, break_off)
    try:
        try:
            armed = True
            signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
            return call()
        finally:
            armed = False  # a signal from here on does nothing
    except _BrokenOff:
        raise TimeoutError(f"not done within {seconds:g} s") from None
    finally:
        armed = False  # where the first exception came just before the line above
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
