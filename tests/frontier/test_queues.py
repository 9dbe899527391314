"""The order in which requests leave."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.frontier.queues import HostQueues

PUSHES = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(-3, 3)), max_size=40)


def always(_: str) -> bool:
    return True


@given(PUSHES)
def test_order(pushes: list[tuple[str, int]]) -> None:
    """All that was pushed comes out once: the highest priority first, the oldest among equals."""
    queues = HostQueues()
    for number, (host, priority) in enumerate(pushes):
        queues.push(host, priority, number)
    expected = sorted(range(len(pushes)), key=lambda n: (-pushes[n][1], n))
    assert len(queues) == len(pushes)
    assert [queues.pop(always) for _ in pushes] == [(pushes[n][0], n) for n in expected]
    assert len(queues) == 0
    assert queues.pop(always) is None


@given(st.lists(st.one_of(st.tuples(st.sampled_from("abcd"), st.integers(-3, 3)), st.sets(st.sampled_from("abcd")))))
def test_ready(steps: list[tuple[str, int] | set[str]]) -> None:
    """At any time, mixed with pushes, the best request of the hosts that are ready comes out, or none."""
    queues = HostQueues()
    waiting: dict[int, tuple[str, int]] = {}
    for number, step in enumerate(steps):
        if isinstance(step, tuple):
            queues.push(*step, number)
            waiting[number] = step
            continue
        fit = [n for n, (host, _) in waiting.items() if host in step]
        best = min(fit, key=lambda n: (-waiting[n][1], n), default=None)
        assert queues.pop(step.__contains__) == (None if best is None else (waiting.pop(best)[0], best))
        assert len(queues) == len(waiting)


def test_asked_once() -> None:
    """A host that is not ready is asked once a turn, however much waits for it."""
    queues = HostQueues()
    for number in range(1000):
        queues.push("a", number, number)  # each overtakes the one before
    asked: list[str] = []
    assert queues.pop(lambda host: bool(asked.append(host))) is None
    assert asked == ["a"]
