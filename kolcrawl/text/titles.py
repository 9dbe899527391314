"""Take the name of the site off headlines. Pure functions on strings; the words are in `data/sites.toml`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from kolcrawl.text.normalize import letters
from kolcrawl.text.scripts import HAN_STROKE
from kolcrawl.text.tables import any_of, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_TAIL = 12  # characters of the name of a site or section behind an underscore
# Between headline and site: a spaced dash, a bar, an underscore, a colon before an East Asian name...
_SEPARATOR = re.compile(
    rf"\s+[-–—―‐|·•:»«/>~]+\s+|\s*[|｜_{HAN_STROKE}│]+\s*|\s*(?:--+|——+|―+)\s*|(?<=[^\x00-\x7f])\s*[-：:–—]\s*(?=[^\x00-\x7f\s])|\s*[-–]\s*(?=[^\x00-\x7f\s]{{2,12}}$)|\s{{2,}}"
)


@cache
def _channels() -> frozenset[str]:
    """Read the letters of the names that sections of sites have."""
    return frozenset(letters(word) for words in read_table("sites.toml")["channels"].values() for word in words)


@cache
def _site_form() -> re.Pattern[str]:
    """Compile the forms that names of sites have."""
    return re.compile(
        f"^[^，。！？；：、“”《》]{{0,12}}(?:{any_of(read_table('sites.toml')['site_endings'])})$", re.IGNORECASE
    )


@cache
def _not_in_acronyms() -> frozenset[str]:
    return frozenset(read_table("sites.toml")["not_in_acronyms"])


def is_site_name(segment: str, names: Iterable[str], host: Sequence[str] = ()) -> bool:
    """Tell whether a piece of a title names the site: its own name, or by its form a medium's (…网, …日报)."""
    return is_own_name(segment, names, host) or bool(_site_form().match(segment.strip()))


def is_own_name(segment: str, names: Iterable[str], host: Sequence[str] = ()) -> bool:
    """Tell whether a string is the name of the site.

    Args:
        segment: the piece.
        names: what the page calls its site (`og:site_name`, publisher).
        host: what the site is called after its host (`kolcrawl.urls.hosts.host_names`): its label, the whole host.
    """
    piece = letters(segment)
    if not piece or any(_names_alike(piece, letters(name)) for name in names):
        return True
    label = letters(host[0]) if host else ""
    return _is_label(piece, label) or _is_acronym(segment, label)


def _names_alike(piece: str, name: str) -> bool:
    """Tell whether one name holds the other without much beside it."""
    if not name:
        return False
    shorter = len(piece) >= 3 and piece in name
    longer = len(name) >= 3 and name in piece and len(piece) <= 2.5 * len(name) + 4
    return piece == name or shorter or longer


def _is_label(piece: str, label: str) -> bool:
    """Tell whether a name is the host's, a little longer or shorter: `sina` of `news.sina.com.cn`."""
    if len(label) < 2:
        return False
    longer = label in piece and len(piece) <= 2.5 * len(label) + 6
    return piece == label or longer or (len(piece) >= 4 and piece in label)


def _is_acronym(segment: str, label: str) -> bool:
    """Tell whether the first letters of a name's words are the host's name: The New York Times and `nyt`."""
    words = re.findall(r"\w+", segment.casefold())
    if len(words) < 2 or len(label) < 3:
        return False
    short = (word[0] for word in words if word not in _not_in_acronyms())
    return label in ("".join(word[0] for word in words), "".join(short))


def drop_site_name(title: str, names: Iterable[str] = (), host: Sequence[str] = ()) -> str:
    """Take the name of the site and of its sections off a headline, before or behind it.

    `某某发布新机_财经_腾讯网` becomes `某某发布新机`, `A storm hits - BBC News` becomes `A storm hits`. Pieces are
    taken away only while what is left still is the longer part, so a headline with a dash of its own stays whole.
    """
    names = [name for name in names if name and letters(name) != letters(title)]
    pieces = pieces_of(title)
    count = len(pieces)
    if count > 1:
        pieces = _without_site_before(_without_site_behind(pieces, title, names, host), title, names, host)
    if len(pieces) == count:
        return title
    return "".join(separator + text for separator, text in pieces).strip() or title


Pieces = list[tuple[str, str]]
"""A title in pieces: the separator before each (empty for the first) and its text."""


def _without_site_behind(pieces: Pieces, title: str, names: list[str], host: Sequence[str]) -> Pieces:
    """Drop the site's name and its sections from the end; a section's name that is found is added to `names`."""
    whole = len(letters(title))
    named = False
    while len(pieces) > 1:
        last = pieces[-1][1]
        rest = sum(len(letters(text)) for _, text in pieces[:-1])
        if not rest or rest * 5 < whole:
            break
        if is_site_name(last, names, host):
            named = True
            names.append(last.strip())  # 凤凰网资讯_凤凰网: the section repeats the name
        elif not _is_section(last, named=named, rest=rest) and not _is_tail(pieces[-1], rest):
            break
        pieces = pieces[:-1]
    return pieces


def _is_tail(piece: tuple[str, str], rest: int) -> bool:
    """Tell whether a piece stands behind an underscore, which Chinese headlines do not have and their sites set."""
    separator, text = piece
    own = len(letters(text))
    return separator.strip() == "_" and not text.isascii() and own <= LONGEST_TAIL and own < rest


def _is_section(piece: str, *, named: bool, rest: int) -> bool:
    """Tell whether a piece is a section: by its name, or as a short one before the site's name (`named`)."""
    return letters(piece) in _channels() or (named and len(letters(piece)) <= 4 and rest >= 10 and not piece.isascii())


def _without_site_before(pieces: Pieces, title: str, names: list[str], host: Sequence[str]) -> Pieces:
    """Drop the site's name from the beginning."""
    whole = len(letters(title))
    while len(pieces) > 1:
        rest = sum(len(letters(text)) for _, text in pieces[1:])
        if rest * 2 < whole or not _named_exactly(pieces[0][1], names, host):
            break
        pieces = [("", pieces[1][1]), *pieces[2:]]
    return pieces


def _named_exactly(segment: str, names: Iterable[str], host: Sequence[str]) -> bool:
    piece = letters(segment)
    return bool(piece) and any(piece == letters(name) for name in (*host, *names))


def pieces_of(title: str) -> Pieces:
    """Split a title: pairs of the separator before a piece (empty for the first) and the piece."""
    out, end, separator = [], 0, ""
    for match in _SEPARATOR.finditer(title):
        if match.start() == 0:
            continue
        out.append((separator, title[end : match.start()]))
        separator, end = match.group(), match.end()
    out.append((separator, title[end:]))
    return [pair for pair in out if pair[1].strip()] or [("", title)]
