"""Links, walks and paths in the read API, against a real server."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.network import Network, traversal
from tests.small_network import (
    BROKEN,
    END,
    GOSSIP,
    LATER,
    OLD,
    REPORT,
    REPRINT,
    SEED,
    SEQUEL,
    STATEMENT,
    WANDERED,
    key,
)


def test_neighbours_come_in_the_order_of_the_page(affair: Network) -> None:
    """Neighbours out by kind and place, neighbours in likewise, with the kinds asked for only."""
    out = [(link["kind"], link["position"], story["url"]) for link, story in affair.neighbours(SEED)]
    assert out == [
        ("related", 1, LATER),
        ("related", 2, STATEMENT),
        ("related", 2, REPORT),
        ("related", 3, REPRINT),
        ("related", 4, BROKEN),
        ("popular", 1, GOSSIP),
    ]
    assert [near.story["url"] for near in affair.neighbours(SEED, kinds=["popular"])] == [GOSSIP]
    assert {near.story["url"] for near in affair.neighbours(SEQUEL, "in")} == {REPORT, REPRINT}
    assert {near.link["active"] for near in affair.neighbours(SEED) if near.story["url"] == BROKEN} == {False}


def test_neighbourhood(affair: Network) -> None:
    """Stories by link steps: along related links unless told otherwise, backwards too, up to a limit."""

    def near(story: str, hops: int, **how: object) -> dict[str, int]:
        steps = affair.neighbourhood(story, hops, **how)  # type: ignore[arg-type]
        return {doc["url"]: steps[doc["_id"]] for doc in affair.stories_by_key(steps)}

    one = {SEED: 0, LATER: 1, STATEMENT: 1, REPORT: 1, REPRINT: 1, BROKEN: 1}
    assert near(SEED, 0) == {SEED: 0}
    assert near(SEED, 1) == one
    assert near(SEED, 1, kinds=()) == one | {GOSSIP: 1}
    assert near(SEED, 9) == one | {SEQUEL: 2, WANDERED: 2, END: 3}
    assert near(END, 2, direction="in") == {END: 0, SEQUEL: 1, REPORT: 2, REPRINT: 2}
    assert near(STATEMENT, 2, direction="both") == {STATEMENT: 0, SEED: 1} | dict.fromkeys(
        [LATER, REPORT, REPRINT, BROKEN], 2
    )
    assert len(affair.neighbourhood(SEED, 9, limit=4)) == 4


def test_path(affair: Network) -> None:
    """A shortest path follows the direction and kinds asked for; none is None, and none is needed to oneself."""
    path = affair.path(SEED, END)
    assert path is not None
    assert [len(path), path[0]["from"], path[-1]["to"]] == [3, key(SEED), key(END)]
    assert all(one["to"] == two["from"] for one, two in pairwise(path))
    assert affair.path(END, SEED) is None
    assert len(affair.path(END, SEED, direction="both") or ()) == 3
    assert affair.path(SEED, GOSSIP) is None
    assert len(affair.path(SEED, GOSSIP, kinds=()) or ()) == 1
    assert affair.path(SEED, OLD) == affair.path(SEED, REPORT)
    assert affair.path(SEED, SEED) == []
    assert affair.path(SEED, END, max_hops=2) is None


graphs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=25)


@given(edges=graphs, hops=st.integers(0, 4))
def test_walks_agree_with_networkx(edges: list[tuple[int, int]], hops: int) -> None:
    """On any small graph, distances and path lengths are those of a library that holds the graph in memory."""
    graph = nx.DiGraph()
    graph.add_nodes_from("01234567")
    graph.add_edges_from((str(a), str(b)) for a, b in edges)

    def around(forward: bool) -> traversal.Around:
        def links(ring: list[str]) -> Iterable[tuple[dict, str]]:
            for end in ring:
                for a, b in graph.out_edges(end) if forward else graph.in_edges(end):
                    yield {"from": a, "to": b}, b if forward else a

        return links  # type: ignore[return-value]

    near = traversal.neighbourhood(["0"], around(True), hops)
    assert near == nx.single_source_shortest_path_length(graph, "0", cutoff=hops)
    path = traversal.shortest_path("0", "7", around(True), around(False), 10)
    if nx.has_path(graph, "0", "7"):
        assert path is not None
        steps = ["0", *(link["to"] for link in path)]
        assert nx.is_path(graph, steps)
        assert len(path) == nx.shortest_path_length(graph, "0", "7")
    else:
        assert path is None
