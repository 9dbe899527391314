"""The order of the frontier: best first, breadth first where nothing tells links apart."""

from __future__ import annotations

import math

SEED_PRIORITY = 1000
STEPS = 8  # steps of priority for a factor e of worth: more would not help, and see `priority`
LEAST = 0.01  # worth under it is not told apart
DECAY = 0.95  # of a path's worth that is left after one link step
PATH = 0.1  # say of the path in the worth of a link, against the link's own relevance
GAP = 10  # room between steps: depth takes half of it, Scrapy's own adjustments (redirect +2, retry -1) little


def path_relevance(relevance: float, parent_path: float | None = None) -> float:
    """The worth of a link as seen from its seed: its own relevance, discounted by how it was reached.

    The inherited score of Shark-Search (Hersovici et al. 1998), which decays along the path, as a weighted geometric
    mean. The path's say is small, since a link's relevance has its parent's in it already.

    Args:
        relevance: the link's own, 0 to 1 (`Relevance.of_link`).
        parent_path: this function's value for the link that led to the story that bears this one; None on a seed.

    Returns: 0 to 1; grows with both.
    """
    inherited = DECAY * (1.0 if parent_path is None else parent_path)
    return math.pow(max(relevance, 0.0), 1.0 - PATH) * math.pow(max(inherited, 0.0), PATH)


def priority(path: float, depth: int) -> int:
    """A request's priority: higher goes first.

    Few values are used, since Scrapy keeps a queue (with JOBDIR a file) for every priority of every host. Requests of
    one priority should leave in the order they came: FIFO queues make that breadth first.

    Args:
        path: `path_relevance` of the link, 0 to 1.
        depth: link steps from the nearest seed; a seed has 0.

    Returns: `SEED_PRIORITY` for a seed, else less; grows with `path`, and falls with depth where that is equal.
    """
    if depth <= 0:
        return SEED_PRIORITY
    worth = min(max(path, LEAST), 1.0)
    return GAP * round(STEPS * math.log(worth / LEAST)) - min(depth, GAP // 2)
