"""The layout of docs/architecture.md, held against the imports of the code. Imports for typing count like any other."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEVELS = (
    ("console", "__main__"),
    ("commands", "benchmarks"),
    ("cli", "view", "export", "notify"),
    ("spiders", "network", "pipelines"),
    ("spider",),  # what a site's spider imports: a face
    ("crawl", "extract", "store"),
    ("story", "settings"),
    ("page", "frontier", "report", "schedule", "config"),
    ("policy", "urls", "net", "system", "layout"),
    ("text", "sample", "items", "errors", "data", "locale", "kolcrawl"),
)
"""Packages from the top down: each may import those of lower levels, and of its own where no circle comes of it."""
LEVEL_OF = {package: level for level, packages in enumerate(LEVELS) for package in packages}
LOOSE = {"__init__", "__main__", "settings", "config", "errors", "items"}
"""Modules that may lie at the top of `kolcrawl/`."""
MOST_MODULES = 15
"""Modules that a package holds at one level, subpackages not counted."""
LONGEST_MODULE = 400
"""Lines of a module."""
LONGEST_FUNCTION = 60
"""Lines of a function, its docstring included."""
PURE = {"text", "urls", "page", "story", "policy", "items", "errors"}
"""Packages that know no outside system."""
OUTSIDE = {"scrapy": "scrapy", "twisted": "scrapy", "pymongo": "mongodb", "bson": "mongodb", "redis": "redis"}
TWIN_NAMES = {
    "clean",
    "network",
    "validate",
    "fingerprint",
    "store",
    "export",
    "migrate",
    "schedule",
    "crawl",
    "extract",
    "merge",
    "forget",
    "prune",
}
"""File names used twice for one thing: a pipeline and its pure functions, a command and the package behind it."""


def modules() -> list[Path]:
    """List all modules of the three packages."""
    return sorted(p for package in ("kolcrawl", "spiders", "pipelines") for p in (ROOT / package).rglob("*.py"))


def package_of(dotted: str) -> str:
    """Name the package, or the loose module, to which a dotted name belongs."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "kolcrawl" and len(parts) > 1 else parts[0]


def dotted(path: Path) -> str:
    """Name a module as it is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> frozenset[str]:
    """Collect the dotted names that a module imports, submodules that are imported by name among them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = ROOT.joinpath(*node.module.split("."), alias.name)
                is_module = inner.with_suffix(".py").exists() or inner.is_dir()
                found.add(f"{node.module}.{alias.name}" if is_module else node.module)
    return frozenset(found)


def own_imports(path: Path) -> set[str]:
    """Collect those of our own packages."""
    return {name for name in imports(path) if name.split(".")[0] in ("kolcrawl", "spiders", "pipelines")}


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """Find a way from a node back to itself; empty where there is none."""
    try:
        TopologicalSorter({node: targets - {node} for node, targets in arrows.items()}).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_imports_go_downward(path: Path) -> None:
    """Every package is in the plan's table, and imports nothing from a level above its own."""
    own = package_of(dotted(path))
    upward = [name for name in own_imports(path) if LEVEL_OF[package_of(name)] < LEVEL_OF[own]]
    assert not upward, f"{dotted(path)} imports from above: {upward}"


def test_every_package_is_in_the_table() -> None:
    """A new package has its level before it has a module."""
    assert {package_of(dotted(path)) for path in modules()} <= LEVEL_OF.keys()


def test_the_table_is_that_of_the_docs() -> None:
    """Readers of docs/architecture.md see the levels that are held here, and every package that there is."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition("## Who may import whom")[2].split("\n\n")[2]
    shown = [{name.strip() for name in line.split(",")} for line in table.splitlines()]
    assert shown == [set(level) - {"__main__", "kolcrawl"} for level in LEVELS]
    assert {package_of(dotted(path)) for path in modules()} == LEVEL_OF.keys() - {"benchmarks"}


def test_no_circle_of_packages() -> None:
    """No two packages need each other, however long the way round."""
    arrows: dict[str, set[str]] = {}
    for path in modules():
        own = package_of(dotted(path))
        arrows.setdefault(own, set()).update(package_of(name) for name in own_imports(path))
    assert circle(arrows) == []


def test_no_circle_of_modules() -> None:
    """No two modules need each other; a package's face counts as what it re-exports."""
    arrows = {dotted(path): own_imports(path) for path in modules() if path.name != "__init__.py"}
    assert circle(arrows) == []


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_no_module_knows_two_outside_systems(path: Path) -> None:
    """A module imports Scrapy, a MongoDB driver or Redis, never two of them; pure packages import none."""
    known = {OUTSIDE[top] for name in imports(path) if (top := name.split(".")[0]) in OUTSIDE}
    assert len(known) <= (0 if package_of(dotted(path)) in PURE else 1)


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_modules_are_short(path: Path) -> None:
    """No module is longer than a reader keeps in mind."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_functions_are_short(path: Path) -> None:
    """No function is longer than a screen."""
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION]
    assert long == []


def test_nothing_lies_loose() -> None:
    """Only what everybody needs stands at the top of the package."""
    assert {path.stem for path in (ROOT / "kolcrawl").glob("*.py")} == LOOSE


def test_packages_are_small() -> None:
    """A package that grows is divided before it cannot be overlooked."""
    for folder in {path.parent for path in modules()} - {ROOT / "spiders"}:  # one short file a site, however many
        inside = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(inside) <= MOST_MODULES, f"{folder.name} holds {len(inside)} modules"


def test_file_names_are_used_once() -> None:
    """A reader who searches for a file by name finds one."""
    names = Counter(path.stem for path in modules() if path.name not in ("__init__.py", "__main__.py"))
    assert {name for name, count in names.items() if count > 1} <= TWIN_NAMES


def test_class_names_are_used_once() -> None:
    """A class name stands for one thing in the whole project; a module's private ones are its own affair."""
    classes: Counter[str] = Counter()
    for path in modules():
        if {"commands", "spiders"} & {
            parent.name for parent in path.parents
        }:  # Scrapy wants each command's class to be called Command
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes.update(
            node.name for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        )
    assert [name for name, count in classes.items() if count > 1] == []


def test_constant_names_are_used_once() -> None:
    """A reader who searches for a constant finds one; a module's private ones are its own affair."""
    constants: dict[str, set[str]] = {}
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(name, ast.Name) and name.id.isupper() and not name.id.startswith("_"):
                        constants.setdefault(name.id, set()).add(dotted(path))
    assert {name: places for name, places in constants.items() if len(places) > 1} == {}
