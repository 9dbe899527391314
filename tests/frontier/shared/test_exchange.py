"""What a worker has to say and what it leases, in one step on a real Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import redis

from kolcrawl.frontier.shared.frontier_answers import Leased, LeaseWish, Popped, Settled
from kolcrawl.frontier.shared.frontier_errors import FrontierAwayError, FrontierGoneError
from kolcrawl.frontier.shared.frontier_figures import FrontierFigures
from kolcrawl.frontier.shared.own_hosts import OwnHosts
from kolcrawl.frontier.shared.worker_words import GATHER_SECONDS, WorkerWords
from tests.frontier.shared.test_steps import Bench, bench, fp, texts

if TYPE_CHECKING:
    from kolcrawl.frontier.shared.redis_frontier import RedisFrontier
    from kolcrawl.frontier.shared.worker_words import Operation

__all__ = ["bench"]
WISH = LeaseWish(5, own_hosts=("a.example", "b.example"))


def page_done(bench: Bench, worker: RedisFrontier) -> list[Operation]:
    """Have a worker hold a page of a host that has another one.

    Returns: what it says when it has read it: it leads to a third one, elsewhere.
    """
    bench.push(worker, 1, 2)
    lease = bench.pop(worker).requests[0]
    words = WorkerWords()
    words.free_host(lease, 0)
    words.push(fp(3), "b.example", "b.example", 0, 2, "request 3", again=False)
    words.done_with(lease)
    return words.head(9)


def test_what_is_said_is_done_before_the_leasing(bench: Bench) -> None:
    """A host that is freed, and a request that is pushed, can be leased in the same step."""
    worker = bench.worker()
    settled, popped = bench.run(worker.exchange(page_done(bench, worker), WISH))
    assert settled == Settled(1, 0, 0)
    assert popped is not None
    assert sorted(texts(popped)) == ["request 2", "request 3"]
    assert popped.pending == 2


def test_an_exchange_whose_answer_is_lost(bench: Bench) -> None:
    """Sent again, nothing is said twice, and what the lost answer held is leased again, without a death counted."""
    worker = bench.worker()
    said = page_done(bench, worker)
    step = worker._scripts["exchange"]

    async def lose_answer(**given: list[object]) -> list[object]:
        await step(**given)
        raise redis.ConnectionError("cut")

    worker._scripts["exchange"] = lose_answer
    with pytest.raises(FrontierAwayError):
        bench.run(worker.exchange(said, WISH))
    worker._scripts["exchange"] = step
    settled, popped = bench.run(worker.exchange(said, WISH))
    assert settled == Settled(0, 0, 0)
    assert popped is not None
    assert sorted(texts(popped)) == ["request 2", "request 3"]
    assert {lease.kills for lease in popped.requests} == {0}
    assert popped.pending == 2


def test_an_exchange_after_steps_that_redis_has_lost(bench: Bench) -> None:
    """The lost steps are repeated before, and the leasing sees what they pushed."""
    worker = bench.worker()
    with bench.server.client() as client:
        kept = {key: client.dump(key) for key in client.keys(f"{{{bench.name}}}*")}
        bench.push(worker, 1)
        client.delete(*client.keys(f"{{{bench.name}}}*"))
        for key, value in kept.items():
            client.restore(key, 0, value)
    words = WorkerWords()
    words.push(fp(2), "b.example", "b.example", 0, 1, "request 2", again=False)
    settled, popped = bench.run(worker.exchange(words.head(9), WISH))
    assert settled.added == 1
    assert popped is not None
    assert sorted(texts(popped)) == ["request 1", "request 2"]


def test_an_exchange_with_a_crawl_that_was_removed(bench: Bench) -> None:
    """It is told as such."""
    worker = bench.worker()
    said = page_done(bench, worker)
    bench.run(worker.remove(worker._id))
    with bench.server.client() as client:
        client.delete(f"{{{bench.name}}}:about")
    with pytest.raises(FrontierGoneError):
        bench.run(worker.exchange(said, WISH))


def test_words_wait_for_others() -> None:
    """What nobody waits for is said after a while at most; a batch whose answer was lost is due for as long as it
    takes."""
    now = 1.0
    words = WorkerWords(lambda: now)
    assert not words.is_due()
    words.note_seed("a seed")
    assert not words.is_due()
    now += GATHER_SECONDS
    assert words.is_due()
    words.head(9)
    now = 9.0
    assert words.is_due()
    words.done()
    assert not words.is_due()


def test_a_host_rests_from_its_answer_on(bench: Bench) -> None:
    """However long the word that a host is free waits, the host may be asked again so long after its answer; if that is
    over when the word comes, at once."""
    worker = bench.worker()
    bench.push(worker, 1, 2, 3)
    words = WorkerWords(lambda: bench.now)
    words.free_host(bench.pop(worker).requests[0], 5.0)
    bench.now += 3.0
    bench.run(worker.settle(words.head(9)))
    words.done()
    bench.now += 1.9
    assert texts(bench.pop(worker)) == []
    bench.now += 0.2
    words.free_host(bench.pop(worker).requests[0], 5.0)
    bench.now += 6.0
    bench.run(worker.settle(words.head(9)))
    assert texts(bench.pop(worker)) == ["request 3"]


def test_hosts_take_turns_in_being_looked_at() -> None:
    """Of many hosts that are due a step names some more than it wants; those that gave nothing are named after the
    others, so that each comes to be looked at."""
    hosts = OwnHosts()
    for n in range(12):
        hosts.free(f"{n}.example", 0.0)
    named: list[str] = []
    while len(set(named)) < 12:
        wish = LeaseWish(1, own_hosts=tuple(hosts.name(1.0, 1)))
        assert 1 < len(wish.own_hosts) < 12
        named += wish.own_hosts
        given = Leased(fp(1), "", wish.own_hosts[-1], 1, 0, "", b"")
        hosts.take(wish, Popped("open", 1.0, 12, FrontierFigures(), (given,)))
        assert given.host not in hosts.name(1.0, 12)
        hosts.free(given.host, 0.0)
    assert named.index("11.example") < 24
