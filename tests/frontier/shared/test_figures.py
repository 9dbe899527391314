"""The figures of a shared frontier, as each worker is told them for Prometheus."""

from __future__ import annotations

from kolcrawl.frontier.shared.frontier_answers import LeaseWish
from kolcrawl.report.prometheus import FRONTIER_FIGURES
from tests.frontier.shared.test_steps import LEASE, Bench, bench

__all__ = ["bench"]


def test_figures(bench: Bench) -> None:
    """Leases, the age of the oldest, hosts, and what was processed and has run out are told when wanted. Each of them
    but the count of seeds is a metric."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1)
    bench.push(one, 2, host="b.example")
    bench.pop(one)
    bench.now += 2
    figures = bench.pop(two).figures
    assert (figures.leased, figures.oldest_lease, figures.hosts, figures.workers) == (2, 2000, 2, 2)
    before = figures
    for _ in range(9):
        bench.now += LEASE / 8
        popped = bench.run(two.pop(LeaseWish(9, figures=False)))
        assert popped.figures == before
        if popped.requests:
            bench.done(two, *popped.requests)
    figures = bench.pop(two).figures
    assert (figures.acknowledged, figures.expired, figures.leased, figures.oldest_lease) == (2, 2, 0, 0)
    assert {*figures._fields} - {"seeds_noted"} | {"pending"} == FRONTIER_FIGURES.keys()
