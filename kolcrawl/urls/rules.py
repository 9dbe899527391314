"""Apply what is known of parameters and sites (`data/urls.toml`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from kolcrawl.text.tables import read_table

DATA: dict[str, Any] = read_table("urls.toml")
"""All that the file says."""

_TRACKING = frozenset(name for name in DATA["tracking"] if not name.endswith("*"))
_TRACKING_STARTS = tuple(name[:-1] for name in DATA["tracking"] if name.endswith("*"))
_TRACKING_VALUE = {name: re.compile(entry[0]) for name, entry in DATA["tracking_value"].items()}
_TRACKING_BESIDE_ID = frozenset(DATA["tracking_beside_id"])
VARIANT_HOST = frozenset(DATA["variant_host"])
VARIANT_QUERY = {name: re.compile(entry[0]) for name, entry in DATA["variant_query"].items()}
VARIANT_SUFFIX: dict[str, str] = {
    end: DATA["variant_suffix"][end][0] for end in sorted(DATA["variant_suffix"], key=len, reverse=True)
}
_VARIANT_SEGMENTS = "|".join(map(re.escape, sorted(DATA["variant_segment"], key=len, reverse=True)))
VARIANT_SEGMENT = re.compile(f"/(?:{_VARIANT_SEGMENTS})(?=/|$)", re.IGNORECASE)

# Five digits or more that are not just a day (20240101).
STRONG_ID = re.compile(r"(?<!\d)(?!(?:19|20)\d\d[01]\d[0-3]\d(?!\d))\d{5,}")
_DIGIT = re.compile(r"\d")
_HYPHEN = re.compile("[-_]")
# Names of parameters that hold the id of the story which is asked for; `sourceEntityId` holds that of another page.
STORY_ID_NAME = re.compile(r"(?:(?:article|art|news|story|post|entry|doc|content|[an])_?)?(?:id|no|idx)", re.IGNORECASE)
SCRIPT = re.compile(r"\.(?:php|aspx?|jspx?|do|action|cgi)$", re.IGNORECASE)
"""The ending of a script, which shows another story with each query."""


class Rule(NamedTuple):
    """How a site rewrites its own addresses; see `[[site]]` in the data file."""

    pattern: re.Pattern[str]
    url: str
    identity: str
    decode: bool


class Site(NamedTuple):
    """What is known of a host's site."""

    tracking: frozenset[str]
    rules: tuple[Rule, ...]


_TRACKING_OF_DOMAIN = {domain: names[1:] for domain, names in DATA["tracking_site"].items()}
_RULES = [
    Rule(re.compile(rule["pattern"]), rule.get("url", ""), rule.get("identity", ""), rule.get("decode", False))
    for rule in DATA["site"]
]
"""In the order in which they are tried."""
_RULES_OF_DOMAIN: dict[str, list[int]] = {}
"""Places in `_RULES`."""
for _place, _entry in enumerate(DATA["site"]):
    for _domain in _entry["domains"]:
        _RULES_OF_DOMAIN.setdefault(_domain, []).append(_place)


@lru_cache(maxsize=4096)
def site_rules(host: str) -> Site:
    """Return what is known of the site that a host belongs to, whichever of its domains the data file names."""
    labels = host.split(".")
    domains = [".".join(labels[i:]) for i in range(len(labels))]
    tracking = [_TRACKING_OF_DOMAIN[domain] for domain in domains if domain in _TRACKING_OF_DOMAIN]
    places = sorted({place for domain in domains for place in _RULES_OF_DOMAIN.get(domain, ())})
    return Site(frozenset().union(*tracking), tuple(_RULES[place] for place in places))


def names_story(path: str) -> bool:
    """Tell whether a path alone names one story: by an id of five digits or more, or by four words or more."""
    if STRONG_ID.search(path):
        return True
    name = path.rstrip("/").rpartition("/")[2]
    if SCRIPT.search(name):
        return False
    words = [word for word in _HYPHEN.split(name.partition(".")[0]) if len(word) > 1 and word.isalpha()]
    return len(words) >= 4


def without_tracking(query: str, path: str, of_site: frozenset[str]) -> str:
    """Return a query without what only tells where a reader came from.

    Args:
        query: of a URL.
        path: of the same URL.
        of_site: parameters that mean nothing on its site.
    """
    kept = []
    for piece in query.split("&"):
        while piece.startswith("amp;"):  # escaped twice in the page's source
            piece = piece[4:]
        if not piece:
            continue
        name, _, value = piece.partition("=")
        name = name.lower()
        if name in _TRACKING or name in of_site or name.startswith(_TRACKING_STARTS):
            continue
        if name in _TRACKING_VALUE and _TRACKING_VALUE[name].fullmatch(value.lower()):
            continue
        if name in _TRACKING_BESIDE_ID and not _DIGIT.search(value) and names_story(path):
            continue
        kept.append(piece)
    return "&".join(kept)
