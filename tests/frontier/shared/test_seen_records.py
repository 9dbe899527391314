"""What was asked for, as Redis keeps it: strings of records, which workers read and scripts write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontier.shared.test_steps import Bench, bench

if TYPE_CHECKING:
    from kolcrawl.frontier.shared.worker_words import WorkerWords

__all__ = ["bench"]


@pytest.mark.parametrize("at_once", [1, 40])
def test_records_share_a_string(bench: Bench, at_once: int) -> None:
    """Fingerprints in one string are told apart with depths and reading marks, written one by one or many at once."""
    worker = bench.worker()
    same = [b"\x01\x02\x03" + n.to_bytes(9, "big") for n in range(60)]

    def push(fps: list[bytes], depth: int) -> tuple[int, int, int]:
        def say(words: WorkerWords) -> None:
            for one in fps:
                words.push(one, "a.example", "a", 0, depth, one.hex(), again=False)

        return bench.tell(worker, say)

    for at in range(0, len(same), at_once):
        assert push(same[at : at + at_once], 5)[:2] == (len(same[at : at + at_once]), 0)
    assert push(same[7:9], 3) == (0, 2, 0)
    assert push(same, 4) == (0, 60, 0)
    lease = bench.pop(worker).requests[0]
    bench.done(worker, lease)
    assert push([lease.id], lease.depth) == (0, 1, 0)
    assert push([lease.id], lease.depth - 1) == (1, 1, 0)  # followed again
    depths = {}
    while popped := bench.pop(worker).requests:
        depths |= {one.id: one.depth for one in popped if not one.verdict}
        bench.done(worker, *popped)
    assert depths == {one: 3 if one in same[7:9] else 4 for one in same if one != lease.id}


def test_known_requests_are_left_out(bench: Bench) -> None:
    """What Redis knows by no longer way does not reach its script; all of it does where Redis has lost a second."""
    one, two = bench.worker(), bench.worker()
    bench.push(one, 1, 2, 3)
    with bench.server.client() as client:
        kept = {key: client.dump(key) for key in client.keys(f"{{{bench.name}}}*")}
        bench.push(two, 4, 5, depth=2)

        def lose(*_: object) -> None:
            """Lose what was done since, as a Redis that is killed."""
            client.delete(*client.keys(f"{{{bench.name}}}*"))
            for key, value in kept.items():
                client.restore(key, 0, value)

        sent: list[int] = []
        settle = one._scripts["settle"]

        async def run(**given: list[object]) -> object:
            sent.append(len(given["args"]))
            if len(sent) == 2:
                lose()
            return await settle(**given)  # type: ignore[arg-type]

        one._scripts["settle"] = run  # type: ignore[assignment]
        assert bench.push(one, 1, 2, 3) == (0, 3, 0)
        assert bench.push(one, 1, 2, 3, 4, 5, depth=2) == (2, 3, 0)
    assert sent[0] < sent[-1]
    assert len(sent) == 4  # nothing new; nothing new, but Redis lost its last step and this worker's one before; all
    assert bench.pop(two).pending == 5
