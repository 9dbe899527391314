"""Name the islands of a map by the words that their titles share and others lack."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from kolcrawl.text.scripts import PAIRED, PAIRED_CHARACTER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kolcrawl.layout.forces import Array

TITLES_READ = 120
"""Titles of an island that are read for its name."""
MIN_NAME_SHARE = 0.12
"""Share of an island's titles that must hold a word."""
NAME_WORDS = 2
SPARE_WORDS = 4
"""Telling words of an island that are known, so that two islands with the same first ones get different names."""
MIN_READ = 2
"""From so many stories of an island that were read, the others do not name it: what is listed may be of anything."""
WORD_RUN = re.compile(f"[{PAIRED}]+|[^\\W_{PAIRED}]+(?:['\u2019-][^\\W_{PAIRED}]+)*")
GRAM_LENGTHS = range(2, 13)


def name_islands(
    titles: Sequence[str], sites: Sequence[str], island: Array, islands: int, read: Array | None = None
) -> list[str]:
    """Name each island: its most telling words, else the site that most of its stories are on.

    Args:
        titles: of the nodes.
        sites: of the nodes.
        island: number of each node's island, -1 for none.
        islands: how many there are.
        read: of each node, whether its story was read: only these name an island on which there are two or more. None
            takes all for read.
    """
    chosen = [_naming(np.flatnonzero(island == number), read) for number in range(islands)]
    counts = [Counter(gram for node in nodes for gram in _grams(titles[node])) for nodes in chosen]
    everywhere = Counter[str]()
    for count in counts:
        everywhere.update(count)
    total = sum(len(nodes) for nodes in chosen)
    names: list[str] = []
    taken: set[frozenset[str]] = set()
    for nodes, count in zip(chosen, counts, strict=True):
        words = _telling(count, len(nodes), everywhere, total)
        common = Counter(sites[node] for node in nodes).most_common(1)
        name = _unlike(words, common[0][0] if common else "", taken)
        taken.add(frozenset(name))
        names.append(" \u00b7 ".join(name))
    return names


def _unlike(words: list[str], site: str, taken: set[frozenset[str]]) -> tuple[str, ...]:
    """Choose the most telling words that do not name another island yet; the site tells where no words do."""
    if not words:
        return (site,)
    pairs = list(combinations(words, min(NAME_WORDS, len(words))))
    named = [*pairs, (*pairs[0], site)]
    return next((name for name in named if frozenset(name) not in taken), named[-1])


def _naming(nodes: Array, read: Array | None) -> list[int]:
    """Choose the nodes whose titles name an island: those read, where there are enough to share a word."""
    known = nodes if read is None else nodes[read[nodes]]
    return _spread(known if len(known) >= MIN_READ else nodes)


def _spread(nodes: Array) -> list[int]:
    """Choose some nodes evenly."""
    step = max(1, math.ceil(len(nodes) / TITLES_READ))
    return [int(node) for node in nodes[::step]]


def _grams(title: str) -> set[str]:
    """Collect the words of a title, of two or more in a row too; parts of runs in scripts without spaces."""
    found: set[str] = set()
    words: list[str] = []
    for run in WORD_RUN.findall(title):
        if PAIRED_CHARACTER.match(run):
            found.update(run[i : i + size] for size in GRAM_LENGTHS for i in range(max(0, len(run) - size + 1)))
        elif not run.isdigit():
            words.append(run)
    found.update(word for word in words if len(word) > 3)
    found.update(" ".join(pair) for pair in pairwise(words))
    return found


def _telling(count: Counter[str], titles: int, everywhere: Counter[str], read: int) -> list[str]:
    needed = max(2, MIN_NAME_SHARE * titles)

    def score(gram: str) -> float:
        rare = math.log((read + 1) / (everywhere[gram] + 0.5))
        length = len(gram) if PAIRED_CHARACTER.match(gram) else len(gram.split()) + 1.5
        return count[gram] * rare * math.sqrt(length)

    ranked = sorted((gram for gram, n in count.items() if n >= needed), key=lambda gram: (-score(gram), gram))
    words: list[str] = []
    for gram in ranked[:60]:
        widest = _widest(gram, count)
        if not any(_overlap(widest, word) or _overlap(word, widest) for word in words):
            words.append(widest)
            if len(words) == SPARE_WORDS:
                break
    return words


def _overlap(gram: str, word: str) -> bool:
    """Tell whether two words share two letters in a row, or a word."""
    if not PAIRED_CHARACTER.match(gram):
        return bool(set(gram.lower().split()) & set(word.lower().split()))
    return any(gram[i : i + 2] in word for i in range(len(gram) - 1))


def _widest(gram: str, count: Counter[str]) -> str:
    """Return the longest word around a part of one that nearly as many titles hold."""
    around: Iterable[str] = (other for other, n in count.items() if gram in other and n >= 0.8 * count[gram])
    return max(around, key=lambda other: (len(other), other), default=gram)
