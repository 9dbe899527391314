"""A whole network in memory as columns: what filters, maps and counts are computed on.

Some 400 bytes a story and 30 a link; texts are not among them (`kolcrawl.view.text_search`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from kolcrawl.items import LINK_KINDS
from kolcrawl.network import scan_links, scan_revisions, scan_stories

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kolcrawl.network import Network

Array = np.ndarray[Any, Any]
STORY_STATUSES = ("fetched", "stub", "gone", "failed", "skipped")
NO_TIME = np.iinfo(np.int64).min
"""Stands for a time that is not known."""
MAX_STORIES = 100_000
"""Stories that a page is given; the earliest seen ones, where a database holds more."""
MAX_LINKS = 1_000_000
"""Links that a page is given, the most relevant ones."""
TITLE_CHARS = 300
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
)
LINK_FIELDS = ("from", "to", "kind", "relevance", "position", "active", "first_seen")


@dataclass(slots=True, kw_only=True)
class Stories:
    """The stories as columns; a story is its place in them, in the order of first seen, then key."""

    keys: list[str]
    titles: list[str]
    urls: list[str]
    sites: list[str]
    """Registrable domains, the one with most stories first."""
    site: Array
    status: Array
    reasons: list[str]
    reason: Array
    langs: list[str]
    lang: Array
    published: Array
    """Milliseconds since 1970, `NO_TIME` where unknown."""
    day_only: Array
    """Whether only the day of publication is known."""
    seen: Array
    fetched: Array
    depth: Array
    relevance: Array
    """In thousandths, -1 where unknown."""
    group: Array
    """Place of the story that leads the same-story group."""
    copy_of: Array
    """Place of the story that it is a copy of, -1 for none."""
    changed: Array
    """When its text or title was last found changed."""
    retitled: Array
    vanished: Array
    """When it was found gone."""
    place: dict[str, int] = field(default_factory=dict)
    total: int = 0
    """Stories in the database; more than these where the view is bounded."""

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(slots=True, kw_only=True)
class Links:
    """The links as columns, the most relevant first."""

    source: Array
    target: Array
    kind: Array
    relevance: Array
    position: Array
    active: Array
    seen: Array
    total: int = 0

    def __len__(self) -> int:
        return len(self.source)


def milliseconds(moment: datetime | None) -> int:
    """Give a time as milliseconds since 1970 in UTC, `NO_TIME` for none."""
    return round(moment.timestamp() * 1000) if moment else int(NO_TIME)


def as_time(value: int) -> datetime | None:
    """Give milliseconds as an aware time; None for `NO_TIME`."""
    return None if value == NO_TIME else datetime.fromtimestamp(value / 1000, UTC)


def read_stories(network: Network, limit: int = MAX_STORIES) -> Stories:
    """Read the stories of a network, the earliest seen first, at most `limit` of them."""
    docs = sorted(scan_stories(network, STORY_FIELDS), key=lambda doc: (doc["first_seen"], doc["_id"]))
    total = len(docs)
    del docs[limit:]
    place = {doc["_id"]: number for number, doc in enumerate(docs)}
    sites, site = _codes(doc["site"] for doc in docs)
    reasons, reason = _codes(doc.get("reason") or "" for doc in docs)
    langs, lang = _codes(doc.get("lang") or "" for doc in docs)
    group = np.array([place.get(doc["group"], number) for number, doc in enumerate(docs)], dtype=np.int32)
    stories = Stories(
        keys=list(place),
        titles=[(doc.get("title") or "")[:TITLE_CHARS] for doc in docs],
        urls=[doc["url"] for doc in docs],
        sites=sites,
        site=site,
        status=np.array([STORY_STATUSES.index(doc["status"]) for doc in docs], dtype=np.uint8),
        reasons=reasons,
        reason=reason,
        langs=langs,
        lang=lang,
        published=_times(doc.get("published_at") for doc in docs),
        day_only=np.array([(doc.get("published") or {}).get("precision") == "day" for doc in docs], dtype=bool),
        seen=_times(doc["first_seen"] for doc in docs),
        fetched=_times(doc.get("fetched_at") for doc in docs),
        depth=np.array([doc["depth"] for doc in docs], dtype=np.int32),
        relevance=_thousandths(doc.get("relevance") for doc in docs),
        group=group,
        copy_of=np.array([place.get(doc.get("copy_of") or "", -1) for doc in docs], dtype=np.int32),
        changed=np.full(len(docs), NO_TIME, dtype=np.int64),
        retitled=np.zeros(len(docs), dtype=bool),
        vanished=np.full(len(docs), NO_TIME, dtype=np.int64),
        place=place,
        total=total,
    )
    _add_revisions(stories, network)
    return stories


def _add_revisions(stories: Stories, network: Network) -> None:
    for revision in scan_revisions(network):
        number = stories.place.get(revision["story"])
        if number is None:
            continue
        at, changed = milliseconds(revision["at"]), set(revision["changed"])
        if changed & {"title", "text"}:
            stories.changed[number] = max(stories.changed[number], at)
        if "title" in changed:
            stories.retitled[number] = True
        if "gone" in changed:
            stories.vanished[number] = max(stories.vanished[number], at)
    # a story that was gone at the first visit has no revision, and one that came back is not vanished
    gone = stories.status == STORY_STATUSES.index("gone")
    stories.vanished[~gone] = NO_TIME
    unknown = gone & (stories.vanished == NO_TIME)
    stories.vanished[unknown] = np.where(stories.fetched == NO_TIME, stories.seen, stories.fetched)[unknown]


def read_links(network: Network, stories: Stories, limit: int = MAX_LINKS) -> Links:
    """Read the links between given stories, the most relevant first, at most `limit` of them."""
    place, kinds = stories.place, {kind: number for number, kind in enumerate(LINK_KINDS)}
    rows: list[tuple[int, int, int, int, int, bool, int]] = []
    for link in scan_links(network, LINK_FIELDS):
        source, target = place.get(link["from"]), place.get(link["to"])
        if source is not None and target is not None and source != target:
            relevance = link.get("relevance")
            rows.append(
                (
                    source,
                    target,
                    kinds[link["kind"]],
                    -1 if relevance is None else round(relevance * 1000),
                    min(link["position"], 65_535),
                    link["active"],
                    milliseconds(link["first_seen"]),
                )
            )
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 7)
    order = np.lexsort((table[:, 2], table[:, 1], table[:, 0], -table[:, 3]))[:limit]
    table = table[order]
    return Links(
        source=table[:, 0].astype(np.int32),
        target=table[:, 1].astype(np.int32),
        kind=table[:, 2].astype(np.uint8),
        relevance=table[:, 3].astype(np.int16),
        position=table[:, 4].astype(np.uint16),
        active=table[:, 5].astype(bool),
        seen=table[:, 6],
        total=len(rows),
    )


def _codes(values: Iterable[str]) -> tuple[list[str], Array]:
    """Number the values, the most frequent first."""
    given = list(values)
    counts: dict[str, int] = {}
    for value in given:
        counts[value] = counts.get(value, 0) + 1
    names = sorted(counts, key=lambda name: (-counts[name], name))
    number = {name: code for code, name in enumerate(names)}
    return names, np.array([number[value] for value in given], dtype=np.int32)


def _times(values: Iterable[datetime | None]) -> Array:
    return np.array([milliseconds(value) for value in values], dtype=np.int64)


def _thousandths(values: Iterable[float | None]) -> Array:
    return np.array([-1 if value is None else round(value * 1000) for value in values], dtype=np.int16)
