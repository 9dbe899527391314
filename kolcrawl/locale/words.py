"""Words for the values that the data have: what became of a story, kinds of links, changes, how a crawl went.

Files, JSON and options have the English words alone, which are those of docs/glossary.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kolcrawl.locale.messages import mark, tr

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS: Final = frozenset(
    {
        # what became of a story, or of a visit
        mark("stub"), mark("fetched"), mark("unchanged"), mark("failed"), mark("gone"), mark("skipped"), mark("merged"),
        # kinds of links
        mark("seed"), mark("related"), mark("recommended"), mark("popular"), mark("latest"), mark("random"),
        mark("sponsored"), mark("source"), mark("links"),
        # changes
        mark("new"), mark("vanished"), mark("returned"), mark("retitled"), mark("rewritten"), mark("redated"),
        mark("title"), mark("text"), mark("published_at"),
        # events of a timeline
        mark("published"), mark("found"), mark("changed"),
        # how a crawl went, and how it ended
        mark("ok"), mark("degraded"), mark("running"), mark("finished"), mark("shutdown"), mark("aborted"),
        mark("killed"),
        # a run of a schedule
        mark("waiting"), mark("asked"), mark("started"), mark("ended"), mark("lost"), mark("late"),
        # how precise a time is
        mark("second"), mark("minute"), mark("day"),
    }
)  # fmt: skip


def word(value: str) -> str:
    """Give the word for a value of the data; other values stay as they are."""
    return tr(value) if value in WORDS else value


def listed(items: Iterable[str]) -> str:
    """Join items to a list."""
    return tr(", ").join(items)
