"""What happened to stories, as entries of a timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolcrawl.store.read.records import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from kolcrawl.store.read.records import Story


def timeline_events(
    stories: Sequence[Story],
    revisions: Iterable[Mapping[str, Any]],
    visits_of: Callable[[str], Iterable[Mapping[str, Any]]],
) -> Iterator[Event]:
    """Yield the events of some stories, in no order.

    Args:
        stories: as they are at the end.
        revisions: of these stories.
        visits_of: returns the visits of a story by key; asked for stories that were gone before they were ever read.
    """
    by_story: dict[str, list[Mapping[str, Any]]] = {}
    for revision in revisions:
        by_story.setdefault(revision["story"], []).append(revision)
    for story in stories:
        title = story["title"]
        vanished = False
        for revision in sorted(by_story.get(story["_id"], ()), key=lambda one: one["at"], reverse=True):
            earlier = {name: revision.get(name) for name in revision["changed"] if name != "gone"}
            gone = "gone" in revision["changed"]
            vanished = vanished or gone
            yield Event(revision["at"], "gone" if gone else "changed", story, earlier, title)
            title = earlier.get("title") or title
        if story["status"] == "gone" and not vanished:  # a page that was never read leaves no revision
            at = min((visit["at"] for visit in visits_of(story["_id"]) if visit["outcome"] == "gone"), default=None)
            if at is not None:
                yield Event(at, "gone", story, {}, title)
        if story["published_at"]:
            yield Event(story["published_at"], "published", story, {}, title)
        yield Event(story["first_seen"], "found", story, {}, title)
