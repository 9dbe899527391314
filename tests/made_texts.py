"""Invented texts in Chinese and English, as many as a test needs, no two with a sentence in common."""

from __future__ import annotations

from random import Random

_HAN = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 1500, 3))
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES = [first + second for first in _CONSONANTS for second in _VOWELS]


def chinese(length: int, random: Random) -> list[str]:
    """Sentences of a text of so many characters."""
    made: list[str] = []
    while sum(map(len, made)) < length:
        made.append("".join(random.choices(_HAN, k=random.randint(12, 40))) + "。")
    return made


def english(length: int, random: Random) -> list[str]:
    """The same of words with spaces between, common ones more often than rare ones, as in a language."""
    made: list[str] = []
    ranks = range(3000)
    words = ["".join(random.choices(_SYLLABLES, k=1 + (rank > 60) + (rank > 1000))) for rank in ranks]
    weights = [1 / (rank + 3) for rank in ranks]
    while sum(map(len, made)) < length:
        made.append(" ".join(random.choices(words, weights, k=random.randint(8, 22))).capitalize() + ". ")
    return made
