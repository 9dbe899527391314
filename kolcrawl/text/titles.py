"""Headlines without the name of their site. Pure functions on strings; the words are in `data/sites.toml`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from kolcrawl.text.normalize import letters
from kolcrawl.text.scripts import HAN_STROKE
from kolcrawl.text.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

# Between headline and site: a spaced dash, a bar, an underscore, a colon before an East Asian name...
_SEPARATOR = re.compile(
    rf"\s+[-–—―‐|·•:»«/>~]+\s+|\s*[|｜_{HAN_STROKE}│]+\s*|\s*(?:--+|——+|―+)\s*|(?<=[^\x00-\x7f])\s*[-：:–—]\s*(?=[^\x00-\x7f\s])|\s*[-–]\s*(?=[^\x00-\x7f\s]{{2,12}}$)|\s{{2,}}"
)
_SECOND_LEVEL = frozenset(["com", "co", "net", "org", "gov", "edu", "ac", "or", "ne", "go"])


@cache
def _words() -> tuple[frozenset[str], re.Pattern[str]]:
    table = read_table("sites.toml")
    channels = frozenset(letters(word) for group in table["channels"].values() for word in group)
    endings = "|".join(re.escape(word) for word in table["site_endings"])
    return channels, re.compile(f"^[^，。！？；：、“”《》]{{0,12}}(?:{endings})$", re.IGNORECASE)


def host_labels(host: str) -> list[str]:
    """Names that a host carries: `news.sina.com.cn` gives `sina` and `news`, the registrable one first."""
    labels = [label for label in host.lower().split(":")[0].split(".") if label not in ("www", "m", "amp", "")]
    labels = labels[:-1] if len(labels) > 1 else labels
    if len(labels) > 1 and labels[-1] in _SECOND_LEVEL:
        labels = labels[:-1]
    return [letters(label) for label in reversed(labels)]


def is_site_name(segment: str, names: Iterable[str], host: str = "") -> bool:
    """Whether a piece of a title names the site rather than the story: `is_own_name`, or by its form (…网, …日报)."""
    return is_own_name(segment, names, host) or bool(_words()[1].match(segment.strip()))


def is_own_name(segment: str, names: Iterable[str], host: str = "") -> bool:
    """Whether a string is the name of the site.

    Args:
        segment: the piece.
        names: what the page calls its site (`og:site_name`, publisher).
        host: of the page's URL.
    """
    said = letters(segment)
    if not said:
        return True
    for name in names:
        known = letters(name)
        if known and (
            said == known
            or (len(said) >= 3 and said in known)
            or (len(known) >= 3 and known in said and len(said) <= 2.5 * len(known) + 4)
        ):
            return True
    for label in host_labels(host)[:1]:
        if len(label) >= 2 and (
            said == label or (label in said and len(said) <= 2.5 * len(label) + 6) or (len(said) >= 4 and said in label)
        ):
            return True
        words = re.findall(r"\w+", segment.casefold())
        if (
            len(words) > 1
            and len(label) >= 3
            and label in ("".join(word[0] for word in words), "".join(word[0] for word in words if word != "the"))
        ):
            return True
    return False


def drop_site_name(title: str, names: Iterable[str] = (), host: str = "") -> str:
    """The headline without the site's name and the names of its sections, before or behind it.

    `某某发布新机_财经_腾讯网` becomes `某某发布新机`, `A storm hits - BBC News` becomes `A storm hits`. Pieces are
    taken away only while what is left still is the longer part, so a headline with a dash of its own stays whole.
    """
    names = [name for name in names if name and letters(name) != letters(title)]
    pieces = pieces_of(title)
    if len(pieces) == 1:
        return title
    channels = _words()[0]
    whole, count = len(letters(title)), len(pieces)
    named = False
    while len(pieces) > 1:
        last = pieces[-1][1]
        rest = sum(len(letters(text)) for _, text in pieces[:-1])
        if not rest or rest * 5 < whole:
            break
        if is_site_name(last, names, host):
            named = True
            names.append(last.strip())  # 凤凰网资讯_凤凰网: the section repeats the name
        elif letters(last) not in channels and not (
            named and len(letters(last)) <= 4 and rest >= 10 and not last.isascii()
        ):
            break
        pieces.pop()
    while len(pieces) > 1:
        first = pieces[0][1]
        rest = sum(len(letters(text)) for _, text in pieces[1:])
        if rest * 2 < whole or not (_named_exactly(first, names, host)):
            break
        pieces.pop(0)
        pieces[0] = ("", pieces[0][1])
    if len(pieces) == count:
        return title
    kept = "".join(separator + text for separator, text in pieces).strip()
    return kept or title


def _named_exactly(segment: str, names: Iterable[str], host: str) -> bool:
    said = letters(segment)
    own = [*host_labels(host)[:1], letters(host.removeprefix("www."))]
    return any(said == letters(name) for name in names) or (bool(said) and said in own)


def pieces_of(title: str) -> list[tuple[str, str]]:
    """A title in pieces: pairs of the separator before a piece (empty for the first) and the piece."""
    out, end, separator = [], 0, ""
    for match in _SEPARATOR.finditer(title):
        if match.start() == 0:
            continue
        out.append((separator, title[end : match.start()]))
        separator, end = match.group(), match.end()
    out.append((separator, title[end:]))
    return [pair for pair in out if pair[1].strip()] or [("", title)]
