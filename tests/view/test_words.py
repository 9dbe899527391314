"""The words on screen: the same in both languages, and one for every value that the data can have."""

from __future__ import annotations

import json
import re
from typing import Any, get_args, get_type_hints

import pytest

from kolcrawl.items import LINK_KINDS, Published
from kolcrawl.report.advice import ADVICE
from kolcrawl.store.schema import OUTCOMES
from kolcrawl.view.snapshot import STORY_STATUSES
from kolcrawl.view.story_query import STORY_MARKS
from tests.view.conftest import ROOT

WORDS: dict[str, dict[str, str]] = {
    language: json.loads((ROOT / "frontend" / "src" / "words" / f"{language}.json").read_text(encoding="utf-8"))
    for language in ("en", "zh")
}
PUBLISHED = get_type_hints(Published)
SOURCES = [path.read_text(encoding="utf-8") for path in (ROOT / "frontend" / "src").rglob("*.ts*")]


def values(text: str) -> set[str]:
    """Collect the names in braces; those that only choose between one and many may be missing in Chinese."""
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_say_the_same_things() -> None:
    """No key lacks its words, and both take the same values."""
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    unlike = {key for key in WORDS["en"] if values(WORDS["en"][key]) != values(WORDS["zh"][key])}
    assert not unlike


def test_chinese_is_written_in_chinese() -> None:
    """Each Chinese text has Chinese characters, but for those that are file types alone."""
    plain = {key for key, text in WORDS["zh"].items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert not plain


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("status", STORY_STATUSES),
        ("mark", STORY_MARKS),
        ("kind", LINK_KINDS),
        ("outcome", OUTCOMES),
        ("changed", ("title", "text", "published_at", "gone")),
        ("reason", ADVICE),
        ("source", get_args(PUBLISHED["source"])),
        ("precision", get_args(PUBLISHED["precision"])),
    ],
)
def test_every_value_has_its_word(kind: str, known: Any) -> None:
    """What the database may hold is never shown as its code for want of a word."""
    assert {f"{kind}.{value}" for value in known} <= WORDS["en"].keys()


def test_no_word_is_left_over() -> None:
    """Words that nothing says any more are taken out."""
    code = "\n".join(SOURCES)
    built = {"status", "mark", "kind", "outcome", "changed", "source", "precision", "legend", "color", "map", "sort"}
    built |= {"reason", "tab", "theme", "save", "links", "clock", "panel", "asof"}
    unused = {key for key in WORDS["en"] if f'"{key}"' not in code and key.partition(".")[0] not in built}
    assert not unused


def test_letters_of_other_scripts_are_in_the_words_alone() -> None:
    """The page's code holds no word of a language."""
    for text in SOURCES:
        assert not re.search(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", text)
