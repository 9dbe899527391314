"""Order the frontier: best first, breadth first where nothing tells links apart."""

from __future__ import annotations

import math

SEED_PRIORITY = 1000
STEPS_PER_E = 8  # steps of priority for a factor e of path relevance: few, as `priority` says
MIN_PATH_RELEVANCE = 0.01  # smaller values have the lowest priority
PATH_DECAY = 0.95  # share of the parent's path relevance that is left after one link step
PATH_WEIGHT = 0.1  # of the path in a link's path relevance; its own relevance has the rest
STEP_WIDTH = 10  # priorities in a step: depth takes half, Scrapy's adjustments (redirect +2, retry -1) a little


def path_relevance(relevance: float, parent_path: float | None = None) -> float:
    """Discount the relevance of a link by the path of links that led to it from a seed.

    This is the inherited score of Shark-Search (Hersovici et al. 1998), which decays along the path, as a weighted
    geometric mean. The path weighs little, since the relevance of a link contains that of its parent already.

    Args:
        relevance: of the link, 0 to 1 (`Relevance.of_link`).
        parent_path: path relevance of the link that led to the story in which this link stands; None on a seed.

    Returns: 0 to 1; grows with both.
    """
    inherited = PATH_DECAY * (1.0 if parent_path is None else parent_path)
    return math.pow(max(relevance, 0.0), 1.0 - PATH_WEIGHT) * math.pow(max(inherited, 0.0), PATH_WEIGHT)


def priority(path: float, depth: int) -> int:
    """Compute the priority of a request: the higher goes first.

    Few values are used, since Scrapy keeps a queue (with JOBDIR a file) for every priority of every host. Requests of
    one priority leave in the order in which they came, breadth first, as the queues are FIFO.

    Args:
        path: `path_relevance` of the link, 0 to 1.
        depth: link steps from the nearest seed; a seed has 0.

    Returns: `SEED_PRIORITY` for a seed, else less; grows with `path`, and falls with depth where that is equal.
    """
    if depth <= 0:
        return SEED_PRIORITY
    bounded = min(max(path, MIN_PATH_RELEVANCE), 1.0)
    step = round(STEPS_PER_E * math.log(bounded / MIN_PATH_RELEVANCE))
    return STEP_WIDTH * step - min(depth, STEP_WIDTH // 2)
