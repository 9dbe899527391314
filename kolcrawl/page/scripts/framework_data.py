"""The forms in which web frameworks write their data, made plain: Next's Flight, Nuxt's flat arrays, Apollo's cache."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ROWS = 5_000  # of a Flight stream
MAX_REPLACED = 100_000  # values that are looked at for references
MAX_FLAT = 200_000  # entries of a flat array
LONGEST_REFERENCE = 300  # characters
_ROW = re.compile(r"([0-9a-f]{1,6}):(?:T([0-9a-f]{1,8}),)?")
_REFERENCE = re.compile(r"\$[L@]?([0-9a-f]{1,6})")
_MARKED = frozenset(
    ("Reactive", "ShallowReactive", "Ref", "ShallowRef", "EmptyRef", "EmptyShallowRef", "skipHydrate", "NuxtError")
)
_COLLECTED = frozenset(("Set", "Map"))
_DECODER = json.JSONDecoder(strict=False)


def flight_values(stream: str) -> Iterator[Any]:
    """Read the rows of a Flight stream: JSON, and long texts that others refer to.

    Args:
        stream: all pieces that the page pushes, joined.
    """
    rows: dict[str, Any] = {}
    at = 0
    for _ in range(MAX_ROWS):
        row = _ROW.match(stream, at)
        at = row.end() if row else at
        if row and row[2]:  # so many bytes of UTF-8
            text = (
                stream[at : at + int(row[2], 16)]
                .encode("utf-8", "replace")[: int(row[2], 16)]
                .decode("utf-8", "ignore")
            )
            rows[row[1]] = text
            at += len(text)
            continue
        end = stream.find("\n", at)
        end = len(stream) if end < 0 else end
        if row and stream[at : at + 1] in ("{", "[", '"'):
            with suppress(ValueError, RecursionError):
                rows[row[1]] = _DECODER.raw_decode(stream, at)[0]
        at = end + 1
        if at >= len(stream):
            break
    values = [value for value in rows.values() if isinstance(value, dict | list)]
    _replace(values, lambda text: rows.get(found[1]) if (found := _REFERENCE.fullmatch(text)) else None)
    yield from values


def resolve_references(value: Any) -> Any:
    """Put the objects of a normalized cache in the places of the references to them, in place.

    Args:
        value: an object whose entries are referred to by key, `{"__ref": key}`, or anything else.

    Returns: the value.
    """
    if isinstance(value, dict):
        for table in [value, *(inner for inner in value.values() if isinstance(inner, dict))]:
            if "ROOT_QUERY" in table:
                _replace(table, lambda text, table=table: table.get(text))
    return value


def _replace(value: Any, find: Any) -> None:
    """Replace the strings in a value to which `find` gives a value, and the objects `{"__ref": string}`."""
    todo = [value]
    seen = {id(value)}
    while todo and len(seen) < MAX_REPLACED:
        holder = todo.pop()
        for key, inner in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            text = inner.get("__ref") or inner.get("id") if isinstance(inner, dict) and len(inner) <= 4 else inner
            if isinstance(text, str) and len(text) < LONGEST_REFERENCE and (other := find(text)) is not None:
                holder[key] = inner = other
            if isinstance(inner, dict | list) and id(inner) not in seen:
                seen.add(id(inner))
                todo.append(inner)


def revive_flat_array(flat: list[Any]) -> Any:
    """Make a value of the flat array into which `devalue` writes one: its entries refer to each other by index.

    Returns: the value; None for any other array.
    """
    if not 2 <= len(flat) <= MAX_FLAT or not isinstance(flat[0], dict | list):
        return None
    first = flat[0].values() if isinstance(flat[0], dict) else flat[0][1:]
    if not flat[0] or not all(isinstance(entry, int) and not isinstance(entry, bool) for entry in first):
        return None
    # Each entry is made once, then filled: entries may refer to those behind them, and to themselves.
    made: list[Any] = [{} if isinstance(entry, dict) else [] if isinstance(entry, list) else entry for entry in flat]

    def entry_at(index: Any) -> Any:
        for _ in range(10):
            if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(flat):
                return None
            entry = flat[index]
            if isinstance(entry, list) and len(entry) == 2 and entry[0] in _MARKED:
                index = entry[1]
            elif isinstance(entry, list) and len(entry) == 2 and entry[0] == "Date":
                return entry[1]
            else:
                return made[index]
        return None

    for entry, new in zip(flat, made, strict=True):
        if isinstance(entry, dict):
            new.update((key, entry_at(index)) for key, index in entry.items())
        elif isinstance(entry, list) and not (entry and isinstance(entry[0], str) and entry[0] not in _COLLECTED):
            new.extend(entry_at(index) for index in (entry[1:] if entry and isinstance(entry[0], str) else entry))
    return entry_at(0)
