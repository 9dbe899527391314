"""A request as text for Redis, and back: the frontier's JSON, shortened, with a whitelist of what is taken.

Who can write to Redis must not be able to run code here, send a request through a proxy of their own, or around
robots.txt: only the fields and the `meta` below are written and read, callbacks only by the names of the spider's two,
and addresses only of http and https. The address guard checks each request as any other.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

from kolcrawl.frontier.serialization import dump_request, load_request

if TYPE_CHECKING:
    from scrapy import Request, Spider

logger = logging.getLogger(__name__)

LONGEST_REQUEST = 100_000
"""Characters of a request; one of ours has some hundred."""
_FIELDS = frozenset({"url", "callback", "errback", "headers", "priority", "dont_filter", "meta", "cb_kwargs"})
_CALLBACKS = frozenset({"parse_story", "record_failure"})
_HEADERS = frozenset({"If-None-Match", "If-Modified-Since"})
_ARGUMENTS = frozenset({"found_on", "kind", "depth", "path"})
_META = frozenset(
    [
        "story", "anchor", "same_as", "known_key", "handle_httpstatus_list", "depth", "is_start_request",
        "download_slot", "retry_times", "max_retry_times", "priority_adjust", "redirect_times", "redirect_ttl",
        "redirect_urls", "redirect_reasons",
    ]
)  # fmt: skip
_named: set[str] = set()

# What requests have in common is written as one control character each. JSON has none of these, so what comes back is
# what was written, and a text that was never shortened stays as it is. Redis spends by the byte, most in its scripts.
_COMMON = (
    '{"url":"https://',
    '{"url":"http://',
    '","callback":"parse_story","errback":"record_failure","meta":{"story":"',
    '","callback":"parse_story","errback":"record_failure",',
    '","handle_httpstatus_list":[304],"anchor":"',
    '"handle_httpstatus_list":[304]',
    '"},"priority":',
    ',"cb_kwargs":{"found_on":"',
    ',"cb_kwargs":{"found_on":null,"kind":"seed","depth":0,"path":1.0}}',
    '","kind":"related","depth":',
    '","kind":"',
    ',"path":0.',
)
_MARKS = "\x01\x02\x03\x04\x05\x06\x07\x0e\x0f\x10\x11\x12"
_MARK_OF = dict(zip(_COMMON, _MARKS, strict=True))
_TEXT_OF = str.maketrans({mark: text for text, mark in _MARK_OF.items()})
_ANY = re.compile("|".join(map(re.escape, _COMMON)))


def write_request(request: Request, spider: Spider) -> str:
    """Write a request as one line of JSON, shortened, without what is not taken.

    Raises:
        ValueError: the request cannot be kept; the text says what part of it.
    """
    if request.method != "GET" or request.body:
        raise ValueError("only a plain GET can be shared")
    kept = json.loads(dump_request(request, spider))
    for name in ("callback", "errback"):
        if name in kept and kept[name] not in _CALLBACKS:
            raise ValueError(f"{name} {kept[name]!r} cannot be shared; there are {', '.join(sorted(_CALLBACKS))}")
    kept = {name: value for name, value in kept.items() if name in _FIELDS}
    for name, allowed in (("meta", _META), ("cb_kwargs", _ARGUMENTS), ("headers", _HEADERS)):
        if name in kept:
            left_out = kept[name].keys() - allowed
            if name != "headers" and left_out - _named:
                _named.update(left_out)
                logger.debug("not shared between workers: %s %s", name, ", ".join(sorted(left_out)))
            kept[name] = {key: value for key, value in kept[name].items() if key in allowed}
    return shorten_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))


def read_request(text: bytes, spider: Spider) -> Request:
    """Read a request that `write_request` wrote.

    Raises:
        ValueError: the text is not of that form.
    """
    if len(text) > LONGEST_REQUEST:
        raise ValueError(f"it is longer than {LONGEST_REQUEST} bytes")
    decoded = lengthen_text(text.decode())  # a UnicodeDecodeError is a ValueError
    if len(decoded) > LONGEST_REQUEST:
        raise ValueError(f"it is longer than {LONGEST_REQUEST} characters")
    try:
        kept = json.loads(decoded)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(kept, dict) or kept.keys() - _FIELDS:
        raise ValueError("it has fields that no request of ours has")
    if not str(kept.get("url")).startswith(("http://", "https://")):
        raise ValueError("its address is not one of http or https")
    for name in ("callback", "errback"):
        if kept.get(name) not in _CALLBACKS:
            raise ValueError(f"its {name} is not one of the spider's")
    for name, allowed in (("meta", _META), ("cb_kwargs", _ARGUMENTS), ("headers", _HEADERS)):
        value = kept.get(name, {})
        if not isinstance(value, dict) or value.keys() - allowed:
            raise ValueError(f"its {name} holds what no request of ours has")
    _check_kinds(kept)
    return load_request(decoded, spider)


def _check_kinds(kept: dict[str, object]) -> None:
    """Check the values that the spider and the middlewares trust.

    Raises:
        ValueError: one is of another kind.
    """
    arguments, meta = kept.get("cb_kwargs"), kept.get("meta")
    if not isinstance(arguments, dict) or arguments.keys() != _ARGUMENTS or not isinstance(meta, dict):
        raise ValueError("it lacks what each request of ours has")
    bytes.fromhex(_string(meta.get("story")))
    if not isinstance(arguments["depth"], int) or not isinstance(arguments["path"], int | float):
        raise ValueError("its depth or path is not a number")
    if not isinstance(arguments["kind"], str) or not isinstance(arguments["found_on"], str | None):
        raise ValueError("its kind or parent is not text")
    for name in ("retry_times", "redirect_times", "redirect_ttl", "depth"):
        if not isinstance(meta.get(name, 0), int):
            raise ValueError(f"its {name} is not a number")
    urls = meta.get("redirect_urls", [])
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise ValueError("its redirect_urls are not addresses")


def _string(value: object) -> str:
    if not isinstance(value, str) or len(value) > 64:
        raise ValueError("its story has no key")
    return value


def shorten_text(text: str) -> str:
    """Write a text without control characters in fewer bytes."""
    return _ANY.sub(lambda found: _MARK_OF[found[0]], text)


def lengthen_text(text: str) -> str:
    """Return the text that was shortened."""
    return text.translate(_TEXT_OF)
