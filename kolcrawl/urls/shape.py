"""The shape of an address: of which kinds of parts it is made, before anyone fetches it. Pure.

Entry points: `shape_of`, `form_of`, `likeness`, `story_number`. The stories of one site have addresses of one shape,
and so tell themselves from its sections, tags and forms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from kolcrawl.text.tables import any_of, read_table
from kolcrawl.urls.places import PLACE_ENDS

MAX_SHAPED_PARTS = 40
"""Folders of an address that are looked at, half of them from its beginning and half from its end."""
_SUFFIX = re.compile(r"\.(s?html?|xhtml|php\d?|aspx?|jsp|ece|cms|do|amp)$", re.IGNORECASE)
_CARRIED = re.compile(r"[/=*]https?://[^/?#\s]+([^?#&\s]+)", re.IGNORECASE)
_DATE_SEGMENT = re.compile(r"(19|20)\d\d([-_]?\d\d)?([-_]?\d\d)?")
_HASH_SEGMENT = re.compile(r"(?=.*\d)[0-9A-Za-z_-]{8,}")
_CODE_SEGMENT = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[0-9A-Za-z]{10,}")
_STORY_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{6,}(?![0-9A-Za-z])")
_PREFIXED_NUMBER = re.compile(r"\w{1,3}[-_]?\d{6,}|\d{6,}")
_ID_IN_QUERY = re.compile(r"(?:id|no|nid|aid|p|article|news)\w*=(\d+)(?![0-9A-Za-z])")
_LONG_NUMBER = re.compile(r"\d{4,15}")
_ASKED_NUMBER = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{0,4}(\d{4,15})(?![0-9A-Za-z])")  # not digits within a token
_MIXED_CODE = re.compile(r"(?=.*\d[A-Za-z])(?=.*[A-Za-z]\d)[0-9A-Za-z]{8,}")
"""A code in which four digits in a row are chance."""
_CODE_IN_QUERY = re.compile(
    rf"(?:^|&)(?:{any_of(read_table('url_words.toml')['naming'].split())})=(?=[^&]*\d)[\w-]{{6,}}(?:&|$)", re.IGNORECASE
)
_URL_DATE = re.compile(r"(20[0-3]\d)[/_-]?(0[1-9]|1[0-2])(?:[/_-]?([0-3]\d))?(?!\d{5})")


@dataclass(slots=True)
class Shape:
    """What kind of parts an address is made of."""

    kinds: tuple[str, ...]
    """One letter a path segment: D date, d short number, N number, S slug, i mixed with a number, h hash, w word,
    q number or code that names the story in the query."""
    segments: tuple[str, ...]
    number: int | None
    """The last long number in the address."""
    day: float | None
    """Days since the year 0, roughly, where the address holds a date."""

    @property
    def slug(self) -> bool:
        """Whether the address ends like a story's, not like a section's."""
        return bool(self.kinds) and self.kinds[-1][0] in "SNihDq"


@lru_cache(maxsize=16_384)
def shape_of(path: str, query: str) -> Shape:
    """Return the shape of an address."""
    segments = tuple(s for s in (unquote(path) if "%" in path else path).split("/") if s)
    if len(segments) > MAX_SHAPED_PARTS:
        segments = segments[: MAX_SHAPED_PARTS // 2] + segments[-MAX_SHAPED_PARTS // 2 :]
    kinds = [kind_of_part(s) for s in segments]
    numbers = _LONG_NUMBER.findall(path)
    if query:
        asked = _ASKED_NUMBER.findall(query) or _ID_IN_QUERY.findall(query)
        if asked or _CODE_IN_QUERY.search(query):
            kinds.append("q")
            numbers += asked
    date = _URL_DATE.search(path)
    day = int(date[1]) * 365 + int(date[2]) * 30.4 + int(date[3] or 15) if date else None
    return Shape(tuple(kinds), segments, int(numbers[-1]) if numbers else None, day)


def form_of(url: str) -> str:
    """Return host and form of an address, as `www.example.com/news/N.?id&page`: whatever changes is a letter.

    A folder of letters is a letter, too, where another part names the story, since it may be a token.
    """
    pieces = urlsplit(url)
    parts = [part for part in pieces.path.split("/") if part]
    kinds = "/".join(map(kind_of_part, parts))
    names = "&".join(sorted({piece.partition("=")[0] for piece in pieces.query.split("&") if piece}))
    return f"{pieces.netloc}/{kinds}?{names}"


def shape_behind(path: str, query: str) -> Shape:
    """Return the shape of an address, or of the one that it carries when it is a redirect."""
    if "http" in path or "http" in query:
        inner = _CARRIED.search(unquote(f"{path}?{query}"))
        if inner:
            return shape_of(inner[1], "")
    return shape_of(path, query)


def kind_of_part(part: str) -> str:
    """Return the letter of one part of an address (see `Shape.kinds`), with a dot behind it for a file's ending."""
    suffix = _SUFFIX.search(part)
    mark = ""
    if suffix:
        part, mark = part[: suffix.start()], "."
    if _DATE_SEGMENT.fullmatch(part):
        return "D" + mark
    if part.isdigit():
        return ("d" if len(part) <= 2 else "N") + mark
    hyphens = part.count("-") + part.count("_")
    long_number = _LONG_NUMBER.search(part) is not None
    if hyphens >= 3:
        return ("Sn" if long_number else "S") + mark
    if long_number and not _MIXED_CODE.fullmatch(part):
        return "i" + mark
    if _HASH_SEGMENT.fullmatch(part):
        return "h" + mark
    if not part.isascii() and len(part) >= 8:
        return "S" + mark
    return "w" + mark


def likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return how alike the kinds of two addresses are, 0 to 1."""
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    same = set(one)
    shared = same & set(other)
    return 0.5 * (one[-1] == other[-1]) + 0.2 * (len(one) == len(other)) + 0.3 * len(shared) / len(same | set(other))


def story_number(path: str, query: str) -> str:
    """Return the number or code by which a site knows the story of an address, or an empty string.

    It is long, stands alone and is not a date: anything else may stand in other stories' addresses, too.
    """
    segments = [s for s in path.split("/") if s]
    for segment in segments[:-3:-1]:
        stem = segment.partition(".")[0]
        if _PREFIXED_NUMBER.fullmatch(stem) or _CODE_SEGMENT.fullmatch(stem):
            return "" if _DATE_SEGMENT.fullmatch(stem) else stem
        numbers = [n for n in _STORY_NUMBER.findall(stem) if not _DATE_SEGMENT.fullmatch(n)]
        if numbers:
            return str(numbers[0]) if len(numbers) == 1 else stem
        if len(stem) > 2 and stem not in PLACE_ENDS and stem != "amp":
            break  # the segment names the story: a number before it may be its section's
    if query and len(segments) <= 2:
        asked = [v for _, v in parse_qsl(query) if re.fullmatch(r"\d{6,}", v) and not _DATE_SEGMENT.fullmatch(v)]
        return asked[0] if len(asked) == 1 else ""
    return ""
