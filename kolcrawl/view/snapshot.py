"""A whole network in memory as columns: what filters, maps and counts are computed on.

Some 400 bytes a story and 30 a link; texts are not among them (`kolcrawl.view.text_search`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from kolcrawl.view.network_rows import NO_TIME, NetworkRows, read_return_rows, read_revision_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kolcrawl.layout.forces import Array
    from kolcrawl.network import Network

STORY_STATUSES = ("fetched", "stub", "gone", "failed", "skipped")
MAX_SNAPSHOT_STORIES = 100_000
"""Stories that a page is given; the earliest seen ones, where a database holds more."""
MAX_SNAPSHOT_LINKS = 1_000_000
"""Links that a page is given, the most relevant ones."""


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
    first_changed: Array
    """When its text or title was first found changed."""
    first_retitled: Array
    vanished: Array
    """When it was found gone."""
    absences: list[tuple[int, int, int]] = field(default_factory=list)
    """Place of each story that was ever gone, from when until when; `NO_TIME` where it still is."""
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
    headings: list[str]
    heading: Array
    """What stands over the list that the link is in: a place in `headings`."""
    total: int = 0

    def __len__(self) -> int:
        return len(self.source)


def as_time(value: int) -> datetime | None:
    """Return milliseconds as an aware time; None for `NO_TIME`."""
    return None if value == NO_TIME else datetime.fromtimestamp(value / 1000, UTC)


def story_columns(rows: NetworkRows, network: Network, limit: int = MAX_SNAPSHOT_STORIES) -> Stories:
    """Put the stories of a network into columns, the earliest seen first, at most `limit` of them."""
    ordered = sorted(rows.stories.items(), key=lambda item: (item[1]["seen"], item[0]))
    total = len(ordered)
    del ordered[limit:]
    place = {key: number for number, (key, _) in enumerate(ordered)}
    found = [row for _, row in ordered]
    sites, site = _codes(row["site"] for row in found)
    reasons, reason = _codes(row["reason"] for row in found)
    langs, lang = _codes(row["lang"] for row in found)
    stories = Stories(
        keys=list(place),
        titles=[row["title"] for row in found],
        urls=[row["url"] for row in found],
        sites=sites,
        site=site,
        status=np.array([STORY_STATUSES.index(row["status"]) for row in found], dtype=np.uint8),
        reasons=reasons,
        reason=reason,
        langs=langs,
        lang=lang,
        published=_column(found, "published", np.int64),
        day_only=_column(found, "day_only", np.bool_),
        seen=_column(found, "seen", np.int64),
        fetched=_column(found, "fetched", np.int64),
        depth=_column(found, "depth", np.int32),
        relevance=_column(found, "relevance", np.int16),
        group=np.array([place.get(row["group"], number) for number, row in enumerate(found)], dtype=np.int32),
        copy_of=np.array([place.get(row["copy_of"], -1) for row in found], dtype=np.int32),
        changed=np.full(len(found), NO_TIME, dtype=np.int64),
        retitled=np.zeros(len(found), dtype=bool),
        first_changed=np.full(len(found), NO_TIME, dtype=np.int64),
        first_retitled=np.full(len(found), NO_TIME, dtype=np.int64),
        vanished=np.full(len(found), NO_TIME, dtype=np.int64),
        place=place,
        total=total,
    )
    _add_revisions(stories, network)
    return stories


def _add_revisions(stories: Stories, network: Network) -> None:
    found_gone: dict[int, list[int]] = {}
    for key, at, changed in read_revision_rows(network):
        number = stories.place.get(key)
        if number is None:
            continue
        if changed & {"title", "text"}:
            stories.changed[number] = max(stories.changed[number], at)
            _keep_earliest(stories.first_changed, number, at)
        if "title" in changed:
            stories.retitled[number] = True
            _keep_earliest(stories.first_retitled, number, at)
        if "gone" in changed:
            stories.vanished[number] = max(stories.vanished[number], at)
            found_gone.setdefault(number, []).append(at)
    # a story that was gone at the first visit has no revision, and one that came back is not vanished
    gone = stories.status == STORY_STATUSES.index("gone")
    stories.vanished[~gone] = NO_TIME
    unknown = gone & (stories.vanished == NO_TIME)
    stories.vanished[unknown] = np.where(stories.fetched == NO_TIME, stories.seen, stories.fetched)[unknown]
    for place in np.flatnonzero(gone):
        found_gone.setdefault(int(place), [int(stories.vanished[place])])
    stories.absences = _absences(stories, found_gone, network)


def _keep_earliest(column: Array, number: int, at: int) -> None:
    column[number] = at if column[number] == NO_TIME else min(column[number], at)


def _absences(stories: Stories, found_gone: dict[int, list[int]], network: Network) -> list[tuple[int, int, int]]:
    """Pair each moment at which a story was found gone with that of its return."""
    gone = STORY_STATUSES.index("gone")
    returns: dict[int, list[int]] = {}
    if any(stories.status[number] != gone or len(found) > 1 for number, found in found_gone.items()):
        for key, at in read_return_rows(network):
            if (place := stories.place.get(key)) is not None:
                returns.setdefault(place, []).append(at)
    spans = [
        (number, at, min((back for back in returns.get(number, ()) if back > at), default=NO_TIME))
        for number, found in sorted(found_gone.items())
        for at in sorted(found)
    ]
    return [span for span in spans if span[2] != NO_TIME or stories.status[span[0]] == gone]


def link_columns(rows: NetworkRows, stories: Stories, limit: int = MAX_SNAPSHOT_LINKS) -> Links:
    """Put the links between given stories into columns, the most relevant first, at most `limit` of them."""
    places = np.array([stories.place.get(key, -1) for key in rows.keys], dtype=np.int64)
    table = rows.links.copy()
    if len(table):
        table[:, :2] = places[table[:, :2]]
    table = table[(table[:, 0] >= 0) & (table[:, 1] >= 0) & (table[:, 0] != table[:, 1])]
    total = len(table)
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0], -table[:, 3]))[:limit]]
    return Links(
        source=table[:, 0].astype(np.int32),
        target=table[:, 1].astype(np.int32),
        kind=table[:, 2].astype(np.uint8),
        relevance=table[:, 3].astype(np.int16),
        position=table[:, 4].astype(np.uint16),
        active=table[:, 5].astype(bool),
        seen=table[:, 6],
        headings=rows.headings,
        heading=table[:, 7].astype(np.int32),
        total=total,
    )


def _column(rows: list[dict[str, Any]], name: str, kind: type[np.generic]) -> Array:
    return np.array([row[name] for row in rows], dtype=kind)


def _codes(values: Iterable[str]) -> tuple[list[str], Array]:
    """Code the values by numbers, the most frequent first."""
    given = list(values)
    counts: dict[str, int] = {}
    for value in given:
        counts[value] = counts.get(value, 0) + 1
    names = sorted(counts, key=lambda name: (-counts[name], name))
    number = {name: code for code, name in enumerate(names)}
    return names, np.array([number[value] for value in given], dtype=np.int32)
