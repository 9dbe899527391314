"""Take the names of authors out of bylines, without roles, outlets and labels. Pure; words in `data/names.toml`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from kolcrawl.text.date_forms import MONTH_SIGN, YEAR_SIGN
from kolcrawl.text.normalize import clean_line, letters
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, HAN, HAN_STROKE, HANGUL
from kolcrawl.text.tables import any_of, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME_CHARACTERS = 60
MAX_BYLINE_CHARACTERS = 1_000  # of one byline that are read
MAX_NAME_WORDS = 7
MAX_AUTHORS = 12  # of one story; a longer list is a staff page
HAN_NAME_LENGTHS = range(2, 5)  # characters of a person's name in Han

_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|(?<!\w)@\w+")
_BRACKETS = re.compile(r"\s*[（(\[【][^（()）\]】]*[)）\]】]\s*(?=$|[,;，、|/])")
_DATE = re.compile(rf"\d{{1,4}}(?:[-/.:]|{YEAR_SIGN}|{MONTH_SIGN})\d|\b(?:19|20)\d{{2}}\b|\d{{3,}}")
_ID = re.compile(r"^[a-z]+\d+$")
_HAN_NAME = re.compile(rf"^[{HAN}·]{{{HAN_NAME_LENGTHS[0]},{HAN_NAME_LENGTHS[-1]}}}$")
_HAN_ONLY = re.compile(rf"^[{HAN}\s「」『』“”！？!?，、0-9]+$")


class _Words(NamedTuple):
    """The words of `data/names.toml`, ready for use."""

    label: re.Pattern[str]
    """What stands before names: "By", "本报记者"."""
    role: re.Pattern[str]
    """A role behind a name."""
    roles: frozenset[str]
    """Letters of the roles."""
    nobody: frozenset[str]
    """Letters of what is never an author."""
    agencies: frozenset[str]
    """Letters of the news agencies."""
    outlet: re.Pattern[str]
    """The end of an outlet's name in Chinese characters."""
    joining: dict[str, re.Pattern[str]]
    """What stands between two names, by language; under `any` for those that have no words of their own."""


@cache
def _words() -> _Words:
    table = read_table("names.toml")
    roles = table["roles"]
    return _Words(
        _label(table["before"]),
        _role(roles),
        frozenset(map(letters, roles)),
        frozenset(map(letters, table["nobody"])),
        frozenset(map(letters, table["agencies"])),
        re.compile(f"(?:{any_of(table['outlet_endings'])})$"),
        {language: _joining(language, table["joining"]) for language in table["joining"]},
    )


def _is_eastern(word: str) -> bool:
    return bool(EAST_ASIAN_CHARACTER.search(word))


def _label(labels: list[str]) -> re.Pattern[str]:
    """Match a label; an East Asian one needs no space behind it where Han or Hangul follow."""
    eastern, western = any_of(filter(_is_eastern, labels)), any_of(word for word in labels if not _is_eastern(word))
    return re.compile(
        rf"^[\s:：·•\-–—|｜/／*]*(?:(?:{western})(?:\s*[:：]\s*|\s+)"
        rf"|(?:[{HAN}]{{0,8}}?(?:{eastern}))(?:\s*[:：/／|｜{HAN_STROKE}]\s*|\s+|(?=[{HAN}{HANGUL}]{{2}})))",
        re.IGNORECASE,
    )


def _role(roles: list[str]) -> re.Pattern[str]:
    """Match a role behind a name; an East Asian one needs nothing between where the name is in Han."""
    eastern = any_of(filter(_is_eastern, roles))
    return re.compile(
        rf"(?:\s*[,，（(|／/-]\s*|\s+)(?:{any_of(roles)})[)）]?$|(?<=[{HAN}])(?:{eastern})$", re.IGNORECASE
    )


def _joining(language: str, table: dict[str, Any]) -> re.Pattern[str]:
    words = any_of([*table["any"], *(table[language] if language != "any" else ())])
    return re.compile(rf"\s*(?:[,;|•/、，；｜／{HAN_STROKE}&\n]|\s·\s|\s[-–—]\s|\s(?:{words})\s)\s*", re.IGNORECASE)


def is_agency(line: str) -> bool:
    """Tell whether a line is the name of a news agency and nothing else."""
    return len(line) <= MAX_NAME_CHARACTERS and letters(line) in _words().agencies


def split_names(raw: str, lang: str | None = None) -> list[str]:
    """Take the names out of one byline, in order, without repeats.

    Args:
        raw: such as `By Jane Roe and John Doe, Staff Writers` or `本报记者 张三 李四`.
        lang: language of the page; some of the words between names are only read in their own language.
    """
    words = _words()
    text = _BRACKETS.sub(" ", _ADDRESS.sub(" ", clean_line(raw[:MAX_BYLINE_CHARACTERS])))
    text = words.label.sub("", text.strip())
    joining = words.joining.get((lang or "").split("-")[0], words.joining["any"])
    names: list[str] = []
    for part in joining.split(text):
        pieces = part.split()
        if len(pieces) > 1 and all(_HAN_NAME.match(piece) for piece in pieces):
            names.extend(name for piece in pieces if (name := clean_name(piece)))
        elif name := clean_name(part):
            names.append(name)
    return list(dict.fromkeys(names))[:MAX_AUTHORS]


def clean_name(raw: str) -> str | None:
    """Take labels and roles off one name; None when what is left is nobody's name."""
    name = clean_line(raw)
    if letters(name) in _words().nobody:
        return None
    for _ in range(2):
        name = _without_role(_without_label(name))
    return None if _is_nobody(letters(name)) or _is_no_name(name) else name


def _without_label(name: str) -> str:
    bare = _words().label.sub("", name)
    # an initial or a title at the end keeps its full stop
    return bare.strip(" :：|·•-–—,，" if name.endswith(".") else " \t:：|｜·•-–—,，.。/／*\"“”'‘’()（）[]【】")


def _without_role(name: str) -> str:
    """Drop a role, unless nobody is left without it: "Guardian staff reporter", "BR24 Redaktion"."""
    bare = _words().role.sub("", name).strip(" ,，|")
    return bare if " " in bare or not bare.isascii() else name


def _is_nobody(own: str) -> bool:
    """Tell whether the letters of a name are none, one, or those of a role or of what is never an author."""
    words = _words()
    return len(own) < 2 or own in words.nobody or own in words.roles or own.removesuffix("s") in words.roles


def _is_no_name(name: str) -> bool:
    """Tell whether a string is too long for a name, or an id, a date or an address."""
    if len(name) > MAX_NAME_CHARACTERS or len(name.split()) > MAX_NAME_WORDS:
        return True
    if _HAN_ONLY.match(name) and len(name) not in HAN_NAME_LENGTHS and not _words().outlet.search(name):
        return True
    return bool(_ID.match(name) or _DATE.search(name) or "://" in name)


def people_of(names: Iterable[str], outlets: Iterable[str], lang: str | None = None) -> list[str]:
    """Clean the names of a list of bylines; outlets among them only stay when no person does.

    Args:
        names: bylines as printed; each may hold several names.
        outlets: what the page calls its site and publisher.
        lang: language of the page.
    """
    found = list(dict.fromkeys(name for raw in names for name in split_names(raw, lang)))
    of_outlets = {letters(outlet) for outlet in outlets}
    persons = [name for name in found if letters(name) not in of_outlets]
    unique: dict[str, str] = {}
    for name in persons or found:
        unique.setdefault(letters(name), name)
    return list(unique.values())[:MAX_AUTHORS]
