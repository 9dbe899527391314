"""JSON-LD: the node of a page that describes its article, and plain values out of its loose forms.

Vocabulary: schema.org. How broken scripts are read is in `broken_json`.
"""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from kolcrawl.page.facts.broken_json import load_values, search_article
from kolcrawl.text.normalize import letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Node = dict[str, Any]

MAX_JSONLD_DEPTH = 12  # of nesting; deeper is an attack or an accident
MAX_JSONLD_NODES = 3000
MAX_JSONLD_VALUES = 50_000  # objects and lists that are looked at; lists in each other hold no node
MAX_JSONLD = 2_000_000  # characters of a page's scripts that are read; the most met are 50,000
MAX_BROKEN = 120_000  # characters of its broken scripts that are searched
LONGEST_STRING = 2_000  # characters of a value that are read; articleBody is not
MAX_JSONLD_ENTRIES = 100  # entries of a list of names or words
_ARTICLE = re.compile(r"(?:Article|BlogPosting|Report|ClaimReview|Review|SocialMediaPosting|NewsStory)$", re.IGNORECASE)
_PAGE = re.compile(r"(?:WebPage|CreativeWork|VideoObject)$", re.IGNORECASE)  # believed only when dated


def read_nodes(scripts: Iterable[str]) -> list[Node]:
    """Read all objects of a page's JSON-LD scripts, outermost first."""
    seen = (value for data in _values(scripts) for value in _walk(data, 0))
    nodes = (value for value in islice(seen, MAX_JSONLD_VALUES) if isinstance(value, dict))
    return list(islice(nodes, MAX_JSONLD_NODES))


def _values(scripts: Iterable[str]) -> Iterator[Any]:
    """Read the values of all scripts, and what a search of the broken ones finds, within bounds."""
    left, left_broken = MAX_JSONLD, MAX_BROKEN
    for script in scripts:
        if len(script) > left:
            continue
        left -= len(script)
        values, rest = load_values(script)
        yield from values
        if rest and left_broken and (article := search_article(rest[:left_broken])):
            yield article
        left_broken -= min(left_broken, len(rest))


def _walk(data: Any, depth: int) -> Iterator[Node | list[Any]]:
    """Yield the objects and lists in a value, outermost first."""
    if depth > MAX_JSONLD_DEPTH:
        return
    yield data
    if isinstance(data, dict):
        for value in data.values():
            if isinstance(value, dict | list):
                yield from _walk(value, depth + 1)
    else:
        for value in data:
            if isinstance(value, dict | list):
                yield from _walk(value, depth + 1)


def types_of(node: Node) -> list[str]:
    """List the node's `@type`s without namespace."""
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return [kind.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for kind in kinds if isinstance(kind, str)]


def article_of(nodes: list[Node], urls: set[str], titles: set[str]) -> Node | None:
    """Find the node of the page's own article.

    Args:
        nodes: of `read_nodes`.
        urls: the page's own addresses, in the form of `bare_url`.
        titles: the page's own titles, as `kolcrawl.text.normalize.letters`.

    Returns: the article whose address or headline is the page's, else the first article that is not an entry of a
        list, else a dated page node; None when there is none. A page about another page (a list of teasers marked
        up as articles) has none either: several articles of which none is the page's own are not believed.
    """
    articles, pages = [], []
    for node in nodes:
        kinds = types_of(node)
        if any(_ARTICLE.search(kind) for kind in kinds):
            articles.append(node)
        elif _is_dated_page(node, kinds):
            pages.append(node)
    for node in articles:
        if _is_own(node, urls, titles):
            return node
    if articles and len({string(node.get("headline")) for node in articles}) == 1:
        return articles[0]
    for node in articles:
        if (node.get("articleBody") or node.get("datePublished")) and node.get("author"):
            return node
    return next((node for node in pages if "VideoObject" not in types_of(node)), None)


def _is_own(node: Node, urls: set[str], titles: set[str]) -> bool:
    """Tell whether an article has a title or an address of the page."""
    named = letters(string(node.get("headline")) or string(node.get("name")) or "")
    return (bool(named) and named in titles) or bool(urls & {bare_url(url) for url in addresses(node)})


def _is_dated_page(node: Node, kinds: list[str]) -> bool:
    """Tell whether a node that is not marked as an article may be one: it has a date, and a kind or a headline."""
    if node.get("datePublished") and (node.get("headline") or any(_PAGE.search(kind) for kind in kinds)):
        return True
    return not kinds and bool(node.get("pubDate"))


def bare_url(url: str) -> str:
    """Strip an address of scheme, `www.`, query, fragment and trailing slash: enough to know a page's own."""
    return re.sub(r"^(?:https?:)?//(?:www\.|m\.)?|[?#].*$|/+$", "", url.strip().split("#")[0].split("?")[0])


def addresses(node: Node) -> list[str]:
    """List the addresses that the node gives for itself."""
    out = []
    for key in ("url", "mainEntityOfPage", "@id"):
        value = node.get(key)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str) and value:
            out.append(value[:LONGEST_STRING])
    return out


def string(value: Any) -> str | None:
    """Read a value as one string, entities resolved; the first of a list; None when there is none."""
    if isinstance(value, list):
        value = next((entry for entry in value if entry), None)
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        return None
    text = value[:LONGEST_STRING]
    for _ in range(2):  # twice encoded is common
        if "&" not in text:
            break
        text = html.unescape(text)
    return text.strip()


def strings(value: Any) -> list[str]:
    """Read a value as a list of strings: `keywords` may be a list or one string with commas."""
    if isinstance(value, list):
        return [text for entry in value[:MAX_JSONLD_ENTRIES] if (text := string(entry))]
    text = string(value)
    return [part.strip() for part in re.split(r"[,，;；、]", text) if part.strip()] if text else []


def people(value: Any, nodes: list[Node]) -> list[tuple[str, bool]]:
    """List the names of an `author` or `creator`, each with whether it is said to be an organization."""
    out: list[tuple[str, bool]] = []
    for entry in value[:MAX_JSONLD_ENTRIES] if isinstance(value, list) else [value]:
        if isinstance(entry, list):
            out.extend(people(entry, nodes))
        elif isinstance(entry, dict):
            out.extend(_names_of(entry, nodes))
        elif isinstance(entry, str) and (name := string(entry)):
            out.append((name, False))
    return out


def _names_of(entry: Node, nodes: list[Node]) -> Iterator[tuple[str, bool]]:
    """Return the names of one person or organization, which may be described elsewhere on the page."""
    if "name" not in entry and isinstance(entry.get("@id"), str):
        entry = next((node for node in nodes if node.get("@id") == entry["@id"] and node.get("name")), entry)
    is_organization = any(kind.endswith("Organization") for kind in types_of(entry))
    names = entry.get("name")
    for raw in names[:MAX_JSONLD_ENTRIES] if isinstance(names, list) else [names]:
        if name := string(raw):
            yield name, is_organization
