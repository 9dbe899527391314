"""The steps of a shared frontier on a real Redis, with a clock that the test moves: every state of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import pytest

from kolcrawl.frontier.shared.frontier_answers import Leased, LeaseWish, Popped, Settled
from kolcrawl.frontier.shared.frontier_errors import FrontierError, FrontierGoneError
from kolcrawl.frontier.shared.redis_frontier import FP_BYTES, RedisFrontier
from kolcrawl.frontier.shared.worker_words import WorkerWords

if TYPE_CHECKING:
    from tests.frontier.shared.servers import RedisProcess

T = TypeVar("T")
LEASE = 30.0


def fp(n: int) -> bytes:
    """A fingerprint."""
    return n.to_bytes(4, "big") * 3


@dataclass
class Bench:
    """Workers of one crawl, whose clock only the test moves."""

    server: RedisProcess
    name: str
    now: float = 1_000_000.0
    workers: list[RedisFrontier] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def run(self, waiting: Awaitable[T]) -> T:
        """Wait for a step."""
        return self.loop.run_until_complete(waiting)

    def worker(self, terms: str = "depth=2", **given: Callable[[], float]) -> RedisFrontier:
        """A worker that has joined."""
        worker = RedisFrontier(self.server.address, self.name, lease=LEASE, clock=given.get("clock", lambda: self.now))
        self.workers.append(worker)
        self.run(worker.check())
        self.run(worker.enter("related", terms, "{}"))
        return worker

    def tell(self, worker: RedisFrontier, say: Callable[[WorkerWords], None]) -> tuple[int, int, int]:
        """Send what `say` puts into an outbox."""
        outbox = WorkerWords(lambda: self.now)
        say(outbox)
        settled = self.run(worker.settle(outbox.head(1_000)))
        return settled.added, settled.known, settled.lost

    def push(
        self, worker: RedisFrontier, *numbers: int, host: str = "a.example", priority: int = 0, depth: int = 1
    ) -> tuple[int, int, int]:
        """Push requests of one host."""

        def say(outbox: WorkerWords) -> None:
            for n in numbers:
                outbox.push(fp(n), host, host, priority, depth, f"request {n}", again=False)

        return self.tell(worker, say)

    def pop(self, worker: RedisFrontier, want: int = 10, *limits: int) -> Popped:
        """Lease requests; the worker names all hosts as its own."""
        limits = limits or (0, 0)
        return self.run(worker.pop(LeaseWish(want, *limits, tuple(f"{letter}.example" for letter in "abcde"))))

    def done(self, worker: RedisFrontier, *leases: Leased, rest: float = 0.0) -> tuple[int, int, int]:
        """Free the host and acknowledge."""

        def say(outbox: WorkerWords) -> None:
            for lease in leases:
                outbox.free_host(lease, rest)
                outbox.done_with(lease)

        return self.tell(worker, say)


@pytest.fixture
def bench(redis_server: RedisProcess, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A bench with a crawl of the test's own."""
    made = Bench(redis_server, request.node.name[:60])
    yield made
    for worker in made.workers:
        made.run(worker.close())
    made.loop.close()


def texts(popped: Popped) -> list[str]:
    """The texts of what was leased."""
    return [lease.text.decode() for lease in popped.requests]


def test_one_request_a_host_at_a_time(bench: Bench) -> None:
    """A host gives one request, and the next when the answer is there and the delay is over, to any worker."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1, 2, 3)
    first = bench.pop(one)
    assert texts(first) == ["request 1"]
    assert texts(bench.pop(one)) == texts(bench.pop(two)) == []
    bench.now += 20  # however long the answer takes
    bench.run(one.renew([(first.requests[0].id, first.requests[0].token)]))
    assert texts(bench.pop(two)) == []
    bench.done(one, *first.requests, rest=5.0)
    bench.now += 4.9
    assert texts(bench.pop(one)) == []
    bench.now += 0.2
    assert texts(bench.pop(one)) == ["request 2"]


def test_best_first_then_older_and_hosts_side_by_side(bench: Bench) -> None:
    """Of a host the best goes first, of equals the older; every host that is due gives one."""
    worker = bench.worker()
    bench.push(worker, 1, 2)
    bench.push(worker, 3, priority=7)
    bench.push(worker, 4, host="b.example", priority=-5)
    got = []
    for _ in range(4):
        popped = bench.pop(worker)
        got += texts(popped)
        bench.done(worker, *popped.requests)
    assert got == ["request 3", "request 4", "request 1", "request 2"]


def test_a_story_is_pushed_once(bench: Bench) -> None:
    """What was asked for is not asked for again, by nobody; a retry or redirect of it is."""
    one, two = bench.worker(), bench.worker()
    assert bench.push(one, 1) == (1, 0, 0)
    assert bench.push(two, 1, 2) == (1, 1, 0)
    popped = bench.pop(one)
    bench.tell(one, lambda outbox: outbox.push(fp(1), "a.example", "a", 0, 1, "again", again=True))
    bench.done(one, *popped.requests)
    assert texts(bench.pop(one)) == ["request 2"]
    assert bench.pop(one).pending == 2


def test_a_dead_worker_loses_nothing(bench: Bench) -> None:
    """Leases of a worker that is silent go to others when they run out; its late word changes nothing then."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1)
    dead = bench.pop(one).requests
    for _ in range(8):  # others are heard all the time
        bench.now += LEASE / 8 + 0.1
        popped = bench.pop(two)
    assert texts(popped) == ["request 1"]
    assert popped.requests[0].kills == 1
    assert bench.run(one.renew([(dead[0].id, dead[0].token)])) == 1
    assert bench.done(one, *dead) == (0, 0, 1)
    assert bench.pop(two).pending == 1
    bench.done(two, *popped.requests)
    assert bench.pop(two).pending == 0


def test_a_late_word_counts_while_nobody_else_has_the_request(bench: Bench) -> None:
    """A page that was processed, and whose lease ran out before that was said, is not fetched again."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1)
    late = bench.pop(one).requests
    for _ in range(8):
        bench.now += LEASE / 8 + 0.1
        bench.pop(two, 0)
    assert bench.done(one, *late) == (0, 0, 1)
    assert bench.pop(two).pending == 0


def test_redis_away_kills_no_lease(bench: Bench) -> None:
    """When nobody could be heard for a while, workers have time to renew before their leases run out."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1)
    held = bench.pop(one).requests[0]
    bench.now += 10 * LEASE
    assert texts(bench.pop(two)) == []
    assert bench.run(one.renew([(held.id, held.token)])) == 0
    bench.now += 10
    assert texts(bench.pop(two)) == []
    assert bench.done(one, held) == (0, 0, 0)


def test_three_deaths_make_a_dead_letter(bench: Bench) -> None:
    """A request whose workers die on it is fetched three times, then given up and kept with the reason."""
    worker = bench.worker()
    bench.push(worker, 1)
    for kills in range(4):
        popped = bench.pop(worker)
        while not popped.requests:
            bench.now += LEASE / 8
            popped = bench.pop(worker)
        assert (popped.requests[0].kills, popped.requests[0].verdict) == (kills, "crash" if kills == 3 else "")
    assert popped.figures.dead == 1
    bench.done(worker, *popped.requests)
    ended = bench.pop(worker)
    assert (ended.pending, ended.figures.dead) == (0, 1)


def test_a_failure_is_tried_again(bench: Bench) -> None:
    """A page that the spider or a pipeline fails on comes again at once, and is a dead letter the third time."""
    worker = bench.worker()
    bench.push(worker, 1)
    for left in (1, 1, 0):
        lease = bench.pop(worker).requests[0]
        bench.tell(worker, lambda outbox, lease=lease: outbox.failed(lease, "a fault"))  # type: ignore[misc]
        assert bench.pop(worker, 0).pending == left
    with bench.server.client() as client:
        dead = [client.hgetall(key) for key in client.keys(f"{{{bench.name}}}:*:dead")]
    assert [text.split(b"\n")[0] for letter in dead for text in letter.values()] == [b"a fault"]  # type: ignore[union-attr]


def test_leaving_gives_all_back(bench: Bench) -> None:
    """What a worker held when it leaves is free for others at once, but for the pace of its hosts."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1)
    bench.push(one, 2, host="b.example")
    held = bench.pop(one).requests  # half of the hosts, until they have waited
    bench.now += 1
    held += bench.pop(one).requests
    assert len(held) == 2
    bench.run(one.leave(1.0, [(lease.id, lease.token) for lease in held]))
    bench.now += 1.0
    popped = bench.pop(two)
    assert sorted(texts(popped)) == ["request 1", "request 2"]
    assert {lease.kills for lease in popped.requests} == {0}
    assert popped.figures.workers == 1


def test_an_answer_that_is_lost(bench: Bench) -> None:
    """A `pop` whose answer did not come gives back what it leased; a `settle` that is sent again is done once."""
    worker = bench.worker()
    bench.push(worker, 1)
    worker._answer_lost = True  # as after a cut connection
    worker._serial += 1
    bench.run(worker._scripts["pop"](
        keys=[f"{{{bench.name}}}:about"],
        args=[int(bench.now * 1000), worker._id, worker.worker, worker._serial, 0, 5, 30_000, 0, 9, 0, 0],
    ))  # fmt: skip
    popped = bench.pop(worker, 10, 9, 0)
    assert texts(popped) == ["request 1"]
    assert popped.figures.spent == 1
    assert popped.requests[0].kills == 0
    outbox = WorkerWords()
    outbox.push(fp(1), "a.example", "a", 0, 1, "retry", again=True)
    bench.run(worker.settle(outbox.head(10)))
    worker._batch -= 1
    assert bench.run(worker.settle(outbox.head(10))) == Settled(0, 0, 0)
    assert bench.pop(worker).pending == 2


def test_steps_that_redis_has_lost(bench: Bench) -> None:
    """Steps that Redis lost with its last second are repeated by their worker, in their order, before the next one."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1)
    lease = bench.pop(one).requests[0]
    with bench.server.client() as client:
        kept = {key: client.dump(key) for key in client.keys(f"{{{bench.name}}}*")}
        bench.push(one, 2, host="b.example")  # the page's links
        bench.done(one, lease)
        bench.push(two, 3, host="c.example")
        client.delete(*client.keys(f"{{{bench.name}}}*"))
        for key, value in kept.items():
            client.restore(key, 0, value)
    bench.push(one, 4, host="d.example")
    bench.push(two, 5, host="e.example")
    bench.now += 1.1
    left = texts(bench.pop(two))
    assert sorted(left) == ["request 2", "request 3", "request 4", "request 5"]


def test_budgets_are_those_of_all_workers(bench: Bench) -> None:
    """Pages in all and of a site are counted over workers, given back when nothing was sent, and not paid twice."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1, 2, 3)
    bench.push(one, 4, host="b.example")
    first = bench.pop(one, 1, 2, 1)
    assert [lease.verdict for lease in first.requests] == [""]
    bench.tell(one, lambda outbox: outbox.free_host(first.requests[0], 0))
    bench.tell(one, lambda outbox: outbox.done_with(first.requests[0], refund=True))
    bench.now += 2
    again = bench.pop(two, 9, 2, 1)
    verdicts = {lease.text.decode(): lease.verdict for lease in again.requests}
    assert verdicts["request 4"] == ""
    assert again.figures.spent == len([v for v in verdicts.values() if not v])
    bench.done(two, *again.requests)
    bench.now += 2
    rest = bench.pop(two, 9, 2, 1)
    assert {lease.verdict for lease in rest.requests} <= {"site_budget", "budget"}
    bench.done(two, *rest.requests)
    assert bench.pop(two, 9, 2, 1).pending == 0


def test_a_shorter_way(bench: Bench) -> None:
    """A shorter way to what waits lowers its depth; to what was read, it has its links followed again, once."""
    worker = bench.worker()
    bench.push(worker, 1, depth=3)
    bench.push(worker, 1, depth=2)
    lease = bench.pop(worker).requests[0]
    assert lease.depth == 2
    bench.push(worker, 1, depth=1)  # while it is being read
    bench.done(worker, lease)
    onward = bench.pop(worker).requests
    assert [(more.verdict, more.depth, more.host) for more in onward] == [("follow", 1, "")]
    bench.done(worker, *onward)
    bench.push(worker, 1, depth=0)
    onward = bench.pop(worker).requests
    assert [(more.verdict, more.depth) for more in onward] == [("follow", 0)]
    bench.push(worker, 1, depth=1)
    bench.done(worker, *onward)
    assert bench.pop(worker).pending == 0


def test_read_under_another_address(bench: Bench) -> None:
    """A story that was read under another address need not be fetched."""
    worker = bench.worker()
    bench.push(worker, 1, 2)
    lease = bench.pop(worker).requests[0]
    bench.tell(worker, lambda outbox: outbox.also_read(fp(2), 1))
    bench.done(worker, lease)
    assert [more.verdict for more in bench.pop(worker).requests] == ["elsewhere"]


def test_hosts_keep_their_worker_unless_they_wait(bench: Bench) -> None:
    """A host stays with the worker that had it; after a second of waiting another one takes it."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1, 2)
    bench.done(one, *bench.pop(one).requests)
    bench.now += 0.5
    assert texts(bench.pop(two)) == []
    bench.now += 0.6
    assert texts(bench.pop(two)) == ["request 2"]


def test_the_end_and_a_new_beginning(bench: Bench) -> None:
    """A crawl has ended when its seeds are in and nothing waits, for all; the last to leave removes what it kept."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1)
    lease = bench.pop(one).requests[0]
    bench.done(one, lease)
    assert bench.pop(one).state == "open"  # more seeds may come
    bench.tell(one, WorkerWords.seeds_are_in)
    assert bench.pop(one).state == bench.pop(two).state == "ended"
    with pytest.raises(FrontierGoneError, match="just ending"):
        bench.worker()
    bench.run(one.leave(0))
    bench.run(two.leave(0))
    with bench.server.client() as client:
        assert client.keys(f"{{{bench.name}}}*") == []
    again = bench.worker()
    assert bench.push(again, 1) == (1, 0, 0)
    with pytest.raises(FrontierGoneError):
        bench.pop(one)


def test_all_workers_know_when_the_crawl_began(bench: Bench) -> None:
    """A worker that joins later is told the time at which the first one began."""
    first, late = (RedisFrontier(bench.server.address, bench.name, clock=lambda t=t: t) for t in (100.5, 160.25))
    entered = [bench.run(worker.enter("related", "", "{}")) for worker in (first, late)]
    assert [(one.began, one.began_at) for one in entered] == [(True, 100.5), (False, 100.5)]
    for worker in (first, late):
        bench.run(worker.close())


def test_other_arguments_are_refused(bench: Bench) -> None:
    """Workers of one crawl have the same arguments; the error names both."""
    bench.worker("depth=2")
    with pytest.raises(FrontierError, match=r"depth=2.*depth=3"):
        bench.worker("depth=3")


def test_redis_own_clock(bench: Bench) -> None:
    """Without a clock of the test's own, Redis's time is taken."""
    worker = RedisFrontier(bench.server.address, bench.name, lease=LEASE)
    bench.workers.append(worker)
    bench.run(worker.enter("related", "", "{}"))
    bench.push(worker, 1)
    assert texts(bench.pop(worker)) == ["request 1"]


def test_all_keys_are_in_one_slot(bench: Bench) -> None:
    """Every key of a crawl has its hash tag, so that Redis Cluster keeps them together."""
    worker = bench.worker()
    bench.push(worker, 1, 2)
    bench.pop(worker)
    with bench.server.client() as client:
        keys = client.keys(f"*{bench.name}*")
    assert len(keys) > 10
    assert all(key.startswith(f"{{{bench.name}}}:".encode()) for key in keys)
    assert len(fp(1)) == FP_BYTES
