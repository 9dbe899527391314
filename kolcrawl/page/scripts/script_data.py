"""The data that a page carries for its scripts, as the readers of facts ask for them: read when first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from kolcrawl.page.scripts.script_story import ScriptStory, find_story

if TYPE_CHECKING:
    from kolcrawl.page.document import Document


class ScriptData:
    """What the script data of a page say of its story.

    A page whose markup says all that is asked never pays for reading them.
    """

    def __init__(self, document: Document, titles: set[str]) -> None:
        """Keep what is needed to read the data later.

        Args:
            document: the page.
            titles: its own titles, as `kolcrawl.text.normalize.letters`.
        """
        self._document, self._titles = document, titles

    @cached_property
    def found(self) -> ScriptStory:
        """The story that the data seem to hold, which need not be the page's; an empty one where they hold none."""
        return find_story(self._document.script_values, self._titles, self._document.url) or ScriptStory()

    @property
    def story(self) -> ScriptStory:
        """The page's own story as its data say it; an empty one where nothing ties the data to the page."""
        return self.found if self.found.own else ScriptStory()
