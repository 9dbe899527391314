"""Tokens: runs of letters and pairs of characters."""

from __future__ import annotations

from kolcrawl.text.scripts import PAIRED
from kolcrawl.text.tokens import pairs_of, run_pattern


def test_runs_part_scripts_and_punctuation() -> None:
    """Characters without spaces and words come apart even where they touch; underscores and marks belong to neither."""
    assert run_pattern(PAIRED).findall("小米KOL_2026、終了") == [("小米", ""), ("", "KOL"), ("", "2026"), ("終了", "")]


def test_a_word_keeps_its_vowel_signs() -> None:
    """A Hindi word is one word, though `re` takes its vowel signs for no letters."""
    assert run_pattern(PAIRED).findall("हिन्दी में") == [("", "हिन्दी"), ("", "में")]


def test_pairs_overlap() -> None:
    """Each character but the first and last is in two pairs; one alone makes none."""
    assert list(pairs_of("终止合作")) == ["终止", "止合", "合作"]
    assert list(pairs_of("终")) == []
