"""Take the names of authors out of bylines, without roles, outlets and labels. Pure; words in `data/names.toml`."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from kolcrawl.text.date_forms import DAY_SIGN, MONTH_SIGN, YEAR_SIGN
from kolcrawl.text.normalize import clean_line, letters
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, HAN, HAN_STROKE, HANGUL, KANA
from kolcrawl.text.tables import any_of, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME_CHARACTERS = 60
MAX_BYLINE_CHARACTERS = 1_000  # of one byline that are read
MAX_NAME_WORDS = 7
MAX_NAME_MENTIONS = 20  # of one person on a page that are looked at
OTHER_LABEL_REACH = 24  # characters before a name in which the label of another role is looked for
MAX_AUTHORS = 12  # of one story; a longer list is a staff page
HAN_NAME_LENGTHS = range(2, 5)  # characters of a person's name in Han

_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|(?<!\w)@\w+")
_BRACKETS = re.compile(r"\s*[（(\[【][^（()）\]】]*[)）\]】]\s*(?=$|[,;，、|/])")
_DATE = re.compile(
    rf"\d{{1,4}}(?:[-/.:]|{YEAR_SIGN}|{MONTH_SIGN})\d|\b(?:19|20)\d{{2}}\b|\d{{3,}}|^\d+\s?(?:{MONTH_SIGN}|{DAY_SIGN})"
)
_HAN_CHARACTER = re.compile(f"[{HAN}]")
_SENTENCE = re.compile(r"[\uff01\uff1f\uff1a\u3002\u300a\u300b]")  # marks of headlines in Han: no name has one
_ID = re.compile(r"^[a-z]+\d+$")
_HAN_NAME = re.compile(rf"^[{HAN}·]{{{HAN_NAME_LENGTHS[0]},{HAN_NAME_LENGTHS[-1]}}}$")
_FAMILY_AND_GIVEN = re.compile(rf"^[{HAN}]{{1,3}}[ \u3000][{HAN}{KANA}]{{1,4}}$")  # as Japanese pages set names
_HAN_TITLE = 9  # characters in Han of a string that is a headline rather than a name
_HAN_ONLY = re.compile(rf"^[{HAN}\s「」『』“”！？!?，、0-9]+$")


class _Words(NamedTuple):
    """The words of `data/names.toml`, ready for use."""

    label: re.Pattern[str]
    """What stands before names: "By", "本报记者"."""
    labelled: re.Pattern[str]
    """A label with a colon or bar behind it, anywhere in a byline: `other` where those behind it did not write."""
    conjunction: re.Pattern[str]
    """A word between two names that has none before it."""
    reported: re.Pattern[str]
    """A place behind a name, from which was reported: 記者王五／台北報導."""
    role: re.Pattern[str]
    """A role behind a name."""
    roles: frozenset[str]
    """Letters of the roles."""
    nobody: frozenset[str]
    """Letters of what is never an author."""
    agencies: frozenset[str]
    """Letters of the news agencies."""
    brands: frozenset[str]
    """Letters of portals that stand as authors."""
    brand: re.Pattern[str]
    """What only outlets and templates have in their names."""
    medium: re.Pattern[str]
    """The end of an outlet's name that no person's has."""
    outlet: re.Pattern[str]
    """The end of an outlet's name in Chinese characters."""
    other_before: re.Pattern[str]
    """The label of one who did not write, right before a name or the names that follow it."""
    joining: dict[str, re.Pattern[str]]
    """What stands between two names, by language; under `any` for those that have no words of their own."""


@cache
def _words() -> _Words:
    table = read_table("names.toml")
    roles = table["roles"]
    return _Words(
        _label(table["before"]),
        _labelled(table["before"], table["others"]),
        re.compile(rf"^(?:{any_of(table['joining']['any'])})\s+", re.IGNORECASE),
        re.compile(rf"\s*[／/]\s*[{HAN}]{{2,10}}(?:{any_of(table['reported'])})$"),
        _role(roles),
        frozenset(map(letters, roles)),
        frozenset(map(letters, table["nobody"])),
        frozenset(map(letters, table["agencies"])),
        frozenset(map(letters, table["brands"])),
        re.compile(any_of(table["in_outlets"]), re.IGNORECASE),
        re.compile(f"(?:{any_of(table['medium_endings'])})$"),
        re.compile(f"(?:{any_of(table['outlet_endings'])})$"),
        re.compile(
            rf"(?:{any_of(table['others'])})\s*[:：/／|｜{HAN_STROKE}]?\s*(?:[{HAN}]{{2,4}}[\s、]+)*$", re.IGNORECASE
        ),
        {language: _joining(language, table["joining"]) for language in table["joining"]},
    )


def _is_eastern(word: str) -> bool:
    return bool(EAST_ASIAN_CHARACTER.search(word))


def _label(labels: list[str]) -> re.Pattern[str]:
    """Match a label; an East Asian one needs no space behind it where Han or Hangul follow."""
    eastern, western = any_of(filter(_is_eastern, labels)), any_of(word for word in labels if not _is_eastern(word))
    return re.compile(
        rf"^[\s:：·•\-–—|｜/／*]*(?:(?:{western})(?:\s*[:：]\s*|\s+)"
        rf"|(?:[{HAN}]{{0,8}}?\s?(?:{eastern}))(?:\s*[:：/／|｜{HAN_STROKE}]\s*|\s+|(?=[{HAN}{HANGUL}]{{2}})))",
        re.IGNORECASE,
    )


def _labelled(authors: list[str], others: list[str]) -> re.Pattern[str]:
    """Match a label within a byline; one in letters begins a word, and one in Han stands apart or after a name."""
    apart = r"(?:^|(?<=[\s(（【\[|｜;；,，、/／]))"
    return re.compile(
        rf"{apart}(?:(?P<other>{any_of(others)})|(?:{any_of(authors)}))\s*[:：/／|｜{HAN_STROKE}]\s*", re.IGNORECASE
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


def is_outlet(name: str) -> bool:
    """Tell whether a name is that of an outlet, an agency or a portal, judged by its form and by lists of both."""
    words = _words()
    own = letters(name)
    if own in words.agencies or own in words.brands or words.brand.search(name):
        return True
    return bool(words.outlet.search(name)) and (len(name) > HAN_NAME_LENGTHS[-1] or bool(words.medium.search(name)))


def is_credited_otherwise(name: str, printed: str) -> bool:
    """Tell whether a page names somebody only behind the label of one who did not write: 责任编辑：张三.

    Args:
        name: of the person.
        printed: text of the page.
    """
    labels = _words().other_before
    places = [found.start() for found in islice(re.finditer(re.escape(name), printed), MAX_NAME_MENTIONS)]
    return bool(places) and all(labels.search(printed[max(0, at - OTHER_LABEL_REACH) : at]) for at in places)


def split_names(raw: str, lang: str | None = None) -> list[str]:
    """Take the names out of one byline, in order, without repeats.

    Args:
        raw: such as `By Jane Roe and John Doe, Staff Writers` or `本报记者 张三 李四`.
        lang: language of the page; some of the words between names are only read in their own language.
    """
    words = _words()
    text = _BRACKETS.sub(" ", _ADDRESS.sub(" ", clean_line(raw[:MAX_BYLINE_CHARACTERS])))
    base = (lang or "").split("-")[0]
    joining = words.joining.get(base, words.joining["any"])
    names: list[str] = []
    for part in (part for written in _written_by(text) for part in joining.split(words.label.sub("", written.strip()))):
        pieces = part.split()
        together = base == "ja" and bool(_FAMILY_AND_GIVEN.match(part.strip()))
        if len(pieces) > 1 and not together and all(_HAN_NAME.match(piece) for piece in pieces):
            names.extend(name for piece in pieces if (name := clean_name(piece)))
        elif name := clean_name(part):
            names.append(name)
    # behind a name, `Technology Editor` is what the person is; alone, `Guardian staff reporter` stands for one
    people = [name for place, name in enumerate(names) if place == 0 or not words.role.search(name)]
    return list(dict.fromkeys(people))[:MAX_AUTHORS]


def _written_by(text: str) -> list[str]:
    """Split a byline with labels into the parts that name writers: `作者：张三 责任编辑：李四` has one."""
    words = _words()
    text = words.reported.sub("", text.strip())
    labels = list(words.labelled.finditer(text))
    if not labels:
        return [text]
    parts = [text[: labels[0].start()]]
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        if not label["other"]:
            parts.append(text[label.end() : following.start() if following else len(text)])
    return [part for part in parts if part.strip()]


def clean_name(raw: str) -> str | None:
    """Take labels and roles off one name; None when what is left is nobody's name."""
    name = clean_line(raw)
    if letters(name) in _words().nobody:
        return None
    for _ in range(2):
        name = _without_role(_without_label(name))
    return None if _is_nobody(letters(name)) or _is_no_name(name) else name


def _without_label(name: str) -> str:
    bare = _words().conjunction.sub("", _words().label.sub("", name))
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
    if _FAMILY_AND_GIVEN.match(name):
        return False
    if _SENTENCE.search(name):
        return True
    if _HAN_ONLY.match(name) and len(name) not in HAN_NAME_LENGTHS and not _words().outlet.search(name):
        return True
    if " " in name and len(_HAN_CHARACTER.findall(name)) >= _HAN_TITLE:
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
