"""Near-copies made by edits: what a reprint does to a text, in measured doses. Seeded, so that runs can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

KINDS = ("replace", "cut", "add", "words", "mixed")
"""Sentences replaced by others, cut, or added; words changed where they stand; all of these in turn."""

_STOP = re.compile(r"(?<=[。！？!?])(?![。！？!?”」』])|(?<=[。！？!?][”」』])|(?<=[.?!])\s+|\n")


def sentences(text: str) -> list[str]:
    """Split a text into sentences, each with its stop; only white space around them is lost."""
    return [found for piece in _STOP.split(text) if (found := piece.strip())]


def edited(text: Sequence[str], share: float, kind: str, others: Sequence[str], random: Random) -> list[str]:
    """Make a near-copy of a text.

    Args:
        text: its sentences.
        share: how many of its characters are touched, 0 to 1.
        kind: one of `KINDS`.
        others: sentences of other texts, to replace and add.
        random: where chance comes from.
    """
    copy = list(text)
    budget = share * sum(map(len, copy))
    while budget > 0:
        what = random.choice(KINDS[:4]) if kind == "mixed" else kind
        place = random.randrange(len(copy))
        if what == "replace":
            budget -= len(copy[place])
            copy[place] = random.choice(others)
        elif what == "cut" and len(copy) > 2:
            budget -= len(copy.pop(place))
        elif what == "add":
            copy.insert(place, random.choice(others))
            budget -= len(copy[place])
        else:
            copy[place], touched = _with_a_word_changed(copy[place], random.choice(others), random)
            budget -= max(1, touched)
    return copy


def _with_a_word_changed(sentence: str, other: str, random: Random) -> tuple[str, int]:
    """Replace a word (in scripts without spaces, two characters) by one of another sentence; return what changed."""
    words = sentence.split(" ")
    if len(words) > 3:
        place = random.randrange(len(words))
        touched = len(words[place]) + 1
        words[place] = random.choice(other.split(" "))
        return " ".join(words), touched
    start, taken = random.randrange(max(1, len(sentence) - 2)), random.randrange(max(1, len(other) - 2))
    return sentence[:start] + other[taken : taken + 2] + sentence[start + 2 :], 2
