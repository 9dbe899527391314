"""Lists that many pages of a site show alike: popular, latest, random, sponsored stories. Pure.

Two thirds of all links stand in such lists, and a site shows the same list on page after page. A document for each of
its links on each page would be most of what a crawl writes. So they are stored in this form:

- `lists` holds the content of a list once: its links in order, each with target, heading, position and anchor. A list
  is all links of one kind on one page. Its id is a digest of what the page itself says, so that two pages which show
  the same have the same list, whoever writes first; only a merge changes it, as it does the links of visits.
- A visit names the lists that its page showed (`lists`), with what depends on the page: how much its own story has to
  do with each target (`relevances`, `topics`), in the order of the list's links.
- `page_lists` says when a page showed a list: a document for each story and list, derived from the visits as a link
  is, with the list's id in the place of the target.

A link of such a kind is read off these (`edges`): it was there whenever one of the page's lists that name its target
was. A page shows one list of a kind at a time, so counts add up, and its place and words are those of the list that
was seen last. A link to the story itself is left out, and the first of two to one target stands for both, as always.

A list is stored before any visit that names it, and a list that nothing names does no harm.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.items import LISTED_KINDS
from kolcrawl.store.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kolcrawl.store.bson_types import Document

_PER_PAGE: Final = {"relevance": "relevances", "topic": "topics"}
"""Parts of a link that depend on the page that shows the list, and where it has them in the order of the links."""
_SHOWN: Final = ("heading", "position", "anchor", "nofollow")
"""Parts of a link that are the list's own, beside its target."""


def split_lists(visit: Document) -> tuple[Document, dict[str, Document]]:
    """Take the lists out of the links of a visit.

    Returns: the visit as it is stored, which shares all else with the one given; and the documents of the lists that
    it names beside those that it named before, by id.
    """
    if not any(link["kind"] in LISTED_KINDS for link in visit["links"]):
        return visit, {}
    listed: dict[str, list[Document]] = {}
    for link in visit["links"]:
        if link["kind"] in LISTED_KINDS:
            listed.setdefault(link["kind"], []).append(link)
    lists: dict[str, Document] = {}
    named = list(visit.get("lists", ()))
    for kind, links in listed.items():
        name = _list_id(kind, links)
        lists[name] = {
            "_id": name,
            "schema": SCHEMA,
            "kind": kind,
            "links": [
                {part: value for part, value in link.items() if part not in ("kind", *_PER_PAGE)} for link in links
            ],
        }
        entry: Document = {"list": name, "kind": kind}
        for part, parts in _PER_PAGE.items():
            if any(link.get(part) is not None for link in links):
                entry[parts] = [link.get(part) for link in links]
        named.append(entry)
    links = [link for link in visit["links"] if link["kind"] not in LISTED_KINDS]
    return {**visit, "links": links, "lists": named}, lists


def join_lists(visit: Document, lists: Mapping[str, Document]) -> None:
    """Put the lists of a visit back among its links, in place; those that are not given are passed over."""
    links = list(visit.get("links") or ())
    for entry in visit.pop("lists", None) or ():
        links += listed_links(entry, lists.get(entry["list"]))
    visit["links"] = links


def listed_links(entry: Mapping[str, Any], stored: Mapping[str, Any] | None) -> list[Document]:
    """Return the links of a list as a page showed them.

    Args:
        entry: how the page showed it: of a visit's `lists`, or a document of `page_lists`.
        stored: the list; None where it is not stored.
    """
    links = [{**link, "kind": entry["kind"]} for link in stored["links"]] if stored else []
    for part, parts in _PER_PAGE.items():
        for link, value in zip(links, entry.get(parts) or (), strict=False):
            if value is not None:
                link[part] = value
    return links


def edges(rows: Iterable[Mapping[str, Any]], lists: Mapping[str, Document]) -> Iterator[Document]:
    """Yield the links that the lists of pages amount to, with the fields that the contract promises.

    Args:
        rows: documents of `page_lists`: of each story all of one kind, or all that name a wanted target.
        lists: by id.
    """
    found: dict[tuple[str, str, str], Document] = {}
    for row in sorted(rows, key=lambda row: (row["last_seen"], row["first_seen"], row["_id"])):
        targets: set[str] = set()
        for link in listed_links(row, lists.get(row["list"])):
            if link["to"] == row["story"] or link["to"] in targets:
                continue
            targets.add(link["to"])
            end = (row["story"], link["to"], row["kind"])
            before = found.get(end)
            found[end] = _edge(row, link) if before is None else _joined(before, _edge(row, link))
    yield from found.values()


def _edge(row: Mapping[str, Any], link: Mapping[str, Any]) -> Document:
    return {
        "_id": digest(row["story"], link["to"], row["kind"]),
        "schema": row["schema"],
        "from": row["story"],
        "to": link["to"],
        "kind": row["kind"],
        "heading": link["heading"],
        "position": link["position"],
        "anchor": link["anchor"],
        "nofollow": link.get("nofollow", False),
        "relevance": link.get("relevance"),
        **{name: row[name] for name in ("active", "first_seen", "last_seen", "seen_count", "crawl", "updated_at")},
    }


def _joined(before: Document, later: Document) -> Document:
    """Join two spells of a link; what was seen last decides how it looks."""
    first = before if before["first_seen"] <= later["first_seen"] else later
    return {
        **later,
        "active": before["active"] or later["active"],
        "first_seen": first["first_seen"],
        "crawl": first["crawl"],
        "seen_count": before["seen_count"] + later["seen_count"],
        "updated_at": max(before["updated_at"], later["updated_at"]),
    }


def page_list_id(story: str, name: str) -> str:
    """Return the id of a document of `page_lists`."""
    return digest(story, name)


def digest(*parts: str) -> str:
    """Return 32 hex digits that tell one sequence of texts from another."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _list_id(kind: str, links: Iterable[Mapping[str, Any]]) -> str:
    """Return the id of a list: of what its page says, whatever the stories it names were merged into since."""
    said = [[link.get("merged_from") or link["to"], *(link.get(part) for part in _SHOWN)] for link in links]
    return digest(kind, json.dumps(said, ensure_ascii=True))
