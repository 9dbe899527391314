"""Score by a trained model how likely a block is the page's own list of related stories.

Entry point: `shipped_model().scores(rows)`. The model is plain data (`kolcrawl/data/related_model.json`), trained by
`benchmarks/train_related.py`: boosted trees (T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical
Learning, ch. 10; fitted with LightGBM) averaged with a logistic regression on the same features. Both are
evaluated here, for all blocks of a page at once, so that a crawl needs neither library.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kolcrawl.text.tables import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kolcrawl.page.related.features import Features

    Numbers = npt.NDArray[np.float64]
    Indexes = npt.NDArray[np.intp]

MODEL_FORMAT = 2
LEAST_LIST = 3  # stories
LONGEST_UNSURE_LIST = 40  # stories of the best list of a page: a longer one is an archive
READ_ALSO_FEATURES = tuple(
    f"{place}_{name}" for place in ("lead", "own", "heading") for name in ("related", "also", "like")
)
"""Features that say of a lone link, before it, at its beginning or in its heading, that it is a related story."""
DECIDING_FEATURES = (
    *("in_body", "line_rest", "links", "callout", "plainly_other", "heading_strength"),
    *READ_ALSO_FEATURES,
)
"""Features by which `Model.related` decides beside the score."""
SENTENCE_REST = 60  # unlinked characters around a link that make it a hyperlink in a sentence
SENTENCE_THRESHOLD = 0.65  # a score from which on even such a one is related
LONE_THRESHOLD = 0.46  # a score from which on a lone link under no heading, outside the body, is related
MAX_DEVIATIONS = 4.0  # standard deviations at which a feature counts no more in the logistic part


@dataclass(slots=True)
class Model:
    """A trained model, ready to be asked."""

    features: tuple[str, ...]
    """Names of the features that it was trained for."""
    threshold: float
    """A score from here on means related."""
    callout_threshold: float
    """The same for a read-also line in the body."""
    only_threshold: float
    """The same for the best list of a page on which nothing else is related, when it has `LEAST_LIST` stories or
    more and no heading of another kind."""
    trees: Trees
    tree_share: float
    """Weight of the trees' probability; the logistic part has the rest."""
    weights: Numbers
    center: Numbers
    scale: Numbers
    """Of each feature in the logistic part."""
    intercept: float

    def related(self, rows: Sequence[Features], scores: Sequence[float], sizes: Sequence[int]) -> list[bool]:
        """Decide which blocks of a page are related.

        Args:
            rows: features of all blocks of the page.
            scores: of each, from `scores`.
            sizes: how many stories each of them offers.
        """
        scores = [
            0.0
            if (score < SENTENCE_THRESHOLD and in_sentence(row)) or (score < LONE_THRESHOLD and _is_lone(row, size))
            else score
            for row, score, size in zip(rows, scores, sizes, strict=True)
        ]
        sure = max(scores, default=0.0) >= self.threshold
        lists = [
            score
            for row, score, size in zip(rows, scores, sizes, strict=True)
            if LEAST_LIST <= size <= LONGEST_UNSURE_LIST and not row["plainly_other"]
        ]
        best = 2.0 if sure or not lists or max(lists) < self.only_threshold else max(lists)
        return [
            score >= (self.callout_threshold if row["callout"] and row["in_body"] else self.threshold)
            or (score == best and LEAST_LIST <= size <= LONGEST_UNSURE_LIST and not row["plainly_other"])
            for row, score, size in zip(rows, scores, sizes, strict=True)
        ]

    def scores(self, rows: Sequence[Features]) -> list[float]:
        """Return the probability, 0 to 1, of each block to be the page's own list of related stories.

        Args:
            rows: features of the blocks, as `Describer.describe` gives them.

        Raises:
            ValueError: the model was trained for other features.
        """
        if not rows:
            return []
        if tuple(rows[0]) != self.features:
            raise ValueError(
                "related_model.json was trained for other features: run benchmarks/train_related.py to train it anew"
            )
        table = np.array([[*row.values()] for row in rows], dtype=np.float64)
        sizes = np.copysign(np.log1p(np.abs(table)), table)
        spread = np.clip((sizes - self.center) / self.scale, -MAX_DEVIATIONS, MAX_DEVIATIONS)
        linear = (spread * self.weights).sum(axis=1) + self.intercept  # `@` may sum otherwise for other numbers of rows
        share = self.tree_share
        found: list[float] = (share * _sigmoid(self.trees.sums(table)) + (1 - share) * _sigmoid(linear)).tolist()
        return found


@dataclass(slots=True)
class Trees:
    """Boosted trees, each filled up to a full binary tree, so that all are walked down in step."""

    features: Indexes
    splits: Numbers
    """Of inner node `n` of a tree, at `[tree, n]`: its children are `2n + 1`, for values up to the split, and
    `2n + 2`."""
    leaves: Numbers
    """Of leaf `n` of a tree, from the left, at `[tree, n]`."""

    def sums(self, table: Numbers) -> Numbers:
        """Add up what the trees say of each row of features, in log odds."""
        count, inner = self.features.shape
        features, splits, values = self.features.ravel(), self.splits.ravel(), table.ravel()
        # by place in flat arrays, which is twice as fast as by row and column
        rows = np.arange(len(table))[:, np.newaxis] * table.shape[1]
        trees = np.arange(count) * inner
        at = np.zeros((len(table), count), dtype=np.intp)
        for _ in range(inner.bit_length()):
            node = trees + at
            at = 2 * at + 1 + (values.take(rows + features.take(node)) > splits.take(node))
        total: Numbers = self.leaves.ravel().take(np.arange(count) * (inner + 1) + at - inner).sum(axis=1)
        return total


def in_sentence(row: Features) -> bool:
    """Tell whether a block is a hyperlink or two in running text that no word before it calls a related story."""
    return bool(
        row["in_body"]
        and row["line_rest"] > SENTENCE_REST
        and row["links"] < LEAST_LIST
        and not any(row[name] for name in READ_ALSO_FEATURES)
    )


def _is_lone(row: Features, size: int) -> bool:
    """Tell whether a block is one story outside the body, and nothing says why it is there."""
    return (
        size == 1
        and row["heading_strength"] < 0
        and not row["in_body"]
        and not any(row[name] for name in READ_ALSO_FEATURES)
    )


def _sigmoid(x: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-np.clip(x, -30.0, 30.0)))
    return found


def read_model(data: dict[str, Any]) -> Model:
    """Turn the model file's content into a model.

    Raises:
        ValueError: it has another format.
    """
    if data["format"] != MODEL_FORMAT:
        raise ValueError(
            f"related_model.json has format {data['format']}, not {MODEL_FORMAT}: train it anew by "
            "benchmarks/train_related.py"
        )
    return Model(
        features=tuple(data["features"]),
        threshold=data["threshold"],
        callout_threshold=data["callout_threshold"],
        only_threshold=data["only_threshold"],
        trees=_full(data["trees"]),
        tree_share=data["tree_share"],
        weights=np.array(data["weights"]),
        center=np.array(data["center"]),
        scale=np.array(data["scale"]),
        intercept=data["intercept"],
    )


def _full(stored: list[dict[str, list[Any]]]) -> Trees:
    """Fill up the stored trees: where a branch ends early, its leaf stands below on both sides.

    Stored are lists by inner node; a child below zero is leaf `-1 - child`.
    """
    depth = max(_depth(tree, 0) for tree in stored)
    inner = 2**depth - 1
    features = np.zeros((len(stored), inner), dtype=np.intp)
    splits = np.zeros((len(stored), inner))
    leaves = np.zeros((len(stored), inner + 1))
    for number, tree in enumerate(stored):
        nodes = [0]  # of the level, in the tree as it is stored
        for level in range(depth):
            for place, node in enumerate(nodes, 2**level - 1):
                if node >= 0:
                    features[number, place], splits[number, place] = tree["feature"][node], tree["split"][node]
            nodes = [c for n in nodes for c in ((tree["left"][n], tree["right"][n]) if n >= 0 else (n, n))]
        leaves[number] = [tree["leaf"][-1 - node] for node in nodes]
    return Trees(features, splits, leaves)


def _depth(tree: dict[str, list[Any]], node: int) -> int:
    return 1 + max(_depth(tree, tree["left"][node]), _depth(tree, tree["right"][node])) if node >= 0 else 0


@lru_cache(maxsize=1)
def shipped_model() -> Model:
    """Return the model that comes with the package, read once."""
    text = read_text("related_model.json")
    return read_model(json.loads(text))
