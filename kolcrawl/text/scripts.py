"""Which characters belong to which script, and how much one of them says beside a letter. The only place of ranges.

The constants in capitals that are strings are ranges as they stand between the brackets of a regular expression.
"""

from __future__ import annotations

import re
from functools import lru_cache

LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
KANA = "\u3040-\u30ff"
"""Hiragana and katakana with their marks, some of which Chinese uses too."""
KANA_LETTERS = "\u3041-\u3096\u30a1-\u30fa"
"""Kana without those marks."""
HAN = "\u3400-\u9fff"
HANGUL = "\uac00-\ud7af"
THAI = "\u0e00-\u0e7f"
THAI_TO_MYANMAR = "\u0e00-\u109f"
"""Thai, Lao, Tibetan, Myanmar."""
KHMER = "\u1780-\u17ff"
INDIC = "\u0900-\u0dff"
"""Devanagari to Sinhala, with the vowel signs, which are no letters to `re`, though words are made of them."""
JOINING = "\u0600-\u0dff\u1000-\u109f"
"""Arabic and its neighbours, Indic scripts and Burmese, in which invisible joiners shape words."""
SHAPED = "\u0620-\u065f\u066e-\u06d3\u06ee\u06ef\u06fa-\u06ff\u0900-\u0963\u0970-\u0dff\u200c\u200d"
"""Letters of `JOINING` with their vowel signs and joiners, without digits and punctuation."""
HAN_STROKE = "\u4e28"
"""The Chinese character of one stroke, which pages write for a bar between words."""
EAST_ASIAN = KANA + HAN + HANGUL
UNSPACED = THAI_TO_MYANMAR + KHMER + "\u3040-\u312f\u31a0-\u31ff" + HAN + "\uf900-\ufaff"
"""Scripts written without spaces between words; bopomofo and compatibility Han among them."""
SUPPLEMENTARY = "\U00010000-\U0010ffff"
"""Characters beyond the Basic Multilingual Plane."""
SUPPLEMENTARY_HAN = "\U00020000-\U0003ffff"
"""Rare Chinese characters; apart, because `re` is a fifth slower with ranges beyond the Basic Multilingual Plane."""
PAIRED = UNSPACED + HANGUL
"""Scripts whose words are compared by pairs of characters: Hangul has spaces, but particles cling to its words."""
FULL_WIDTH_ALPHANUMERIC = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
"""Latin letters and digits as wide as Han, which stand 0xFEE0 above those of ASCII."""

CAPITALS = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u017d\u01a0\u01af\u1ea0-\u1ef8\u0410-\u042f"
"""Letters with which names begin in Latin and Cyrillic (of Latin Extended-A and Vietnamese, small letters too)."""

EAST_ASIAN_CHARACTER = re.compile(f"[{EAST_ASIAN}]")
PAIRED_CHARACTER = re.compile(f"[{PAIRED}]")
_HAN_CHARACTER = re.compile(f"[{HAN}]")
_WIDE_RUN = re.compile("[\u2e80-\ufaff\uff00-\uffef]+")  # with their punctuation

EAST_ASIAN_WEIGHT = 3
"""Letters of an alphabet that say in prose what one East Asian character says."""
LONGEST_REMEMBERED_LINE = 2_000  # characters
EAST_ASIAN_EXTRA_WIDTH = 1.2
"""The same in a headline or heading, beyond the one character: they are terse in every script."""


def prose_weight(text: str) -> int:
    """Count the characters of a text, an East Asian one three times."""
    if text.isascii():
        return len(text)
    if len(text) <= LONGEST_REMEMBERED_LINE:
        return _weight_of_line(text)
    lines = text.split("\n")
    return sum(map(prose_weight, lines)) + len(lines) - 1 if len(lines) > 1 else _weigh(text)


def _weigh(text: str) -> int:
    return len(text) + (EAST_ASIAN_WEIGHT - 1) * sum(map(len, _WIDE_RUN.findall(text)))


_weight_of_line = lru_cache(maxsize=1_024)(_weigh)  # readers of text, notices and lists weigh the same lines


@lru_cache(maxsize=8_192)  # the pages of a site share many of their anchors
def headline_width(text: str) -> float:
    """Count the characters of a headline, an East Asian letter 2.2 times."""
    return len(text) if text.isascii() else len(text) + EAST_ASIAN_EXTRA_WIDTH * len(EAST_ASIAN_CHARACTER.findall(text))


def is_han(text: str) -> bool:
    """Tell whether Chinese characters carry the text (a few Latin names in it do not matter)."""
    return not text.isascii() and len(_HAN_CHARACTER.findall(text)) * 4 > len(text)


def is_paired(text: str) -> bool:
    """Tell whether a text begins with a character of `PAIRED`; comparing by hand is three times as fast as `re`."""
    first = text[0]
    return first >= "\u0e00" and (
        "\u3400" <= first <= "\u9fff"
        or "\u3040" <= first <= "\u312f"
        or first <= "\u109f"
        or "\uac00" <= first <= "\ud7af"
        or "\u31a0" <= first <= "\u31ff"
        or "\u1780" <= first <= "\u17ff"
        or "\uf900" <= first <= "\ufaff"
    )


def is_hiragana(text: str) -> bool:
    """Tell whether a text begins with hiragana."""
    return "\u3040" <= text[0] <= "\u309f"


def script_of(text: str) -> str:
    """Name the writing system of a text's first character.

    Returns: `latin`, `han` (Chinese characters and kana), `hangul`, or its Unicode neighbourhood.
    """
    first = text[0]
    if first < "\u0250":
        return "latin"
    if "\u3040" <= first <= "\u30ff" or "\u3400" <= first <= "\u9fff":
        return "han"
    if "\uac00" <= first <= "\ud7af":
        return "hangul"
    return f"u{ord(first) >> 8:02x}"
