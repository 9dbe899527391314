"""The rows of a network that the view needs, read once and kept on disk: the next time only what changed is read.

The embedded server gives some 15,000 stories and 40,000 links a second, so a large network takes a quarter of a
minute to read and a second to read again.
"""

from __future__ import annotations

import io
import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from kolcrawl.items import LINK_KINDS
from kolcrawl.locale import os_reason
from kolcrawl.network import scan_links, scan_links_of, scan_revisions, scan_stories, story_returns
from kolcrawl.store.removals import copy_token, rows_file
from kolcrawl.system.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kolcrawl.layout.forces import Array
    from kolcrawl.network import Network

logger = logging.getLogger(__name__)

NO_TIME = int(np.iinfo(np.int64).min)
"""Stands for a time that is not known."""
STORY_FIELDS = (
    "url",
    "site",
    "status",
    "reason",
    "title",
    "published_at",
    "published.precision",
    "first_seen",
    "fetched_at",
    "depth",
    "relevance",
    "group",
    "copy_of",
    "lang",
    "updated_at",
    "merged_into",
    "unmerged.from",
)
LINK_FIELDS = ("from", "to", "kind", "relevance", "position", "active", "first_seen", "updated_at", "heading")
LINK_COLUMNS = ("source", "target", "kind", "relevance", "position", "active", "seen", "heading")
LINKS_AT_ONCE = 20_000
CACHE_FORMAT = 3
"""Raised when the rows change, so that older files are not read."""
REREAD_OVERLAP = timedelta(minutes=1)
"""How far before the newest row is read again: a write on another machine may arrive late."""
FILE_DAMAGE = (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile)
"""What reading a torn or foreign file raises."""
TITLE_CHARS = 300
HEADING_CHARS = 80


@dataclass(slots=True, kw_only=True)
class NetworkRows:
    """All stories, links and revisions of a network, in the few fields that the view needs."""

    stories: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Fields by key; times are milliseconds since 1970."""
    keys: list[str] = field(default_factory=list)
    """The keys that `links` counts by; merged stories stay among them."""
    links: Array = field(default_factory=lambda: np.zeros((0, len(LINK_COLUMNS)), dtype=np.int64))
    """Rows of `LINK_COLUMNS`, ends by their place in `keys`, heading in `headings`; the latest row of a link last."""
    headings: list[str] = field(default_factory=list)
    remerged: set[str] = field(default_factory=set)
    """Keys that were merged, or set apart again, since the links were read: theirs may be gone."""
    stories_until: datetime | None = None
    links_until: datetime | None = None
    """When the newest link among them was written."""
    token: str | None = None
    """What they are valid under (`kolcrawl.store.removals`)."""


def milliseconds(moment: datetime | None) -> int:
    """Return a time as milliseconds since 1970 in UTC, `NO_TIME` for none."""
    return round(moment.timestamp() * 1000) if moment else NO_TIME


def read_story_rows(network: Network, cache: Path | None = None) -> NetworkRows:
    """Read the stories of a network, with the links and stories that are kept on disk.

    Args:
        network: where from; only one of today, of all crawls, is kept.
        cache: folder of the files; None keeps nothing.
    """
    token = copy_token(network.db)  # before the rows: what is removed while they are read makes them invalid
    rows = _load(_file(network, cache), token) or NetworkRows()
    rows.token = token
    since = rows.stories_until
    for doc in scan_stories(network, STORY_FIELDS, since=since - REREAD_OVERLAP if since else None):
        written = doc.get("updated_at")
        if written and (rows.stories_until is None or written > rows.stories_until):
            rows.stories_until = written
        if since and (doc.get("merged_into") or doc.get("unmerged")):
            others = [doc.get("merged_into"), *(one["from"] for one in doc.get("unmerged") or ())]
            rows.remerged |= {doc["_id"], *filter(None, others)}
        if doc["status"] == "merged":
            rows.stories.pop(doc["_id"], None)
        else:
            rows.stories[doc["_id"]] = _story_row(doc)
    return rows


def read_link_rows(network: Network, rows: NetworkRows, cache: Path | None = None) -> None:
    """Add the links that were written since, and keep all rows on disk."""
    place = {key: number for number, key in enumerate(rows.keys)}
    headings = {heading: number for number, heading in enumerate(rows.headings)}
    since = rows.links_until
    found: Iterable[Any] = scan_links(network, LINK_FIELDS, since=since - REREAD_OVERLAP if since else None)
    if rows.remerged:
        remerged = sorted(rows.remerged)
        numbers = [place[key] for key in remerged if key in place]
        rows.links = rows.links[~np.isin(rows.links[:, :2], numbers).any(axis=1)]
        found = chain(found, scan_links_of(network, remerged))
        rows.remerged = set()
    tables, found = [rows.links], iter(found)
    while links := list(islice(found, LINKS_AT_ONCE)):
        written = max((link["updated_at"] for link in links if link.get("updated_at")), default=None)
        if written and (rows.links_until is None or written.replace(tzinfo=UTC) > rows.links_until):
            rows.links_until = written.replace(tzinfo=UTC)
        tables.append(_link_table(links, place, headings))
    rows.keys, rows.headings = list(place), list(headings)
    if len(tables) > 1:
        rows.links = _latest(np.concatenate(tables))
    _save(rows, _file(network, cache), network)


def _link_table(links: list[Any], place: dict[str, int], headings: dict[str, int]) -> Array:
    """Make rows of `LINK_COLUMNS`; keys and headings that are new get the next numbers."""
    kinds = {kind: number for number, kind in enumerate(LINK_KINDS)}
    relevance = np.array([link.get("relevance") for link in links], dtype=np.float64)  # None becomes NaN
    columns = (
        [place.setdefault(link["from"], len(place)) for link in links],
        [place.setdefault(link["to"], len(place)) for link in links],
        [kinds[link["kind"]] for link in links],
        np.where(np.isnan(relevance), -1, np.round(relevance * 1000)),
        [min(link["position"], 65_535) for link in links],
        [link["active"] for link in links],
        np.array([link["first_seen"] for link in links], dtype="datetime64[ms]").astype(np.int64),
        [headings.setdefault((link.get("heading") or "")[:HEADING_CHARS], len(headings)) for link in links],
    )
    result: Array = np.empty((len(links), len(columns)), dtype=np.int64)
    for number, column in enumerate(columns):
        result[:, number] = column
    return result


def read_revision_rows(network: Network) -> Iterable[tuple[str, int, set[str]]]:
    """Read which stories changed when, and in what."""
    return ((row["story"], milliseconds(row["at"]), set(row["changed"])) for row in scan_revisions(network))


def read_return_rows(network: Network) -> Iterable[tuple[str, int]]:
    """Read which stories that had vanished were there again, and when; none of one crawl, which shows what it saw."""
    return () if network.crawl_id else ((key, milliseconds(at)) for key, at in story_returns(network))


def _story_row(doc: dict[str, Any]) -> dict[str, Any]:
    relevance = doc.get("relevance")
    return {
        "title": (doc.get("title") or "")[:TITLE_CHARS],
        "url": doc["url"],
        "site": doc["site"],
        "status": doc["status"],
        "reason": doc.get("reason") or "",
        "lang": doc.get("lang") or "",
        "published": milliseconds(doc.get("published_at")),
        "day_only": (doc.get("published") or {}).get("precision") == "day",
        "seen": milliseconds(doc["first_seen"]),
        "fetched": milliseconds(doc.get("fetched_at")),
        "depth": doc["depth"],
        "relevance": -1 if relevance is None else round(relevance * 1000),
        "group": doc["group"],
        "copy_of": doc.get("copy_of") or "",
    }


def _latest(links: Array) -> Array:
    """Keep the last row of each source, target and kind."""
    width = int(links[:, :2].max()) + 1
    link = (links[:, 0] * width + links[:, 1]) * len(LINK_KINDS) + links[:, 2]
    _, last = np.unique(link[::-1], return_index=True)
    result: Array = links[np.sort(len(links) - 1 - last)]
    return result


def _file(network: Network, cache: Path | None) -> Path | None:
    """Name the file of a network; None where it is not kept."""
    if cache is None or network.moment is not None or network.crawl_id is not None:
        return None
    return rows_file(cache, network.db, CACHE_FORMAT)


def _load(file: Path | None, token: str | None) -> NetworkRows | None:
    """Read the rows that are kept; those of another token are removed, as they may hold what was forgotten."""
    if file is None or not file.exists():
        return None
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as held:
            header = json.loads(held["stories"].tobytes())
            if token is None or header["token"] != token:
                file.unlink(missing_ok=True)
                return None
            return NetworkRows(
                stories=dict(
                    zip(
                        header["keys"],
                        (dict(zip(header["fields"], row, strict=True)) for row in header["rows"]),
                        strict=True,
                    )
                ),
                keys=header["link_keys"],
                headings=header["headings"],
                links=held["links"],
                stories_until=_moment(header["stories_until"]),
                links_until=_moment(header["links_until"]),
            )
    except FILE_DAMAGE as error:
        logger.warning("%s is damaged and is written anew: %s", file, error)
        return None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _save(rows: NetworkRows, file: Path | None, network: Network) -> None:
    """Keep the rows, unless something was removed since they were read."""
    if file is None or rows.token is None or copy_token(network.db) != rows.token:
        return
    fields = list(next(iter(rows.stories.values()), {}))
    stories = {
        "keys": list(rows.stories),
        "fields": fields,
        "rows": [list(row.values()) for row in rows.stories.values()],
        "link_keys": rows.keys,
        "headings": rows.headings,
        "stories_until": rows.stories_until.isoformat() if rows.stories_until else None,
        "links_until": rows.links_until.isoformat() if rows.links_until else None,
        "token": rows.token,
    }
    buffer = io.BytesIO()
    text = json.dumps(stories, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
    np.savez(buffer, stories=np.frombuffer(text, dtype=np.uint8), links=rows.links)
    try:
        write_atomically(file, buffer.getvalue())
        if copy_token(network.db) != rows.token:  # a removal that came meanwhile may have found no file to remove
            file.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s cannot be written, so the network is read whole the next time: %s", file, os_reason(error))
