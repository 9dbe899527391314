"""The lines of a spool file: MongoDB's Extended JSON after a checksum, and what may stand in them. Pure.

A line begins with the CRC-32 of its JSON, in eight hex digits and a space. The checksum starts from that of the header,
so that a line proves which database it is meant for, also where the header itself cannot be read. Lines without a
checksum, as earlier versions wrote them, are accepted if they hold what they should.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from bson import json_util

from kolcrawl.store.schema import OUTCOMES
from kolcrawl.store.write.last_seen import Sighting, Sightings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

RUN_END: Final = "run"
"""A document with this field tells the end of a run: what is to be set in its `crawls` document."""
SEEN: Final = "seen"
"""A document with this field tells how stories were seen again, by key: a time alone, or a list of the three parts of a
`Sighting`."""

_JSON: Final = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True)
_CHECKSUM: Final = re.compile(rb"([0-9a-f]{8}) (.*)", re.DOTALL)
_KEY: Final = re.compile("[0-9a-f]{32}")


class SpoolLineError(ValueError):
    """A line of a spool file cannot be read; the text says why."""


def header_line(target: Mapping[str, Any]) -> bytes:
    """Return the line that says which database a file is meant for, and what may help a person to find it."""
    return _with_checksum(json.dumps(target).encode("ascii"), 0)


def document_line(document: Mapping[str, Any], target: Mapping[str, Any]) -> bytes:
    """Return the line of a document."""
    return _with_checksum(encode_document(document).encode("ascii"), _seed(target))


def encode_document(document: Mapping[str, Any]) -> str:
    """Write a document as Extended JSON, in ASCII."""
    return json_util.dumps(document, json_options=_JSON, ensure_ascii=True)


def decode_document(text: str | bytes) -> Any:
    """Read Extended JSON.

    Raises:
        SpoolLineError: the text is not Extended JSON.
    """
    try:
        return json_util.loads(text, json_options=_JSON)
    except Exception as error:  # damaged values end in errors of many kinds
        raise SpoolLineError(f"is not Extended JSON ({type(error).__name__})") from None


def is_header(line: bytes) -> bool:
    """Return whether a line looks like a header, of this or an earlier version."""
    return re.match(rb'(?:[0-9a-f]{8} )?\{"spool": ?\d', line) is not None


def target_of(line: bytes) -> dict[str, Any] | None:
    """Return which database a header names; None if the line is not a whole header."""
    checked = _CHECKSUM.fullmatch(line.rstrip(b"\n"))
    content = checked[2] if checked else line
    if not is_header(line) or (checked and int(checked[1], 16) != crc32(content)):
        return None
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def has_checksum(line: bytes) -> bool:
    """Return whether a line begins with a checksum, right or wrong."""
    return _CHECKSUM.fullmatch(line.rstrip(b"\n")) is not None


def is_meant_for(line: bytes, targets: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether the checksum of a document's line proves that it is meant for one of some databases."""
    checked = _CHECKSUM.fullmatch(line.rstrip(b"\n"))
    return checked is not None and any(int(checked[1], 16) == crc32(checked[2], _seed(target)) for target in targets)


def read_line(line: bytes, targets: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the document of a line: a visit, a `RUN_END` or a `SEEN`.

    Raises:
        SpoolLineError: the line is damaged, or holds something else.
    """
    checked = _CHECKSUM.fullmatch(line.rstrip(b"\n"))
    if checked and not is_meant_for(line, targets):
        raise SpoolLineError("its checksum is wrong")
    if not checked and not line.startswith(b"{"):
        raise SpoolLineError("has no checksum")
    document = decode_document(checked[2] if checked else line)
    if not isinstance(document, dict) or not isinstance(document.get("_id"), str):
        raise SpoolLineError("is not a document with an _id")
    if RUN_END in document:
        problem = None if isinstance(document[RUN_END], dict) else f"{RUN_END} is not an object"
    elif SEEN in document:
        problem = _problem_of_seen(document[SEEN])
    else:
        problem = problem_of_visit(document)
    if problem:
        raise SpoolLineError(problem)
    return document


def problem_of_visit(visit: Mapping[str, Any]) -> str | None:
    """Return why a document cannot be written as a visit; None if it can."""
    problem = _first_problem(visit, _VISIT) or _first_problem(visit["unapplied"], _UNAPPLIED, "unapplied.")
    if problem:
        return problem
    entry = visit["unapplied"]
    return (
        _first_problem_of_each(visit["links"], _LINK, "links.")
        or _first_problem_of_each(entry["targets"], _TARGET, "unapplied.targets.")
        or (_first_problem(entry["http"], _HTTP, "unapplied.http.") if entry["http"] is not None else None)
        or (_first_problem(entry["content"], _CONTENT, "unapplied.content.") if entry["content"] is not None else None)
    )


def _problem_of_seen(seen: Any) -> str | None:
    if not isinstance(seen, dict):
        return f"{SEEN} is not an object"
    if not all(_is_key(key) and _is_sighting(value) for key, value in seen.items()):
        return f"{SEEN} holds something else than keys and sightings"
    return None


def _is_sighting(value: Any) -> bool:
    if not isinstance(value, list):
        return isinstance(value, datetime)
    parts = (_is_a(datetime), _is_a(int, None), _is_a(float, int, None))
    return len(value) == len(parts) and all(is_right(part) for is_right, part in zip(parts, value, strict=True))


def sightings_as_values(sightings: Mapping[str, Sighting]) -> dict[str, Any]:
    """Return sightings in the form in which a line holds them."""
    return {key: seen.at if seen == Sighting(seen.at) else list(seen) for key, seen in sightings.items()}


def sightings_of(values: Mapping[str, Any]) -> Sightings:
    """Return the sightings that a line holds."""
    return {key: Sighting(*(value if isinstance(value, list) else [value])) for key, value in values.items()}


def _with_checksum(content: bytes, seed: int) -> bytes:
    return b"%08x %s\n" % (crc32(content, seed), content)


def _seed(target: Mapping[str, Any]) -> int:
    return crc32(json.dumps(target).encode("ascii"))


# --- what a visit must hold


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _is_outcome(value: Any) -> bool:
    return value in OUTCOMES if isinstance(value, str) else False


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _is_a(*types: type | None) -> Callable[[Any], bool]:
    allowed = tuple(type(None) if kind is None else kind for kind in types)
    return lambda value: isinstance(value, allowed)


_VISIT: Final[dict[str, Callable[[Any], bool]]] = {
    "story": _is_key, "crawl": _is_a(str), "at": _is_a(datetime), "url": _is_a(str), "outcome": _is_outcome,
    "reason": _is_a(str, None), "http_status": _is_a(int, None), "content_hash": _is_a(str, None),
    "title": _is_a(str, None), "published_at": _is_a(datetime, None), "bytes": _is_count, "elapsed_ms": _is_count,
    "links": _is_a(list), "unapplied": _is_a(dict),
}  # fmt: skip
_UNAPPLIED: Final[dict[str, Callable[[Any], bool]]] = {
    "key": _is_key, "url": _is_a(str), "site": _is_a(str), "aliases": _is_texts, "known_as": _is_texts,
    "depth": _is_count, "discovered_from": _is_a(str, None), "discovered_kind": _is_a(str),
    "relevance": _is_a(float, int, None), "http": _is_a(dict, None), "next_visit_at": _is_a(datetime, None),
    "same_as": _is_a(datetime, None), "content": _is_a(dict, None), "targets": _is_a(list),
}  # fmt: skip
_HTTP: Final[dict[str, Callable[[Any], bool]]] = {"etag": _is_a(str, None), "last_modified": _is_a(str, None)}
_CONTENT: Final[dict[str, Callable[[Any], bool]]] = {
    "url": _is_a(str), "site": _is_a(str), "title": _is_a(str, None), "text": _is_a(str, None),
    "content_hash": _is_a(str, None),
}  # fmt: skip
_LINK: Final[dict[str, Callable[[Any], bool]]] = {
    "to": _is_key, "kind": _is_a(str), "heading": _is_a(str, None), "position": _is_count, "anchor": _is_a(str),
}  # fmt: skip
_TARGET: Final[dict[str, Callable[[Any], bool]]] = {
    "key": _is_key, "url": _is_a(str), "site": _is_a(str), "title": _is_a(str, None), "kind": _is_a(str),
    "relevance": _is_a(float, int, None), "skipped": _is_a(str, None),
}  # fmt: skip


def _first_problem(document: Any, fields: Mapping[str, Callable[[Any], bool]], prefix: str = "") -> str | None:
    if not isinstance(document, dict):
        return f"{prefix.rstrip('.')} is not an object"
    for name, is_right in fields.items():
        if name not in document:
            return f"has no {prefix}{name}"
        if not is_right(document[name]):
            return f"has a wrong {prefix}{name}"
    return None


def _first_problem_of_each(
    documents: list[Any], fields: Mapping[str, Callable[[Any], bool]], prefix: str
) -> str | None:
    return next(filter(None, (_first_problem(document, fields, prefix) for document in documents)), None)
