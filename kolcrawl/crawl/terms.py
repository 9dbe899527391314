"""The terms by which texts are compared: words of spaced scripts, character bigrams of the others. Pure functions.

Chinese, Japanese, Korean, Thai and their neighbours give overlapping pairs of characters, which need no dictionary
and lose little against one (Nie, Gao, Zhang & Zhou 2000, "On the use of words and n-grams for Chinese information
retrieval"). Other scripts give words cut to their first six letters, which stands in for a stemmer in any language
that inflects at the end (McNamee & Mayfield 2004). Traditional characters are folded to simplified ones.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib.resources import files

STEM = 6  # letters; shorter merges different words, longer parts the cases of one
# Scripts written without spaces, and Hangul, whose particles cling to the words: Thai to Myanmar, Khmer, kana, Han.
_UNSPACED = "\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
# Vowel signs of Indic scripts are no letters to `re`, though words are made of them.
_RUNS = re.compile(f"([{_UNSPACED}]+)|((?:[^\\W_{_UNSPACED}]|[\u0900-\u0dff])+)")
_ACRONYMS = re.compile(r"(?<![^\W_])[A-Z][A-Z0-9]{1,5}(?![^\W_])")
_YEAR = re.compile(r"(?:19|20)\d\d")


@cache
def _simplified() -> dict[int, str]:
    lines = files("kolcrawl").joinpath("data/simplified.txt").read_text(encoding="utf-8").splitlines()
    traditional, simplified = (line for line in lines if not line.startswith("#"))
    return {ord(old): new for old, new in zip(traditional, simplified, strict=True)}


def terms_of(text: str) -> list[str]:
    """The terms of a text in order, with repetitions; years and single letters are left out."""
    text = text.casefold()
    if not text.isascii():
        text = text.translate(_simplified())
    found: list[str] = []
    for run, word in _RUNS.findall(text):
        if word:
            if len(word) > 1 and not _YEAR.fullmatch(word):
                found.append(word[:STEM])
        elif len(run) == 1:
            found.append(run)
        else:
            found += [run[i : i + 2] for i in range(len(run) - 1)]
    return found


def count_terms(text: str) -> Counter[str]:
    """How often each term stands in the text."""
    return Counter(terms_of(text))


def acronyms(text: str) -> set[str]:
    """Terms that the text writes in capitals (KOL, CEO), unless it writes everything so.

    Words of Latin script in a text of another one count as well: they are names.
    """
    letters = [c for c in text[:2000] if c.isalpha()]
    if sum(map(str.isupper, letters)) * 3 > len(letters):
        return set()
    if 2 * sum(is_unspaced(c) for c in letters) > len(letters):
        return {term for term in terms_of(text) if not is_unspaced(term)}
    return {found.casefold()[:STEM] for found in _ACRONYMS.findall(text)}


def is_unspaced(term: str) -> bool:
    """Whether the term is of a script written without spaces (Hangul included)."""
    return term[0] >= "\u0e00" and bool(_RUNS.match(term[0]) and _RUNS.match(term[0])[1])  # type: ignore[index]


def script_of(term: str) -> str:
    """The family of scripts that a term belongs to: `latin`, `cyrillic`, `han`, `hangul`, `digit` or a code block."""
    c = term[0]
    if c.isdigit():
        return "digit"
    if c < "\u0250":
        return "latin"
    if "\u3040" <= c <= "\u9fff":
        return "han"  # kana stand beside Han characters in one text
    if "\u0400" <= c <= "\u052f":
        return "cyrillic"
    if "\uac00" <= c <= "\ud7af":
        return "hangul"
    return f"u{ord(c) >> 8:x}"
