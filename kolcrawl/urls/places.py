"""Addresses that are no story's: section fronts, tags, people, forms, files, and services elsewhere. Pure.

Entry points: `is_place`, `is_service`. The words are data (`data/url_words.toml`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from kolcrawl.text.tables import read_table
from kolcrawl.urls.hosts import registered_name

_WORDS = read_table("url_words.toml")
_PLACES = frozenset(_WORDS["places"].split())
PLACE_ENDS = frozenset(_WORDS["place_ends"].split())
"""Words that make an address a place when they stand last in its path."""
_SERVICES = frozenset(_WORDS["services"].split())
_FILE = re.compile(
    r"\.(jpe?g|png|gif|webp|svg|pdf|zip|rar|apk|ipa|exe|dmg|mp[34]|m3u8|avi|docx?|xlsx?|pptx?|xml|rss|ics|css|js)$",
    re.IGNORECASE,
)
_ACTION = re.compile(r"(?:^|&)(?:share|replytocom|print|redirect_to)=", re.IGNORECASE)
_COUNTED = frozenset(("page", "img", "image", "photo", "photos", "picture", "pic"))  # /photo/3 is the third picture
_STORY_END = re.compile(r"\d{5,}[^/]*$")


def is_place(path: str, query: str) -> bool:
    """Whether an address leads to a section front, tag, person, form or file rather than a story.

    Args:
        path: of the address.
        query: of the address as it is written, with the parameters that only say where a reader came from.
    """
    if (len(path) < 2 and not query) or (query and _ACTION.search(query)):
        return True
    parts = path.lower().split("/")
    last = parts.pop() or (parts.pop() if parts else "")
    if "." in last and _FILE.search(last):
        return True
    stem = last.partition(".")[0]
    if stem in _PLACES:
        return True
    if stem in PLACE_ENDS or (parts and parts[-1] in _COUNTED and stem.isdigit() and len(stem) <= 3):
        return not query
    if _PLACES.isdisjoint(parts):
        return False
    return not (len(parts) > 2 and _STORY_END.search(last))


@lru_cache(maxsize=4096)
def is_service(authority: str) -> bool:
    """Whether a host is a share target, shop, app store, encyclopedia or registry."""
    return registered_name(authority) in _SERVICES
