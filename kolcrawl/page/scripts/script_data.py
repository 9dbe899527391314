"""The data that a page carries for its scripts, as the readers of facts ask for them: read when first asked for.

Reading all data of a page costs as much as reading the rest of it, so that no more is read than can answer: scripts
that do not hold the beginning of a title of the page say nothing of its story that could be believed.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from kolcrawl.page.scripts.script_story import ScriptStory, find_story
from kolcrawl.page.scripts.script_values import read_values
from kolcrawl.text.normalize import letters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kolcrawl.page.document import Document

MAX_OWN_TITLES = 8  # of a page
_OPENING = re.compile(r"[^\W_]+(?: [^\W_]+){0,3}")  # words by which a text is known in a script, quotes apart
MIN_OPENING, MAX_OPENING = 4, 16  # characters of them


class ScriptData:
    """What the script data of a page say of its story."""

    def __init__(self, document: Document, titles: Iterable[str], *, is_bare: bool) -> None:
        """Keep what is needed to read the data later.

        Args:
            document: the page.
            titles: its own titles, as printed.
            is_bare: it shows no headline: then all data are read, attributes too, whatever they hold.
        """
        self._is_bare = is_bare
        self._document = document
        self._titles = list(islice((title for title in titles if title), MAX_OWN_TITLES))

    @cached_property
    def found(self) -> ScriptStory:
        """The story that the data seem to hold, which need not be the page's; an empty one where they hold none."""
        return find_story(self._document.script_values, self._names(), self._document.url) or ScriptStory()

    @property
    def story(self) -> ScriptStory:
        """The page's own story as its data say it; an empty one where nothing ties the data to the page."""
        story = self.found if self._is_bare or "found" in self.__dict__ else self._titled
        return story if story.own else ScriptStory()

    @cached_property
    def _titled(self) -> ScriptStory:
        """The story in the scripts that hold the beginning of a title."""
        openings = _openings(self._titles)
        values = read_values(
            self._document.scripts,
            self._document.script_readings,
            lambda text: any(opening in text for opening in openings),
        )
        return find_story(values, self._names(), self._document.url) or ScriptStory()

    def mentions(self, text: str) -> bool:
        """Tell whether a script or a text area of the page holds the beginning of a text."""
        openings = _openings([text])
        return any(opening in held for _, held in self._document.scripts for opening in openings)

    def _names(self) -> set[str]:
        return {name for title in self._titles if (name := letters(title))}


def _openings(texts: list[str]) -> set[str]:
    """Write the beginnings of texts as scripts may hold them: plain, escaped, or percent-encoded."""
    found: set[str] = set()
    for text in texts:
        opening = _OPENING.search(text)
        if opening is None or len(opening[0]) < MIN_OPENING:
            continue
        plain = opening[0][:MAX_OPENING]
        found.add(plain)
        if not plain.isascii():
            escaped = json.dumps(plain)[1:-1]
            found |= {escaped, re.sub(r"\\u....", lambda code: code[0].upper().replace("U", "u", 1), escaped)}
        found.add(quote(plain))
    return found
