"""Train the model that tells the page's own related stories from other link blocks, and write it as plain data.

    python benchmarks/train_related.py --corpus LABELLED UNLABELLED --more-labels benchmarks/related/labels.jsonl

The example is a block, described by `kolcrawl.page.related.features`; its target is the share of its links that a
person found related, optional links left out. Needs lightgbm, scikit-learn and numpy; the same corpus and versions give
the same bytes. `benchmarks/related.py` measures it, cross-validated by publisher.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np
from related_corpus import LabelledPage, read_corpus, same_story_key
from sklearn.linear_model import LogisticRegression

from kolcrawl.page.related.model import MAX_DEVIATIONS, MODEL_FORMAT, Model, in_sentence, read_model

if TYPE_CHECKING:
    from kolcrawl.page.related.features import Features

MODEL = Path(__file__).parent.parent / "kolcrawl" / "data" / "related_model.json"
THRESHOLD = 0.42
CALLOUT_THRESHOLD = 0.35  # for a read-also line in the body
ONLY_THRESHOLD = 0.36  # for the best list of a page on which nothing reaches the other
TREE_SHARE = 0.6
ROUNDS = 150
CHINESE = 1.5  # weight of Chinese pages: they come first, and are a third of the corpus
PARTLY_LABELLED = 0.8  # weight of pages of which only likely blocks were labelled
IN_SENTENCE = 0.3  # weight of hyperlinks in sentences as examples of what is not related
CALLED = 3.0  # weight of read-also lines between paragraphs: few on a page, and sure
MOST_LINKS = 12  # links of a block that count towards its weight
TREES = {
    "objective": "binary", "learning_rate": 0.05, "num_leaves": 8, "min_data_in_leaf": 8,
    "min_sum_hessian_in_leaf": 2, "feature_fraction": 0.2, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 10,
    "verbose": -1, "seed": 0, "num_threads": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip
FOR = (
    "lead_related", "lead_also", "lead_like", "own_related", "own_also", "own_like", "callout", "related_stories",
    "cue_related",
    "outer_related", "outer_also", "heading_related", "heading_also", "title_mean", "title_best",
    "title_share", "title_lead", "topic_mean", "body_mean", "body_low", "body_lead", "best_heading_score",
)  # fmt: skip
AGAINST = (
    "heading_score_rank", "heading_score_gap", "heading_popular", "heading_latest", "heading_sponsored",
    "heading_random", "plainly_other", "cue_popular", "cue_latest", "cue_random", "cue_advert", "cue_navigation",
    "holds_self", "ranked", "own_service", "in_nav", "outer_popular", "outer_sponsored",
)  # fmt: skip
# What every language and site has in common may only count one way, so that few examples cannot teach the contrary:
# features that begin with one of `FOR`, and those of `AGAINST`.


def monotone(name: str) -> int:
    """Return which way a feature may count: 1 for, -1 against, 0 either."""
    return 1 if name.startswith(FOR) else -1 if name in AGAINST else 0


def examples(pages: list[LabelledPage]) -> tuple[list[Features], np.ndarray, np.ndarray]:
    """Return features, target and weight of each block that teaches something."""
    rows: list[Features] = []
    targets: list[float] = []
    weights: list[float] = []
    for page in pages:
        factor = (CHINESE if page.lang == "zh" else 1.0) * (1.0 if page.core else PARTLY_LABELLED)
        for row, urls in zip(page.rows, page.targets, strict=True):
            keys = {same_story_key(url) for url in urls}
            judged = len(keys - page.optional)
            if judged:
                target, weight = len(keys & page.related) / judged, min(judged, MOST_LINKS) ** 0.5
            elif in_sentence(row):
                target, weight = 0.0, IN_SENTENCE
            else:
                continue
            if row["callout"] and target:
                weight *= CALLED
            rows.append(row)
            targets.append(target)
            weights.append(weight * factor)
    return rows, np.array(targets), np.array(weights)


def train(pages: list[LabelledPage]) -> dict[str, Any]:
    """Fit both parts on the pages (already described) and return the model file's content."""
    described, share, weight = examples(pages)
    names = list(described[0])
    rows = np.array([[row[name] for name in names] for row in described])
    # A block of which a part is related is an example of both classes, by its share.
    both = np.vstack([rows, rows])
    classes = np.concatenate([np.ones(len(rows)), np.zeros(len(rows))])
    counts = np.concatenate([weight * share, weight * (1 - share)])
    used = counts > 0
    both, classes, counts = both[used], classes[used], counts[used]
    trees = lightgbm.train(
        {**TREES, "monotone_constraints": [*map(monotone, names)]},
        lightgbm.Dataset(both, classes, weight=counts),
        ROUNDS,
    )
    sizes = np.sign(both) * np.log1p(np.abs(both))
    center, scale = sizes.mean(0), sizes.std(0)
    scale[scale == 0] = 1.0
    center, scale = np.round(center, 6), np.round(scale, 6)
    linear = LogisticRegression(C=0.05, max_iter=3000, tol=1e-6)
    linear.fit(np.clip((sizes - center) / scale, -MAX_DEVIATIONS, MAX_DEVIATIONS), classes, sample_weight=counts)
    return {
        "format": MODEL_FORMAT,
        "features": names,
        "threshold": THRESHOLD,
        "callout_threshold": CALLOUT_THRESHOLD,
        "only_threshold": ONLY_THRESHOLD,
        "tree_share": TREE_SHARE,
        "trees": [_tree(t["tree_structure"]) for t in trees.dump_model()["tree_info"]],
        "center": [float(value) for value in center],
        "scale": [float(value) for value in scale],
        "weights": [round(float(value), 4) for value in linear.coef_[0]],
        "intercept": round(float(linear.intercept_[0]), 4),
    }


def _tree(root: dict[str, Any]) -> dict[str, list[Any]]:
    tree: dict[str, list[Any]] = {"feature": [], "split": [], "left": [], "right": [], "leaf": []}

    def add(node: dict[str, Any]) -> int:
        if "leaf_value" in node:
            tree["leaf"].append(round(node["leaf_value"], 5))
            return -len(tree["leaf"])
        at = len(tree["feature"])
        tree["feature"].append(node["split_feature"])
        tree["split"].append(float(f"{node['threshold']:.7g}"))
        tree["left"].append(0)
        tree["right"].append(0)
        tree["left"][at] = add(node["left_child"])
        tree["right"][at] = add(node["right_child"])
        return at

    if "leaf_value" in root:  # a tree without a split
        return {"feature": [0], "split": [0.0], "left": [-1], "right": [-1], "leaf": [round(root["leaf_value"], 5)]}
    add(root)
    return tree


def predictor(content: dict[str, Any]) -> Callable[[LabelledPage], list[str]]:
    """List the URLs of the blocks that the model would call related on a page."""
    model: Model = read_model(content)

    def predict(page: LabelledPage) -> list[str]:
        judged = [*compress(zip(page.rows, page.targets, strict=True), page.judged)]
        rows = [row for row, _ in judged]
        sizes = [len(set(map(same_story_key, urls))) for _, urls in judged]
        chosen = model.related(rows, model.scores(rows), sizes)
        return [url for yes, (_, urls) in zip(chosen, judged, strict=True) if yes for url in urls]

    return predict


def main() -> None:
    """Train on all labelled pages of the corpus folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, help="corpus folders")
    parser.add_argument("--more-labels", type=Path, help="labels of pages whose folder has none")
    parser.add_argument("--out", type=Path, default=MODEL, help="file to write (default: %(default)s)")
    args = parser.parse_args()
    pages = read_corpus(args.corpus, args.more_labels)
    for page in pages:
        page.describe()
    content = train(pages)
    args.out.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    print(
        f"{len(pages)} pages, {sum(len(page.rows) for page in pages)} blocks, {len(content['trees'])} trees: {args.out}"
    )


if __name__ == "__main__":
    main()
