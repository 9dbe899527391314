"""A Redis of several nodes, of which another one takes over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from kolcrawl.frontier.shared.frontier_errors import FrontierAwayError, FrontierError
from kolcrawl.frontier.shared.overview import FrontierConsole
from tests.frontier.shared.servers import RedisProcess
from tests.frontier.shared.test_steps import Bench, bench, texts
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["bench"]


def until(what: Callable[[], object]) -> None:
    """Wait for something."""
    deadline = time.monotonic() + 120
    while not what():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def make_cluster(folder: Path) -> tuple[RedisProcess, RedisProcess]:
    """Start a cluster of two nodes, of which the first one has all slots."""
    nodes = []
    for name in ("first", "second"):
        (folder / name).mkdir()
        options = ("--cluster-enabled", "yes", "--cluster-require-full-coverage", "no")
        nodes.append(RedisProcess(folder / name, *options))
        nodes[-1].start()
    with nodes[0].client() as one, nodes[1].client() as two:
        one.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        one.execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[1].port)
        mine = one.execute_command("CLUSTER", "MYID").decode()
        until(lambda: f"{mine} " in str(two.execute_command("CLUSTER", "NODES")))
        until(lambda: " 0-16383" in str(two.execute_command("CLUSTER", "NODES")))
        until(lambda: all(b"cluster_state:ok" in node.execute_command("CLUSTER", "INFO") for node in (one, two)))
    return nodes[0], nodes[1]


def hand_over(slot: int, old: RedisProcess, new: RedisProcess) -> None:
    """Move a slot with all its keys from one node to another."""
    with old.client() as one, new.client() as two:
        ids = [node.execute_command("CLUSTER", "MYID").decode() for node in (one, two)]
        two.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
        one.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
        keys = one.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 1_000)
        one.execute_command("MIGRATE", "127.0.0.1", new.port, "", 0, 60_000, "KEYS", *keys)
        for node in (two, one):
            node.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[1])


def test_another_node_takes_over(tmp_path: Path) -> None:
    """The crawl's slot goes to another node: workers follow it there, also those to come, who are told of the first
    node, and so does the look from outside. They go on when the first node ends."""
    first, second = make_cluster(tmp_path)
    try:
        bench = Bench(first, "affair")
        worker = bench.worker()
        bench.push(worker, 1, 2)
        popped = bench.pop(worker)
        with first.client() as client:
            slot = client.execute_command("CLUSTER", "KEYSLOT", "affair")
        hand_over(slot, first, second)
        with second.client() as client:
            client.config_set("maxmemory", "1gb")
            client.config_set("maxmemory-policy", "allkeys-lru")
            with pytest.raises(FrontierError, match="would throw requests away"):
                bench.worker()  # the node that the crawl is on is looked at, not the one that it is told of
            client.config_set("maxmemory-policy", "noeviction")
        bench.done(worker, *popped.requests)
        other = bench.worker()
        console = FrontierConsole(first.address)
        assert (console.crawls(), console.look("affair").pending) == (["affair"], 1)
        console.close()
        first.stop()
        bench.now += 2
        assert texts(bench.pop(other)) == ["request 2"]
        assert bench.pop(worker).pending == 1
        for one in bench.workers:
            bench.run(one.close())
        bench.loop.close()
    finally:
        first.stop()
        second.stop()


def test_a_primary_that_was_demoted_is_waited_for(bench: Bench) -> None:
    """A server that has become a replica is away, and not broken: another one will answer under its name."""
    worker = bench.worker()
    bench.push(worker, 1)
    with bench.server.client() as client:
        client.replicaof("127.0.0.1", free_port())
        try:
            with pytest.raises(FrontierAwayError, match="cannot be written"):
                bench.pop(worker)
        finally:
            client.replicaof("NO", "ONE")
    assert texts(bench.pop(worker)) == ["request 1"]
