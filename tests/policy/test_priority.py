"""Priority: best first, breadth first among equals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.policy.priority import SEED_PRIORITY, path_relevance, priority

SHARES = st.floats(0, 1)
DEPTHS = st.integers(1, 1000)


@given(SHARES, SHARES, DEPTHS)
def test_grows_with_worth(one: float, other: float, depth: int) -> None:
    """At one depth the worthier request never waits for the other."""
    low, high = sorted((one, other))
    assert priority(low, depth) <= priority(high, depth)


@given(SHARES, DEPTHS, DEPTHS)
def test_falls_with_depth(worth: float, one: int, other: int) -> None:
    """Of equal worth, the request nearer to a seed never waits for the other; any request waits for a seed."""
    near, far = sorted((one, other))
    assert priority(worth, near) >= priority(worth, far)
    assert priority(worth, near) < SEED_PRIORITY == priority(worth, 0)


@given(SHARES, SHARES, SHARES)
def test_path_relevance_is_bounded_and_grows(relevance: float, one: float, other: float) -> None:
    """Between 0 and 1, growing with the link's own relevance and with its path's."""
    low, high = sorted((one, other))
    assert 0.0 <= path_relevance(relevance, low) <= path_relevance(relevance, high) <= 1.0
    assert path_relevance(low, relevance) <= path_relevance(high, relevance)
    assert path_relevance(relevance, 1.0) == path_relevance(relevance, None)


def test_worth_decays_along_the_path() -> None:
    """The same relevance is worth less with each step, but never nothing."""
    worth = [path_relevance(0.8)]
    for _ in range(50):
        worth.append(path_relevance(0.8, worth[-1]))
    assert worth == sorted(worth, reverse=True)
    assert worth[0] > worth[1]
    assert worth[-1] > 0.7


def test_breadth_first_when_all_is_equal() -> None:
    """With one relevance for every link, nearer stories are asked for first."""
    path, priorities = None, []
    for depth in range(1, 5):
        path = path_relevance(0.5, path)
        priorities.append(priority(path, depth))
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == 4


def test_relevance_outweighs_depth() -> None:
    """A link on the topic far from the seed goes before one off it that is near."""
    assert priority(0.8, 9) > priority(0.2, 1)


def test_few_values() -> None:
    """Scrapy keeps a queue for each value: there are few."""
    assert len({priority(n / 10_000, depth) for n in range(10_001) for depth in range(1, 20)}) < 200
