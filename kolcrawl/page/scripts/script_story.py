"""Find the page's own story in its script data: by the shape of the data and the names in it, not by site.

Entry point: `find_story(values, titles, address) -> ScriptStory | None`. The objects in the data are walked; the one
that holds the most prose, and calls itself by a title or an id of the page, is the story; its facts stand in it, beside
it or around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple

from kolcrawl.page.scripts.script_keys import date_trust, key_roles
from kolcrawl.page.scripts.script_text import shown_weight, text_to_html
from kolcrawl.page.scripts.script_values import read_json
from kolcrawl.text.normalize import clean_line, letters

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_STORY_OBJECTS = 60_000  # objects and arrays that are looked at
MAX_STORY_DEPTH = 60  # levels of the data
MAX_WEIGHED_TEXTS = 40  # texts that are weighed
MAX_DATA_AUTHORS = 20  # of authors
MIN_NESTED = 200  # characters of a string that may be data itself
MIN_LENGTH = 60  # characters of a string that may be a story's text
MIN_TEXT = 150  # weight of a story's text, at least
UNNAMED_TEXT = 600  # the same for a text that nothing ties to the page
LEVELS_AROUND = 3  # objects around the text that are asked for facts
LONGEST_STORY_HEADLINE, LONGEST_AUTHOR, LONGEST_STORY_DATE = 300, 80, 60  # characters
MIN_ID = 5  # characters of an id that an address has in it
TIED_FACTOR = 6  # how many times a text counts that is tied to the page by a title or an id
_ID_NAMES = (
    "id",
    "aid",
    "cid",
    "mid",
    "nid",
    "gid",
    "docid",
    "contid",
    "articleid",
    "newsid",
    "groupid",
    "itemid",
    "uuid",
)
# As JavaScript's and Twitter's interfaces write them: Mon Mar 02 10:24:00 +0800 2026.
_YEAR_LAST = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d?) (\d\d:\d\d:\d\d) ([+-]\d{4}) (\d{4})")
_NO_NAME = re.compile(r"://|\d{3}|^[\W\d_]*$|^(?:null|none|true|false|undefined)$", re.IGNORECASE)
_QUOTED = re.compile(r'^"([^"]*)"$')
_SLUG = re.compile(r"[a-z\d]+(?:[_-][a-z\d]+){2,}", re.IGNORECASE)
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_DATE_KEYS = ("$date", "iso", "value", "timestamp", "utc", "date", "time")

Node = dict[str, Any]


@dataclass(slots=True)
class ScriptStory:
    """What script data say of the page's story, as written. Empty values mean that they do not say."""

    html: str = ""
    """Its text, as HTML."""
    weight: int = 0
    """Of the text, as `kolcrawl.text.scripts.prose_weight` counts."""
    own: bool = False
    """Whether it is the page's own: a title or an id of the page says so, or its text was taken for the page's."""
    headline: str | None = None
    published: list[str] = field(default_factory=list)
    """Dates of publication, the most trusted first; seconds or milliseconds of Unix time among them."""
    modified: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    account: str | None = None
    """The name of the account that published it."""
    origin: str | None = None


class _Place(NamedTuple):
    """A value in the data, with the objects around it, the innermost first."""

    value: Any
    rank: int
    around: tuple[Node, ...]


def find_story(values: list[Any], titles: set[str], address: str) -> ScriptStory | None:
    """Find the page's own story.

    Args:
        values: of `read_values`.
        titles: the page's own titles, as `kolcrawl.text.normalize.letters`.
        address: of the page.

    Returns: the story; None where the data hold none.
    """
    texts, heads = _collect(values, titles)
    best: tuple[float, _Place, int, bool] | None = None
    texts.sort(key=lambda place: -_size(place.value))
    for place in texts[:MAX_WEIGHED_TEXTS]:
        weight = shown_weight(place.value)
        tied = any(_is_own(node, titles, address) for node in place.around[:LEVELS_AROUND])
        if weight < (MIN_TEXT if tied else UNNAMED_TEXT):
            continue
        score = weight * (TIED_FACTOR if tied else 1) / (1 + place.rank / 10)
        if best is None or score > best[0]:
            best = score, place, weight, tied
    if best is not None:
        _, place, weight, tied = best
        story = ScriptStory(text_to_html(place.value), weight, tied)
        for node in place.around[:LEVELS_AROUND]:
            _add_facts(story, node, titles)
        if tied:
            return story
    own = next((node for node in heads if _is_own(node, titles, address)), None)
    if own is not None:
        described = ScriptStory(own=True)
        _add_facts(described, own, titles)
        if best is None or described.published:
            return described
    return story if best is not None else None


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str) else 400 * len(value)


def _collect(values: list[Any], titles: set[str]) -> tuple[list[_Place], list[Node]]:
    """List the values that may be a story's text, and the objects that bear a title of the page."""
    texts: list[_Place] = []
    heads: list[Node] = []
    seen: set[int] = set()
    todo: list[tuple[Any, tuple[Node, ...], int]] = [(value, (), 0) for value in reversed(values)]
    while todo and len(seen) < MAX_STORY_OBJECTS:
        value, around, depth = todo.pop()
        if id(value) in seen or depth > MAX_STORY_DEPTH:
            continue
        seen.add(id(value))
        if isinstance(value, list):
            todo += ((entry, around, depth + 1) for entry in reversed(value) if isinstance(entry, dict | list))
            continue
        inside = (value, *around[:LEVELS_AROUND])
        for key, inner in value.items():
            if isinstance(inner, str) and len(inner) > MIN_NESTED and inner[0] in "{[":
                inner = read_json(inner) or inner  # data within data, written once more
            is_long = isinstance(inner, str) and len(inner) >= MIN_LENGTH
            if not is_long and not isinstance(inner, dict | list):
                continue
            roles = key_roles(key)
            if "outside" in roles or "stories" in roles:
                continue
            if "text" in roles and (is_long or (isinstance(inner, list) and inner)):
                texts.append(_Place(inner, roles["text"], inside))
            if isinstance(inner, dict | list):
                todo.append((inner, inside, depth + 1))
        if titles and _bears_title(value, titles):
            heads.append(value)
    return texts, heads


def _bears_title(node: Node, titles: set[str]) -> bool:
    return any(
        isinstance(value, str)
        and 4 <= len(value) <= LONGEST_STORY_HEADLINE
        and "headline" in key_roles(key)
        and _is_title(_printed(value), titles)
        for key, value in node.items()
    )


def _printed(value: str) -> str:
    """Write a headline as it is printed: without entities, and without quotation marks that a template needs."""
    return clean_line(_QUOTED.sub(r"\1", unescape(value)))


def _is_title(text: str, titles: set[str]) -> bool:
    """Tell whether a text is one of the page's titles, or one of them without the site's name behind it."""
    own = letters(text)
    return len(own) >= 4 and any(
        title == own or (title.startswith(own) and 2 * len(own) > len(title)) for title in titles
    )


def _is_own(node: Node, titles: set[str], address: str) -> bool:
    """Tell whether an object calls itself by a title of the page, or by an id or address that is the page's."""
    if _bears_title(node, titles):
        return True
    for key, value in node.items():
        if isinstance(value, int | str) and not isinstance(value, bool) and key.lower().replace("_", "") in _ID_NAMES:
            written = str(value)[:100]
            if len(written) >= MIN_ID and re.search(rf"(?<![0-9A-Za-z]){re.escape(written)}(?![0-9A-Za-z])", address):
                return True
    return False


def _add_facts(story: ScriptStory, node: Node, titles: set[str]) -> None:
    """Add what an object and those directly in it say, where nothing nearer to the text said it."""
    published = [*_dated(node, "published")]
    modified = [*_dated(node, "modified")]
    for beside in (node, *(inner for key, inner in node.items() if isinstance(inner, dict) and _may_describe(key))):
        if beside is not node:
            published += _dated(beside, "published")
            modified += _dated(beside, "modified")
        _add_names(story, beside)
        if story.headline is None:
            story.headline = _headline(beside, titles)
    if not story.published:
        story.published = [raw for _, raw in sorted(published, key=lambda pair: pair[0])]
    if not story.modified:
        story.modified = [raw for _, raw in modified]


def _may_describe(key: str) -> bool:
    """Tell whether an object of this name, inside of the story's, may hold facts of the story."""
    roles = key_roles(key)
    return not roles.keys() & {"outside", "stories", "author", "account", "origin"}


def _dated(node: Node, role: Any) -> Iterator[tuple[tuple[int, int], str]]:
    """Return the dates in an object with their ranks: the trust in their names, and whether the zone is certain."""
    for key, value in node.items():
        if role not in key_roles(key):
            continue
        if isinstance(value, dict):
            value = next((value[name] for name in _DATE_KEYS if name in value), None)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | str):
            continue
        raw = str(value).strip()
        if not 8 <= len(raw) <= LONGEST_STORY_DATE or not any(character.isdigit() for character in raw):
            continue
        if isinstance(value, int) and not _EPOCH.fullmatch(raw):
            continue
        yield (date_trust(key), 0 if _EPOCH.fullmatch(raw) else 1), _YEAR_LAST.sub(r"\2 \1 \5 \3 \4", raw)


def _headline(node: Node, titles: set[str]) -> str | None:
    """Read the headline of an object: one that is a title of the page, else the one of the best name."""
    found: list[tuple[bool, int, str]] = []
    for key, value in node.items():
        if isinstance(value, dict):
            value = value.get("basic") or value.get("main") or value.get("rendered") or value.get("text")
        if (
            isinstance(value, str)
            and 2 <= len(value) <= LONGEST_STORY_HEADLINE
            and (roles := key_roles(key)).get("headline") is not None
        ):
            line = _printed(value)
            if _SLUG.fullmatch(line):
                continue
            found.append((not _is_title(line, titles), roles["headline"], line))
    return min(found)[2] if found else None


def _add_names(story: ScriptStory, node: Node) -> None:
    for key, value in node.items():
        roles = key_roles(key)
        if "author" in roles and not story.authors:
            story.authors = _names(value)
        elif "account" in roles and story.account is None:
            story.account = next(iter(_names(value)), None)
        elif "origin" in roles and story.origin is None and isinstance(value, str | dict):
            story.origin = next(iter(_names(value)), None)


def _names(value: Any) -> list[str]:
    """Read the names in the value of an author: a string, an object with a name, or a list of them."""
    found: list[str] = []
    for entry in value[:MAX_DATA_AUTHORS] if isinstance(value, list) else [value]:
        if isinstance(entry, dict):
            ranked = sorted(
                (key_roles(key)["name"], inner)
                for key, inner in entry.items()
                if isinstance(inner, str) and inner.strip() and "name" in key_roles(key)
            )
            entry = ranked[0][1] if ranked else None
        if isinstance(entry, str) and 1 < len(entry.strip()) <= LONGEST_AUTHOR and not _NO_NAME.search(entry):
            found.append(clean_line(entry))
    return found
