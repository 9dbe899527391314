"""Split texts into the terms by which they are compared, and learn how common each term is.

Terms are stems and pairs of characters, as `kolcrawl.text.tokens` says. Traditional characters are folded to
simplified ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.text.normalize import simplified
from kolcrawl.text.scripts import PAIRED, is_hiragana, is_paired, script_of
from kolcrawl.text.tokens import STEM_LETTERS, pairs_of, run_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADLINE_CHARS = 200  # of a title or anchor that are read: a longer one is a teaser
# Document frequencies that are assumed of terms not seen yet: of most; of short words by their letters, as short words
# are the common ones (Zipf 1935); of pairs that begin with hiragana, which writes endings and particles.
ASSUMED_FREQUENCY = 0.01
SHORT_WORD_FREQUENCY = {2: 0.6, 3: 0.5, 4: 0.2}
HIRAGANA_FREQUENCY = 0.3
MIN_FREQUENCY = 0.002  # smaller document frequencies count as this one
_RUNS = run_pattern(PAIRED)
_ACRONYM = re.compile(r"(?<![^\W_])[A-Z][A-Z0-9]{1,5}(?![^\W_])")
_YEAR = re.compile(r"(?:19|20)\d\d")


def terms_of(text: str) -> list[str]:
    """List the terms of a text in order, with repetitions; years and single letters are left out."""
    text = text.casefold()
    if not text.isascii():
        text = simplified(text)
    found: list[str] = []
    for run, word in _RUNS.findall(text):
        if word:
            if len(word) > 1 and not _YEAR.fullmatch(word):
                found.append(word[:STEM_LETTERS])
        elif len(run) == 1:
            found.append(run)
        else:
            found += pairs_of(run)
    return found


@lru_cache(maxsize=1024)
def headline_terms(text: str) -> frozenset[str]:
    """Collect the distinct terms of a title or anchor; kept for the latest, since each is asked for several times."""
    return frozenset(terms_of(text[:HEADLINE_CHARS]))


def names_in(text: str) -> set[str]:
    """Collect terms that look like names: words in capitals (KOL, CEO), and Latin words in a text of unspaced script.

    A text written all in capitals gives none.
    """
    letters = [c for c in text[:2000] if c.isalpha()]
    if 2 * sum(map(is_paired, letters)) > len(letters):
        return {term for term in terms_of(text) if not is_paired(term)}
    if 2 * sum(map(str.isupper, letters)) > len(letters):
        return set()
    return {found.casefold() for found in _ACRONYM.findall(text)}


def main_scripts(weights: dict[str, float]) -> set[str]:
    """Find the scripts that carry at least a seventh of the weight of the terms."""
    shares: Counter[str] = Counter()
    for term, weight in weights.items():
        shares[script_of(term)] += weight  # type: ignore[assignment]
    return {script for script, share in shares.items() if 7 * share >= sum(shares.values())}


def is_foreign(found: Iterable[str], scripts: set[str]) -> bool:
    """Tell whether most of the terms (of a text's first hundred) are of other scripts than these."""
    familiar = [script_of(term) in scripts for term in islice(found, 100)]
    return 2 * sum(familiar) < len(familiar)


class Frequencies:
    """Document frequencies of terms: assumed at first, learnt from texts that are counted in.

    Memory is bounded by dropping the rarest terms (lossy counting: Manku & Motwani 2002).
    """

    def __init__(self, *, max_terms: int, prior: float) -> None:
        """Start without texts.

        Args:
            max_terms: terms that are kept.
            prior: texts as which the assumption counts.
        """
        self.total = 0.0
        self._names: set[str] = set()
        self._max_terms = max_terms
        self._prior = prior
        self._seen: dict[str, float] = {}
        self.rarities = _Rarities(self)
        """Inverse document frequency in nats, by term: 0 for a term of every text, 6.2 at most.

        A value is kept until there are 3 % more texts: it hardly changes, and is asked for a thousand times a page.
        """
        self._rarities_of = 0.0

    def add_names(self, names: set[str]) -> None:
        """Add terms that are taken for rare, however short."""
        self._names |= names
        self.rarities = _Rarities(self)

    def count(self, found: Iterable[str], weight: float) -> None:
        """Count the distinct terms of a text in, with a weight; a negative one takes the text out again."""
        self.total += weight
        seen = self._seen
        for term in found:
            seen[term] = seen.get(term, 0.0) + weight
        if len(seen) > self._max_terms:
            self._seen = _more_than_rarest(seen, self._max_terms // 2)
        if abs(self.total - self._rarities_of) > 0.03 * self._rarities_of or len(self.rarities) > self._max_terms:
            self.rarities, self._rarities_of = _Rarities(self), self.total

    def rarity_now(self, term: str) -> float:
        """Compute the rarity of a term from what is counted now."""
        assumed = ASSUMED_FREQUENCY if term in self._names else _assumed(term)
        share = (self._prior * assumed + self._seen.get(term, 0.0)) / (self._prior + self.total)
        return -math.log(min(max(share, MIN_FREQUENCY), 1.0))


class _Rarities(dict[str, float]):
    """Rarities by term, each computed when it is first asked for."""

    def __init__(self, counted: Frequencies) -> None:
        super().__init__()
        self._counted = counted

    def __missing__(self, term: str) -> float:
        known = self[term] = self._counted.rarity_now(term)
        return known


def heaviest(weights: dict[str, float], n: int) -> dict[str, float]:
    """Select the `n` heaviest terms, heaviest first; ties go by the term, so that the result is the same each time."""
    if len(weights) > n > 0:  # weights alone are sorted in a tenth of the time, and most terms are too light
        least = sorted(weights.values(), reverse=True)[n - 1]
        weights = {term: weight for term, weight in weights.items() if weight >= least}
    return dict(sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:n])


def _more_than_rarest(weights: dict[str, float], n: int) -> dict[str, float]:
    """Select the heaviest terms, in no order: `n`, or fewer where many weigh the same as the next."""
    most_dropped = sorted(weights.values(), reverse=True)[n]
    return {term: weight for term, weight in weights.items() if weight > most_dropped}


def _assumed(term: str) -> float:
    if is_paired(term):
        return HIRAGANA_FREQUENCY if is_hiragana(term) else ASSUMED_FREQUENCY
    return SHORT_WORD_FREQUENCY.get(len(term), ASSUMED_FREQUENCY)
