"""Names of authors out of bylines: without roles, outlets and labels. Pure functions; words in `data/names.toml`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from kolcrawl.text.normalize import clean_line, letters
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, HAN, HANGUL
from kolcrawl.text.tables import any_of, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 60  # characters of one name
MOST = 12  # authors of one story; a longer list is a staff page

_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|(?<!\w)@\w+")
_SPLIT = re.compile(
    r"\s*(?:[,;|•/、，；｜／丨&\n]|\s·\s|\s[-–—]\s"
    r"|\s(?:and|und|y|et|en|og|och|with|im Gespräch mit|mit|ja|и|con|avec)\s)\s*",
    re.IGNORECASE,
)
_SPLIT_E = re.compile(
    r"\s+(?:e|i|a|ve)\s+"
)  # "and" of Italian, Portuguese, Polish, Czech, Turkish; too short for others
_BRACKETS = re.compile(r"\s*[（(\[【][^（()）\]】]*[)）\]】]\s*(?=$|[,;，、|/])")
_DATE_LIKE = re.compile(r"\d{1,4}[-/.:年月]\d|\b(?:19|20)\d{2}\b|\d{3,}")
_ID = re.compile(r"^[a-z]+\d+$")
_HAN_NAME = re.compile(rf"^[{HAN}·]{{2,4}}$")
_HAN_ONLY = re.compile(rf"^[{HAN}\s「」『』“”！？!?，、0-9年月日]+$")
_HAN_OUTLET = re.compile(
    r"(?:网|網|报|報|社|号|號|台|臺|刊|部|组|組|中心|新闻|新聞|快訊|快讯|编辑|編輯|團隊|团队|公司|频道|頻道|传媒|傳媒|小编|发布|發布|工作室|研究院|委员会)$"
)


@cache
def _words() -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str], frozenset[str]]:
    table = read_table("names.toml")

    eastern = [word for word in table["before"] if EAST_ASIAN_CHARACTER.search(word)]
    western = [word for word in table["before"] if not EAST_ASIAN_CHARACTER.search(word)]
    # An Eastern label needs no space behind it, but then one or a colon where a name could begin with its letters.
    before = re.compile(
        rf"^[\s:：·•\-–—|｜/／*]*(?:(?:{any_of(western)})(?:\s*[:：]\s*|\s+)|(?:[{HAN}]{{0,8}}?(?:{any_of(eastern)}))(?:\s*[:：/／|｜丨]\s*|\s+|(?=[{HAN}{HANGUL}]{{2}})))",
        re.IGNORECASE,
    )
    roles = table["roles"]
    eastern_roles = any_of([word for word in roles if EAST_ASIAN_CHARACTER.search(word)])
    behind = re.compile(
        rf"(?:\s*[,，（(|／/-]\s*|\s+)(?:{any_of(roles)})[)）]?$|(?<=[{HAN}])(?:{eastern_roles})$",
        re.IGNORECASE,
    )
    return (
        before,
        behind,
        frozenset(letters(word) for word in roles),
        frozenset(letters(word) for word in table["nobody"]),
    )


def is_agency(line: str) -> bool:
    """Whether a line is the name of a news agency and nothing else."""
    return len(line) <= LONGEST and letters(line) in _agencies()


@cache
def _agencies() -> frozenset[str]:
    table = read_table("names.toml")
    return frozenset(letters(name) for name in table["agencies"])


def split_names(raw: str, lang: str | None = None) -> list[str]:
    """The names in one byline, in order, without repeats.

    Args:
        raw: such as `By Jane Roe and John Doe, Staff Writers` or `本报记者 张三 李四`.
        lang: language of the page; some of the words between names are only read in their own language.
    """
    text = _ADDRESS.sub(" ", clean_line(raw))
    text = _BRACKETS.sub(" ", text)
    before = _words()[0]
    text = before.sub("", text.strip())
    parts = _SPLIT.split(text)
    if (lang or "").split("-")[0] in ("it", "pt", "pl", "cs", "tr"):
        parts = [piece for part in parts for piece in _SPLIT_E.split(part)]
    names: list[str] = []
    for part in parts:
        pieces = part.split()
        if len(pieces) > 1 and all(_HAN_NAME.match(piece) for piece in pieces):
            names.extend(name for piece in pieces if (name := clean_name(piece)))
        elif name := clean_name(part):
            names.append(name)
    return list(dict.fromkeys(names))[:MOST]


def clean_name(raw: str) -> str | None:
    """One name without labels and roles; None when what is left is nobody's name."""
    before, behind, roles, nobody = _words()
    name = clean_line(raw)
    if letters(name) in nobody:
        return None
    for _ in range(2):
        name = (
            before.sub("", name).strip(" \t:：|｜·•-–—,，.。/／*\"“”'‘’()（）[]【】")
            if not name.endswith(".")
            else before.sub("", name).strip(" :：|·•-–—,，")
        )
        bare = behind.sub("", name).strip(" ,，|")
        # "Guardian staff reporter", "BR24 Redaktion": without its role nobody is left.
        name = bare if " " in bare or not bare.isascii() else name
    said = letters(name)
    if (
        not said
        or said in nobody
        or said in roles
        or said.removesuffix("s") in roles
        or len(said) < 2
        or len(name) > LONGEST
    ):
        return None
    if _HAN_ONLY.match(name) and not 2 <= len(name) <= 4 and not _HAN_OUTLET.search(name):
        return None
    if _ID.match(name) or _DATE_LIKE.search(name) or "://" in name or len(name.split()) > 7:
        return None
    return name


def people_of(names: Iterable[str], outlets: Iterable[str], lang: str | None = None) -> list[str]:
    """Clean names of a list of bylines; outlets among them only stay when no person does.

    Args:
        names: bylines as printed; each may hold several names.
        outlets: what the page calls its site and publisher.
        lang: language of the page.
    """
    found = list(dict.fromkeys(name for raw in names for name in split_names(raw, lang)))
    said = {letters(outlet) for outlet in outlets}
    persons = [name for name in found if letters(name) not in said]
    unique: dict[str, str] = {}
    for name in persons or found:
        unique.setdefault(letters(name), name)
    return list(unique.values())[:MOST]
