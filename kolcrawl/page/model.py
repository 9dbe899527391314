"""The learned part: how likely a block is the page's own list of related stories.

Door: `related_score(row) -> float`. The model is plain data (`kolcrawl/data/related_model.json`), trained by
`benchmarks/train_related.py`: boosted trees (T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical
Learning, ch. 10; fitted with LightGBM) averaged with a logistic regression on the same features. Both are
evaluated here in plain Python, so that a crawl needs neither library.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from kolcrawl.page.features import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

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


Node = tuple[int, float, Any, Any]
"""Feature, split value, and the nodes or leaves for values up to it and above it."""
Term = tuple[float, float, float, float]
"""Weight, center and scale of a feature, and what it adds where it is zero, as most are on most blocks."""


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
    trees: list[Node | float]
    """The roots; a leaf is its value."""
    tree_share: float
    """Weight of the trees' probability; the logistic part has the rest."""
    linear: list[Term]
    """What the logistic part makes of each feature."""
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

    def score(self, row: Sequence[float]) -> float:
        """Probability that the block is the page's own list of related stories, 0 to 1."""
        total = 0.0
        for node in self.trees:
            while node.__class__ is tuple:
                feature, split, left, right = node
                node = left if row[feature] <= split else right
            total += node  # type: ignore[operator]
        linear = self.intercept
        for value, (weight, center, scale, of_zero) in zip(row, self.linear, strict=True):
            linear += _weighed(value, weight, center, scale) if value else of_zero
        return self.tree_share * _sigmoid(total) + (1 - self.tree_share) * _sigmoid(linear)


def in_sentence(row: Sequence[float]) -> bool:
    """Whether a block is a hyperlink or two in running text, that no word before it calls a related story."""
    return bool(row[IN_BODY] and row[LINE_REST] > SENTENCE and row[LINKS] < LIST and not any(row[i] for i in CALLING))


def _weighed(value: float, weight: float, center: float, scale: float) -> float:
    size = math.log1p(value) if value >= 0 else -math.log1p(-value)
    return weight * max(-CLIP, min(CLIP, (size - center) / scale))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


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
        trees=[_node(tree, 0) for tree in data["trees"]],
        tree_share=data["tree_share"],
        linear=[
            (weight, center, scale, _weighed(0.0, weight, center, scale))
            for weight, center, scale in zip(data["weights"], data["center"], data["scale"], strict=True)
        ],
        intercept=data["intercept"],
    )


def _node(tree: dict[str, list[Any]], at: int) -> Node | float:
    """A node of a tree as it is stored: lists by inner node, a child below zero being leaf -1 - child."""
    if at < 0:
        return float(tree["leaf"][-1 - at])
    return tree["feature"][at], tree["split"][at], _node(tree, tree["left"][at]), _node(tree, tree["right"][at])


@lru_cache(maxsize=1)
def shipped_model() -> Model:
    """The model that comes with the package, read once."""
    text = files("kolcrawl.data").joinpath("related_model.json").read_text(encoding="utf-8")
    return read_model(json.loads(text))
