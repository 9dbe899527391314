"""The text of `scrapy changes`, `scrapy copies`, `scrapy timeline` and `scrapy find`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.cli.table_text import table_lines
from kolcrawl.cli.terminal import clock, fit
from kolcrawl.report.quantities import duration, quantity
from kolcrawl.report.story_changes import count_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from kolcrawl.network.copied_stories import CopyGroup, StoryCopy
    from kolcrawl.network.found_stories import FoundStory
    from kolcrawl.report.story_changes import StoryChange
    from kolcrawl.store.read.records import Event, Story

SHORT_KEY = 8
"""Characters of a key that are shown; `scrapy story` takes them."""


def change_lines(changes: Sequence[StoryChange], width: int) -> Iterator[str]:
    """Write a line for each change, then how many there are."""
    if not changes:
        yield "nothing changed"
        return
    rows = [
        (clock(change.at), ", ".join(change.what), _sentences(change), change.site, change.key[:SHORT_KEY],
         change.headline)
        for change in changes
    ]  # fmt: skip
    yield from table_lines(("found (UTC)", "what", "text", "site", "key", "title"), rows, width)
    stories = len({change.key for change in changes})
    yield f"{quantity(stories, 'story', 'stories')}: {count_changes(changes)}"


def _sentences(change: StoryChange) -> str | None:
    """Write how many sentences a rewritten text gained and lost; None where it is not known."""
    return _gained(change.added, change.removed) if change.added or change.removed else None


def _gained(added: Sequence[str], removed: Sequence[str]) -> str:
    return f"+{len(added)} -{len(removed)}"


def copy_lines(groups: Sequence[CopyGroup], width: int) -> Iterator[str]:
    """Write each original with its copies below: when, where, how long after, and what differs."""
    if not groups:
        yield "no copies"
    for group in groups:
        original = group.original
        yield fit(original["title"] or original["url"], width)
        yield fit(f"  {original['url']}", width)
        first = (_time(original), original["site"], "original", "-", "-", original["_id"][:SHORT_KEY], "")
        rows = [first, *(_copy_row(copy) for copy in group.copies)]
        names = ("published (UTC)", "site", "after", "like", "sentences", "key", "title")
        yield from (f"  {line}" for line in table_lines(names, rows, width - 2))
        yield ""
    if groups:
        copies = sum(len(group.copies) for group in groups)
        yield f"{quantity(len(groups), 'original', 'originals')}, {quantity(copies, 'copy', 'copies')}"


def _copy_row(copy: StoryCopy) -> tuple[str, ...]:
    story = copy.story
    similarity = story.get("copy_similarity")
    return (
        _time(story),
        story["site"],
        delay_text(copy.delay),
        "-" if similarity is None else f"{similarity:.0%}",
        _gained(copy.added, copy.removed),
        story["_id"][:SHORT_KEY],
        str(story["title"]) if copy.retitled else "same title",
    )


def delay_text(delay: timedelta | None) -> str:
    """Write the time from an original to its copy; a dash where it is not known."""
    if delay is None:
        return "-"
    seconds = delay.total_seconds()
    return ("-" if seconds < 0 else "") + duration(abs(seconds))


def event_lines(events: Sequence[Event], width: int) -> Iterator[str]:
    """Write a line for each event of a timeline."""
    if not events:
        yield "nothing happened"
        return
    rows = [
        (clock(event.at), event.what, event.story["site"], event.story["_id"][:SHORT_KEY], _event_title(event))
        for event in events
    ]
    yield from table_lines(("time (UTC)", "what", "site", "key", "title"), rows, width)


def _event_title(event: Event) -> str:
    title = event.story["title"] or event.story["url"]
    return f"{title} (was: {before})" if (before := event.detail.get("title")) else title


def found_lines(found: Sequence[FoundStory], width: int) -> Iterator[str]:
    """Write a line for each story found, and the place in its text below."""
    if not found:
        yield "no story holds all these words"
        return
    rows = [
        (_time(row.story), row.story["status"], row.story["site"], row.story["_id"][:SHORT_KEY],
         row.story["title"] or row.story["url"])
        for row in found
    ]  # fmt: skip
    head, *lines = table_lines(("published (UTC)", "status", "site", "key", "title"), rows, width)
    yield head
    for row, line in zip(found, lines, strict=True):
        yield line
        if row.context:
            yield fit(f"    {row.context}", width)
    yield quantity(len(found), "story", "stories")


def _time(story: Story) -> str:
    """Write when a story was published, as precisely as its page says."""
    at = story["published_at"]
    if at is not None and (story.get("published") or {}).get("precision") == "day":
        return f"{at:%Y-%m-%d}"
    return clock(at)
