"""Read JSON-LD as pages really write it.

The syntax is broken by raw line breaks, trailing commas, comments, entities, several objects in one script, and
quotation marks that nobody escaped. What no repair can read is searched for the facts of an article; nothing raises.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

MAX_SCRIPT_OBJECTS = 50  # objects in one script
LONGEST_BROKEN = 60_000  # characters of a broken script that are searched
LONGEST_VALUE = 600  # characters of a value in it
LONGEST_AUTHORS = 2_000  # characters behind the key of the authors that may name them
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|\]\]>|/\*\s*\]\]>\s*\*/|;)\s*$"
)
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
# Any escape of JSON, so that a backslash that is escaped itself begins none.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_LINE_COMMENT = re.compile(r"^[ \t]*+//.*$", re.MULTILINE)
_BEGIN = re.compile(r"[{\[]")
_BETWEEN = re.compile(r"[\s;,]*")
_DECODER = json.JSONDecoder(strict=False)

# A value ends with the quotation mark that a comma, a bracket or the next key follows.
_END = r'"\s{0,20}(?:,\s{0,20}["\}\]]|[}\]]|$)'
_ARTICLE = re.compile(r'"@type"\s*:\s*\[?\s*"(?:[\w:/.]*/)?(?P<value>\w*(?:Article|BlogPosting|Report|NewsStory))"')
_FACTS = {
    key: re.compile(rf'"{key}"\s*:\s*"(?P<value>.{{1,{LONGEST_VALUE}}}?){_END}', re.DOTALL)
    for key in ("headline", "datePublished", "dateModified", "dateCreated", "url")
}
_AUTHORS = re.compile(
    rf'"author"\s*:\s*(?:"(?P<name>[^"]{{1,{LONGEST_VALUE}}})"|(?P<list>\[[^\]]{{1,{LONGEST_AUTHORS}}}\])|(?P<one>\{{[^}}]{{1,{LONGEST_AUTHORS}}}\}}))'
)
_NAME = re.compile(rf'"name"\s*:\s*"(?P<value>.{{1,{LONGEST_VALUE}}}?){_END}', re.DOTALL)


def load_values(script: str) -> tuple[list[Any], str]:
    """Read the objects and lists of a script, in order.

    Returns: these, and what is left behind the last that could be read, which `search_article` may understand.
    """
    text = script.strip()
    try:
        value = json.loads(_without_lone_surrogates(text), strict=False)
        return [value] if isinstance(value, dict | list) else [], ""
    except (ValueError, RecursionError):
        pass
    for _ in range(2):
        text = _WRAPPING.sub("", text).strip()
    text = _TRAILING_COMMA.sub("", _LINE_COMMENT.sub("", text))
    if '"' not in text and "&quot;" in text:
        text = html.unescape(text)
    return _decode(_without_lone_surrogates(text))


def _decode(text: str) -> tuple[list[Any], str]:
    """Read the values that stand one after the other.

    Returns: the values, and what is left behind the last that could be read.
    """
    values: list[Any] = []
    begin = _BEGIN.search(text)
    position = begin.start() if begin else len(text)
    while position < len(text) and len(values) < MAX_SCRIPT_OBJECTS:
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        values.append(value)
        between = _BETWEEN.match(text, position)
        position = between.end() if between else position
    return values, text[position:]


def search_article(broken: str) -> dict[str, Any] | None:
    """Search a broken script for the facts of an article."""
    text = broken[:LONGEST_BROKEN]
    kind = _ARTICLE.search(text)
    if kind is None:
        return None
    article: dict[str, Any] = {"@type": kind["value"]}
    for key, pattern in _FACTS.items():
        # facts stand behind the type, or in a few scripts before it
        if match := pattern.search(text, kind.end()) or pattern.search(text):
            article[key] = _plain(match["value"])
    if authors := _AUTHORS.search(text, kind.end()) or _AUTHORS.search(text):
        inner = authors["list"] or authors["one"]
        article["author"] = [_plain(match["value"]) for match in _NAME.finditer(inner)] if inner else authors["name"]
    return article


def _plain(value: str) -> str:
    """Resolve the escapes of a value whose quotation marks may stand bare."""
    try:
        quoted = '"' + re.sub(r'(?<!\\)"', r"\"", value) + '"'
        return str(json.loads(_without_lone_surrogates(quoted), strict=False))
    except ValueError:
        return value


def _without_lone_surrogates(text: str) -> str:
    """Write U+FFFD for each half of a pair of surrogates that stands alone, as in an emoji cut in two by a template."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPE.sub(lambda escape: r"\ufffd" if escape["lone"] else escape[0], text)
