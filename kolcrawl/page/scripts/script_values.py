"""Read the data that a page carries for its scripts: in scripts, text areas and attributes, to plain Python values.

Nothing is evaluated: literals are read, JSON by the standard library and what only JavaScript allows by chompjs. Forms
of frameworks (`Flight` rows of Next, the flat arrays of Nuxt, references of Apollo) become plain values, too.
"""

from __future__ import annotations

import json
import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import chompjs

from kolcrawl.page.scripts.framework_data import flight_values, resolve_references, revive_flat_array
from kolcrawl.text.normalize import pair_surrogates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lxml.html import HtmlElement

MAX_CHARACTERS = 4_000_000  # of data that are read of one page; the fullest real page had 1.5 million
MAX_SCRIPT_VALUES = 200  # of one page
MAX_ASSIGNMENTS = 3_000  # of one script that are looked at
MAX_TRIES = 30  # of them that are no JSON and may be JavaScript
MAX_NAMED_STRINGS = 300  # strings of one script that are kept by name
MIN_LITERAL = 40  # characters, at least, from a literal to the end of its script
LONGEST_ARRAY_NAME = 120  # characters of the name of an array in an attribute, made of what its element is called
LONGEST_REPAIRED = 100_000  # characters of a literal that may hold calls of functions
MAX_REPAIRED = 3  # such literals of one script
LONGEST_NAMED = 200_000  # characters of a script whose single strings are kept

# What an equals sign assigns: an object or array, a string (which a function may take in), or what a function returns.
_ASSIGNED = re.compile(
    r"""=\s{0,8}(?:(?P<open>[\[{])|(?P<call>[A-Za-z_$][\w$.]{0,60}\(\s{0,4}(?:[A-Za-z_$][\w$.]{0,60}\()?)?(?P<quote>["'])"""
    r"""|(?P<function>\(?function\s?\((?P<names>[\w$,\s]*)\)\s*\{))"""
)
_NAME = re.compile(r"""([\w$]+)(?:["']\])?\s*$""")
_RETURNED = re.compile(r"return\s*(?=\{)")
_QUOTED = {quote: re.compile(rf"((?:[^{quote}\\]|\\.)*+){quote}", re.DOTALL) for quote in "\"'"}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r?\n)|(.))", re.DOTALL)
_LETTER_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": " ", "v": " ", "0": ""}
_CALL = re.compile(
    r"""(?<![\w$.])[A-Za-z_$][\w$.]*+\(\s*(?=["'])((?:"(?:[^"\\]|\\.)*+")|(?:'(?:[^'\\]|\\.)*+'))\s*\)""", re.DOTALL
)
_DATA_START = re.compile(r"""\{\s*(?:["']|[\w$]+\s*:)|\[\s*[\[{"'\d]""")
# What is called on a string: '…'.slice(6, -6).replace(/x/g, '').
_METHOD = re.compile(
    r"""(?<=["'])(?:\.[a-zA-Z]{3,12}\((?:[^()"'\n]{0,60}"""
    r"""|[^()\n]{0,40},\s?["'][^"'\n]{0,8}["'])\)){1,4}"""
)
_TO_NUMBER = re.compile(r"""(?<=["'])\s?\*\s?1\b""")
_BYTE_ESCAPE = re.compile(r"(?<!\\)\\x([0-9a-fA-F]{2})")
_VOID = re.compile(r"void 0(?<!\wvoid 0)\b")  # begins with a plain word, which is searched for several times faster
_FLIGHT = re.compile(r"__next_f\.push\(\s*(?=\[)")
_SCRIPT_TYPES = frozenset(("", "text/javascript", "module", "application/javascript", "text/ecmascript"))
_IGNORED_JSON = re.compile(r"ld\+json|importmap|speculationrules", re.IGNORECASE)
_ANGULAR_SIGNS = {"&q;": '"', "&s;": "'", "&l;": "<", "&g;": ">", "&a;": "&"}
_ANGULAR = re.compile("|".join(_ANGULAR_SIGNS))
_DECODER = json.JSONDecoder(strict=False)


Script = tuple["HtmlElement", str]
"""A script or text area, and its text; or an element, and an attribute of it that may be data."""


def read_values(
    scripts: Sequence[Script],
    known: dict[str, list[Any]],
    is_wanted: Callable[[str], bool] | None = None,
    *,
    attributes: Sequence[Script] = (),
) -> list[Any]:
    """Read the data of a page.

    Args:
        scripts: the page's scripts and text areas.
        known: what its scripts were read to before, by their text; those that are read now are added.
        is_wanted: tells by its text whether a script or attribute is read; text areas are always.
        attributes: the attributes that may be data, each with its element.

    Returns: objects and arrays, in page order; strings that a script names, and the text areas of one page, as an
        object each. What cannot be read is left out.
    """
    wanted = is_wanted or (lambda text: True)
    values = chain(_in_elements(scripts, known, wanted), _in_attributes(attributes, wanted))
    return list(islice(values, MAX_SCRIPT_VALUES))


def _in_elements(
    scripts: Sequence[Script], known: dict[str, list[Any]], is_wanted: Callable[[str], bool]
) -> Iterator[Any]:
    left = MAX_CHARACTERS
    rows: list[str] = []
    fields: dict[str, Any] = {}
    for element, text in scripts:
        left -= len(text)
        if left < 0:
            break
        if element.tag == "textarea":
            fields[element.get("class") or element.get("name") or element.get("id") or ""] = text
        elif len(text) < MIN_LITERAL:
            continue
        elif "__next_f" in text and (flight := _FLIGHT.search(text)):
            rows += _flight_piece(text, flight.end())
        elif is_wanted(text):
            if text not in known:
                values = _of_typed_script(text, (element.get("type") or "").strip().lower())
                known[text] = list(islice(values, MAX_SCRIPT_VALUES))
            yield from known[text]
    if rows and is_wanted(stream := "".join(rows)):
        yield from flight_values(stream)
    if fields:
        yield {name: value for name, value in fields.items() if name}


def _in_attributes(attributes: Sequence[Script], is_wanted: Callable[[str], bool]) -> Iterator[Any]:
    left = MAX_CHARACTERS
    for holder, attribute in attributes[:MAX_SCRIPT_VALUES]:
        left -= len(attribute)
        if left < 0:
            return
        if is_wanted(attribute):
            named = " ".join(filter(None, (holder.get(name) for name in ("class", "id", "heading", "title"))))
            for value in _of_json(attribute):
                yield {f"{holder.tag} {named}"[:LONGEST_ARRAY_NAME]: value} if isinstance(value, list) else value


def _of_typed_script(text: str, kind: str) -> Iterator[Any]:
    if "json" in kind and not _IGNORED_JSON.search(kind):
        yield from _of_json(text)
    elif kind in _SCRIPT_TYPES or kind.endswith("-text/javascript"):  # as Cloudflare delays them
        yield from _of_script(text)


def _of_json(text: str) -> Iterator[Any]:
    value = read_json(text)
    if isinstance(value, list) and (revived := revive_flat_array(value)) is not None:
        value = revived
    if isinstance(value, dict | list):
        yield resolve_references(value)


def read_json(text: str) -> Any:
    """Read a text that is JSON as a whole, plain or percent-encoded; None where it is not."""
    text = text.strip()
    if text[:3] in ("%7B", "%7b", "%5B", "%5b"):
        text = unquote(text)
    if text[:4] == "{&q;":  # as Angular writes it
        text = _ANGULAR.sub(lambda sign: _ANGULAR_SIGNS[sign[0]], text)
    if text[:1] not in ("{", "["):
        return None
    try:
        return _DECODER.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def _flight_piece(text: str, at: int) -> list[str]:
    try:
        pushed, _ = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return []
    return [piece for piece in pushed[1:2] if isinstance(piece, str)]


def _of_script(text: str) -> Iterator[Any]:
    """Return what a script assigns, and its single strings as one object by name."""
    named: dict[str, Any] = {}
    if "void 0" in text:
        text = _VOID.sub("null", text)
    tries = MAX_TRIES
    until = 0  # within what was read, nothing is assigned
    for found in islice(_ASSIGNED.finditer(text), MAX_ASSIGNMENTS):
        if found.start() < until:
            continue
        if found["open"]:
            at = found.end() - 1
            if len(text) - at < MIN_LITERAL or text[at + 1 : at + 2] in ("}", "]"):
                continue
            value, until = _literal(text, at, tries)
            tries = max(0, tries - (value is None))
        elif found["quote"]:
            quoted = _QUOTED[found["quote"]].match(text, found.end())
            if quoted is None:
                continue
            until = quoted.end()
            value = read_json(unescape(quoted[1])) if len(quoted[1]) > MIN_LITERAL else None
            if value is None and len(text) < LONGEST_NAMED and len(named) < MAX_NAMED_STRINGS:
                name = _NAME.search(text, max(0, found.start() - 60), found.start())
                if name and quoted[1]:
                    named.setdefault(name[1], unescape(quoted[1]))
        else:
            value = _returned(text, found) if tries > 0 else None
            tries -= 1
        if isinstance(value, dict | list) and value:
            yield resolve_references(value)
    if named:
        yield named


def _literal(text: str, at: int, tries: int) -> tuple[Any, int]:
    """Read the object or array that begins at an offset: JSON, else a JavaScript literal.

    Returns: its value, None when there is none, and where it ends, 0 when that is not known.
    """
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        pass
    if not tries or not _DATA_START.match(text, at):
        return None, 0
    value = read_javascript(text[at:])
    if value is None and MAX_TRIES - tries < MAX_REPAIRED:
        plain = _METHOD.sub("", _CALL.sub(r"\1", text[at : at + LONGEST_REPAIRED]))
        value = read_javascript(_TO_NUMBER.sub("", plain))
    return value, 0


def read_javascript(text: str) -> Any:
    """Read the object or array with which a text begins as JavaScript writes it; None where it holds more than data."""
    if "\\x" in text:
        text = _BYTE_ESCAPE.sub(r"\\u00\1", text)
    try:
        return chompjs.parse_js_object(text)
    except (ValueError, RecursionError):
        return None


def _returned(text: str, found: re.Match[str]) -> Any:
    """Read what a function returns that is called at once, its names replaced by what it is called with."""
    returned = _RETURNED.search(text, found.end())
    if returned is None:
        return None
    value = read_javascript(text[returned.end() :])
    called = text.rfind("}(")
    if not isinstance(value, dict) or called < 0:
        return value
    given = read_javascript("[" + text[called + 2 : text.rfind(")", called, text.rfind(")"))] + "]")
    names = [name.strip() for name in found["names"].split(",")]
    table = dict(zip(names, given, strict=False)) if isinstance(given, list) else {}
    return _replaced(value, table, 0)


def _replaced(value: Any, table: dict[str, Any], depth: int) -> Any:
    if depth > 60:
        return None
    if isinstance(value, dict):
        return {key: _replaced(inner, table, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, table, depth + 1) for inner in value]
    return table.get(value, value) if isinstance(value, str) and len(value) < 4 else value


def unescape(text: str) -> str:
    """Resolve the escapes of a JavaScript string."""
    if "\\" not in text:
        return text
    return pair_surrogates(_ESCAPE.sub(_escaped, text))


def _escaped(escape: re.Match[str]) -> str:
    braced, four, two, newline, letter = escape.groups()
    if code := braced or four or two:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\ufffd"
    return "" if newline else _LETTER_ESCAPES.get(letter, letter)
