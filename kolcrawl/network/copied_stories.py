"""Find who copied whom: the groups of near copies, with delays and what differs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.story.text_differences import text_difference
from kolcrawl.text.normalize import letters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from kolcrawl.network.network import Network
    from kolcrawl.store.read.records import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCopy:
    """A story beside the original that it repeats."""

    story: Story
    delay: timedelta | None
    """Time from the publication of the original to its own; None where either is unknown, or known to the day only."""
    retitled: bool
    """Whether its title is another one."""
    removed: tuple[str, ...]
    """Sentences of the original that it lacks."""
    added: tuple[str, ...]
    """Sentences of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyGroup:
    """An original and its copies, earliest first."""

    original: Story
    copies: tuple[StoryCopy, ...]


def copied_stories(network: Network, story: str | None = None) -> Iterator[CopyGroup]:
    """Yield the groups of near copies with their texts, the largest first.

    Args:
        story: key or URL; only the group of this story.

    Raises:
        ArgumentError: the network does not hold the story.
    """
    if story is not None:
        groups = [network.required(story, with_text=False)["_id"]]
    else:
        where = {"copy_of": {"$ne": None}, "status": {"$ne": "merged"}}
        sizes = Counter(doc["group"] for doc in network.db.stories.find(where, {"group": 1}))
        groups = [group for group, _ in sorted(sizes.items(), key=lambda row: (-row[1], row[0]))]
    for group in groups:
        if network.key(group) is None:  # on a network of the past, a leader that was not seen yet
            continue
        original, *others = network.group(group, with_text=True)
        if others:
            yield CopyGroup(original=original, copies=tuple(_copy(original, other) for other in others))


def _copy(original: Story, other: Story) -> StoryCopy:
    removed, added = text_difference(original.get("text"), other.get("text"))
    return StoryCopy(
        story=other,
        delay=_delay(original, other),
        retitled=letters(original["title"] or "") != letters(other["title"] or ""),
        removed=removed,
        added=added,
    )


def _delay(original: Story, other: Story) -> timedelta | None:
    if original["published_at"] is None or other["published_at"] is None:
        return None
    if "day" in [(story.get("published") or {}).get("precision") for story in (original, other)]:
        return None
    return other["published_at"] - original["published_at"]
