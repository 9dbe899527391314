"""Find the stories that hold some words, or pass a filter.

Titles and texts are scanned, which finds two Chinese characters as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.errors import ArgumentError
from kolcrawl.story.text_differences import searched_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kolcrawl.network.network import Network
    from kolcrawl.store.read.reader import StoryFilter
    from kolcrawl.store.read.records import Story

CONTEXT_CHARS = 40
"""Characters that are shown before and behind a word found in a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStory:
    """A story that holds all the words."""

    story: Story
    in_title: bool
    """Whether the title alone holds them all, as it does where none is looked for."""
    context: str | None
    """The text around the first of the words that the title lacks; None where the title has them all."""


def found_stories(network: Network, words: Sequence[str], where: StoryFilter | None = None) -> Iterator[FoundStory]:
    """Yield the stories whose title and text hold all the words, by key; without words, all that the filter lets by.

    Case, full width and the difference of traditional and simplified Chinese do not count.

    Args:
        words: each is looked for as it stands, also within longer words.
        where: which stories are searched.

    Raises:
        ArgumentError: there are words, but none with a character to look for.
    """
    needles = [form for word in words if (form := searched_form(word.strip()))]
    if words and not needles:
        raise ArgumentError("give a word to look for")
    for story in network.stories(where):
        title = searched_form(story["title"] or "")
        lacking = [needle for needle in needles if needle not in title]
        if not lacking:
            yield FoundStory(story=story, in_title=True, context=None)
            continue
        text = (story.get("text") or "").replace("\n", " ")
        form = searched_form(text)
        if all(needle in form for needle in lacking):
            yield FoundStory(story=story, in_title=False, context=_context(text, form, lacking[0]))


def _context(text: str, form: str, needle: str) -> str:
    """Cut the surroundings of a word out of a text, as it is written where its searched form has the same length."""
    text, at = text if len(text) == len(form) else form, form.index(needle)
    start, end = max(0, at - CONTEXT_CHARS), at + len(needle) + CONTEXT_CHARS
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")
