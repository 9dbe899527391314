"""Read what the words of a heading, and the names in a class attribute, say of a block.

Entry points: `heading_meanings(text)` and `class_cues(names)`, both bit masks, both cached. The words are data:
`kolcrawl/data/related_headings.toml` and `related_classes.toml`, one line a language; a tenth language is a line.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import insort
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.text.normalize import cut_marks
from kolcrawl.text.scripts import EAST_ASIAN, INDIC, KHMER, PAIRED_CHARACTER, THAI_TO_MYANMAR
from kolcrawl.text.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADING_MEANINGS = (
    "related", "also", "like", "popular", "latest", "random", "sponsored", "picks", "author", "adjacent",
    "section", "topic", "service", "media", "story", "nonstory",
)  # fmt: skip
CLASS_CUES = (
    "related", "recommended", "popular", "latest", "random", "navigation", "title", "header", "footer", "side",
    "body", "tag", "author", "share", "comment", "adjacent", "advert", "slider", "item", "callout", "widget", "called",
)  # fmt: skip
MEANING = {name: 1 << bit for bit, name in enumerate(HEADING_MEANINGS)}
CUE = {name: 1 << bit for bit, name in enumerate(CLASS_CUES)}
RELATED_MEANINGS = MEANING["related"] | MEANING["also"]
"""What calls a list the page's own."""
OTHER_MEANINGS = sum(MEANING[name] for name in ("popular", "latest", "random", "sponsored", "picks"))
"""What calls a list the site's."""
KIND_MEANINGS = RELATED_MEANINGS | OTHER_MEANINGS | sum(MEANING[name] for name in ("like", "author", "adjacent"))
"""What names any kind of list of stories."""

MAX_HEADING = 70  # characters
MAX_CLASS_ATTRIBUTE = 300  # characters of a class attribute
REMEMBERED_WORDS = 16_384  # of class names, and as many of headings
_WORD_ENDS = " '"
_LETTER = rf"\w{INDIC}{THAI_TO_MYANMAR}{KHMER}\u200c'’-"
_GAPS = re.compile(rf"[^{_LETTER}]+|_+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[a-zA-Z])")
_MAY_BE_CAMEL = re.compile("[A-Z0-9]")
_SET_APART = re.compile(rf"\W*(?:[{EAST_ASIAN}]\s+){{2,}}[{EAST_ASIAN}]\W*")  # as typography in place of bold type
_NOT_NAME = re.compile(r"[^a-z0-9\u0080-\uffff]+")
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]")
_WORDS = read_table("related_words.toml")
_PLAIN_LETTERS = str.maketrans(_WORDS["plain_letters"])


def names_things(meaning: int) -> bool:
    """Tell whether a heading announces related things that are not stories: products, jobs, companies."""
    return bool(meaning & RELATED_MEANINGS and meaning & MEANING["nonstory"] and not meaning & MEANING["story"])


def fold(text: str) -> str:
    """Return a text in lower case, with compatibility forms unified, without accents and vowel points."""
    if text.isascii():
        return text.lower()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", cut_marks(text.lower())))
    return unicodedata.normalize("NFC", plain).translate(_PLAIN_LETTERS)


class _Term(NamedTuple):
    """A term of several words."""

    text: str
    open_end: bool
    """Whether its last word may go on."""
    bit: int

    def ends_word(self, folded: str, at: int) -> bool:
        """Tell whether the term ends where a word does, if it stands in a folded text at a place."""
        after = at + len(self.text)
        return self.open_end or after >= len(folded) or folded[after] in _WORD_ENDS


class Matcher:
    """Finds terms in text: by word starts, or anywhere for terms of scripts without spaces.

    Pages have few words in their class names and headings, but many combinations of them: what a word says alone is
    remembered.
    """

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        """Bits of the terms of one word that end where the word does, or before an apostrophe."""
        self._beginnings: dict[str, int] = {}
        """Bits of the terms of one word that may go on."""
        self._lengths: list[int] = []
        """Lengths of those, the shortest first."""
        self._phrases: dict[str, list[_Term]] = {}
        """Terms of several words, by the first."""
        self._by_sign: dict[str, list[tuple[str, int]]] = {}
        self._inside: dict[str, list[tuple[str, int]]] = {}
        """Terms that may stand within a word, by their first two letters."""
        self._of_word = lru_cache(maxsize=REMEMBERED_WORDS)(self._look_up)

    def add(self, term: str, bit: int) -> None:
        """Add one term; an asterisk at its begin or end matches any.

        Raises:
            ValueError: an asterisk stands before several words.
        """
        open_end, open_start = term.endswith("*"), term.startswith("*")
        term = fold(term.strip("*").strip())
        if not term:
            return
        if open_start:
            if " " in term:
                raise ValueError(f"*{term}: an asterisk stands before one word, not before several")
            self._inside.setdefault(term[:2], []).append((term, bit))
        elif PAIRED_CHARACTER.match(term):
            self._by_sign.setdefault(term[0], []).append((term, bit))
        else:
            term = _GAPS.sub(" ", term).strip()
            first, space, _ = term.partition(" ")
            if space:
                self._phrases.setdefault(first, []).append(_Term(term, open_end, bit))
            else:
                words = self._beginnings if open_end else self._words
                words[term] = words.get(term, 0) | bit
                if open_end and len(term) not in self._lengths:
                    insort(self._lengths, len(term))
        self._of_word.cache_clear()

    def find(self, folded: str) -> int:
        """Return the bits of all terms in a folded text whose words are parted by single spaces."""
        mask = 0
        at = 0
        for word in folded.split(" "):
            bits, phrases = self._of_word(word)
            mask |= bits
            for phrase in phrases:
                if folded.startswith(phrase.text, at) and phrase.ends_word(folded, at):
                    mask |= phrase.bit
            at += len(word) + 1
        if not folded.isascii() and PAIRED_CHARACTER.search(folded):
            by_sign = self._by_sign
            for at, sign in enumerate(folded):
                for sign_term, bit in by_sign.get(sign, ()):
                    if folded.startswith(sign_term, at):
                        mask |= bit
        return mask

    def _look_up(self, word: str) -> tuple[int, Sequence[_Term]]:
        """Return the bits of a word alone, and the terms of several words that it may begin."""
        bits = self._words.get(word, 0)
        at = word.find("'")
        while at >= 0:
            bits |= self._words.get(word[:at], 0)
            at = word.find("'", at + 1)
        for length in self._lengths:
            if length > len(word):
                break
            bits |= self._beginnings.get(word[:length], 0)
        for at in range(len(word)):
            for inside, bit in self._inside.get(word[at : at + 2], ()):
                if word.startswith(inside, at):
                    bits |= bit
        return bits, self._phrases.get(word, ())


def _load(name: str, bits: dict[str, int]) -> Matcher:
    matcher = Matcher()
    tables = read_table(name)
    for table, bit in bits.items():
        for terms in tables[table].values():
            for term in terms.split("|"):
                matcher.add(term.strip(), bit)
    return matcher


@lru_cache(maxsize=1)
def _headings() -> Matcher:
    return _load("related_headings.toml", MEANING)


@lru_cache(maxsize=1)
def _classes() -> Matcher:
    return _load("related_classes.toml", CUE)


@lru_cache(maxsize=16_384)
def heading_meanings(text: str) -> int:
    """Return what a heading says, as a mask of `MEANING` bits; nothing when it is too long for a heading."""
    if len(text) > MAX_HEADING:
        return 0
    if _SET_APART.fullmatch(text):
        text = "".join(text.split())
    folded = _GAPS.sub(" ", fold(text)).strip()
    return _headings().find(folded) if folded else 0


@lru_cache(maxsize=32_768)
def class_cues(names: str) -> int:
    """Return what class, id and other naming attributes say, as a mask of `CUE` bits."""
    names = names[:MAX_CLASS_ATTRIBUTE]
    if _MAY_BE_CAMEL.search(names):
        names = _CAMEL.sub(" ", names)
    folded = _NOT_NAME.sub(" ", names.lower()).strip()
    if not folded:
        return 0
    return _classes().find(folded)


def word_set(name: str) -> frozenset[str]:
    """Return one of the plain word lists of `kolcrawl/data/related_words.toml`."""
    return frozenset(_WORDS[name].split())
