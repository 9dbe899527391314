"""The benchmark of related links that others run: its labels, and its scorer, which needs nothing but Python."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "benchmarks" / "related"


def score(predictions: Path, *options: str) -> str:
    """Run the scorer as another tool's author would, without the project's packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(FOLDER / "score.py"), str(predictions), *options],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_the_labels_score_as_perfect_and_nothing_as_quiet(tmp_path: Path) -> None:
    """What is labelled related is all right; no link at all finds none, and is quiet on every page without any."""
    labels = [json.loads(line) for line in (FOLDER / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({label["id"] for label in labels}) == len(labels)
    predictions = tmp_path / "predictions.jsonl"
    rows = [{"id": label["id"], "links": label["related"] + label["optional"]} for label in labels]
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert score(predictions).startswith(
        f"{len(labels)} pages: precision 1.000, recall 1.000, f1 1.000, macro_f1 1.000, quiet 1.000"
    )
    predictions.write_text("", encoding="utf-8")
    assert "recall 0.000, f1 0.000, macro_f1 0.000, quiet 1.000" in score(predictions, "--lang", "zh")


def test_wrong_links_count_once_and_optional_ones_not_at_all(tmp_path: Path) -> None:
    """Of two links, of which one is right, precision is a half, however its address is written; kinds count."""
    label = {
        "id": "a",
        "url": "https://a.example/1",
        "lang": "en",
        "related": ["/2"],
        "optional": ["/3"],
        "labelled": "",
    }
    labels, predictions = tmp_path / "labels.jsonl", tmp_path / "predictions.jsonl"
    labels.write_text(json.dumps(label) + "\n", encoding="utf-8")
    links = ["http://www.a.example/2/?utm_source=x#top", "/3", "/4", {"url": "/5", "kind": "popular"}, "/1"]
    predictions.write_text(json.dumps({"id": "a", "links": links}), encoding="utf-8")
    found = score(predictions, "--labels", str(labels), "--worst", "1")
    assert "precision 0.500, recall 1.000" in found
    assert "a: 1 of 1 found, 1 wrong" in found


def test_labelled_pages_are_found_by_their_sums(tmp_path: Path) -> None:
    """Whatever a page's file is called and wherever it lies, its bytes tell which it is; others are left."""
    body = b"<html>a page</html>"
    label = {"id": "a-1", "url": "https://a.example/1", "lang": "en", "sha256": hashlib.sha256(body).hexdigest()}
    labels, pages, collected = tmp_path / "labels.jsonl", tmp_path / "checkout", tmp_path / "found"
    labels.write_text(json.dumps(label) + "\n", encoding="utf-8")
    (pages / "tests" / "eval").mkdir(parents=True)
    (pages / "tests" / "eval" / "a.example.story.html").write_bytes(body)
    (pages / "tests" / "other.html.gz").write_bytes(b"no gzip")
    command = [sys.executable, "-I", "-S", str(FOLDER / "score.py"), "--labels", str(labels), "--pages", str(pages)]
    done = subprocess.run([*command, "--collect", str(collected)], capture_output=True, text=True, check=True)
    assert "1 of 1 pages" in done.stdout
    assert gzip.decompress((collected / "a-1.html.gz").read_bytes()) == body
