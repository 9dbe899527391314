"""Corpus folders for the related-block benchmarks: pages, labels, what the engine sees in them, and the score.

A corpus folder holds `index.jsonl` (`id`, `url`, `publisher`, `lang`), `pages/<id>.html.gz` (bytes as served) and, when
labelled, `labels.jsonl` (`id`, `related` and `optional` URLs). Optional links are neither right nor wrong.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from kolcrawl.errors import UrlError
from kolcrawl.page import Page, SiteRules, parse_document
from kolcrawl.page.facts.story_facts import read_facts
from kolcrawl.page.related.survey import survey
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from kolcrawl.page.related.features import Features


@dataclass(slots=True)
class LabelledPage:
    """A page with what a person found on it."""

    id: str
    url: str
    publisher: str
    lang: str
    folder: Path
    related: set[str]
    optional: set[str]
    core: bool
    """Labelled from the whole page; otherwise only the blocks that an earlier engine thought possible were."""
    rows: list[Features] = field(default_factory=list)
    """Features of each block that is a candidate."""
    targets: list[list[str]] = field(default_factory=list)
    """The URLs of each such block."""
    judged: list[bool] = field(default_factory=list)
    """Whether each such block is judged when a page is read; the others only teach."""

    def body(self) -> bytes:
        """Read the page as it was served."""
        return gzip.decompress((self.folder / f"pages/{self.id}.html.gz").read_bytes())

    def describe(self) -> None:
        """Fill in `rows`, `targets` and `judged`."""
        document = parse_document(self.body(), self.url)
        page = Page(url=self.url, encoding=document.encoding)
        headline = read_facts(document, page, SiteRules(), None)
        seen = survey(document, page.story.text, headline)
        for index, block in enumerate(seen.blocks):
            if seen.is_candidate(index):
                self.rows.append(seen.describer.describe(index))
                self.targets.append([link.target.url for link in block.links])
                self.judged.append(seen.may_be_own(index))


def same_story_key(url: str) -> str:
    """Return the story key of a URL, or the URL itself where it is not usable."""
    try:
        return story_key(url)
    except UrlError:
        return url


def read_corpus(folders: list[Path], more_labels: Path | None = None) -> list[LabelledPage]:
    """Read the labelled pages of the folders, in the order of their indexes.

    Args:
        folders: corpus folders.
        more_labels: labels of pages whose folder has none for them, as a JSON lines file.
    """
    more = _labels(more_labels) if more_labels else {}
    pages: list[LabelledPage] = []
    for folder in folders:
        own = _labels(folder / "labels.jsonl") if (folder / "labels.jsonl").exists() else {}
        for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            label = own.get(row["id"]) or more.get(row["id"])
            if label is None:
                continue
            related = {same_story_key(urljoin(row["url"], url)) for url in label["related"]}
            optional = {same_story_key(urljoin(row["url"], url)) for url in label["optional"]} - related
            lang = str(label.get("lang") or row.get("lang") or "?")
            pages.append(
                LabelledPage(
                    id=row["id"], url=row["url"], publisher=row["publisher"],
                    lang="zh" if lang.startswith("zh") else lang, folder=folder,
                    related=related, optional=optional, core=row["id"] in own,
                )
            )  # fmt: skip
    return pages


def _labels(path: Path) -> dict[str, dict[str, list[str]]]:
    return {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def fold_of(publisher: str, folds: int, seed: int = 0) -> int:
    """Assign a publisher to a part, by its name alone."""
    return int(hashlib.sha1(f"{seed}{publisher}".encode()).hexdigest(), 16) % folds


def score(pages: list[LabelledPage], predicted: dict[str, list[str]]) -> dict[str, float]:
    """Score predictions.

    Returns: micro precision, recall and F1 over links, macro F1 over pages with related links, and quiet: the share of
        pages without any on which none was predicted.
    """
    sums: Counter[str] = Counter()
    macro: list[float] = []
    quiet: list[bool] = []
    for page in pages:
        found = {same_story_key(url) for url in predicted[page.id]} - page.optional - {same_story_key(page.url)}
        good = found & page.related
        sums.update(good=len(good), found=len(found), wanted=len(page.related))
        if page.related:
            macro.append(f1(len(good), len(found), len(page.related)))
        else:
            quiet.append(not found)
    return {
        "pages": len(pages),
        "precision": sums["good"] / max(1, sums["found"]),
        "recall": sums["good"] / max(1, sums["wanted"]),
        "f1": f1(sums["good"], sums["found"], sums["wanted"]),
        "macro_f1": sum(macro) / max(1, len(macro)),
        "quiet": sum(quiet) / max(1, len(quiet)),
    }


def f1(good: int, found: int, wanted: int) -> float:
    """Return the harmonic mean of precision and recall."""
    return 2 * good / (found + wanted) if good else 0.0
