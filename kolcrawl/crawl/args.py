"""Spider arguments (`-a name=value`): read and checked once, with an answer that helps when one is wrong."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import urlsplit

from kolcrawl.errors import ArgumentError
from kolcrawl.items import LINK_KINDS, LinkKind
from kolcrawl.locale import Message, os_reason
from kolcrawl.policy.revisit import Refresh, parse_refresh
from kolcrawl.policy.scope import (
    Reach,
    Scope,
    UrlPattern,
    parse_languages,
    parse_moment,
    parse_patterns,
    parse_reach,
)
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_SEEDS = 100_000  # above any list a person keeps; a wrong file must not fill the memory
MAX_FILE = 50_000_000  # bytes of a list of seeds; so many seeds of 500 characters
MAX_URL = 2083  # characters; longer ones are not fetched (URLLENGTH_LIMIT)
MAX_WHOLE = 1_000_000_000  # above any page count; larger numbers do not fit the database


FILE_ENDINGS = frozenset(
    ("asp", "aspx", "csv", "gz", "htm", "html", "json", "jsonl", "jsp", "mht", "pdf", "php", "shtml", "txt", "xml")
)
"""Of names that a person may mean as a file; none is a top-level domain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlArgs:
    """The arguments of a crawl."""

    seeds: tuple[str, ...]
    """From `url` (one or several, separated by spaces or commas between URLs) and `urls` (a file)."""
    depth: int = 2
    """Link steps from a seed; 0 reads the seeds only."""
    max_pages: int = 200
    """Pages asked for at most; 0 sets no limit."""
    kinds: tuple[LinkKind, ...] = ("related",)
    """Kinds of links that are followed; all kinds are stored."""
    about: str | None = None
    """A few words on what the crawl is about, beside the seeds' own."""
    follow_below: float = 0.0
    """Links of lower relevance (0 to 1) are not followed."""
    max_pages_per_site: int = 0
    """Pages asked of one registrable domain at most; 0 sets no limit."""
    scope: Reach = "any"
    """`site`: the seeds' sites, `listed`: these and `sites`, `any`: everywhere."""
    sites: tuple[str, ...] = ()
    """Registrable domains for `scope=listed`."""
    include: tuple[UrlPattern, ...] = ()
    exclude: tuple[UrlPattern, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    """Bounds of the publication time."""
    languages: tuple[str, ...] = ()
    crawl: str | None = None
    """Name by which workers on a shared frontier find each other."""
    refresh: Refresh = "due"
    """Which stories known from earlier crawls are asked for again; the seeds always are."""

    def scope_of(self, seed_sites: frozenset[str]) -> Scope:
        """Return the bounds that these arguments set for seeds of the given registrable domains."""
        return Scope(
            depth=self.depth,
            reach=self.scope,
            sites=seed_sites | frozenset(self.sites),
            include=self.include,
            exclude=self.exclude,
            kinds=frozenset(self.kinds),
            follow_below=self.follow_below,
            since=self.since,
            until=self.until,
            languages=self.languages,
        )

    def shown(self) -> dict[str, object]:
        """Return the arguments as they are kept with the crawl."""
        kept = {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name not in ("seeds", "crawl")}
        return kept | ({"crawl": self.crawl} if self.crawl else {})


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [part.source if isinstance(part, UrlPattern) else part for part in value]
    return value


def _whole(name: str, value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = -1
    if not 0 <= number <= MAX_WHOLE:
        raise ArgumentError(
            "{name}={value!r} is no whole number from 0 to a billion, e.g. -a {name}=2", name=name, value=value
        )
    return number


def _kinds(name: str, value: str) -> tuple[LinkKind, ...]:
    chosen = [part.strip() for part in value.split(",") if part.strip()]
    unknown = [part for part in chosen if part not in LINK_KINDS]
    if unknown or not chosen:
        wrong = unknown[0] if unknown else value
        raise ArgumentError(
            "{name}: {wrong!r} is no kind of link; there are {known}",
            name=name,
            wrong=wrong,
            known=", ".join(get_args(LinkKind)),
        )
    return tuple(kind for kind in LINK_KINDS if kind in chosen)


def _share(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ArgumentError("{name}={value!r} is no number from 0 to 1, e.g. -a {name}=0.15", name=name, value=value)
    return number


def _words(name: str, value: str) -> str | None:
    return value.strip() or None


def _crawl_name(name: str, value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value):
        raise ArgumentError(
            "{name}={value!r} is no name of a crawl: use up to 64 letters, digits, _, . and -", name=name, value=value
        )
    return value


def _sites(name: str, value: str) -> tuple[str, ...]:
    hosts = value.replace(",", " ").split()
    return tuple(site_of(check_url(host, name)) for host in hosts)


def _moment(name: str, value: str) -> datetime:
    return parse_moment(name, value, datetime.now(UTC))


def is_file_name(word: str) -> bool:
    """Tell whether a word without slashes ends as files do, and no host."""
    return "/" not in word and word.rpartition(".")[2].lower() in FILE_ENDINGS


def check_url(url: str, where: str) -> str:
    """Trim the URL of a seed, and give a bare host https.

    Raises:
        ArgumentError: it is no http or https URL with a host, is too long, looks like the name of a file, or holds
            a login: seeds are logged and stored.
    """
    url = url.strip()
    candidate = url if "://" in url else f"https://{url}"
    if len(candidate) > MAX_URL:
        raise ArgumentError(
            "{where}: {url}... is too long: {n} characters, {most} at most",
            where=where,
            url=url[:60],
            n=len(url),
            most=MAX_URL,
        )
    if is_file_name(url):
        raise ArgumentError(
            "{where}: {url!r} looks like a file; give the URL of a page, like"
            " https://example.com/news/1.html (-a urls=FILE takes a list of them)",
            where=where,
            url=url,
        )
    try:
        parts = urlsplit(candidate)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme.lower() not in ("http", "https") or any(c.isspace() for c in candidate):
        raise ArgumentError(
            "{where}: {url!r} is no URL of a page; give one like https://example.com/news/1.html", where=where, url=url
        )
    if "://" not in url and "." not in host:
        raise ArgumentError(
            "{where}: {url!r} is no URL of a page; give one like https://example.com/news/1.html", where=where, url=url
        )
    if "@" in parts.netloc:
        shown = candidate.replace(parts.netloc, f"***@{host}", 1)
        raise ArgumentError(
            "{where}: {shown!r} holds a login, which is never sent; leave out what is before the @",
            where=where,
            shown=shown,
        )
    return candidate


def _seeds_of_file(name: str) -> list[str]:
    try:
        with Path(name).expanduser().open("rb") as file:
            held = file.read(MAX_FILE + 1)
        if len(held) > MAX_FILE:
            raise ArgumentError(
                "urls={name}: is larger than {most} MB; give a text file, a URL a line",
                name=name,
                most=MAX_FILE // 1_000_000,
            )
        text = held.decode("utf-8-sig")
    except RuntimeError:
        raise ArgumentError("urls={name}: there is no such user; give the path of a text file", name=name) from None
    except OSError as error:
        raise ArgumentError(
            "urls={name}: cannot be read ({strerror}); give a text file, a URL a line",
            name=name,
            strerror=os_reason(error),
        ) from None
    except UnicodeDecodeError:
        raise ArgumentError("urls={name}: is no UTF-8 text; give a text file, a URL a line", name=name) from None
    rows = [(n, row.strip()) for n, row in enumerate(text.splitlines(), 1)]
    rows = [(n, row) for n, row in rows if row and not row.startswith("#")]
    if not rows:
        raise ArgumentError("urls={name}: holds no URL; give a text file, a URL a line", name=name)
    if len(rows) > MAX_SEEDS:
        raise ArgumentError(
            "urls={name}: {n} URLs are more than {most}; split the file", name=name, n=len(rows), most=MAX_SEEDS
        )
    return [check_url(row, f"urls={name}, line {n}") for n, row in rows]


READERS: dict[str, Callable[[str, str], object]] = {
    "depth": _whole,
    "max_pages": _whole,
    "max_pages_per_site": _whole,
    "kinds": _kinds,
    "about": _words,
    "follow_below": _share,
    "scope": parse_reach,
    "sites": _sites,
    "include": parse_patterns,
    "exclude": parse_patterns,
    "since": _moment,
    "until": _moment,
    "languages": parse_languages,
    "refresh": parse_refresh,
    "crawl": _crawl_name,
}


def parse_args(given: Mapping[str, object], spider: str = "related") -> CrawlArgs:
    """Read the arguments of a spider.

    Names that start with an underscore are let through: Scrapyd adds `_job`.

    Raises:
        ArgumentError: a name is unknown, a value cannot be used, or there is no seed.
    """
    known = {"url", "urls", *READERS}
    values: dict[str, object] = {}
    for name, value in given.items():
        if name.startswith("_"):
            continue
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), 2)
            if len(near) > 1:
                hint = Message("did you mean {one} or {other}?", one=near[0], other=near[1])
            elif near:
                hint = Message("did you mean {word}?", word=near[0])
            else:
                hint = Message("there are {known}", known=", ".join(sorted(known)))
            raise ArgumentError("spider {spider} has no argument {name!r}: {hint}", spider=spider, name=name, hint=hint)
        if name in READERS:
            values[name] = READERS[name](name, str(value))
    seeds = [check_url(url, "url") for url in str(given.get("url") or "").replace(",http", " http").split()]
    if given.get("urls"):
        seeds += _seeds_of_file(str(given["urls"]))
    if not seeds:
        raise ArgumentError(
            "spider {spider} needs a page to start from: -a url=https://... or -a urls=FILE (scrapy"
            " crawl sample shows a small site of ours)",
            spider=spider,
        )
    if values.get("sites") and values.get("scope") != "listed":
        raise ArgumentError(
            "sites={given} says nothing without scope=listed; add -a scope=listed", given=given["sites"]
        )
    since, until = values.get("since"), values.get("until")
    if isinstance(since, datetime) and isinstance(until, datetime) and since >= until:
        bounds = {name: given[name] for name in ("since", "until")}
        raise ArgumentError("since={since} is not before until={until}: no story lies between", **bounds)
    return CrawlArgs(seeds=tuple(dict.fromkeys(seeds)), **values)  # type: ignore[arg-type]
