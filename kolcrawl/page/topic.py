"""What a page is about, in words, and how much of it a headline shares."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from kolcrawl.page import lexicon
from kolcrawl.text.scripts import EAST_ASIAN, INDIC, THAI
from kolcrawl.text.tokens import STEM_LETTERS, pairs_of, run_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

_RUNS = run_pattern(EAST_ASIAN + THAI)  # as the model was trained: Burmese and Khmer by words
_NOT_ONLY_WORDS = re.compile(f"[{EAST_ASIAN}{THAI}{INDIC}]")
_WORDS = re.compile(r"[^\W_]+")
STOP_WORDS = lexicon.word_set("stop")


class Topic:
    """The words of one page."""

    def __init__(self, title: str, keywords: str, body: str) -> None:
        """Args:
        title: headline, as often as the page gives it.
        keywords: keywords, tags and description.
        body: the text; its words count when they come twice.
        """
        self.title = tokens(title)
        self.words = self.title | tokens(keywords)
        self.body = {token for token, count in _counts(body.lower()).items() if count >= 2} | self.words
        self._known: dict[str, tuple[float, float, float]] = {}

    def likeness(self, text: str) -> tuple[float, float, float]:
        """Measure what a headline shares with the page's title, with its words, and with its body, 0 to 1 each."""
        known = self._known.get(text)
        if known is None:
            words = tokens(text)
            if words:
                size = len(words)
                title = len(words & self.title) / math.sqrt(size * len(self.title)) if self.title else 0.0
                known = (title, len(words & self.words) / size, len(words & self.body) / size)
            else:
                known = (0.0, 0.0, 0.0)
            self._known[text] = known
        return known


def _counts(text: str) -> dict[str, int]:
    """Count the tokens of a text in lower case."""
    counts: dict[str, int] = {}
    if _NOT_ONLY_WORDS.search(text):
        for run, times in Counter(_RUNS.findall(text)).items():
            for part in _parts(*run):
                counts[part] = counts.get(part, 0) + times
        return counts
    for word, times in Counter(_WORDS.findall(text)).items():  # twice as fast
        if token := _token_of(word):
            counts[token] = counts.get(token, 0) + times
    return counts


@lru_cache(maxsize=4_096)  # the pages of a site share many of their anchors
def tokens(text: str) -> frozenset[str]:
    """Split a text into what tells its topic: stems of words, or pairs of characters in scripts without spaces."""
    text = text.lower()
    if not _NOT_ONLY_WORDS.search(text):
        return frozenset(filter(None, map(_token_of, _WORDS.findall(text))))
    found: set[str] = set()
    for run, word in _RUNS.findall(text):
        found.update(_parts(run, word))
    return frozenset(found)


def _parts(run: str, word: str) -> Iterable[str]:
    if run:
        return pairs_of(run)
    token = _token_of(word)
    return (token,) if token else ()


def _token_of(word: str) -> str:
    """Return the token that a word is; an empty string for one that tells no topic."""
    if len(word) >= 3:
        return "" if word in STOP_WORDS else word[:STEM_LETTERS]
    return word if word.isdigit() else ""
