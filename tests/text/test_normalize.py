"""Unicode text as it is stored."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.text.normalize import clean_line, clean_text, excerpt, letters


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  小米　回应\u200b争议 ", "小米 回应争议"),
        ("ＫＯＬ２０２６年，ＡＩ", "KOL2026年，AI"),
        ("（全角）标点！保留？", "（全角）标点！保留？"),
        ("cafe\u0301", "café"),
        ("Ver\u00adfas\u00adsung", "Verfassung"),
        ("a\u00a0b\u2009c\u3000d", "a b c d"),
        ("\ufeff标题\u200e", "标题"),
        ("图标\ue001后", "图标后"),
        ("tab\there\r\nand line", "tab here and line"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("👩\u200d💻 works", "👩\u200d💻 works"),
        ("断\u200d开", "断开"),
        ("nul\x00 and bell\x07", "nul and bell"),
    ],
)
def test_one_line(raw: str, clean: str) -> None:
    """One form, no odd spaces, nothing invisible; joiners stay where scripts and emoji need them."""
    assert clean_line(raw) == clean


def test_paragraphs_stay_apart() -> None:
    """Each paragraph is a line of its own; empty ones are dropped."""
    assert clean_text("一。\n\n  \u200b \n二。\r\n三。") == "一。\n二。\n三。"


@given(st.text())
def test_cleaning_is_done_once(raw: str) -> None:
    """Cleaning a cleaned line changes nothing, and the line is NFC without control characters."""
    line = clean_line(raw)
    assert clean_line(line) == line
    assert unicodedata.is_normalized("NFC", line)
    assert not any(unicodedata.category(c) == "Cc" for c in line)


@given(st.text(max_size=600), st.integers(20, 300))
def test_an_excerpt_is_short(text: str, limit: int) -> None:
    """An excerpt is at most a fifth longer than asked for, and of one line."""
    made = excerpt(text, limit)
    assert len(made) <= limit * 6 // 5
    assert "\n" not in made


def test_an_excerpt_ends_with_a_sentence() -> None:
    """It is cut behind a sentence where one ends, else at a word, with a sign that it was cut."""
    assert excerpt("第一句话。" * 60).endswith("。")
    assert excerpt("One sentence here. " * 30).endswith(".")
    assert excerpt("word " * 100).endswith("word…")
    assert excerpt("短文。") == "短文。"


def test_letters_compare_titles() -> None:
    """Punctuation, width, case and spaces do not make a title another."""
    assert letters("小米：ＫＯＬ「争议」") == letters("小米:kol“争议”")
    assert letters("x" * 400) == "x" * 400
