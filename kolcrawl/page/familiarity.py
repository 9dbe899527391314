"""How familiar a text looks when bytes are read in an encoding; the characters are in `data/encodings.toml`."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

from kolcrawl.text.tables import read_table

BROKEN_WEIGHT = 5  # familiar characters that one broken character outweighs
MAX_ACCENTED = 3  # accented letters in a row that Western words have
_NO_BREAK_SPACE = "\u00a0"
# Marks stand at the edge of words: inside of one they are letters that were read wrongly.
_EDGE = "^\x00-\x40\x5b-\x60\x7b-\x7f"
_SIGNS = "“”„‚‘’‹›«»–—…°€£¿¡•·§©®´²³½"
_MARK = re.compile(f"(?<![{_EDGE}])[{_SIGNS}]|[{_SIGNS}](?![{_EDGE}])|(?<=[a-zA-Z])’")


class _Characters(NamedTuple):
    """What is familiar in which encoding."""

    common: dict[str, frozenset[str]]
    """The commonest characters by codec of several bytes; those of Chinese for any other."""
    chinese: frozenset[str]
    thai: frozenset[str]
    words: tuple[re.Pattern[str], ...]
    """Words of scripts beside Latin."""
    accented: re.Pattern[str]
    """Accented letters beside plain ones, and those that are a word of their own."""
    alphabets: dict[str, list[frozenset[str]]]
    """Letters beyond ASCII of the languages that are written with a codec of one byte."""


@cache
def _characters() -> _Characters:
    table = read_table("encodings.toml")
    familiar, latin = table["familiar"], table["latin"]
    punctuation = frozenset(familiar["punctuation"])
    chinese = punctuation | frozenset(familiar["simplified"] + familiar["traditional"])
    # GB 2312 has kana in the same places as EUC-JP: they speak for Japanese only.
    japanese = chinese | frozenset(familiar["kana"])
    korean = punctuation | frozenset(familiar["hangul"])
    letters = latin["accented"]
    return _Characters(
        {"cp932": japanese, "euc_jp": japanese, "iso2022_jp": japanese, "cp949": korean, "euc_kr": korean},
        chinese,
        frozenset(familiar["thai"]),
        tuple(_word_pattern(**script) for script in table["words"].values()),
        # East Asian texts read as Western are long runs of accented letters.
        re.compile(
            f"(?<=[a-zA-Z])[{letters}]{{1,{MAX_ACCENTED}}}(?![{letters}])"
            f"|(?<![{letters}])[{letters}]{{1,{MAX_ACCENTED}}}(?=[a-z])"
            rf"|(?<![^\s])[{latin['words']}](?![^\s,.])"
        ),
        {
            codec: [frozenset(alphabet + alphabet.upper()) for alphabet in alphabets]
            for codec, alphabets in table["alphabets"].items()
        },
    )


def _word_pattern(small: str, run: int, capital: str = "") -> re.Pattern[str]:
    return re.compile(f"[{small}]{{{run},}}" + (f"|[{capital}][{small}]{{{run - 1},}}" if capital else ""))


def is_single_byte(codec: str) -> bool:
    """Tell whether a codec reads each byte as one character."""
    return codec.startswith(("cp12", "iso8859", "koi8", "cp874"))


def familiarity(sample: bytes, codec: str) -> float:
    """Measure how much of the characters beyond ASCII is familiar in an encoding: 0 to 1, below 0 where it breaks."""
    text = sample.decode(codec, "replace")
    beyond = [character for character in text if character > "\x7f" and character != _NO_BREAK_SPACE]
    if not beyond:
        return 0.0
    if codec == "cp874":
        thai = _characters().thai
        # Three in four characters of a Thai text, one in four of anything read as Thai.
        familiar = 2 * sum(character in thai for character in beyond) - len(beyond)
    elif is_single_byte(codec):
        familiar = _familiar_letters(text, codec)
    else:
        common = _characters().common.get(codec, _characters().chinese)
        familiar = sum(character in common for character in beyond)
    return (familiar - BROKEN_WEIGHT * sum(map(_is_broken, beyond))) / len(beyond)


def _is_broken(character: str) -> bool:
    """Tell whether a character stands for bytes that could not be read, or is one of no text."""
    return character == "\ufffd" or "\x80" <= character <= "\x9f" or "\ue000" <= character <= "\uf8ff"


def _familiar_letters(text: str, codec: str) -> int:
    """Count the letters and marks of a text in a single-byte encoding that stand where such letters do."""
    characters = _characters()
    familiar = sum(len(word.group()) for words in characters.words for word in words.finditer(text))
    accented = Counter("".join(characters.accented.findall(text)))
    alphabets = characters.alphabets.get(codec, characters.alphabets["cp1252"])
    familiar += max(sum(accented[letter] for letter in alphabet) for alphabet in alphabets)
    return familiar + len(_MARK.findall(text))
