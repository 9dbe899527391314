"""Find lists of other stories in a page's script data, and in its link elements: for pages that show none themselves.

Entry point: `find_lists(document) -> list[ScriptList]`. A list is an array of objects that each have an address and
a headline; its name, the key under which it stands, says of which kind it is.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from kolcrawl.page.lexicon import CUE, class_cues
from kolcrawl.page.scripts.script_keys import key_roles
from kolcrawl.page.scripts.script_values import read_values
from kolcrawl.text.normalize import clean_line
from kolcrawl.text.scripts import headline_width
from kolcrawl.urls.places import leads_to_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.items import LinkKind
    from kolcrawl.page.document import Document

MAX_LIST_OBJECTS = 60_000  # objects and arrays that are looked at
MAX_LIST_DEPTH = 60  # levels of the data
MAX_LISTS = 20
MAX_ENTRIES = 60  # of one list
MIN_ENTRIES = 2
MIN_LISTED_HEADLINE, MAX_LISTED_HEADLINE = 8, 300  # width and characters of a headline
LEVELS_IN_ENTRY = 2  # objects within each other in an entry that are asked for address and headline
_PARTS_OF_NAMES = ("elat", "ecommend", "imilar", "iangguan", "uijian", "uggest", "xgxw", "xgyd")
"""Of the names of such lists, whatever their case."""
MAX_NAMES_TRIED = 60  # of one script that are looked at for each part
_NAMES_VALUE = re.compile(r"""\w{0,24}\\?["']?\s{0,4}[:=]\s{0,4}[\[{]""")
_ADDRESS = re.compile(r"(?:https?:)?//\S+|/[^/\s]\S*")
_KINDS: tuple[tuple[str, LinkKind], ...] = (("related", "related"), ("recommended", "recommended"))


class ScriptList(NamedTuple):
    """A list of other stories."""

    kind: LinkKind
    entries: list[tuple[str, str]]
    """Address as written, and headline."""


def find_lists(document: Document) -> list[ScriptList]:
    """Find the lists of a page that call themselves related or recommended."""
    values = read_values(document.scripts, document.script_readings, _names_list, attributes=document.data_attributes)
    return [*islice(_in_values(values), MAX_LISTS), *_in_links(document.gathered["link"])]


def _names_list(text: str) -> bool:
    """Tell whether a script or attribute holds an array or object by the name of such a list."""
    if text.startswith("[{"):  # an attribute, the name of which stands outside of it
        return True
    for part in _PARTS_OF_NAMES:  # far faster than one expression for all
        at = -1
        for _ in range(MAX_NAMES_TRIED):
            at = text.find(part, at + 1)
            if at < 0:
                break
            if _NAMES_VALUE.match(text, at):
                return True
    return False


def _in_values(values: list[Any]) -> Iterator[ScriptList]:
    seen: set[int] = set()
    todo: list[tuple[Any, str, int]] = [(value, "", 0) for value in reversed(values)]
    while todo and len(seen) < MAX_LIST_OBJECTS:
        value, name, depth = todo.pop()
        if id(value) in seen or depth > MAX_LIST_DEPTH:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            for key, inner in reversed(value.items()):
                roles = key_roles(key)
                if isinstance(inner, dict | list) and "outside" not in roles:
                    todo.append((inner, key if "stories" in roles or _kind_of(key) else name, depth + 1))
        elif (kind := _kind_of(name)) and len(entries := _entries(value)) >= MIN_ENTRIES:
            yield ScriptList(kind, entries)
        else:
            todo += ((inner, name, depth + 1) for inner in reversed(value) if isinstance(inner, dict | list))


def _kind_of(name: str) -> LinkKind | None:
    cues = class_cues(name) if name else 0
    return next((kind for cue, kind in _KINDS if cues & CUE[cue]), None)


def _entries(value: list[Any]) -> list[tuple[str, str]]:
    """Read an array of stories; an empty list where most of its objects are none."""
    found = [entry for item in value[:MAX_ENTRIES] if isinstance(item, dict) and (entry := _entry(item, 0))]
    return found if 2 * len(found) > len(value[:MAX_ENTRIES]) else []


def _entry(item: dict[str, Any], depth: int) -> tuple[str, str] | None:
    """Read address and headline of one story: by name, else what looks like one."""
    addresses: list[tuple[int, str]] = []
    headlines: list[tuple[int, int, str]] = []
    for key, value in item.items():
        if not isinstance(value, str):
            continue
        roles = key_roles(key)
        if _ADDRESS.fullmatch(value):
            if not leads_to_file(value):
                addresses.append((roles.get("address", 90 if len(key) < 3 else 99), value))
        elif headline_width(value) >= MIN_LISTED_HEADLINE and len(value) <= MAX_LISTED_HEADLINE and "<" not in value:
            headlines.append((roles.get("headline", 90 if len(key) < 3 else 99), -len(value), value))
    if addresses and headlines:
        return min(addresses)[1], clean_line(min(headlines)[2])
    inner = (value for value in item.values() if isinstance(value, dict)) if depth < LEVELS_IN_ENTRY else ()
    return next((entry for value in inner if (entry := _entry(value, depth + 1))), None)


def _in_links(links: list[HtmlElement]) -> Iterator[ScriptList]:
    """Read the link elements that name related stories."""
    found = [
        (link.get("href") or "", clean_line(link.get("title") or ""))
        for link in links
        if (link.get("rel") or "").strip().lower() == "related" and link.get("href") and link.get("title")
    ]
    if found:
        yield ScriptList("related", found[:MAX_ENTRIES])
