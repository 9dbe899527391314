"""Addresses that are no story's: section fronts, tags, people, forms, files, and services elsewhere. Pure.

Entry points: `is_place`, `leads_to_file`, `names_thing`, `is_service`. The words are data (`data/url_words.toml`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from kolcrawl.text.tables import any_of, read_table
from kolcrawl.urls.hosts import registered_name
from kolcrawl.urls.rules import STORY_ID_NAME

_WORDS = read_table("url_words.toml")
_PLACES = frozenset(_WORDS["places"].split())
PLACE_ENDS = frozenset(_WORDS["place_ends"].split())
"""Words that make an address a place when they stand last in its path."""
_SEARCH_PARAMETERS = frozenset(_WORDS["search_parameters"].split())
_THINGS = frozenset(_WORDS["things"].split())
_SERVICES = frozenset(_WORDS["services"].split())
_FILE = re.compile(rf"\.(?:{any_of(_WORDS['file_ends'].split())})(?:[?#!]|$)", re.IGNORECASE)
_ACTION = re.compile(r"(?:^|&)(?:share|replytocom|print|redirect_to)=", re.IGNORECASE)
_COUNTED = frozenset(_WORDS["counted"].split())
_STORY_END = re.compile(r"\d{5,}[^/]*$")


def is_place(path: str, query: str) -> bool:
    """Tell whether an address leads to a section front, tag, person, form or file rather than a story.

    Args:
        path: of the address.
        query: of the address as it is written, with the parameters that only say where a reader came from.
    """
    if (len(path) < 2 and not query) or (query and (_ACTION.search(query) or _asks_search(query))):
        return True
    parts = path.lower().split("/")
    last = parts.pop() or (parts.pop() if parts else "")
    if "." in last and leads_to_file(last):
        return True
    stem = last.partition(".")[0]
    if stem in _PLACES:
        return True
    if stem in PLACE_ENDS or (parts and parts[-1] in _COUNTED and stem.isdigit() and len(stem) <= 3):
        return not query
    if _PLACES.isdisjoint(parts):
        return False
    return not (len(parts) > 2 and _STORY_END.search(last))


def leads_to_file(address: str) -> bool:
    """Tell whether an address, with or without a query, ends as those of files do that are no pages."""
    return _FILE.search(address) is not None


def _asks_search(query: str) -> bool:
    """Tell whether a query looks for words, and names no page by a number."""
    pieces = [piece.partition("=")[::2] for piece in query.split("&")]
    asks = any(name.lower() in _SEARCH_PARAMETERS and not (value.isdigit() or value == "") for name, value in pieces)
    return asks and not any(STORY_ID_NAME.fullmatch(name) and value.isdigit() for name, value in pieces)


def names_thing(path: str) -> bool:
    """Tell whether a folder in a path names things: products, companies, jobs."""
    return not _THINGS.isdisjoint(path.lower().split("/")[:-1])


@lru_cache(maxsize=4096)
def is_service(authority: str) -> bool:
    """Tell whether a host is a share target, shop, app store, encyclopedia or registry."""
    return registered_name(authority) in _SERVICES
