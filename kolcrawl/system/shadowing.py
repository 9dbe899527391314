"""Whether `spiders` and `pipelines` are ours.

Both names are common. An egg stands at the end of Python's path, so a folder `spiders` where Scrapyd was started, or a
package `pipelines` installed beside it, hides ours, and Scrapy says only that it knows no such spider. The settings
ask this module first, so every command and every job does.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("spiders", "pipelines")


def shadowing(packages: tuple[str, ...] = PACKAGES) -> str | None:
    """One line that names the file in the way and the remedy; None when the packages stand beside `kolcrawl`."""
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
    """End the program with that line.

    Raises:
        SystemExit: another package is in the way.
    """
    if told := shadowing():
        raise SystemExit(told)
