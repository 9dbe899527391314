"""Make of a URL what it names: the key of a story is made here, once, and nowhere else.

Entry points: `canonical_url` (what to ask for), `story_key` (which story that is) and `site_of` (whose it is). Whether
two addresses can name one article is judged in `same_article`. Pure functions of text; no network, no files but
`data/urls.toml`, which holds everything known of parameters and sites, with examples. Another site or parameter is
a line there.

Two forms of a URL are told apart. The *canonical* form can be fetched: it lacks only what is sure not to matter.
The *identity* form is never fetched, so it may go further (no scheme, no `www.`, mobile and AMP variants mapped to
their story) and its hash is the key. Whatever may be an id stays in both. When in doubt two forms stay apart: two
keys can be merged once their pages are read, one key for two stories cannot be taken back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, lru_cache
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from w3lib.url import safe_url_string

from kolcrawl.errors import UrlError
from kolcrawl.urls.hosts import BLANKS, authority_of, registrable_domain, story_host
from kolcrawl.urls.rules import (
    DATA,
    STRONG_ID,
    VARIANT_HOST,
    VARIANT_QUERY,
    VARIANT_SEGMENT,
    VARIANT_SUFFIX,
    Site,
    site_rules,
    without_tracking,
)

MAX_LENGTH = 4096
"""Characters of a canonical URL. Servers refuse request lines of 8 kB; percent-encoded Chinese titles reach 2,000."""

MAX_WRAPPERS = 4
"""Wrappers and rewrites of a URL that are followed, one in another."""

_URL = re.compile(r"(https?):[/\\]+([^/\\?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE | re.DOTALL)
# What most links are: nothing in them is to be changed, and no parameter to be looked at.
_SIMPLE = re.compile(r"(https?)://([a-z0-9.-]+)((?:/[A-Za-z0-9!$'()*,:@._~/-]*)?)")
_PLAIN = re.compile(r"[!#-;=?-Z\[\]_a-z~]+")  # nothing that a browser would encode, strip or turn round
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d{3}")
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_LONE = re.compile("%(?![0-9A-Fa-f]{2})")
_NEEDLESS = re.compile("%(2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)", re.IGNORECASE)
_TAIL = re.compile(r"(?:/+(?:(?:index|default)\.(?:html?|shtml|php|jsp|aspx?))?)+$", re.IGNORECASE)
_INDEX_NAMES = ("index.", "default.")
_DIGIT = re.compile(r"\d")
# Percent-encoded as `_normal` does it, but for rarer signs.
_NORMAL_ESCAPED = re.compile(r"(?:[A-Za-z0-9!$'()*,:@._~/-]|%(?:[89A-F][0-9A-F]|20))*")
_NORMAL = re.compile(r"[A-Za-z0-9!$'()*,:@._~/-]*")


def canonical_url(url: str) -> str:
    """Return the URL to ask for when a link says `url`.

    Scheme and host in lower case, IDN in ASCII, no user info, default port, fragment, session or tracking
    parameter, dot segments resolved, odd characters percent-encoded. Kept: everything else, in the order given.
    A fragment that a page in one piece uses as its route (`#!/story/1`, `#/detail?id=1`) stays. Known wrappers and
    the mobile hosts of a few sites become what they stand for.

    Raises:
        UrlError: `url` is not absolute, not http or https, has no usable host or port, or is too long.
    """
    parts = url_parts(url)
    return parts.scheme + "://" + parts.authority + (parts.path or "/") + parts.tail


def identity_form(url: str) -> str:
    """Return what tells the story from all others, as text; not to be fetched. See the module's docstring.

    `identity_form("https://" + identity_form(url))` is the same again.

    Raises:
        UrlError: as `canonical_url`.
    """
    return _identity_of(url_parts(url))


@lru_cache(maxsize=16384)
def story_key(url: str) -> str:
    """Return the key of the story that `url` names: 32 hex digits of the SHA-256 of its identity form.

    Raises:
        UrlError: as `canonical_url`.
    """
    return key_of(url_parts(url))


def key_of(parts: UrlParts) -> str:
    """Return the key of the story that a URL names which is taken apart already."""
    return sha256(_identity_of(parts).encode()).digest()[:16].hex()


@cache
def rules_digest() -> str:
    """Return a digest of the rules that keys are made by.

    It differs when `data/urls.toml` says other things, or when one of its examples gets another identity. Comments and
    the order of lines do not matter.
    """
    examples = {}
    for text in _texts(DATA):
        with suppress(UrlError):
            examples[text] = identity_form(text)
    return sha256(json.dumps([DATA, examples], sort_keys=True).encode()).hexdigest()[:32]


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _texts(value)


def site_of(url: str) -> str:
    """Return the registrable domain of a URL (`news.bbc.co.uk` -> `bbc.co.uk`); of an IP or `localhost` the host.

    Hosts below a shared suffix (`name.blogspot.com`) are sites of their own, as for browsers.

    Raises:
        UrlError: as `canonical_url`.
    """
    return registrable_domain(url_parts(url).authority)


class UrlParts(NamedTuple):
    """A URL, taken apart, in canonical form."""

    scheme: str
    authority: str
    path: str
    query: str
    route: str
    known_as: str = ""
    """Identity that a site rule gives it, to be normalised yet."""

    @property
    def host(self) -> str:
        """The host without a port."""
        return self.authority if self.authority.endswith("]") else self.authority.rpartition(":")[0] or self.authority

    @property
    def tail(self) -> str:
        """Query and route, with their marks."""
        return ("?" + self.query if self.query else "") + ("#" + self.route if self.route else "")


@lru_cache(maxsize=16384)
def url_parts(url: str) -> UrlParts:
    """Take a URL apart, and remember its parts.

    Raises:
        UrlError: as `canonical_url`.
    """
    return take_apart(url)


def take_apart(url: str) -> UrlParts:
    """Take a URL apart that is asked for once.

    Raises:
        UrlError: as `canonical_url`.
    """
    return _read_through(url, MAX_WRAPPERS)


def _read_through(url: str, wrappers: int) -> UrlParts:
    """Take a URL apart, following at most so many wrappers and rewrites."""
    simple = _SIMPLE.fullmatch(url)
    if simple and "/." not in url and len(url) <= MAX_LENGTH:
        scheme, name, path = simple.groups()
        parts = UrlParts(scheme, authority_of(scheme, name), path, "", "")
        site = site_rules(parts.authority)
    else:
        parts, site = _read_any(url)
    if not site.rules:
        return parts
    bare = parts.authority.removeprefix("www.") + without_index(parts.path) + ("?" + parts.query if parts.query else "")
    for rule in site.rules:
        found = rule.pattern.fullmatch(bare)
        if not found:
            continue
        if rule.identity:
            return parts._replace(known_as=found.expand(rule.identity))
        target = unquote(found[1]) if rule.decode else found.expand(rule.url)
        if wrappers and target != url:
            try:
                return _read_through(target, wrappers - 1)
            except UrlError:
                return parts  # a wrapper around nothing usable is itself all there is
    return parts


def _read_any(url: str) -> tuple[UrlParts, Site]:
    """Take any URL apart, without the rules of its site."""
    plain = _PLAIN.fullmatch(url)
    match = _URL.fullmatch(url if plain else url.strip(BLANKS).translate({9: None, 10: None, 13: None}))
    if not match:
        raise UrlError("{url} is no absolute http or https URL: write it in full, with https://", url=_shown(url))
    scheme, authority, path, query, fragment = match.groups("")
    scheme = scheme.lower()
    authority = authority_of(scheme, authority)
    if not plain:
        path, query, fragment = _encoded(url, path.replace("\\", "/"), query, fragment)
    if "%" in url:
        path, query = _plain_escapes(path), _plain_escapes(query)
    if ";" in path:
        path = _SESSION.sub("", path)
    if "/." in path:
        path = _without_dots(path)
    site = site_rules(authority.partition(":")[0])
    if query:
        query = without_tracking(query, path, site.tracking)
    route = _route(path, query, fragment) if fragment else ""
    if len(authority) + len(path) + len(query) + len(route) > MAX_LENGTH:
        raise UrlError(
            "{url} is longer than {most} characters: no story has such a URL", url=_shown(url), most=MAX_LENGTH
        )
    return UrlParts(scheme, authority, path, query, route), site


def _shown(url: str) -> str:
    url = re.sub(r"//[^/?#]*@", "//", url)  # a password is not to reach a log
    return repr(url if len(url) <= 120 else url[:100] + "…")


def _encoded(url: str, path: str, query: str, fragment: str) -> tuple[str, str, str]:
    """Percent-encode path, query and fragment as browsers do it, and leave escapes as they are."""
    if len(path) + len(query) + len(fragment) > MAX_LENGTH:
        raise UrlError(
            "{url} is longer than {most} characters: no story has such a URL", url=_shown(url), most=MAX_LENGTH
        )
    try:
        whole = safe_url_string(f"http://h{path}?{query}#{fragment}")
    except ValueError as error:
        raise UrlError("{url} holds characters that no URL can hold: {error}", url=_shown(url), error=error) from None
    rest, _, fragment = whole[8:].partition("#")
    path, _, query = rest.partition("?")
    return path, query, fragment


def _plain_escapes(text: str) -> str:
    """Undo escapes of letters, digits and `-._~`, which mean the same (RFC 3986 6.2.2.2), and escape a lone %."""
    return _NEEDLESS.sub(lambda escape: chr(int(escape[1], 16)), _LONE.sub("%25", text))


def _without_dots(path: str) -> str:
    """Resolve `.` and `..` in a path (RFC 3986 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments, 1):
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
        if number == len(segments) and segment in {".", ".."}:
            kept.append("")
    return "/" + "/".join(kept)


def _route(path: str, query: str, fragment: str) -> str:
    """Return the fragment if it chooses a story within a page in one piece, else nothing."""
    if fragment.startswith("!") and len(fragment) > 2:
        return fragment
    if (
        fragment.startswith("/")
        and _DIGIT.search(fragment)
        and not _LONG_NUMBER.search(_ESCAPE.sub(" ", path + "?" + query))
    ):
        return fragment
    return ""


def _identity_of(parts: UrlParts) -> str:
    if parts.known_as:
        host, path, query = split_identity(parts.known_as)
        return _identity(host, path, query, "")
    return _identity(parts.authority, parts.path, parts.query, parts.route)


def _identity(authority: str, path: str, query: str, route: str) -> str:
    if not _NORMAL.fullmatch(path) and not _NORMAL_ESCAPED.fullmatch(path):
        path = "/".join(_normal(segment, "!$'()*,:@&=+;") for segment in path.split("/"))
    path = without_index(path)
    if "//" in path:
        path = re.sub("/{2,}", "/", path)
    while "amp" in path.lower() and (shorter := _without_amp(path)) != path:
        path = shorter
    form = story_host(authority, VARIANT_HOST) + path
    if query:
        form += _normal_query(query)
    return form + "#" + route if route else form


def without_index(path: str) -> str:
    """Return a path without slashes and index files at its end."""
    path = path.rstrip("/")
    last = path[path.rfind("/") + 1 :]
    return _TAIL.sub("", path) if last[:8].lower().startswith(_INDEX_NAMES) else path


def _without_amp(path: str) -> str:
    """Return the path of the story whose AMP variant this is, if it is one."""
    for end, instead in VARIANT_SUFFIX.items():
        if path.endswith(end) and not path.endswith("/" + end):
            return path.removesuffix(end) + instead
    shorter = without_index(VARIANT_SEGMENT.sub("", path, count=1))
    # `/tag/amp` is a page about amplifiers: without the segment something must be left that can name a story.
    name = shorter.rpartition("/")[2]
    return shorter if len(name) >= 12 or "-" in name or "." in name or STRONG_ID.search(name) else path


def _normal(text: str, safe: str) -> str:
    """Percent-encode a text in one way, whatever the charset of the bytes behind the escapes."""
    return quote(unquote_to_bytes(text), safe=safe)


def _normal_query(query: str) -> str:
    """Sort a query by name; equal names keep their order, as a server may take the first or the last."""
    pairs: list[tuple[str, str]] = []
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        if not _NORMAL.fullmatch(name):
            name = _normal(name.replace("+", " "), "!$'()*,:@/?")
        if not _NORMAL.fullmatch(value):
            value = _normal(value.replace("+", " "), "!$'()*,:@/?")
        variant = VARIANT_QUERY.get(name.lower())
        if not variant or not variant.fullmatch(value.lower()):
            pairs.append((name, value))
    pairs.sort(key=lambda pair: pair[0])
    pieces = [f"{name}={value}" if value else name for name, value in dict.fromkeys(pairs)]
    return "?" + "&".join(pieces) if pieces else ""


def split_identity(form: str) -> tuple[str, str, str]:
    """Split an identity form into host, path and query."""
    rest, _, query = form.partition("?")
    host, slash, path = rest.partition("/")
    return host, slash + path, query
