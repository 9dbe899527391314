"""Scripts: which characters are of which, and what they say beside letters."""

from __future__ import annotations

import pytest

from kolcrawl.text.scripts import (
    EAST_ASIAN_CHARACTER,
    PAIRED_CHARACTER,
    headline_width,
    is_han,
    is_paired,
    prose_weight,
    script_of,
)


def test_is_han() -> None:
    """A Chinese sentence with a few Latin names is Chinese; an English one with a Chinese name is not."""
    assert is_han("小米与 KOL 终止合作")
    assert not is_han("Xiaomi (小米) ends its partnership")
    assert not is_han("")


@pytest.mark.parametrize("character", "漢かカ한")
def test_east_asian_characters(character: str) -> None:
    """Han, both kana and Hangul count as East Asian, and are compared by pairs."""
    assert EAST_ASIAN_CHARACTER.match(character)
    assert PAIRED_CHARACTER.match(character)


@pytest.mark.parametrize("character", "กລမកㄅㆠ豈")
def test_characters_without_spaces(character: str) -> None:
    """Thai, Lao, Burmese, Khmer, bopomofo, and compatibility Han are compared by pairs as well."""
    assert PAIRED_CHARACTER.match(character)


@pytest.mark.parametrize("character", "aйहا。")
def test_other_characters(character: str) -> None:
    """Letters of spaced scripts and punctuation are neither."""
    assert not PAIRED_CHARACTER.match(character)


def test_what_an_east_asian_character_weighs() -> None:
    """Three letters in prose, with its punctuation; 2.2 in a headline, where punctuation is one like any other."""
    assert prose_weight("word") == 4
    assert prose_weight("汉字，ok") == 11
    assert headline_width("word") == 4
    assert headline_width("汉字，ok") == pytest.approx(7.4)


def test_script_of() -> None:
    """Kana and Han are one script; others that are near each other in Unicode share a name."""
    assert script_of("の") == script_of("漢") == "han"
    assert script_of("é") == script_of("z") == "latin"
    assert script_of("한") == "hangul"
    assert script_of("я") == script_of("ы") != script_of("ا")


def test_paired_characters_are_those_of_the_ranges() -> None:
    """What is compared by hand is what the ranges say, for every character of the Basic Multilingual Plane."""
    characters = map(chr, range(0x10000))
    assert not [c for c in characters if is_paired(c) != bool(PAIRED_CHARACTER.match(c))]
