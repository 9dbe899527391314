"""Tokenise texts of any script for comparing them: stems of words, or pairs of characters where no spaces stand.

Chinese, Japanese, Korean, Thai and their neighbours give overlapping pairs of characters, which need no dictionary
and lose little against one (Nie, Gao, Zhang & Zhou 2000, "On the use of words and n-grams for Chinese information
retrieval"). Other scripts give words cut to their first six letters, which stands in for a stemmer in any language
that inflects at the end (McNamee & Mayfield 2004).
"""

from __future__ import annotations

import re
from operator import add
from typing import TYPE_CHECKING

from kolcrawl.text.scripts import INDIC

if TYPE_CHECKING:
    from collections.abc import Iterator

STEM_LETTERS = 6
"""Letters kept of a word; fewer merge different words, more part the cases of one."""


def run_pattern(paired: str) -> re.Pattern[str]:
    """Compile the expression whose `findall` splits a text into runs of letters and digits.

    Args:
        paired: ranges of the scripts that are compared by pairs, such as `kolcrawl.text.scripts.PAIRED`.

    Returns: an expression of two groups, of which one is empty in each match: characters of those scripts, or a word
        of another script.
    """
    return re.compile(f"([{paired}]+)|((?:[^\\W_{paired}]|[{INDIC}])+)")


def pairs_of(run: str) -> Iterator[str]:
    """Return the overlapping pairs of characters of a run; nothing for a single character."""
    return map(add, run, run[1:])
