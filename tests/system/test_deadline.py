"""Breaking off what takes too long."""

from __future__ import annotations

import re
import signal
import threading

import pytest

from kolcrawl.system.deadline import call_within, can_break_off

LONG = 60.0


def loop_forever() -> None:
    """Run Python without end."""
    while True:
        pass


def search_forever() -> None:
    """Search in one call, which tries some 10 ** 12 ways."""
    re.match(r"(?:a|aa)+$", "a" * 60 + "b")


def swallow_once() -> None:
    """Go on after the first exception, as code with a bare `except` does."""
    try:
        loop_forever()
    except BaseException:
        loop_forever()


@pytest.mark.parametrize("call", [loop_forever, search_forever, swallow_once])
def test_what_does_not_end_is_broken_off(call: object) -> None:
    """Python code, a regular expression within one call, and code that swallows exceptions are all left."""
    with pytest.raises(TimeoutError, match=r"not done within 0\.1 s"):
        call_within(0.1, call)  # type: ignore[arg-type]


def test_result_and_errors_pass() -> None:
    """What is done in time gives its result, or raises its own exception."""
    assert call_within(LONG, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        call_within(LONG, lambda: 1 // 0)


@pytest.mark.parametrize("call", [lambda: None, loop_forever])
def test_timer_and_handler_are_the_callers_again(call: object) -> None:
    """Who uses the same signal finds handler and timer as they were, whether the call was broken off or not."""

    def handler(*_: object) -> None:
        raise AssertionError("the timer of the caller is far off")

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, LONG)
        try:
            call_within(0.05, call)  # type: ignore[arg-type]
        except TimeoutError:
            assert call is loop_forever
        assert signal.getsignal(signal.SIGALRM) is handler
        assert signal.getitimer(signal.ITIMER_REAL)[0] > LONG / 2
        assert signal.getitimer(signal.ITIMER_REAL)[1] == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_calls_in_a_row_do_not_disturb_each_other() -> None:
    """Deadlines that fall near the end of their call break off that call or none, thousands of times."""
    cut = 0
    for number in range(2_000):
        try:
            call_within(0.000_02 + number % 50 * 0.000_002, lambda: sum(range(200)))
        except TimeoutError:
            cut += 1
    assert cut < 2_000
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_other_threads_cannot_be_broken_off() -> None:
    """Python runs handlers of signals in the main thread alone: elsewhere a call gets the time that it takes."""
    found: list[object] = []

    def run() -> None:
        found.append(can_break_off())
        found.append(call_within(0.01, lambda: threading.Event().wait(0.1)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [False, False]
    assert can_break_off()
