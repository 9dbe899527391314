"""Tell the edition of a site that an address belongs to: its language, where the address names one. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from kolcrawl.text.tables import read_table
from kolcrawl.urls.identity import split_identity

_TABLE = read_table("languages.toml")
_CODES: dict[str, str] = {code: code for code in _TABLE["address"]["codes"]} | _TABLE["address"]["written"]
_CODE = re.compile(r"([a-z]{2,4})(?:[-_][a-z]{2,4})?", re.IGNORECASE)
_PARAMETERS = ("lang=", "language=", "hl=", "locale=")
MAX_FOLDERS = 2
"""Folders in which a language is looked for: deeper ones are of other things."""


def are_of_two_languages(one: str, other: str) -> bool:
    """Tell whether two identity forms name languages, and different ones: two editions have two stories."""
    ours, theirs = _language(one), _language(other)
    return bool(ours and theirs) and ours != theirs


@lru_cache(maxsize=4_096)
def _language(form: str) -> str | None:
    """Find the language that an identity form names; None where it names none."""
    host, path, query = split_identity(form)
    labels = host.split(".")
    named = [labels[0]] if len(labels) > 2 else []
    named += path.split("/")[1 : MAX_FOLDERS + 1]
    named += [piece.partition("=")[2] for piece in query.split("&") if piece.startswith(_PARAMETERS)]
    for name in named:
        if (found := _CODE.fullmatch(name)) and (language := _CODES.get(found[1].lower())):
            return language
    return None
