"""Detect another package that hides the project's own `spiders` or `pipelines`.

Both names are common. An egg stands at the end of Python's path, so a folder `spiders` where Scrapyd was started, or a
package `pipelines` that is installed beside it, hides the project's own, and Scrapy says only that it knows no such
spider. Every process therefore checks this before Scrapy starts (`kolcrawl.system.startup`).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("spiders", "pipelines")
BUNDLE = "kolcrawl.bundled." if find_spec("kolcrawl.bundled") else ""
"""What stands before the names of both packages: in an installed wheel they are inside kolcrawl (setup.py)."""


def find_shadowing(packages: tuple[str, ...] = PACKAGES) -> str | None:
    """Look for a package in the way.

    Returns: one line that names its file and the remedy; None when the packages stand beside `kolcrawl`.
    """
    if BUNDLE:
        return None
    root = Path(__file__).parents[2]
    for name in packages:
        spec = find_spec(name)
        if spec is None:
            return f"kolcrawl: its package {name} is missing beside {root / 'kolcrawl'}: install or deploy it whole"
        where = Path(spec.origin) if spec.origin else Path(next(iter(spec.submodule_search_locations or [name])))
        ours = root / name / "__init__.py"
        if where != ours and where.resolve() != ours.resolve():
            return f"kolcrawl: {where} hides its own package {name} ({ours}): rename it, or start in another folder"
    return None


def stop_if_shadowed() -> None:
    """End the program with the line of `find_shadowing`, if there is one.

    Raises:
        SystemExit: another package is in the way.
    """
    if message := find_shadowing():
        raise SystemExit(message)
