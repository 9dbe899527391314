"""The files that the docs name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")])
TO_BE_WRITTEN = {"spiders/example.py"}
"""Files that a doc tells its reader to write."""
NAMED = re.compile(r"`((?:kolcrawl|pipelines|spiders|tests|benchmarks|deploy|docs)/[\w./-]+\.\w+)`")


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: path.name)
def test_named_files_exist(doc: Path) -> None:
    """A path in backquotes leads somewhere, so a reader who follows it is not lost."""
    if doc.name == "CHANGELOG.md":  # tells of files that were
        return
    named = set(NAMED.findall(doc.read_text(encoding="utf-8"))) - TO_BE_WRITTEN
    assert [path for path in named if not (ROOT / path).exists()] == []
