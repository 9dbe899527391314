"""From items to documents and updates. Pure: no database, no clock of its own.

`visit_document` turns an item into the document that is written first. Its part `unapplied` is the log entry: it holds
everything that is needed to derive the rest (`derive`, `story_updates`).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from bson import Int64

from kolcrawl.errors import UrlError
from kolcrawl.policy.revisit import Bounds
from kolcrawl.store.expressions import if_, literal, replace_stage
from kolcrawl.store.schema import SCHEMA
from kolcrawl.store.shared_lists import digest, page_list_id
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kolcrawl.items import StoryItem
    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.derive import LinkHistory, VersionChange

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONTENT: Final = (
    "title", "raw_title", "published_at", "published", "modified_at", "authors", "origin", "lang", "text", "excerpt",
    "tags", "content_hash", "sources", "noindex",
)  # fmt: skip


def visit_id(crawl: str, story: str, at: datetime, known_as: Sequence[str] = ()) -> str:
    """Return the id of a visit: by crawl, story key, millisecond, and the other keys by which its page was found.

    A story may be read at two of its addresses within one millisecond: these are two visits.
    """
    return digest(crawl, story, str(_milliseconds(at)), *known_as)


def link_id(from_: str, to: str, kind: str) -> str:
    """Return the id of a link."""
    return digest(from_, to, kind)


def visit_document(item: StoryItem, crawl: str, bounds: Bounds | None = None) -> Document:
    """Return the document of a visit. Its log entry is removed when everything that follows from it is written.

    Args:
        item: what was fetched.
        crawl: id of the crawl.
        bounds: bounds of the time until the next visit, which is derived when all visits are known.
    """
    at = _EPOCH + timedelta(milliseconds=_milliseconds(item.visited_at))
    read = item.outcome == "fetched"
    links = item.links if read else []
    http: Document | None = dict(item.http) if item.http else None
    if http and not 100 <= http["status"] <= 999:  # RFC 9110: three digits; servers send anything
        http["status"] = None
    visit: Document = {
        "_id": visit_id(crawl, item.key, at, item.known_as if read else ()),
        "schema": SCHEMA,
        "story": item.key,
        "crawl": crawl,
        "at": at,
        "url": item.requested_url,
        "outcome": item.outcome,
        "reason": item.reason,
        "http_status": http["status"] if http else None,
        "content_hash": item.content_hash if read else None,
        "text_hash": digest(text) if read and (text := item.read_text or item.text) else None,
        "title": item.title if read else None,
        "published_at": item.published_at if read else None,
        "bytes": item.bytes,
        "elapsed_ms": item.elapsed_ms,
        "depth": item.depth,
        "relevance": float(item.relevance) if read and item.relevance is not None else None,
        "redirected_to": item.redirected_to,
        "links_left_out": item.links_left_out if read else 0,
        "links": [_link_seen(link) for link in links],
    }
    visit["unapplied"] = _log_entry(item, http, bounds)
    return visit


def _log_entry(item: StoryItem, http: Document | None, bounds: Bounds | None) -> Document:
    """Return the log entry of a visit: what is needed to derive stories and links from it."""
    read = item.outcome == "fetched"
    links = item.links if read else []
    return {
        "key": item.key,
        "url": item.url,
        "site": item.site,
        "aliases": [alias for alias in item.aliases if alias != item.url],
        "known_as": item.known_as if read else [],
        "proofs": dict(item.proofs) if read else {},
        "depth": item.depth,
        "discovered_from": item.discovered_from,
        "discovered_kind": item.discovered_kind or "seed",
        "relevance": item.relevance,
        "http": http,
        "next_visit_at": item.next_visit_at,
        "revisit": _seconds(bounds) if bounds else None,
        "same_as": item.same_as,
        "content": _content(item) if read else None,
        "targets": [
            {
                "key": link.to,
                "url": link.to_url,
                "site": site_of(link.to_url),
                "title": link.anchor or None,
                "kind": link.kind,
                "relevance": link.topic,
                "skipped": link.skipped,
            }
            for link in links
        ],
    }


_LEFT_OUT: Final = ("aliases", "known_as", "proofs", "relevance", "next_visit_at", "content", "targets")
"""Parts of the log entry of an unchanged visit that are not stored where they are empty."""
_PAGE_FACTS: Final = ("text_hash", "title", "published_at", "relevance")
"""Parts of a visit that an unchanged one does not have."""
NOT_SHOWN: Final[Document] = dict.fromkeys(("content_hash", *_PAGE_FACTS))
"""What a visit that found no page says of it."""


def shortened(visit: Document, story: Mapping[str, Any] | None = None) -> Document:
    """Return a visit as it is stored: an unchanged one without what goes without saying.

    Args:
        visit: whole, after it was found out what it confirms.
        story: what is stored of its story.
    """
    if visit["outcome"] != "unchanged":
        return visit
    implied = _implied(visit) | {"same_as": visit["unapplied"]["same_as"]}
    if story and story["order"]["found"] <= visit_stamp(visit):  # how it was found is known, and stays so
        implied |= {name: visit["unapplied"][name] for name in ("discovered_from", "discovered_kind")}
    entry = {
        name: value
        for name, value in visit["unapplied"].items()
        if (value or name not in _LEFT_OUT) and (name not in implied or value != implied[name])
    }
    if http := visit["unapplied"]["http"]:
        said = _implied_http(visit, visit["unapplied"]["url"])
        entry["http"] = {name: value for name, value in http.items() if value != said[name]}
    shown = {name: value for name, value in visit.items() if value is not None or name not in _PAGE_FACTS}
    return {**shown, "unapplied": entry}


def whole_entry(visit: Mapping[str, Any]) -> Document:
    """Return the log entry of a visit with all its parts, whether or not it was `shortened`."""
    entry: Mapping[str, Any] = visit["unapplied"]
    if "targets" in entry:
        return dict(entry)
    empty: Document = {"aliases": [], "known_as": [], "targets": [], "proofs": {}}
    whole = {**dict.fromkeys(_LEFT_OUT), **empty, **_implied(visit), **entry}
    if (http := whole["http"]) is not None:
        whole["http"] = {**_implied_http(visit, whole["url"]), **http}
    return whole


def _implied(visit: Mapping[str, Any]) -> Document:
    """Return those parts of the log entry of a visit that follow from the visit where they are not stored."""
    url, site = visit["unapplied"].get("url", visit["url"]), None
    with suppress(UrlError):
        site = site_of(url)
    return {
        "key": visit.get("merged_from", visit["story"]),
        "url": visit["url"],
        "site": site,
        "discovered_from": None,
        "discovered_kind": "seed",
        "revisit": _seconds(Bounds()),
        "same_as": None,
    }


def _implied_http(visit: Mapping[str, Any], url: str) -> Document:
    return {"status": visit["http_status"], "etag": None, "last_modified": None, "final_url": url}


def _seconds(bounds: Bounds) -> list[float]:
    return [bounds.shortest.total_seconds(), bounds.longest.total_seconds(), bounds.chance]


def is_visit(document: Mapping[str, Any]) -> bool:
    """Return whether a document records a request; a story that was never asked for is only marked as skipped."""
    return document["outcome"] != "skipped" or document["unapplied"]["http"] is not None


def _content(item: StoryItem) -> Document:
    content: Document = {name: getattr(item, name) for name in _CONTENT}
    content["url"], content["site"] = item.url, item.site
    content["text_chars"] = len(item.text or "")
    content["signature"] = item.signature
    text = item.read_text or item.text
    content["reading"] = reading_of(item.title, digest(text) if text else None)
    return content


def reading_of(title: str | None, text_hash: str | None) -> str | None:
    """Return the digest of a title and a text as the page alone gives them; None where there is no text."""
    return digest(title or "", text_hash) if text_hash else None


def _link_seen(link: Any) -> Document:
    seen = {name: getattr(link, name) for name in ("to", "kind", "heading", "position", "anchor")}
    if link.relevance is not None:
        seen["relevance"] = float(link.relevance)
    if link.topic is not None:
        seen["topic"] = float(link.topic)
    if link.nofollow:
        seen["nofollow"] = True
    if link.wrapper:
        seen["wrapper"] = link.wrapper
    return seen


def content_of(story: Mapping[str, Any]) -> Document:
    """Return the log entry that gives a visit back the content which a story shows."""
    names = (*_CONTENT, "url", "site", "text_chars", "reading")
    return {
        "key": story["_id"], "url": story["url"], "site": story["site"], "aliases": [], "known_as": [],
        "discovered_from": story["discovered"]["from"], "discovered_kind": story["discovered"]["kind"],
        "depth": story["depth"],
        "relevance": story["relevance"], "http": story["http"], "next_visit_at": story["next_visit_at"],
        "same_as": None, "content": {name: story.get(name) for name in names}, "targets": [],
    }  # fmt: skip


def redirected_visit(visit: Mapping[str, Any], story: Mapping[str, Any], address: str | None) -> Document:
    """Return the failed visit of a story whose address now leads to another story's page."""
    url = address or story["url"]
    entry = visit["unapplied"]
    own = {name: value for name, value in visit.items() if name != "confirms"}
    return {
        **own,
        "_id": visit_id(visit["crawl"], story["_id"], visit["at"]),
        "story": story["_id"],
        "url": url,
        "outcome": "failed",
        "reason": "redirected",
        **NOT_SHOWN,
        "depth": story["depth"],
        "redirected_to": entry["url"],
        "links": [],
        "lists": [],
        "unapplied": {
            **entry,
            "key": story["_id"],
            "url": story["url"],
            "site": story["site"],
            "aliases": [],
            "known_as": [],
            "depth": story["depth"],
            "discovered_from": story["discovered"]["from"],
            "discovered_kind": story["discovered"]["kind"],
            "relevance": None,
            "content": None,
            "targets": [],
        },
    }


# --- links


def link_document(from_: str, end: tuple[str, str], link: LinkHistory, visit_count: int, now: datetime) -> Document:
    """Return the document of a link.

    Args:
        from_: key of the story whose page has the link.
        end: key of the target, and kind.
        link: the link over all visits.
        visit_count: how many visits to `from_` it was derived from (`basis`); what was derived from more visits wins.
        now: when the document is written.
    """
    return {
        "_id": link_id(from_, *end),
        "schema": SCHEMA,
        "from": from_,
        "to": end[0],
        "kind": end[1],
        "heading": link.latest["heading"],
        "position": link.latest["position"],
        "anchor": link.latest["anchor"],
        "nofollow": link.latest.get("nofollow", False),
        **({"wrapper": link.latest["wrapper"]} if link.latest.get("wrapper") else {}),
        "relevance": link.latest.get("relevance"),
        "active": link.active,
        "first_seen": link.first_seen,
        "last_seen": link.last_seen,
        "seen_count": link.seen_count,
        "crawl": link.crawl,
        "basis": visit_count,
        "updated_at": now,
    }


def page_list_document(
    story: str, end: tuple[str, str], shown: LinkHistory, visit_count: int, now: datetime
) -> Document:
    """Return the document of `page_lists` that says when a page showed a list; the arguments are `link_document`'s."""
    document: Document = {
        "_id": page_list_id(story, end[0]),
        "schema": SCHEMA,
        "story": story,
        "list": end[0],
        "kind": end[1],
        "active": shown.active,
        "first_seen": shown.first_seen,
        "last_seen": shown.last_seen,
        "seen_count": shown.seen_count,
        "crawl": shown.crawl,
        "basis": visit_count,
        "updated_at": now,
    }
    if relevances := shown.latest.get("relevances"):
        document["relevances"] = relevances
    return document


def link_update(link: Mapping[str, Any]) -> list[Document]:
    """Return the update pipeline that writes a link, or a list of a page, unless it was derived from more visits."""
    outdated = {"$gt": ["$basis", link["basis"]]}
    return [replace_stage(outdated, [], [literal({name: value for name, value in link.items() if name != "_id"})])]


def revision_document(story: str, change: VersionChange, text: str | None, visit_count: int) -> Document:
    """Return the document of an earlier version of a story.

    Args:
        story: its key.
        change: the visit that found another version.
        text: the text of the earlier version; None where it is lost.
        visit_count: how many visits it was derived from (`basis`).
    """
    visit, before = change.visit, change.before
    return {
        "_id": visit["_id"],
        "schema": SCHEMA,
        "story": story,
        "crawl": visit["crawl"],
        "at": visit["at"],
        "changed": change.changed,
        "title": before.get("title"),
        "text": text,
        "content_hash": before["content_hash"],
        "published_at": before.get("published_at"),
        "basis": visit_count,
    }


def revision_update(revision: Mapping[str, Any]) -> list[Document]:
    """Return the update pipeline that writes a revision, unless it was derived from more visits; no text is lost.

    Nor where it was derived from as many and is of another version: of these visits some were taken back since.
    """
    other = {"$ne": [{"$ifNull": ["$content_hash", None]}, literal(revision["content_hash"])]}
    as_many = {"$and": [{"$eq": ["$basis", revision["basis"]]}, other]}
    outdated = {"$or": [{"$gt": ["$basis", revision["basis"]]}, as_many]}
    whole = {name: value for name, value in revision.items() if name != "_id"}
    changed = [literal(whole)]
    if whole["text"] is None:
        same = {"$eq": [{"$ifNull": ["$content_hash", None]}, literal(whole["content_hash"])]}
        changed.append({"text": if_(same, {"$ifNull": ["$text", None]}, None)})
    return [replace_stage(outdated, [], changed)]


def visit_stamp(visit: Mapping[str, Any]) -> Int64:
    """Return a number that orders visits by time, and those of one millisecond by id."""
    return Int64(time_stamp(visit["at"]) | int(visit["_id"][:4], 16))


def time_stamp(at: datetime) -> int:
    """Return the least number that `visit_stamp` gives to a visit of this millisecond."""
    return _milliseconds(at) << 16  # under 2**58 until the year 2109


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
