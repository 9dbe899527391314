"""A crawl on a shared frontier, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kolcrawl.cli.table_text import table_lines
from kolcrawl.cli.terminal import plain
from kolcrawl.locale import mark, tr, trn
from kolcrawl.report.quantities import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kolcrawl.frontier.shared.overview import FrontierOverview

_ROWS: Final = 15
_STATES: Final = {"open": mark("under way"), "paused": mark("paused"), "ended": mark("ended")}


def frontier_lines(seen: FrontierOverview, width: int) -> Iterator[str]:
    """Write an overview.

    Args:
        width: of the terminal, in columns.
    """
    yield tr(
        "{crawl}: {state}, for {time} (spider {spider}, {terms})",
        crawl=plain(seen.crawl),
        state=tr(_STATES.get(seen.state, mark("under way"))),
        time=duration(seen.running),
        spider=plain(seen.spider),
        terms=plain(seen.terms),
    )
    yield tr(
        "{pending} pending, {leased} of them leased; {done} processed, {rate:.0f} a minute; {spent} pages spent",
        pending=seen.pending,
        leased=seen.leased,
        done=seen.acknowledged,
        rate=seen.per_minute,
        spent=seen.spent,
    )
    if seen.leased:
        yield tr("the oldest lease was renewed {time} ago", time=duration(seen.oldest_lease))
    if seen.expired:
        yield trn("{n} lease has run out", "{n} leases have run out", seen.expired)
    yield from _workers(seen, width)
    yield from _hosts(seen, width)
    yield from _dead(seen, width)


def _workers(seen: FrontierOverview, width: int) -> Iterator[str]:
    yield trn("{n} worker", "{n} workers", len(seen.workers))
    names = (tr("worker"), tr("machine"), tr("process"), tr("leases"), tr("running for"), tr("heard before"))
    rows = [
        (row.worker, row.host, row.pid, row.leases, duration(row.running), duration(row.silent))
        for row in seen.workers[:_ROWS]
    ]
    if rows:
        yield from table_lines(names, rows, width)


def _hosts(seen: FrontierOverview, width: int) -> Iterator[str]:
    yield trn("{n} host with requests", "{n} hosts with requests", len(seen.hosts))
    rows = [
        (row.host, row.queued, row.leased, tr("now") if row.due_in <= 0 else duration(row.due_in))
        for row in seen.hosts[:_ROWS]
    ]
    if rows:
        yield from table_lines((tr("host"), tr("queued"), tr("leased"), tr("due in")), rows, width)


def _dead(seen: FrontierOverview, width: int) -> Iterator[str]:
    if not seen.dead:
        return
    yield trn("{n} dead letter", "{n} dead letters", len(seen.dead))
    rows = [(duration(letter.age), letter.reason, letter.url) for letter in seen.dead[:_ROWS]]
    yield from table_lines((tr("age"), tr("reason"), tr("address")), rows, width)
