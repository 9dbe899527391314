"""What a page is about, in words, and how much of it a headline shares."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import repeat
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
        counts: dict[str, int] = {}
        for run, times in Counter(_runs_of(body.lower())).items():
            for part in _parts(*run):
                counts[part] = counts.get(part, 0) + times
        self.body = {token for token, count in counts.items() if count >= 2} | self.words
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


def _runs_of(text: str) -> Iterable[tuple[str, str]]:
    """Return what `_RUNS` finds; a text of words alone is split by an expression twice as fast."""
    if _NOT_ONLY_WORDS.search(text):
        found: list[tuple[str, str]] = _RUNS.findall(text)
        return found
    return zip(repeat(""), _WORDS.findall(text), strict=False)


@lru_cache(maxsize=4_096)  # the pages of a site share many of their anchors
def tokens(text: str) -> frozenset[str]:
    """Split a text into what tells its topic: stems of words, or pairs of characters in scripts without spaces."""
    found: set[str] = set()
    for run, word in _runs_of(text.lower()):
        found.update(_parts(run, word))
    return frozenset(found)


def _parts(run: str, word: str) -> Iterable[str]:
    if run:
        return pairs_of(run)
    if len(word) >= 3:
        return () if word in STOP_WORDS else (word[:STEM_LETTERS],)
    return (word,) if word.isdigit() else ()
