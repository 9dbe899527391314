"""When to try again."""

from __future__ import annotations

from itertools import islice

from kolcrawl.system.retry import Backoff, doubling_pauses


def test_pauses_double_up_to_the_longest() -> None:
    """Each pause is twice the one before, up to the bound."""
    assert list(islice(doubling_pauses(0.25, 1.5), 5)) == [0.25, 0.5, 1.0, 1.5, 1.5]


def test_no_pause_beyond_the_time_that_is_left() -> None:
    """A pause that would outlast the time that is left is not taken; a list of pauses ends the attempts."""
    backoff = Backoff([1.0, 3.0])
    assert backoff.next_pause(2.0) == 1.0
    assert backoff.next_pause(2.0) is None
    assert backoff.next_pause(60.0) is None
