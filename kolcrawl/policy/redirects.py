"""Judge whether a redirect leads to the story that was asked for. Pure.

A redirect alone is no proof: sites send removed stories to a list, an error page or a login, and expired domains lead
anywhere. `is_same_story` asks for one of two proofs: the two addresses keep to one article (`kolcrawl.urls`), or the
link's text and the target's headline agree. Whether the status was 301 or 302, a refresh or a script, says nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from kolcrawl.text.normalize import letters
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, HAN, KANA
from kolcrawl.text.tokens import pairs_of, run_pattern
from kolcrawl.urls import same_article

Proof = Literal["address", "id", "slug", "title"]
"""What shows that two addresses are one story: the path, the article's id, the words of its name, or the headline."""

# Letters below which two headlines may be alike by chance ("Local news", "Read more"), by script.
MIN_LETTERS = 15
MIN_EAST_ASIAN_LETTERS = 6
MIN_WORDS = 6
"""Words, or pairs of East Asian characters, of headlines that are compared word by word."""
COMMON_WORDS = 0.9
"""Share of the shorter headline's words that the longer has: one word of six may tell another story."""

_RUNS = run_pattern(KANA + HAN)
_NUMBER = re.compile(r"\d+")


def is_same_story(asked: str, target: str, *, anchor: str | None = None, title: str | None = None) -> Proof | None:
    """Judge whether the page to which a redirect led is the story that was asked for.

    Args:
        asked: the address that was asked for.
        target: the address of the page, or the canonical one that is believed of it.
        anchor: the text of the link that led to `asked`; None where there was none.
        title: the headline of the page.

    Returns: the proof; None where there is none, and the two must stay apart.

    Raises:
        UrlError: one of the addresses is unusable.
    """
    evidence = same_article(asked, target)
    if evidence == "address" or (
        evidence and not share_nothing(anchor, title) and not _differ_in_script(anchor, title)
    ):
        return evidence
    return "title" if headlines_agree(anchor, title) else None


def headlines_agree(one: str | None, other: str | None) -> bool:
    """Judge whether two headlines are one, though shortened, extended by a site's name or slightly reworded."""
    if not one or not other or _differ_in_numbers(one, other):
        return False
    short, long = sorted((letters(one), letters(other)), key=len)
    least = MIN_EAST_ASIAN_LETTERS if _is_east_asian(short) else MIN_LETTERS
    if len(short) < least:
        return False
    if short == long or (short in long and len(short) >= min(3 * least, len(long) / 2)):
        return True
    less, more = sorted((_words(one), _words(other)), key=len)
    return len(less) >= MIN_WORDS and 2 * len(less) >= len(more) and len(less & more) >= COMMON_WORDS * len(less)


def is_of_another_matter(anchor: str | None, title: str | None) -> bool:
    """Tell whether a link's text is long enough for a headline, and shares no word with that of the page it led to."""
    promised = letters(anchor or "")
    least = MIN_EAST_ASIAN_LETTERS if _is_east_asian(promised) else MIN_LETTERS
    return len(promised) >= least and share_nothing(anchor, title, fewest=1)


def _differ_in_script(one: str | None, other: str | None) -> bool:
    """Tell whether of two headlines one is East Asian and the other is not: two languages have two stories."""
    ours, theirs = letters(one or ""), letters(other or "")
    return (
        bool(ours and theirs)
        and min(len(ours), len(theirs)) >= MIN_EAST_ASIAN_LETTERS
        and (_is_east_asian(ours) != _is_east_asian(theirs))
    )


def share_nothing(one: str | None, other: str | None, *, fewest: int = MIN_WORDS // 2) -> bool:
    """Tell whether two headlines of one script have no word in common.

    Args:
        one: a headline.
        other: likewise.
        fewest: words that each must have.
    """
    if not one or not other or _is_east_asian(letters(one)) != _is_east_asian(letters(other)):
        return False
    ours, theirs = _words(one), _words(other)
    return min(len(ours), len(theirs)) >= fewest and not ours & theirs


def _differ_in_numbers(one: str, other: str) -> bool:
    """Tell whether each has a number that the other lacks, as part 1 and part 2 have."""
    ours, theirs = set(_NUMBER.findall(one)), set(_NUMBER.findall(other))
    return bool(ours - theirs) and bool(theirs - ours)


def _is_east_asian(text: str) -> bool:
    return 2 * len(EAST_ASIAN_CHARACTER.findall(text)) > len(text)


@lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[str]:
    """Collect the words, and the pairs of characters where a script has no spaces."""
    words: set[str] = set()
    for run, word in _RUNS.findall(text.casefold()):
        words.update(pairs_of(run) if run else (word,))
    return frozenset(words)
