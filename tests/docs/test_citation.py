"""What research quotes: CITATION.cff names this version, the codebook every field of an export."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from kolcrawl import __version__
from kolcrawl.export import MEASURES
from kolcrawl.items import LINK_KINDS
from kolcrawl.network.selection import EDGE_COLUMNS, NODE_COLUMNS, TEXT_COLUMN
from kolcrawl.network.site_part import SITE_COLUMNS, SITE_EDGE_COLUMNS

ROOT = Path(__file__).parents[2]


def test_the_citation_is_of_this_version() -> None:
    """It has the fields that the format requires, this version, and its date in the changelog."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert (cited["type"], cited["license"], cited["version"]) == ("software", "BSD-3-Clause", __version__)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{cited['version']}] - {cited['date-released']}" in changelog


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("nodes", (*NODE_COLUMNS, TEXT_COLUMN, *MEASURES.values())),
        ("edges", EDGE_COLUMNS),
        ("sites", SITE_COLUMNS),
    ],
)
def test_the_codebook_has_every_field(table: str, columns: tuple[tuple[str, str], ...]) -> None:
    """In the order of the files, none more and none less."""
    text = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    part = text.partition(f"## Codebook: {table}")[2].partition("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) == [name for name, _ in columns]
    if table == "sites":
        assert set(re.findall(r"`(\w+)`", part.partition("One edge")[2])) == {name for name, _ in SITE_EDGE_COLUMNS}
    if table == "edges":
        assert all(f"`{kind}`" in part for kind in LINK_KINDS)
