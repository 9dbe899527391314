"""Tell what a value in a page's script data is by the name under which it stands; the names are data."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from kolcrawl.text.tables import read_table

KeyRole = Literal[
    "outside", "stories", "headline", "text", "published", "modified", "author", "account", "origin", "name", "address"
]

LONGEST_KEY = 60  # characters
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_APART = re.compile(r"[^a-z0-9]+")
_ROLES: tuple[KeyRole, ...] = (
    "outside", "stories", "modified", "published", "author", "headline", "text", "account", "origin", "address", "name",
)  # fmt: skip


@lru_cache(maxsize=20_000)  # a site's pages use the same names
def words_of(key: str) -> tuple[str, ...]:
    """Take a name apart: `publishTime_ms` is `publish`, `time`, `ms`."""
    return tuple(filter(None, _APART.split(_CAMEL.sub(" ", key[:LONGEST_KEY]).lower())))


@lru_cache(maxsize=20_000)
def key_roles(key: str) -> dict[KeyRole, int]:
    """Tell what stands under a name: each role with its rank, 0 for the name that speaks for it most."""
    words = words_of(key)
    roles: dict[KeyRole, int] = {}
    for role, entries in _entries().items():
        if entries.never.isdisjoint(words):
            ranks = [entries.single[word] for word in (*words, "".join(words)) if word in entries.single]
            ranks += [rank for several, rank in entries.several if several.issubset(words)]
            if ranks:
                roles[role] = min(ranks)
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


class _Entries(NamedTuple):
    """The names of one role, each with its rank."""

    single: dict[str, int]
    """Those of one word, and those of several written as one."""
    several: list[tuple[frozenset[str], int]]
    never: frozenset[str]
    """Words that no name of the role has."""


@cache
def _entries() -> dict[KeyRole, _Entries]:
    """Read the names of all roles."""
    found: dict[KeyRole, _Entries] = {}
    for role in _ROLES:
        names = _table()[role]["words"]
        ranked = [(name.split(), rank) for rank, name in enumerate(names)]
        found[role] = _Entries(
            {"".join(words): rank for words, rank in reversed(ranked)},
            [(frozenset(words), rank) for words, rank in ranked if len(words) > 1],
            frozenset(_table()[role].get("never", ())),
        )
    return found


@cache
def piece_words(name: str) -> frozenset[str]:
    """Read a list of the names of pieces of text: `keys`, `inline`, `outside`, `leaves` or `children`."""
    return frozenset(_table()["kinds"][name])
