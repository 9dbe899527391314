"""The glossary: one sentence a term, the same terms in both languages, modules that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<term>[^|]+?) \| (?P<meaning>[^|]+?) \| `(?P<module>[^`|]+)` \|$", re.MULTILINE)


def rows(name: str) -> list[tuple[str, str, str]]:
    """Read the rows of a glossary: the English term, its meaning, the module."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return [(row["term"].split("（")[0], row["meaning"], row["module"]) for row in ROW.finditer(text)]


def test_both_languages_explain_the_same_terms() -> None:
    """In the same order and with the same modules, none twice."""
    english, chinese = rows("glossary.md"), rows("glossary.zh-CN.md")
    assert [(term, module) for term, _, module in english] == [(term, module) for term, _, module in chinese]
    terms = [term for term, _, _ in english]
    assert len(terms) == len(set(terms)) > 25


@pytest.mark.parametrize(("name", "end"), [("glossary.md", "."), ("glossary.zh-CN.md", "。")])
def test_a_meaning_is_one_sentence(name: str, end: str) -> None:
    """It ends with a full stop and holds no other sentence."""
    for term, meaning, _ in rows(name):
        assert meaning.endswith(end), term
        assert not re.search(rf"{re.escape(end)}\s?(?=[A-Z\u4e00-\u9fff])", meaning[:-1]), term


def test_each_module_exists() -> None:
    """A reader who goes on to the code finds it."""
    for term, _, module in rows("glossary.md"):
        assert (ROOT / module).is_file(), term
