"""A request as text, and back: the form in which the frontier keeps it on disk.

It is JSON and not pickle: a job directory from elsewhere cannot run code, and `sqlite3` shows what is in it. So
callbacks are kept by their name on the spider, and `meta` and `cb_kwargs` must be plain: strings, numbers, booleans,
None, bytes, dates, lists, and dicts with strings as keys (tuples come back as lists). What the downloader and the
user's proxy put on a request is left out: a password must not reach the disk, and both put it on again.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scrapy import Request

if TYPE_CHECKING:
    from scrapy import Spider

_LEFT_OUT_META = frozenset(
    ["_auth_proxy", "_scheme_proxy", "download_latency", "download_timeout", "proxy"],
)
_DEFAULTS: dict[str, Any] = {
    "method": "GET",
    "body": b"",
    "cookies": {},
    "meta": {},
    "encoding": "utf-8",
    "priority": 0,
    "dont_filter": False,
    "flags": [],
    "cb_kwargs": {},
}


def dump_request(request: Request, spider: Spider) -> str:
    """Write a request as one line of JSON.

    Raises:
        ValueError: the request cannot be kept; the text says what part of it.
    """
    if type(request) is not Request:
        raise ValueError(f"it is a {type(request).__name__}; only a plain Request can be kept")
    kept: dict[str, Any] = {"url": request.url}
    for name in ("callback", "errback"):
        if (method := getattr(request, name)) is not None:
            kept[name] = _method_name(method, spider)
    headers = {
        name.decode("latin-1"): [value.decode("latin-1") for value in values]
        for name, values in request.headers.items()
        if name != b"Proxy-Authorization"
    }
    if headers:
        kept["headers"] = headers
    for name, default in _DEFAULTS.items():
        if (value := getattr(request, name)) != default:
            kept[name] = value
    if "meta" in kept:
        kept["meta"] = {key: value for key, value in request.meta.items() if key not in _LEFT_OUT_META}
    try:
        return json.dumps(kept, default=_plain, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ValueError(str(error)) from None


def load_request(text: str, spider: Spider) -> Request:
    """Read a request that `dump_request` wrote.

    Raises:
        ValueError: the text is not of that form, or names a callback that is not a method of the spider.
    """
    try:
        kept = json.loads(text, object_hook=_rich)
        for name in ("callback", "errback"):
            if name in kept:
                kept[name] = _method(kept[name], spider)
        if "meta" in kept:
            kept["meta"] = {key: value for key, value in kept["meta"].items() if key not in _LEFT_OUT_META}
        if "headers" in kept:
            kept["headers"] = {
                name: [value.encode("latin-1") for value in values] for name, values in kept["headers"].items()
            }
        return Request(**kept)
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _method(name: str, spider: Spider) -> Any:
    method = getattr(spider, name)
    if getattr(method, "__self__", None) is not spider or name.startswith("__"):
        raise ValueError(f"{name!r} is not a method of the spider")
    return method


def _method_name(method: Any, spider: Spider) -> str:
    if getattr(method, "__self__", None) is not spider:
        raise ValueError(f"{method!r} is not a method of the spider")
    return str(method.__name__)


def _plain(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"$bytes": b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$date": value.isoformat()}
    raise TypeError(f"{value!r} is not plain data")


def _rich(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        if isinstance(text := found.get("$bytes"), str):
            return b64decode(text)
        if isinstance(text := found.get("$date"), str):
            return datetime.fromisoformat(text)
    return found
