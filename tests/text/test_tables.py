"""Tables: every file of words can be read, and words become an expression."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from kolcrawl.text.tables import any_of, read_table

PACKAGE = Path(str(files("kolcrawl")))
TABLES = sorted(file.name for file in files("kolcrawl.data").iterdir() if file.name.endswith(".toml"))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_and_says_who_reads_it(name: str) -> None:
    """Each file is TOML, holds something, and its comment at the top names the modules that read it."""
    assert read_table(name)
    head = files("kolcrawl.data").joinpath(name).read_text(encoding="utf-8").split("\n\n")[0]
    named = set(re.findall(r"(\w+)\.py", head))
    modules = [module for module in PACKAGE.rglob("*.py") if module.parent.name != "sample"]  # has tables of its own
    assert named <= {module.stem for module in modules}
    assert {module.stem for module in modules if f'"{name}"' in module.read_text(encoding="utf-8")} <= named


def test_a_longer_word_goes_before_its_beginning() -> None:
    """Any of some words is the longest that fits, and none of their characters is a sign of an expression."""
    assert re.match(any_of(["a", "a.b", "ab"]), "a.b")[0] == "a.b"
    assert not re.fullmatch(any_of(["a.b"]), "axb")
