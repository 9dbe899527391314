"""Find what became of stories from one visit to a later one, and which were read for the first time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING

from kolcrawl.network.seen_runs import refuse_removed_past
from kolcrawl.report.story_changes import CHANGE_KINDS, OF_KNOWN_STORIES, StoryChange
from kolcrawl.store.bulk import chunks
from kolcrawl.store.derive import READ_OUTCOMES
from kolcrawl.store.read.reader import utc
from kolcrawl.story.text_differences import text_difference

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from kolcrawl.network.network import Network
    from kolcrawl.report.story_changes import ChangeKind

Row = dict[str, Any]
CHANGED_FIELDS: dict[str, ChangeKind] = {
    "title": "retitled",
    "text": "rewritten",
    "published_at": "redated",
    "gone": "vanished",
}


def changed_stories(
    network: Network,
    *,
    since: datetime | None = None,
    crawl: str | None = None,
    kinds: Collection[ChangeKind] = OF_KNOWN_STORIES,
    with_text: bool = False,
) -> list[StoryChange]:
    """Find the changes that visits found, oldest first.

    Args:
        network: as of a moment, only what had been found by then.
        since: only what was found from this moment on.
        crawl: only what this run found: its id, the beginning of it, or `latest`; without it, that of the network.
        kinds: only changes of these kinds. Without `since` or `crawl` all stories that were ever read are `new`.
        with_text: compare the texts, too, which reads them.

    Raises:
        ArgumentError: there is no such run, or its visits were removed.
    """
    run = network.crawl(crawl or network.crawl_id or "") if crawl or network.crawl_id else None
    refuse_removed_past(network.db, None, run["_id"] if run else None)
    begin = max((at for at in (utc(since), run["started_at"] if run else None) if at), default=None)
    window = ({"$gte": begin} if begin else {}) | ({"$lte": network.moment} if network.moment else {})
    where = {"at": window} if window else {}
    fields = {"story": 1, "at": 1, "changed": 1}
    found: dict[tuple[str, datetime], list[ChangeKind]] = {}
    for revision in network.db.revisions.find(where, fields):
        found.setdefault((revision["story"], revision["at"]), []).extend(
            CHANGED_FIELDS[name] for name in revision["changed"]
        )
    for moment in story_returns(network, begin):
        found.setdefault(moment, []).append("returned")
    if "new" in kinds:
        for moment in _first_reads(network, window, run["_id"] if run else None):
            found.setdefault(moment, []).append("new")
    asked = {moment: [kind for kind in what if kind in kinds] for moment, what in found.items()}
    found = {moment: what for moment, what in asked.items() if what}
    if run:
        found = _found_by(network, run["_id"], found)
    return sorted(_described(network, found, with_text=with_text), key=lambda change: (change.at, change.key))


def story_returns(network: Network, begin: datetime | None = None) -> Iterator[tuple[str, datetime]]:
    """Yield the stories that vanished and were there again at a later visit, with the time of that visit."""
    vanished = {revision["story"] for revision in network.db.revisions.find({"changed": "gone"}, {"story": 1})}
    until = {"at": {"$lte": network.moment}} if network.moment else {}
    seen = {"outcome": {"$in": [*READ_OUTCOMES, "gone"]}} | until
    for batch in chunks(sorted(vanished)):
        rows: dict[str, list[Row]] = {}
        for visit in network.db.visits.find({"story": {"$in": batch}, **seen}, {"story": 1, "at": 1, "outcome": 1}):
            rows.setdefault(visit["story"], []).append(visit)
        for story, visits in rows.items():
            visits.sort(key=lambda visit: (visit["at"], visit["_id"]))
            for before, visit in pairwise(visits):
                back = before["outcome"] == "gone" and visit["outcome"] in READ_OUTCOMES
                if back and (begin is None or visit["at"] >= begin):
                    yield story, visit["at"]


def _first_reads(network: Network, window: Row, crawl: str | None) -> Iterator[tuple[str, datetime]]:
    """Yield the stories that were read for the first time in a window, with the time of that visit.

    Args:
        window: bounds of the time of a visit; empty for all.
        crawl: the run that read them; without it, any.
    """
    visits = network.db.visits
    read = {"outcome": {"$in": list(READ_OUTCOMES)}}
    crawls = [crawl] if crawl else visits.distinct("crawl") if window else None  # there is an index by crawl and time
    where = read | ({"crawl": {"$in": crawls}} if crawls is not None else {}) | ({"at": window} if window else {})
    stories = {visit["story"] for visit in visits.find(where, {"story": 1})}
    for batch in chunks(sorted(stories)):
        pruned = network.db.histories.find({"story": {"$in": batch}, "pages": {"$gt": 0}}, {"story": 1})
        read_before = {history["story"] for history in pruned}
        first: dict[str, datetime] = {}
        for visit in visits.find({"story": {"$in": batch}} | read, {"story": 1, "at": 1}):
            first[visit["story"]] = min(visit["at"], first.get(visit["story"], visit["at"]))
        for story, at in first.items():
            if story not in read_before and at >= window.get("$gte", at):
                yield story, at


def _found_by(
    network: Network, crawl: str, found: dict[tuple[str, datetime], list[ChangeKind]]
) -> dict[tuple[str, datetime], list[ChangeKind]]:
    """Keep the changes that visits of one run found."""
    own: set[tuple[str, datetime]] = set()
    for batch in chunks(sorted({story for story, _ in found})):
        visits = network.db.visits.find({"story": {"$in": batch}, "crawl": crawl}, {"story": 1, "at": 1})
        own.update((visit["story"], visit["at"]) for visit in visits)
    return {moment: kinds for moment, kinds in found.items() if moment in own}


def _described(
    network: Network, found: dict[tuple[str, datetime], list[ChangeKind]], *, with_text: bool
) -> Iterator[StoryChange]:
    hidden = {} if with_text else {"text": 0}
    for batch in chunks(sorted({story for story, _ in found})):
        versions: dict[str, list[Row]] = {}
        for revision in network.db.revisions.find({"story": {"$in": batch}}, hidden).sort("at", ASCENDING):
            versions.setdefault(revision["story"], []).append(revision)
        stories = {story["_id"]: story for story in network.stories_by_key(batch, with_text=with_text)}
        for (key, at), kinds in found.items():
            if key in stories:
                yield _change(stories[key], at, kinds, versions.get(key, ()))


def _change(story: Any, at: datetime, kinds: Sequence[ChangeKind], versions: Sequence[Row]) -> StoryChange:
    """Describe one change.

    Args:
        story: as it is now.
        at: when the change was found.
        kinds: what changed.
        versions: the earlier versions of the story, oldest first; each was valid until its `at`.
    """
    later = bisect_right([version["at"] for version in versions], at)
    after = versions[later] if later < len(versions) else story
    change = StoryChange(
        at=at,
        what=tuple(kind for kind in CHANGE_KINDS if kind in kinds),
        key=story["_id"],
        url=story["url"],
        site=story["site"],
        title=after.get("title"),
        published_at=after.get("published_at"),
    )
    before = next((version for version in versions if version["at"] == at), None)
    if before is None or kinds in (["new"], ["vanished"]):
        return change
    removed, added = text_difference(before.get("text"), after.get("text")) if "rewritten" in kinds else ((), ())
    return replace(
        change,
        title_before=before.get("title") if "retitled" in kinds else None,
        published_before=before.get("published_at") if "redated" in kinds else None,
        removed=removed if "text" in after else (),
        added=added if "text" in after else (),
    )
