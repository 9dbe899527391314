"""The learned part: how likely a block is the page's own list of related stories.

Door: `shipped_model().scores(rows)`. The model is plain data (`kolcrawl/data/related_model.json`), trained by
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

from kolcrawl.page.related.features import NAMES
from kolcrawl.text.tables import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Indexes = npt.NDArray[np.intp]

FORMAT = 2
LIST = 3  # stories
CALLOUT, IN_BODY, PLAINLY_OTHER, LINKS, LINE_REST = (
    NAMES.index(name) for name in ("callout", "in_body", "plainly_other", "links", "line_rest")
)
CALLING = [
    NAMES.index(f"{place}_{said}") for place in ("lead", "own", "heading") for said in ("related", "also", "like")
]
"""What is said of a story before a link, at its beginning or in its heading."""
SENTENCE = 60  # unlinked characters around a link that make it a hyperlink in a sentence
SURE = 0.65  # a score from which on even such a one is related
CLIP = 4.0  # standard deviations at which a feature counts no more in the logistic part


@dataclass(slots=True)
class Model:
    """A trained model, ready to be asked."""

    threshold: float
    """A score from here on means related."""
    callout_threshold: float
    """The same for a read-also line in the body."""
    only_threshold: float
    """The same for the best list of a page on which nothing else is related, when it has `LIST` stories or more and
    no heading of another kind."""
    trees: Trees
    tree_share: float
    """Weight of the trees' probability; the logistic part has the rest."""
    weights: Numbers
    center: Numbers
    scale: Numbers
    """Of each feature in the logistic part."""
    intercept: float

    def related(self, rows: Sequence[Sequence[float]], scores: Sequence[float], sizes: Sequence[int]) -> list[bool]:
        """Which blocks of a page are related.

        Args:
            rows: features of all blocks of the page.
            scores: what is thought of each, from `score`.
            sizes: how many stories each of them offers.
        """
        scores = [0.0 if score < SURE and in_sentence(row) else score for row, score in zip(rows, scores, strict=True)]
        sure = max(scores, default=0.0) >= self.threshold
        lists = [
            score
            for row, score, size in zip(rows, scores, sizes, strict=True)
            if size >= LIST and not row[PLAINLY_OTHER]
        ]
        best = 2.0 if sure or not lists or max(lists) < self.only_threshold else max(lists)
        return [
            score >= (self.callout_threshold if row[CALLOUT] and row[IN_BODY] else self.threshold)
            or (score == best and size >= LIST and not row[PLAINLY_OTHER])
            for row, score, size in zip(rows, scores, sizes, strict=True)
        ]

    def scores(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Probability, 0 to 1, of each block to be the page's own list of related stories.

        Args:
            rows: features of the blocks, each in the order of `features.NAMES`.
        """
        if not rows:
            return []
        table = np.array(rows, dtype=np.float64)
        sizes = np.copysign(np.log1p(np.abs(table)), table)
        spread = np.clip((sizes - self.center) / self.scale, -CLIP, CLIP)
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
        """What the trees say of each row of features, in log odds."""
        count, inner = self.features.shape
        trees = np.arange(count)
        rows = np.arange(len(table))[:, np.newaxis]
        at = np.zeros((len(table), count), dtype=np.intp)
        for _ in range(inner.bit_length()):
            at = 2 * at + 1 + (table[rows, self.features[trees, at]] > self.splits[trees, at])
        total: Numbers = self.leaves[trees, at - inner].sum(axis=1)
        return total


def in_sentence(row: Sequence[float]) -> bool:
    """Whether a block is a hyperlink or two in running text, that no word before it calls a related story."""
    return bool(row[IN_BODY] and row[LINE_REST] > SENTENCE and row[LINKS] < LIST and not any(row[i] for i in CALLING))


def _sigmoid(x: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-np.clip(x, -30.0, 30.0)))
    return found


def read_model(data: dict[str, Any]) -> Model:
    """Turn the model file's content into a model.

    Raises:
        ValueError: it was trained for other features than `features.NAMES`.
    """
    if data["format"] != FORMAT or tuple(data["features"]) != NAMES:
        raise ValueError(
            "related_model.json was trained for other features: run benchmarks/train_related.py to train it anew"
        )
    return Model(
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
    """The trees as they are stored, filled up: where a branch ends early, its leaf stands below on both sides.

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
    """The model that comes with the package, read once."""
    text = read_text("related_model.json")
    return read_model(json.loads(text))
