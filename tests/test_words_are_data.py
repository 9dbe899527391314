"""Words of languages are tables in `kolcrawl/data`, not code: code holds no letters but those of ASCII."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("kolcrawl", "spiders", "pipelines")
    for path in (ROOT / package).rglob("*.py")
)
RANGES = {"kolcrawl/text/scripts.py"}
"""Where the ranges of scripts stand, whose ends are letters."""
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2}))")


def foreign_letters(text: str) -> str:
    """Return the letters outside ASCII of a text, those of escapes that a regular expression will read among them."""
    text += "".join(chr(int(code, 16)) for groups in ESCAPE.findall(text) for code in groups if code)
    return "".join(c for c in text if not c.isascii() and unicodedata.category(c).startswith("L"))


def strings_of(tree: ast.AST) -> list[ast.Constant]:
    """List the string constants of a module but its docstrings: strings that stand alone as a statement."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]


def letters_in_code(source: str) -> list[str]:
    """Report each string constant and identifier with letters outside ASCII, with its line."""
    found = [
        f"{node.lineno}: {letters!r}"
        for node in strings_of(ast.parse(source))
        if (letters := foreign_letters(node.value))
    ]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    names = ((token.start[0], token.string) for token in tokens if token.type == tokenize.NAME)
    return found + [f"{line}: {name}" for line, name in names if not name.isascii()]


@pytest.mark.parametrize("module", [module for module in MODULES if module not in RANGES])
def test_code_holds_no_letters_but_of_ascii(module: str) -> None:
    """No string constant and no identifier of the module has one; docstrings and comments may show examples."""
    found = letters_in_code((ROOT / module).read_text(encoding="utf-8"))
    assert not found, (
        f"{module}: words of a language belong in kolcrawl/data/*.toml, ranges in text/scripts.py: {found}"
    )


@pytest.mark.parametrize(
    "source",
    ['A = "新闻"', 'A = f"{1}über"', 'A = "\\u4e00"', 'A = r"[\\u4e00]"', 'A = {"年": 1}', "größe = 1", "f(é=1)"],
)
def test_letters_are_seen_wherever_they_stand(source: str) -> None:
    """In strings of every kind, written out or as escapes, and in names."""
    assert letters_in_code(source)


@pytest.mark.parametrize("source", ['"""新闻"""\nA = 1\n"""年"""', "A = 1  # 新闻", 'A = "，。…“”"', 'A = r"\\d\\x20"'])
def test_docstrings_comments_and_punctuation_are_no_words(source: str) -> None:
    """They may hold whatever helps the reader."""
    assert not letters_in_code(source)
