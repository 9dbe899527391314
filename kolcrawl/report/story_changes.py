"""What became of stories since they were read before: as data, and as lines for the report of a crawl. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from kolcrawl.locale import listed, mark, tr, trn, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

ChangeKind = Literal["new", "vanished", "returned", "retitled", "rewritten", "redated"]
CHANGE_KINDS: Final[tuple[ChangeKind, ...]] = get_args(ChangeKind)
OF_KNOWN_STORIES: Final = CHANGE_KINDS[1:]
"""What can become of a story that was read before; all but `new`."""
COUNTED_CHANGES: Final[dict[ChangeKind, str]] = {
    "new": mark("{n} new"),
    "vanished": mark("{n} vanished"),
    "returned": mark("{n} returned"),
    "retitled": mark("{n} retitled"),
    "rewritten": mark("{n} rewritten"),
    "redated": mark("{n} redated"),
}
MAX_CHANGE_LINES: Final = 10
"""Stories that the report of a crawl names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryChange:
    """What one visit found changed of a story."""

    at: datetime
    """When the change was found, aware."""
    what: tuple[ChangeKind, ...]
    """In the order of `CHANGE_KINDS`; `new`: read for the first time; `redated`: another publication time."""
    key: str
    url: str
    site: str
    title: str | None
    """After the change; of a story that vanished, the last one."""
    title_before: str | None = None
    """Of a story that was retitled."""
    published_at: datetime | None = None
    """After the change."""
    published_before: datetime | None = None
    """Of a story that was redated."""
    removed: tuple[str, ...] = ()
    """Sentences of the text before that the text after lacks; empty where the texts were not read."""
    added: tuple[str, ...] = ()
    """Sentences of the text after that the text before lacks."""

    @property
    def headline(self) -> str:
        """The title; of a story that was retitled, both; the URL where there is none."""
        title = self.title or self.url
        return f"{self.title_before or '-'} → {title}" if "retitled" in self.what else title


def count_changes(changes: Sequence[StoryChange]) -> str:
    """Count the changes by kind, in words: `1 vanished, 2 retitled`."""
    counts = Counter(kind for change in changes for kind in change.what)
    return listed(tr(COUNTED_CHANGES[kind], n=counts[kind]) for kind in CHANGE_KINDS if counts[kind])


def returned_stories(changes: Iterable[StoryChange]) -> set[str]:
    """Collect the keys of the stories that are there again."""
    return {change.key for change in changes if "returned" in change.what}


def report_changes(changes: Sequence[StoryChange]) -> Iterator[str]:
    """Write the lines of a report: how many stories changed, and the first of them, those that vanished first."""
    if not changes:
        return
    stories = len({change.key for change in changes})
    yield trn(
        "{n} known story changed: {changes}", "{n} known stories changed: {changes}", stories,
        changes=count_changes(changes),
    )  # fmt: skip
    first = sorted(changes, key=lambda change: (CHANGE_KINDS.index(change.what[0]), change.at, change.key))
    for change in first[:MAX_CHANGE_LINES]:
        what = listed(word(kind) for kind in change.what)
        yield tr("  {what}: {title}  {url}", what=what, title=change.headline, url=change.url)
    if len(changes) > MAX_CHANGE_LINES:
        yield tr("  and {n} more", n=len(changes) - MAX_CHANGE_LINES)
