"""The text of `scrapy changes`, `scrapy copies`, `scrapy timeline` and `scrapy find`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.cli.table_text import table_lines
from kolcrawl.cli.terminal import fit, plain
from kolcrawl.locale import clock, listed, tr, trn, word, zone_name
from kolcrawl.report.quantities import duration
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
    """Write a line for each change, the new title of a retitled story below it, whole; then how many there are."""
    if not changes:
        yield tr("nothing changed: a later crawl compares each story with what was read before")
        return
    rows = [
        (clock(change.at), listed(map(word, change.what)), _sentences(change), change.site, change.key[:SHORT_KEY],
         (change.title_before or "-") if "retitled" in change.what else change.title or change.url)
        for change in changes
    ]  # fmt: skip
    found = tr("found ({zone})", zone=zone_name())
    names = (found, tr("what"), tr("text"), tr("site"), tr("key"), tr("title"))
    head, *lines = table_lines(names, rows, width)
    yield head
    for change, line in zip(changes, lines, strict=True):
        yield line
        if "retitled" in change.what:
            yield plain(f"    → {change.title or change.url}")
    stories = len({change.key for change in changes})
    yield trn("{n} story: {changes}", "{n} stories: {changes}", stories, changes=count_changes(changes))


def _sentences(change: StoryChange) -> str | None:
    """Write how many sentences a rewritten text gained and lost; None where it is not known."""
    return _gained(change.added, change.removed) if change.added or change.removed else None


def _gained(added: Sequence[str], removed: Sequence[str]) -> str:
    return f"+{len(added)} -{len(removed)}"


def copy_lines(groups: Sequence[CopyGroup], width: int) -> Iterator[str]:
    """Write each original with its copies below: when, where, how long after, and what differs."""
    if not groups:
        yield tr("no copies")
    for group in groups:
        original = group.original
        yield fit(original["title"] or original["url"], width)
        yield fit(f"  {original['url']}", width)
        first = (_time(original), original["site"], tr("original"), "-", "-", original["_id"][:SHORT_KEY], "")
        rows = [first, *(_copy_row(copy) for copy in group.copies)]
        names = (_published_in(), tr("site"), tr("after"), tr("like"), tr("sentences"), tr("key"), tr("title"))
        yield from (f"  {line}" for line in table_lines(names, rows, width - 2))
        yield ""
    if groups:
        copies = sum(len(group.copies) for group in groups)
        originals = trn("{n} original", "{n} originals", len(groups))
        yield listed((originals, trn("{n} copy", "{n} copies", copies)))


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
        str(story["title"]) if copy.retitled else tr("same title"),
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
        yield tr("nothing happened")
        return
    rows = [
        (clock(event.at), word(event.what), event.story["site"], event.story["_id"][:SHORT_KEY], _event_title(event))
        for event in events
    ]
    time = tr("time ({zone})", zone=zone_name())
    yield from table_lines((time, tr("what"), tr("site"), tr("key"), tr("title")), rows, width)


def _event_title(event: Event) -> str:
    title = event.title or event.story["url"]
    before = event.detail.get("title")
    return tr("{title} (was: {before})", title=title, before=before) if before else title


def found_lines(found: Sequence[FoundStory], width: int, *, words: bool = True) -> Iterator[str]:
    """Write a line for each story found, and the place in its text below.

    Args:
        found: the stories.
        width: of the terminal, in columns.
        words: whether words were looked for.
    """
    if not found:
        yield tr("no story holds all these words") if words else tr("there is no such story")
        return
    rows = [
        (_time(row.story), word(row.story["status"]), row.story["site"], row.story["_id"][:SHORT_KEY],
         row.story["title"] or row.story["url"])
        for row in found
    ]  # fmt: skip
    names = (_published_in(), tr("status"), tr("site"), tr("key"), tr("title"))
    head, *lines = table_lines(names, rows, width)
    yield head
    for row, line in zip(found, lines, strict=True):
        yield line
        if row.context:
            yield fit(f"    {row.context}", width)
    yield trn("{n} story", "{n} stories", len(found))


def _published_in() -> str:
    """Name the column of times of publication."""
    return tr("published ({zone})", zone=zone_name())


def _time(story: Story) -> str:
    """Write when a story was published, as precisely as its page says."""
    at = story["published_at"]
    if at is not None and (story.get("published") or {}).get("precision") == "day":
        return f"{at:%Y-%m-%d}"
    return clock(at)
