"""The rules of the house that can be read off the imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = {
    "items",
    "errors",
    "urls",
    "text",
    "dates",
    "languages",
    "cleaning",
    "fingerprint",
    "story",
    "validation",
    "tally",
    "advice",
    "args",
}
OUTSIDE = {"scrapy": "scrapy", "twisted": "scrapy", "pymongo": "mongodb", "bson": "mongodb"}


def modules() -> list[Path]:
    """All modules of the three packages."""
    return sorted(p for room in ("kolcrawl", "spiders", "pipelines") for p in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Dotted names a module imports, those for type checking only left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checking = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in checking:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_downward(path: Path) -> None:
    """The library imports no spider or pipeline; reading, deciding and pure functions know no outside system."""
    names = imports(path)
    room = path.relative_to(ROOT).parts
    if room[0] == "kolcrawl":
        assert not {n for n in names if n.split(".")[0] in ("spiders", "pipelines")}
    if room[:2] in (("kolcrawl", "page"), ("kolcrawl", "crawl")) or (len(room) == 2 and path.stem in PURE):
        assert not {n for n in names if n.split(".")[0] in OUTSIDE}
        above = ("kolcrawl.store", "kolcrawl.spider", "kolcrawl.export", "kolcrawl.commands", "kolcrawl.extensions")
        assert not {n for n in names if n.startswith(above)}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_knows_two_outside_systems(path: Path) -> None:
    """A module imports Scrapy or a MongoDB driver, never both."""
    assert len({OUTSIDE[top] for n in imports(path) if (top := n.split(".")[0]) in OUTSIDE}) < 2


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_are_short(path: Path) -> None:
    """No module is over about 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 420
