"""The catalogues of messages: in step with the code, whole, and fit for what they are filled with."""

from __future__ import annotations

import argparse
import ast
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from scrapy.settings import Settings

from kolcrawl.console.run_console import command_modules
from kolcrawl.locale import LANGUAGES, set_language, word
from kolcrawl.locale.language import _CATALOGUES, LOCALE_FOLDER
from kolcrawl.locale.words import WORDS

ROOT = Path(__file__).parents[2]
MAKER = runpy.run_path(str(ROOT / "docs" / "make_messages.py"))
KEYWORDS = MAKER["KEYWORDS"]
CATALOGUES = sorted(LOCALE_FOLDER.glob("*/LC_MESSAGES/kolcrawl.po"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SHOWN_ELSEWHERE = ("kolcrawl/store/write/",)
"""Where errors stand in tracebacks, which are in English."""
PERCENT = re.compile(r"%(?:\(\w+\))?[sr]")


def entries(path: Path) -> Iterator[tuple[list[str], list[str], bool]]:
    """Read a catalogue: the forms of each message, those of its translation, and whether it is fuzzy."""
    with path.open("rb") as file:
        for message in read_po(file):
            if message.id:
                ids = [message.id] if isinstance(message.id, str) else list(message.id)
                strings = [message.string] if isinstance(message.string, str) else list(message.string)
                yield ids, strings, message.fuzzy


def fields(text: str) -> set[str]:
    """Collect the names in braces, and those that argparse fills in."""
    if "{" not in text:
        return set(PERCENT.findall(text))
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_no_message_hides_from_the_extraction() -> None:
    """Each literal that the code hands to a function of messages is in the catalogues: the extraction sees none that
    stands within a formatted string, or within the call of another such function."""
    known = {form for path in CATALOGUES for ids, _, _ in entries(path) for form in ids}
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {call.args[0].value}"
        for path in sorted((ROOT / "kolcrawl").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
        if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value not in known
    ]
    assert not hidden


def test_there_is_a_catalogue_for_each_language() -> None:
    """English needs none: it is what the messages are written in."""
    assert set(_CATALOGUES) | {"en"} == set(LANGUAGES)
    assert {path.parents[1].name for path in CATALOGUES} == set(_CATALOGUES.values())


def test_the_catalogues_are_in_step_with_the_code() -> None:
    """All marked messages and no others, each translated; the compiled file is what the text gives."""
    done = subprocess.run(
        [sys.executable, "docs/make_messages.py", "--check"], cwd=ROOT, capture_output=True, text=True,
        encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_translations_take_the_same_values(path: Path) -> None:
    """No translation lacks a value of its message, or asks for one that is not there; none is a guess."""
    for ids, strings, fuzzy in entries(path):
        wanted = fields(ids[-1]) - ({"n"} if fields(ids[0]) != fields(ids[-1]) else set())
        assert not fuzzy, ids
        for text in strings:
            assert wanted <= fields(text) <= fields(ids[-1]), (ids, text)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_lines_of_the_log_are_filled_in_the_same_order(path: Path) -> None:
    """The operator % knows its values by their places alone."""
    lines = [(ids[0], strings[0]) for ids, strings, _ in entries(path) if "{" not in ids[0] and "%(" not in ids[0]]
    assert any(MAKER["DIRECTIVE"].findall(line) for line, _ in lines)
    directives = MAKER["DIRECTIVE"].findall
    assert [line for line, translated in lines if directives(line) != directives(translated)] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_blanks_at_the_edges_are_kept(path: Path) -> None:
    """Lines that are set in stay so."""
    for ids, strings, _ in entries(path):
        indent = len(ids[0]) - len(ids[0].lstrip(" "))
        assert indent < 2 or all(len(text) - len(text.lstrip(" ")) == indent for text in strings), ids


@pytest.mark.parametrize("name", command_modules())
def test_the_help_of_each_command_is_in_chinese(name: str) -> None:
    """Every option has a text, and every text, Scrapy's own among them, is translated: one that is not marked shows."""
    set_language("zh")
    try:
        command = import_module(command_modules()[name]).Command()
        command.settings = Settings({"LOG_LEVEL": "INFO"})
        parser = argparse.ArgumentParser(conflict_handler="resolve")
        command.add_options(parser)
        texts = [command.short_desc(), *(group.title for group in parser._action_groups if group._group_actions)]
        texts += [action.help for action in parser._actions]
        assert [text for text in texts if not text or not CHINESE.search(text)] == []
    finally:
        set_language(None)


def test_what_can_be_translated_is_written_out() -> None:
    """A message that is put together by an f-string is in no catalogue: its values belong beside it."""
    found = []
    for path in sorted((ROOT / "kolcrawl").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            shown = node.func.id in KEYWORDS and not name.startswith(SHOWN_ELSEWHERE)
            if shown and isinstance(node.args[0], (ast.JoinedStr, ast.BinOp)):
                found.append(f"{name}:{node.lineno}")
    assert found == []


def test_words_of_the_glossary_are_said_alike_everywhere() -> None:
    """What the glossary calls a state, a change or a kind in Chinese is what the terminal and the page call it."""
    rows = (ROOT / "docs" / "glossary.zh-CN.md").read_text(encoding="utf-8")
    chinese = dict(re.findall(r"^\| ([a-z ]+)（([^）]+)） \|", rows, re.MULTILINE))
    assert chinese.keys() & WORDS >= {"stub", "fetched", "failed", "gone", "vanished", "skipped", "new", "degraded"}
    set_language("zh")
    try:
        assert {name: word(name) for name in chinese.keys() & WORDS} == {
            name: chinese[name] for name in chinese.keys() & WORDS
        }
    finally:
        set_language(None)
    page = json.loads((ROOT / "frontend" / "src" / "words" / "zh.json").read_text(encoding="utf-8"))
    shown = {name: said for name, said in page.items() if name.startswith(("status.", "outcome."))}
    named = {name: chinese[name.partition(".")[2]] for name in shown if name.partition(".")[2] in chinese}
    assert {name: shown[name] for name in named} == named
    assert len(named) >= 7
