"""What differs between two texts, by sentence, and whether a text holds some words. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.text.normalize import letters, nfkc, sentences, simplified

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_COMPARED_TEXT = 100_000
"""Characters of a text that are compared."""


class TextDifference(NamedTuple):
    """Sentences that only one of two texts has, in the order of that text; a sentence that moved is in neither list."""

    removed: tuple[str, ...]
    added: tuple[str, ...]


def text_difference(before: str | None, after: str | None) -> TextDifference:
    """Compare two texts sentence by sentence.

    Punctuation, case, compatibility forms and the difference of traditional and simplified Chinese do not count.
    """
    old, new = sentences((before or "")[:MAX_COMPARED_TEXT]), sentences((after or "")[:MAX_COMPARED_TEXT])
    return TextDifference(tuple(_only(old, new)), tuple(_only(new, old)))


def _only(those: Sequence[str], others: Sequence[str]) -> Iterable[str]:
    left = Counter(map(_compared, others))
    for sentence in those:
        form = _compared(sentence)
        if left[form]:
            left[form] -= 1
        elif form:
            yield sentence


def _compared(sentence: str) -> str:
    return letters(simplified(sentence))


def searched_form(text: str) -> str:
    """Return a text in the form in which words are looked for: case, full width and Chinese variants made one."""
    return simplified(nfkc(text).casefold())
