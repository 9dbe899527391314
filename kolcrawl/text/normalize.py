"""Bring Unicode text into the form that is stored: NFC, single spaces, nothing invisible. Pure functions."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from kolcrawl.text.scripts import FULL_WIDTH_ALPHANUMERIC, JOINING, SUPPLEMENTARY
from kolcrawl.text.tables import read_text

# Zero-width and directional marks, soft hyphen, BOM, private use: drawn as nothing or as an icon.
_UNSEEN = (
    "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ue000-\uf8ff"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
)
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
# Joiners shape letters in Arabic and Indic scripts and join emoji; anywhere else they are left over.
_JOINERS = re.compile(f"(?<![{JOINING}\u200d\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]")
# Full-width Latin letters and digits, but not punctuation: ，！（） are right as they are in Chinese.
_FULL_WIDTH = re.compile(f"[{FULL_WIDTH_ALPHANUMERIC}]+")
REMEMBERED_CHARACTERS = 300  # of a text whose letters are kept for the next time
_ODD = re.compile(f"[{_UNSEEN}\u200c\u200d{FULL_WIDTH_ALPHANUMERIC}]")  # any of the three above; hardly a line has one

_SURROGATES = re.compile("[\ud800-\udfff]")
MAX_MARKS = 30
"""Combining marks in a row that are kept, as in Unicode's Stream-Safe Text Format (UAX #15, section 13)."""
_LONG_RUN = re.compile(rb"[^\0]{%d,}+" % (MAX_MARKS + 1))


def pair_surrogates(text: str) -> str:
    """Join the halves of characters beyond U+FFFF, and write U+FFFD for a half that stands alone, as no UTF-8 can."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _SURROGATES.search(text) else text


def cut_marks(text: str) -> str:
    """Cut each run of combining marks after `MAX_MARKS`.

    Normalizing sorts such a run by insertion, in the square of its length: 160 kB of them take 15 seconds.
    """
    if text.isascii() or len(text) <= MAX_MARKS:
        return text
    patterns = _mark_patterns()
    # A longer run holds one of these characters: hardly a text has marks there, and looking is fast.
    for match in patterns.suspect.finditer(text[MAX_MARKS :: MAX_MARKS + 1]):
        at = MAX_MARKS + match.start() * (MAX_MARKS + 1)
        if patterns.suspects.search(text, max(0, at - MAX_MARKS), at + MAX_MARKS + 1):
            return patterns.suspects.sub(_cut_marks_among, text)
    return text


def _cut_marks_among(suspects: re.Match[str]) -> str:
    """Cut each run of marks among characters that may be some, by a byte a character: the class of it, 0 for none."""
    text, pieces, at = suspects[0], [], 0
    for marks in _LONG_RUN.finditer(bytes(map(unicodedata.combining, text))):
        pieces.append(text[at : marks.start() + MAX_MARKS])
        at = marks.end()
    return "".join([*pieces, text[at:]])


class _MarkPatterns(NamedTuple):
    suspect: re.Pattern[str]
    """Any mark, and any character beyond the Basic Multilingual Plane: more ranges there are ten times slower."""
    suspects: re.Pattern[str]
    """More of them in a row than are kept."""


@cache
def _mark_patterns() -> _MarkPatterns:
    marks = [chr(code) for code in range(0x300, 0x10000) if unicodedata.combining(chr(code))]
    suspect = f"[{''.join(marks)}{SUPPLEMENTARY}]"
    return _MarkPatterns(
        re.compile(suspect),
        re.compile(f"{suspect}{{{MAX_MARKS + 1},}}+"),
    )


def nfc(text: str) -> str:
    """Compose a text (Unicode normalization form C), its long runs of marks cut."""
    return text if text.isascii() else unicodedata.normalize("NFC", cut_marks(text))


def nfkc(text: str) -> str:
    """Compose a text in compatibility form (Unicode normalization form KC), its long runs of marks cut."""
    return text if text.isascii() else unicodedata.normalize("NFKC", cut_marks(text))


def clean_line(raw: str) -> str:
    """Clean one line of text: NFC, no invisible characters, half-width letters and digits, single spaces.

    Returns: the line, stripped; empty when nothing is left.
    """
    text = nfc(raw)
    if _ODD.search(text):
        text = _FULL_WIDTH.sub(_half_width, _JOINERS.sub("", _INVISIBLE.sub("", text)))
    return " ".join(text.split())


def _half_width(match: re.Match[str]) -> str:
    return "".join(chr(ord(c) - 0xFEE0) for c in match.group())


def clean_text(raw: str) -> str:
    """Clean a text of several paragraphs, split by one newline each; empty paragraphs are dropped."""
    lines = (clean_line(line) for line in raw.splitlines())
    return "\n".join(line for line in lines if line)


def letters(text: str) -> str:
    """Keep letters and digits only, in compatibility form and lower case: for comparing texts, not for storing."""
    return _short_letters(text) if len(text) <= REMEMBERED_CHARACTERS else _letters(text)


def _letters(text: str) -> str:
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    return "".join(filter(str.isalnum, nfkc(text).casefold()))


_short_letters = lru_cache(maxsize=4096)(_letters)  # titles and names are compared many times a page


_SENTENCE_END = re.compile(r"[。！？!?…](?:[”’」』\"）)]*)|\.(?=\s|$)(?:[”’\"])?")


def sentences(text: str) -> list[str]:
    """Cut a text into its sentences, in order; the end of a paragraph ends one, too."""
    found: list[str] = []
    for paragraph in text.splitlines():
        start = 0
        for end in _SENTENCE_END.finditer(paragraph):
            found.append(paragraph[start : end.end()].strip())
            start = end.end()
        found.append(paragraph[start:].strip())
    return [sentence for sentence in found if sentence]


def excerpt(text: str, limit: int = 200) -> str:
    """Cut a text after its first `limit` characters or so, behind a sentence, else at a word.

    Args:
        text: paragraphs split by newlines; they are joined by a space.
        limit: characters; the excerpt may be up to a fifth longer when a sentence ends there.
    """
    flat = text.replace("\n", " ")
    if len(flat) <= limit * 6 // 5:
        return flat
    window = flat[: limit * 6 // 5]
    ends = [m.end() for m in _SENTENCE_END.finditer(window) if m.end() >= limit // 3]
    if ends:
        return window[: ends[-1]].strip()
    cut = window[:limit]
    if " " in cut[limit // 2 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:，；：、") + "…"


def simplified(text: str) -> str:
    """Replace traditional Chinese characters by simplified ones, one for one."""
    traditional, simple = _simplified()
    return traditional.sub(lambda match: simple[match[0]], text)


@cache
def _simplified() -> tuple[re.Pattern[str], dict[str, str]]:
    """Compile an expression of any traditional character, and map each to its simplified one."""
    simple = dict(zip(*traditional_and_simplified(), strict=True))
    # not str.translate, which looks each character up, and few are found
    return re.compile(f"[{''.join(simple)}]"), simple


def traditional_and_simplified() -> tuple[str, str]:
    """Read the characters that only traditional Chinese uses, and in the same order what they become."""
    traditional, simple = (line for line in read_text("simplified.txt").splitlines() if line and line[0] != "#")
    return traditional, simple
