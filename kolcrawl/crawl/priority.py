"""The order of the frontier: best first, breadth first where nothing tells links apart."""

from __future__ import annotations

SEED_PRIORITY = 1000
LEVELS = 60  # distinct steps of worth: Scrapy keeps a queue, with JOBDIR a file, for each priority of each host
STEP = 10  # room between steps for Scrapy's own adjustments (+2 for a redirect, -1 for a retry)
DECAY = 0.93  # worth that is left after one link step


def path_relevance(relevance: float, parent_path: float | None = None, *, decay: float = DECAY) -> float:
    """The worth of a link seen from its seed: its own relevance, discounted by how it was reached.

    A relevant link on a path that has strayed is worth more than the path, less than the same link near a seed: the
    inherited score of Shark-Search (Hersovici et al. 1998), here as the geometric mean with the parent's, so that one
    weak step does not close the way to what lies behind it.

    Args:
        relevance: the link's own, 0 to 1.
        parent_path: this function's value for the story that bears the link; None for a seed's.
        decay: what is left of the parent's worth after a step, 0 to 1.

    Returns: 0 to 1; grows with both arguments.
    """
    inherited = decay * (1.0 if parent_path is None else parent_path)
    return float(relevance**0.75 * inherited**0.25)


def priority(path: float, depth: int) -> int:
    """A request's priority: higher goes first.

    Args:
        path: `path_relevance` of the link, 0 to 1.
        depth: link steps from the nearest seed; a seed has 0.

    Returns: `SEED_PRIORITY` for a seed, else a multiple of `STEP` below it that falls with depth where worth is equal.
    """
    if depth <= 0:
        return SEED_PRIORITY
    return STEP * round(LEVELS * min(max(path, 0.0), 1.0)) - min(depth, STEP - 4)
