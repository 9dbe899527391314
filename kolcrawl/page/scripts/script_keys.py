"""Tell what a value in a page's script data is by the name under which it stands; the names are data."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal

from kolcrawl.text.tables import read_table

KeyRole = Literal[
    "outside", "stories", "headline", "text", "published", "modified", "author", "account", "origin", "name", "address"
]

LONGEST_KEY = 60  # characters
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_APART = re.compile(r"[^a-z0-9]+")
_BY_PART: tuple[KeyRole, ...] = ("outside", "stories")
_ROLES: tuple[KeyRole, ...] = (
    "modified",
    "published",
    "author",
    "headline",
    "text",
    "account",
    "origin",
    "address",
    "name",
)


@lru_cache(maxsize=20_000)  # a site's pages use the same names
def words_of(key: str) -> tuple[str, ...]:
    """Take a name apart: `publishTime_ms` is `publish`, `time`, `ms`."""
    return tuple(filter(None, _APART.split(_CAMEL.sub(" ", key[:LONGEST_KEY]).lower())))


@lru_cache(maxsize=20_000)
def key_roles(key: str) -> dict[KeyRole, int]:
    """Tell what stands under a name: each role with its rank, 0 for the name that speaks for it most."""
    words = words_of(key)
    present = set(words)
    joined = "".join(words)
    roles: dict[KeyRole, int] = {}
    for role in (*_BY_PART, *_ROLES):
        entries, never = _entries()[role]
        if not never.isdisjoint(present):
            continue
        for rank, (entry, length) in enumerate(entries):
            if entry <= present or (length == len(joined) and joined == "".join(sorted(entry, key=joined.find))):
                roles[role] = rank
                break
    return roles


@lru_cache(maxsize=20_000)
def date_trust(key: str) -> int:
    """Tell how much a name says that its time is that of publication: 0 for most."""
    trusted = read_trusted()
    return min((trusted.get(word, len(trusted)) for word in words_of(key)), default=len(trusted))


@cache
def read_trusted() -> dict[str, int]:
    """Read the words that speak for publication, each with its rank."""
    return {word: rank for rank, word in enumerate(_table()["published"]["trust"])}


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return read_table("script_keys.toml")


@cache
def _entries() -> dict[KeyRole, tuple[list[tuple[frozenset[str], int]], frozenset[str]]]:
    """Read for each role its names, as sets of words with their length in all, and the words that none of them has."""
    return {
        role: (
            [(frozenset(entry.split()), len("".join({*entry.split()}))) for entry in _table()[role]["words"]],
            frozenset(_table()[role].get("never", ())),
        )
        for role in (*_BY_PART, *_ROLES)
    }


@cache
def piece_words(name: str) -> frozenset[str]:
    """Read a list of the names of pieces of text: `keys`, `inline`, `outside`, `leaves` or `children`."""
    return frozenset(_table()["kinds"][name])
