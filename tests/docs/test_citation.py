"""CITATION.cff names the version that the package has."""

from __future__ import annotations

from pathlib import Path

import yaml

from kolcrawl import __version__

ROOT = Path(__file__).parents[2]


def test_the_citation_is_of_this_version() -> None:
    """It has the fields that the format requires, this version, and its date in the changelog."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert (cited["type"], cited["license"], cited["version"]) == ("software", "BSD-3-Clause", __version__)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{cited['version']}] - {cited['date-released']}" in changelog
